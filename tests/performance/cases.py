"""Models, chips and efficiencies for the tests, built by hand: nothing here depends on the packaged tables but the efficiency rows."""

from functools import cache

import numpy as np
from hypothesis import strategies as st

from leadtime import catalog
from leadtime.chips import Chip, Links, Memory
from leadtime.performance import (
    ChipArrays,
    Efficiencies,
    EfficiencyTable,
    ServeLayout,
    ServeWorkload,
    TrainLayout,
    TrainWorkload,
    chip_arrays,
    efficiencies_from_rows,
)
from leadtime.workloads import (
    Attention,
    Embedding,
    Experts,
    Indexer,
    Latent,
    LinearMixer,
    Mlp,
    ModelShape,
    ShapeArrays,
    Span,
    shape_arrays,
)


def decoder(
    name: str, *, layers: int, d: int, heads: int, kv: int, h: int, f: int, vocabulary: int, gated: bool = True
) -> ModelShape:
    return ModelShape(
        id=name,
        name=name,
        n_layers=layers,
        hidden_size=d,
        mixers=(Attention(n_layers=layers, n_heads=heads, n_kv_heads=kv, head_dim=h, value_dim=h),),
        feed_forwards=(Mlp(n_layers=layers, width=f, gated=gated),),
        embedding=Embedding(n_vocabulary=vocabulary, tied=not gated),
    )


LLAMA_8B = decoder("llama-3.1-8b", layers=32, d=4096, heads=32, kv=8, h=128, f=14336, vocabulary=128256)
LLAMA_70B = decoder("llama-3.1-70b", layers=80, d=8192, heads=64, kv=8, h=128, f=28672, vocabulary=128256)
LLAMA_405B = decoder("llama-3.1-405b", layers=126, d=16384, heads=128, kv=8, h=128, f=53248, vocabulary=128256)
QWEN3_8B = decoder("qwen3-8b", layers=36, d=4096, heads=32, kv=8, h=128, f=12288, vocabulary=151936)
GPT3 = decoder("gpt-3", layers=96, d=12288, heads=96, kv=96, h=128, f=49152, vocabulary=51200, gated=False)

DEEPSEEK_V3 = ModelShape(
    id="deepseek-v3",
    name="DeepSeek-V3",
    n_layers=61,
    hidden_size=7168,
    mixers=(
        Attention(
            n_layers=61, n_heads=128, n_kv_heads=128, head_dim=192, value_dim=128, n_query_rank=1536,
            latent=Latent(n_kv_rank=512, nope_dim=128, rope_dim=64),
        ),
    ),
    feed_forwards=(
        Mlp(n_layers=3, width=18432),
        Experts(n_layers=58, n_experts=256, n_active=8, width=2048, shared_width=2048, router_bias=True),
    ),
    embedding=Embedding(n_vocabulary=129280),
)  # fmt: skip
QWEN3_30B = ModelShape(
    id="qwen3-30b-a3b",
    name="Qwen3-30B-A3B",
    n_layers=48,
    hidden_size=2048,
    mixers=(Attention(n_layers=48, n_heads=32, n_kv_heads=4, head_dim=128, value_dim=128),),
    feed_forwards=(Experts(n_layers=48, n_experts=128, n_active=8, width=768),),
    embedding=Embedding(n_vocabulary=151936),
)
WINDOWED = ModelShape(
    id="windowed",
    name="Half of the layers look back 128 tokens",
    n_layers=36,
    hidden_size=2880,
    mixers=(
        Attention(n_layers=18, n_heads=64, n_kv_heads=8, head_dim=64, value_dim=64),
        Attention(
            n_layers=18, n_heads=64, n_kv_heads=8, head_dim=64, value_dim=64, span=Span(kind="sliding", window=128)
        ),
    ),
    feed_forwards=(Experts(n_layers=36, n_experts=128, n_active=4, width=2880),),
    embedding=Embedding(n_vocabulary=201088),
)
HYBRID = ModelShape(
    id="hybrid",
    name="Three recurrent layers to one of attention",
    n_layers=32,
    hidden_size=4096,
    mixers=(
        Attention(n_layers=8, n_heads=32, n_kv_heads=8, head_dim=128, value_dim=128),
        LinearMixer(
            kind="gated_deltanet", n_layers=24, n_heads=32, value_dim=128, n_key_heads=16, key_dim=128, n_convolution=4
        ),
    ),
    feed_forwards=(Mlp(n_layers=32, width=14336),),
    embedding=Embedding(n_vocabulary=128256),
)
SPARSE = ModelShape(
    id="sparse",
    name="Layers that read the 2,048 best tokens of all",
    n_layers=32,
    hidden_size=4096,
    mixers=(
        Attention(
            n_layers=32, n_heads=32, n_kv_heads=8, head_dim=128, value_dim=128,
            span=Span(kind="sparse", n_selected=2048, indexer=Indexer(n_heads=16, head_dim=128, n_layers=32)),
        ),
    ),
    feed_forwards=(Mlp(n_layers=32, width=14336),),
    embedding=Embedding(n_vocabulary=128256),
)  # fmt: skip
SHAPES = (LLAMA_8B, LLAMA_70B, LLAMA_405B, DEEPSEEK_V3, QWEN3_30B, WINDOWED, HYBRID, SPARSE)


def hopper(
    name: str, *, peak: float = 989.4e12, bandwidth: float = 3.35e12, memory: float = 80e9, scale_up: float = 900e9
) -> Chip:
    return Chip(
        id=name,
        name=name,
        family="hopper",
        peak_flop_per_s={"bf16": peak, "fp16": peak, "fp8": 2 * peak, "int8": 2 * peak},
        memory=Memory(kind="HBM3", capacity_byte=memory, bandwidth_byte_per_s=bandwidth),
        links=Links(scale_up_name="NVLink", scale_up_byte_per_s=scale_up, scale_up_domain=8, scale_out_byte_per_s=50e9),
        power_w=700.0,
    )


H100 = hopper("h100-sxm5-80gb")
H800 = hopper("h800-sxm5-80gb", scale_up=400e9)
H20 = hopper("h20-96gb", peak=148e12, bandwidth=4e12, memory=96e9)
A100 = Chip(
    id="a100-sxm4-80gb",
    name="A100",
    family="ampere",
    peak_flop_per_s={"bf16": 312e12, "fp16": 312e12, "int8": 624e12},
    memory=Memory(kind="HBM2e", capacity_byte=80e9, bandwidth_byte_per_s=2.039e12),
    links=Links(scale_up_name="NVLink", scale_up_byte_per_s=600e9, scale_up_domain=8, scale_out_byte_per_s=25e9),
    power_w=400.0,
)
ASCEND_910C = Chip(
    id="ascend-910c",
    name="Ascend 910C",
    family="ascend",
    peak_flop_per_s={"bf16": 752e12, "fp16": 752e12, "int8": 1504e12},
    memory=Memory(kind="HBM2e", capacity_byte=128e9, bandwidth_byte_per_s=3.2e12),
    links=Links(scale_up_name="UB", scale_up_byte_per_s=784e9, scale_up_domain=384, scale_out_byte_per_s=50e9),
)
UNKNOWN = Chip(
    id="nobody-1",
    name="Nobody 1",
    peak_flop_per_s={"bf16": 400e12},
    memory=Memory(kind="GDDR6", capacity_byte=48e9, bandwidth_byte_per_s=0.9e12),
)
CHIPS = (H100, H800, H20, A100, ASCEND_910C)


@cache
def table() -> EfficiencyTable:
    return efficiencies_from_rows(catalog.table("efficiencies"))


def efficiencies(
    chip: Chip = H100, precision: str = "bf16", *, framework: str = "other", engine: str = "other"
) -> Efficiencies:
    return table().efficiencies(chip, precision, frameworks=framework, engines=engine)


def ideal(**other: float) -> dict[str, float]:
    """Efficiencies of a perfect machine: all shares one, all overheads and latencies zero."""
    from leadtime.performance import PARAMETERS

    perfect = {name: 1.0 if spec.faster > 0 or name.endswith("_ratio") else 0.0 for name, spec in PARAMETERS.items()}
    perfect |= {
        "gemm_train_half_ratio": 0.0,
        "gemm_serve_half_ratio": 0.0,
        "expert_half_ratio": 0.0,
        "straggler_ratio": 0.0,
    }
    perfect |= {"draft_cost_ratio": 0.0, "reserve_ratio": 1.0, "overlap_all_to_all_frac": 0.0}
    return perfect | other


def one(value: object) -> float:
    """The only number of an array."""
    (number,) = np.ravel(np.asarray(value, dtype=float))
    return float(number)


def shapes(*models: ModelShape) -> ShapeArrays:
    return shape_arrays(list(models))


def chip(which: Chip = H100, precision: str = "bf16") -> ChipArrays:
    return chip_arrays(which, precision)


def column(*values: float) -> np.ndarray:
    return np.array(values, dtype=float)


positive = st.floats(1e-3, 1e3)
fractions = st.floats(0.05, 1.0)
powers = st.integers(0, 3).map(lambda n: float(2**n))
chips = st.sampled_from(CHIPS)
models = st.sampled_from(SHAPES)


@st.composite
def train_cases(draw: st.DrawFn) -> tuple[ShapeArrays, Chip, TrainLayout, TrainWorkload]:
    """A model, a chip, a layout that divides, a workload that fills it; memory is not a limit."""
    model, which = draw(models), draw(chips)
    tp, data = draw(powers), draw(powers)
    pp = draw(st.sampled_from([1.0, 2.0, 4.0]))
    cp = draw(st.sampled_from([1.0, 2.0]))
    ep = (
        draw(st.sampled_from([1.0, 2.0, 4.0, 8.0]).filter(lambda ep: ep <= tp * data * cp)) if model.is_mixture else 1.0
    )
    length = draw(st.sampled_from([2048.0, 4096.0, 16384.0]))
    mbs = draw(st.sampled_from([1.0, 2.0]))
    layout = TrainLayout(
        n_chips=column(tp * pp * cp * data), tensor=tp, pipeline=pp, virtual=draw(st.sampled_from([1.0, 2.0])), context=cp, expert=ep,
        micro_batch=mbs, recompute=float(draw(st.integers(0, 2))), sharding=float(draw(st.integers(0, 3))),
    )  # fmt: skip
    n_micro = draw(st.integers(1, 64))
    work = TrainWorkload(
        sequence_tokens=length, batch_tokens=length * mbs * data * n_micro, lora=float(draw(st.booleans())),
        fused_attention=float(draw(st.booleans())), memory_limit_frac=float("inf"), year=float(draw(st.integers(2021, 2027))),
    )  # fmt: skip
    return shapes(model), which, layout, work


@st.composite
def serve_cases(draw: st.DrawFn) -> tuple[ShapeArrays, Chip, ServeLayout, ServeWorkload, float]:
    """A model, a chip of ample memory, a layout that divides, a workload and a batch."""
    model, which = draw(models), draw(chips)
    tp, pp = draw(powers), draw(st.sampled_from([1.0, 2.0]))
    data = draw(powers) if model.is_mixture else 1.0
    ep = draw(st.sampled_from([1.0, tp * data])) if model.is_mixture else 1.0
    work = ServeWorkload(
        input_tokens=column(float(draw(st.sampled_from([128, 1024, 4096, 32768])))), output_tokens=float(draw(st.sampled_from([16, 256, 2048]))),
        weight_byte=draw(st.sampled_from([2.0, 1.0, 0.5625])), kv_byte=draw(st.sampled_from([2.0, 1.0])),
        cache_hit_frac=draw(st.sampled_from([0.0, 0.5])), draft_tokens=float(draw(st.integers(0, 3))), acceptance_frac=draw(st.floats(0.0, 1.0)),
    )  # fmt: skip
    batch = float(draw(st.integers(1, 512)))
    layout = ServeLayout(tensor=tp, pipeline=pp, data=data, expert=ep)
    return shapes(model), which, layout, work, batch
