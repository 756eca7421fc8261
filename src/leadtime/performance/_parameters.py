"""The efficiency parameters: what each one means, who sets it, and within which bounds it stays.

The equations of this floor contain no fitted number. Every one of them is a parameter of this list, with values in
rows (``parameter, scope, precision, median, low, high, ...``) that a caller passes to
:func:`leadtime.performance.efficiencies_from_rows`.
"""

from dataclasses import dataclass
from typing import Literal

__all__ = ["FAMILY_FALLBACK", "PARAMETERS", "PRECISIONS", "Parameter", "parameter"]

Scope = Literal["chip", "framework", "engine", "stack", "any"]

FAMILY_FALLBACK = "other"
"""Scope whose rows serve a chip, framework or engine that has none."""

PRECISIONS = ("bf16", "fp8", "fp4", "int8")
"""Precisions of arithmetic that efficiencies distinguish; 16-bit floats share one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Parameter:
    """One named efficiency parameter.

    ``scope`` says whose property it is: of a chip (rows by chip id or family), of a training framework, of a serving
    engine, of neither (``any``). ``faster`` is +1 if a larger value makes things faster, -1 if slower; in correlated
    sampling one draw of a factor moves all its parameters the same way. ``highest`` bounds the value: no kernel
    beats the roofline.
    """

    name: str
    scope: Scope
    faster: int
    highest: float | None
    description: str
    lowest: float = 0.0


def _chip(name: str, description: str, *, faster: int = 1, highest: float | None = 1.0) -> Parameter:
    return Parameter(name=name, scope="chip", faster=faster, highest=highest, description=description)


def _of(scope: Scope, name: str, description: str, *, faster: int, highest: float | None = None) -> Parameter:
    return Parameter(name=name, scope=scope, faster=faster, highest=highest, description=description)


_LIST = (
    # Arithmetic
    _chip("gemm_train_frac", "share of the peak rate that large matrix products reach in training"),
    _chip("gemm_serve_frac", "share of the peak rate that matrix products reach in serving, before the size effect"),
    _chip("gemm_train_half_ratio", "size at half rate over the ridge point, training", faster=-1, highest=None),
    _chip(
        "gemm_serve_half_ratio",
        "rows at half rate over weight bytes times the ridge point, dense products in serving",
        faster=-1,
        highest=None,
    ),
    _chip(
        "expert_half_ratio",
        "rows per expert at half rate over weight bytes times the ridge point, grouped products",
        faster=-1,
        highest=None,
    ),
    _chip("expert_train_frac", "rate of grouped expert products over that of dense ones, training"),
    _chip("expert_serve_frac", "rate of grouped expert products over that of dense ones, serving"),
    _chip("dequantised_frac", "rate of products whose narrow weights are widened first over that of others"),
    _chip("attention_train_frac", "share of the 16-bit peak that long causal attention reaches in training, forward"),
    _chip("recurrent_frac", "rate of the scan of recurrent layers over that of attention"),
    _chip("attention_prefill_frac", "share of the 16-bit peak that long causal attention reaches in prefill"),
    _chip("latent_decode_frac", "share of the 16-bit peak that decode attention over a latent cache reaches"),
    # Memory
    _chip("memory_frac", "share of the memory bandwidth that streaming weights and activations reaches"),
    _chip("expert_memory_frac", "bandwidth of streaming expert weights over that of dense weights"),
    _chip("kv_memory_frac", "share of the memory bandwidth that decode attention reaches on keys and values"),
    _chip("latent_memory_frac", "share of the memory bandwidth that decode attention reaches on a latent cache"),
    # Network
    _chip("all_reduce_frac", "share of the one-way bandwidth that a large all-reduce reaches"),
    _chip("collective_frac", "share of the one-way bandwidth that other large collectives reach"),
    _chip("serve_collective_frac", "share of the one-way bandwidth that collectives inside decode steps reach"),
    _chip("scale_out_frac", "share of the one-way scale-out bandwidth that collectives reach"),
    _chip(
        "collective_latency_s", "latency of a library collective inside the scale-up domain", faster=-1, highest=None
    ),
    _chip(
        "small_collective_latency_s",
        "latency of a small-message all-reduce of a serving engine",
        faster=-1,
        highest=None,
    ),
    _chip(
        "all_to_all_latency_s", "latency of one expert dispatch or combine on a small group", faster=-1, highest=None
    ),
    _chip("scale_out_latency_s", "further latency of a collective that leaves the domain", faster=-1, highest=None),
    # Launches
    _chip("layer_launch_s", "time per layer of a serving pass that no roofline explains", faster=-1, highest=None),
    _chip("expert_launch_s", "further time per mixture layer of a serving pass", faster=-1, highest=None),
    _chip(
        "host_launch_ratio",
        "time that the host takes to launch expert kernels in training over an x86 host's",
        faster=-1,
        highest=None,
    ),
    # Training software
    _of("framework", "framework_ratio", "rate over that of the reference framework", faster=1),
    _of(
        "framework",
        "framework_attention_ratio",
        "rate of its attention over that of the fused reference kernel",
        faster=1,
        highest=1.5,
    ),
    _of(
        "framework",
        "exposed_tensor_frac",
        "share of tensor-parallel traffic that nothing hides",
        faster=-1,
        highest=1.0,
    ),
    _of("framework", "exposed_data_frac", "share of data-parallel traffic that nothing hides", faster=-1, highest=1.0),
    _of("framework", "exposed_expert_frac", "share of expert traffic that nothing hides", faster=-1, highest=1.0),
    _of(
        "framework", "exposed_gather_frac", "share of full-sharding gathers that nothing hides", faster=-1, highest=1.0
    ),
    _of(
        "framework",
        "exposed_context_frac",
        "share of context-parallel traffic that nothing hides",
        faster=-1,
        highest=1.0,
    ),
    _of("framework", "exposed_pipeline_frac", "share of pipeline sends that nothing hides", faster=-1, highest=1.0),
    _of("framework", "bubble_ratio", "pipeline bubble over that of one forward, one backward", faster=-1),
    _of("framework", "elementwise_count", "element-wise passes over the hidden width per layer, forward", faster=-1),
    _of("framework", "adapter_count", "element-wise passes that low-rank adapters add to them, forward", faster=-1),
    _of(
        "framework",
        "expert_launch_train_s",
        "time per mixture layer and microbatch that no roofline explains, forward",
        faster=-1,
    ),
    _of("framework", "step_overhead_s", "fixed time per training step", faster=-1),
    _of("framework", "straggler_ratio", "slow-down per e-fold of chips beyond eight", faster=-1),
    # Serving software
    _of("engine", "engine_ratio", "rate over that of the reference engine", faster=1),
    _of(
        "engine",
        "prefill_launch_ratio",
        "launch times of a prompt prefilled alone over those of a decode step",
        faster=-1,
    ),
    _of("engine", "decode_step_s", "fixed time per decode step: scheduling, sampling", faster=-1),
    _of("engine", "sequence_overhead_s", "time per decode step and sequence", faster=-1),
    _of(
        "engine",
        "sparse_launch_s",
        "further time per layer of sparse attention: scoring, selecting, gathering",
        faster=-1,
    ),
    _of(
        "engine", "prefill_interference_ratio", "cost of prefill inside a decode stream over its time alone", faster=-1
    ),
    _of(
        "engine",
        "overlap_all_to_all_frac",
        "share of expert traffic that two-batch overlap hides",
        faster=1,
        highest=1.0,
    ),
    _of("engine", "reserve_ratio", "output tokens reserved per sequence over its output length", faster=-1),
    _of(
        "engine",
        "group_imbalance_ratio",
        "time of a step of several data-parallel groups over that of even ones",
        faster=-1,
    ),
    _of("engine", "expert_imbalance_ratio", "load of the busiest expert rank over the mean", faster=-1),
    # Operation of fleets
    _of("any", "attention_half_tokens", "sequence length at which attention reaches half its rate", faster=-1),
    _of("any", "server_ratio", "rate under a server latency limit over the bare optimum", faster=1, highest=1.0),
    _of(
        "any",
        "interactive_ratio",
        "rate under an interactive latency limit over the bare optimum",
        faster=1,
        highest=1.0,
    ),
    _of("any", "goodput_frac", "useful share of the chip-hours of a whole training run", faster=1, highest=1.0),
    _of(
        "any", "production_frac", "day average of a production fleet over its saturated profile", faster=1, highest=1.0
    ),
    _of("any", "draft_cost_ratio", "cost of drafting one token over one decode step of the model", faster=-1),
    _of("any", "era_ratio_per_yr", "yearly gain of training software on the same hardware", faster=1),
    _of("any", "train_launch_era_ratio_per_yr", "yearly shrinkage of expert launches in training", faster=1),
    _of("any", "serve_era_ratio_per_yr", "yearly gain of serving software on the same hardware", faster=1),
    _of(
        "any",
        "launch_era_ratio_per_yr",
        "yearly shrinkage of launches, small collectives and scheduling in serving",
        faster=1,
    ),
    # Half-widths of 80 % intervals, natural logarithm; they describe spread between sources and are never sampled.
    *(
        Parameter(
            name=f"half_width_{name}",
            scope="any",
            faster=0,
            highest=None,
            description=f"log half-width at level 0.8: {text}",
        )
        for name, text in (
            ("train_dense", "step time of dense training"),
            ("train_moe", "step time of mixture-of-experts training"),
            ("train_lora", "step time of low-rank adaptation"),
            ("run", "chip-hours of a whole run"),
            ("serve_dense", "serving of dense models"),
            ("serve_moe", "serving of mixture-of-experts models"),
            ("serve_disaggregated", "disaggregated serving"),
            ("ttft", "time to first token at batch 1"),
            ("guess", "added in quadrature for each unstated fact that was assumed"),
            ("unmeasured_ratio", "factor on the half-width of a chip without measured rows"),
        )
    ),
    _chip(
        "half_width_train_family_ratio",
        "factor on half-widths of training: root of one and one over the sources of the chip family",
        faster=0,
        highest=None,
    ),
    _chip(
        "half_width_serve_family_ratio",
        "factor on half-widths of serving: root of one and one over the sources of the chip family",
        faster=0,
        highest=None,
    ),
    _of(
        "engine",
        "half_width_engine_ratio",
        "factor on half-widths of serving: one where rows are of the engine",
        faster=0,
    ),
    _of(
        "framework",
        "half_width_framework_ratio",
        "factor on half-widths of training: one where rows are of the framework",
        faster=0,
    ),
)

PARAMETERS: dict[str, Parameter] = {item.name: item for item in _LIST}
"""Every parameter by name."""


def parameter(name: str) -> Parameter:
    """Return the parameter called ``name``.

    Raises
    ------
    UnknownNameError
        If there is none.
    """
    from leadtime.errors import UnknownNameError

    try:
        return PARAMETERS[name]
    except KeyError:
        raise UnknownNameError.among("efficiency parameter", name, PARAMETERS) from None
