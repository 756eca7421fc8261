"""How long work takes on chips: roofline, kernels, collectives, parallel layouts, training, inference.

Arrays in, arrays out. No function opens a file: efficiencies arrive as rows (:func:`efficiencies_from_rows`), chips as
:class:`~leadtime.chips.Chip` values, models as :class:`~leadtime.workloads.ShapeArrays`.
"""

from leadtime.performance._blocks import (
    BLOCK,
    in_blocks,
)
from leadtime.performance._chips import (
    WEIGHT_BYTE,
    ChipArrays,
    arithmetic_precision,
    capped_chips,
    chip_arrays,
    ridge_flop_per_byte,
)
from leadtime.performance._codes import (
    FailureCode,
    failure_reason,
)
from leadtime.performance._collectives import (
    Link,
    all_gather_s,
    all_reduce_s,
    all_to_all_s,
    expert_exchange_byte,
    expert_exchange_s,
    link_for,
    point_to_point_s,
    reduce_scatter_s,
)
from leadtime.performance._efficiencies import (
    TASKS,
    Efficiencies,
    EfficiencyRow,
    EfficiencyTable,
    Selection,
    efficiencies_from_rows,
    sample_efficiencies,
)
from leadtime.performance._figures import (
    OperatingPoint,
    RooflinePoint,
    WorkloadRow,
    compare_chips,
    operating_points,
    roofline_points,
)
from leadtime.performance._intervals import (
    Interval,
    half_width,
    interval,
)
from leadtime.performance._layouts import (
    Recompute,
    ServeLayout,
    ServeWorkload,
    Sharding,
    TrainLayout,
    TrainWorkload,
    holds_whole_window,
)
from leadtime.performance._operation import (
    SplitService,
    checkpoint_interval_daly2006,
    chip_hours,
    goodput_frac,
    pareto_front,
    split_service,
)
from leadtime.performance._parameters import (
    PARAMETERS,
    PRECISIONS,
    Parameter,
    parameter,
)
from leadtime.performance._roofline import (
    OperationTime,
    causal_attention_s,
    decode_attention_s,
    elementwise_s,
    gemm_s,
    grouped_gemm_s,
    harmonic_size,
    roofline_williams2009,
    size_factor,
    touched_experts,
)
from leadtime.performance._search import (
    ServeSearch,
    SplitSearch,
    TrainSearch,
    search_serve_layout,
    search_split_service,
    search_train_layout,
)
from leadtime.performance._serve_memory import max_batch, weight_byte_per_chip
from leadtime.performance._serving import (
    SERVE_TERMS,
    Bound,
    ServeResult,
    serve,
    tokens_per_step,
)
from leadtime.performance._training import (
    TRAIN_TERMS,
    TrainResult,
    train_flop_per_token,
    train_step,
)

__all__ = [
    "BLOCK",
    "PARAMETERS",
    "PRECISIONS",
    "SERVE_TERMS",
    "TASKS",
    "TRAIN_TERMS",
    "WEIGHT_BYTE",
    "Bound",
    "ChipArrays",
    "Efficiencies",
    "EfficiencyRow",
    "EfficiencyTable",
    "FailureCode",
    "Interval",
    "Link",
    "OperatingPoint",
    "OperationTime",
    "Parameter",
    "Recompute",
    "RooflinePoint",
    "Selection",
    "ServeLayout",
    "ServeResult",
    "ServeSearch",
    "ServeWorkload",
    "Sharding",
    "SplitSearch",
    "SplitService",
    "TrainLayout",
    "TrainResult",
    "TrainSearch",
    "TrainWorkload",
    "WorkloadRow",
    "all_gather_s",
    "all_reduce_s",
    "all_to_all_s",
    "arithmetic_precision",
    "capped_chips",
    "causal_attention_s",
    "checkpoint_interval_daly2006",
    "chip_arrays",
    "chip_hours",
    "compare_chips",
    "decode_attention_s",
    "efficiencies_from_rows",
    "elementwise_s",
    "expert_exchange_byte",
    "expert_exchange_s",
    "failure_reason",
    "gemm_s",
    "goodput_frac",
    "grouped_gemm_s",
    "half_width",
    "harmonic_size",
    "holds_whole_window",
    "in_blocks",
    "interval",
    "link_for",
    "max_batch",
    "operating_points",
    "parameter",
    "pareto_front",
    "point_to_point_s",
    "reduce_scatter_s",
    "ridge_flop_per_byte",
    "roofline_points",
    "roofline_williams2009",
    "sample_efficiencies",
    "search_serve_layout",
    "search_split_service",
    "search_train_layout",
    "serve",
    "size_factor",
    "split_service",
    "tokens_per_step",
    "touched_experts",
    "train_flop_per_token",
    "train_step",
    "weight_byte_per_chip",
]
