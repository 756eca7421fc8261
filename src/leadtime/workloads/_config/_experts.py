"""Experts and dense feed-forward layers of a configuration."""

from leadtime.workloads._shape import Experts, Mlp

from ._fields import Fields

__all__ = ["experts_of", "feed_forward_layers", "moe_mask"]

N_EXPERTS = (
    "n_routed_experts", "num_local_experts", "num_experts", "moe_num_experts", "num_routed_experts", "n_experts",
)  # fmt: skip
N_ACTIVE = (
    "num_experts_per_tok", "num_experts_per_token", "moe_topk", "moe_top_k", "moe_k", "top_k_experts", "experts_per_token",
    "num_selected_experts", "experts_topk", "n_activated_experts",
)  # fmt: skip
EXPERT_WIDTH = (
    "moe_intermediate_size",
    "expert_ffn_hidden_size",
    "expert_intermediate_size",
    "moe_ffn_hidden_size",
    "ffn_dim_exps",
)
N_SHARED = (
    "n_shared_experts", "num_shared_experts", "num_shared_expert", "moe_num_shared_experts", "num_experts_shared",
)  # fmt: skip
SHARED_WIDTH = (
    "shared_expert_intermediate_size", "moe_shared_expert_intermediate_size", "share_expert_dim", "shared_intermediate_size",
)  # fmt: skip
DENSE_WIDTH = (
    "intermediate_size_mlp", "dense_intermediate_size", "intermediate_size", "ffn_hidden_size", "ffn_dim", "inner_dim", "hidden_dim",
)  # fmt: skip


def _constant(fields: Fields, *keys: str, default: int | None = None, low: int = 0) -> int | None:
    """Return a whole number, also where it is written out for every layer, all layers alike."""
    key, value = fields.find(*keys)
    if not key:
        return default
    if isinstance(value, list):
        if not value or any(entry != value[0] for entry in value):
            raise fields.fail(key, "differs from layer to layer, which is not supported")
        value = value[0]
    return fields.whole(key, value, low=low)


def experts_of(
    fields: Fields, hidden: int, *, gated: bool = True, router_bias: bool = False, shared_like_expert: bool = False
) -> Experts | None:
    """Return one layer of experts, or None for a dense model."""
    n_experts = _constant(fields, *N_EXPERTS)
    if not n_experts or not fields.flag("is_moe", "use_moe", "enable_moe", default=True):
        return None
    key_active, _ = fields.find(*N_ACTIVE)
    n_active = _constant(fields, *N_ACTIVE, low=1)
    if n_active is None:
        raise fields.missing(*N_ACTIVE)
    if n_active > n_experts:
        raise fields.fail(key_active, f"is {n_active}, more than the {n_experts} experts there are")
    width = _constant(fields, *EXPERT_WIDTH, low=1) or fields.count(
        "intermediate_size", "ffn_hidden_size", "hidden_dim"
    )
    n_shared = _constant(fields, *N_SHARED)
    own_width = _constant(fields, *SHARED_WIDTH)
    if own_width is not None:
        shared = own_width * (
            n_shared
            if n_shared is not None and fields.find(*SHARED_WIDTH)[0] == "moe_shared_expert_intermediate_size"
            else 1
        )
    else:
        shared = width * (n_shared if n_shared is not None else 1 if shared_like_expert else 0)
    method = fields.find("topk_method")[1]
    biased = (
        router_bias
        or method == "noaux_tc"
        or any(
            fields.flag(key)
            for key in ("use_routing_bias", "moe_router_enable_expert_bias", "use_moe_router_bias", "moe_use_aux_free")
        )
    )
    return Experts(
        n_layers=1,
        n_experts=n_experts,
        n_active=n_active,
        width=width,
        gated=gated,
        shared_width=shared,
        router_bias=biased,
        latent_dim=fields.count("moe_latent_size", "routed_expert_hidden_size", default=None),
    )


def moe_mask(fields: Fields, n_layers: int) -> list[bool]:
    """Return which layers have experts, by whichever of the known keys says so; all if none does."""
    named = fields.items("mlp_layer_types", length=n_layers)
    if named is not None:
        return [kind in {"sparse", "moe", "hash_moe"} for kind in named]
    key, frequency = fields.find("moe_layer_freq", "moe_layer_frequency")
    if isinstance(frequency, list):
        marked = fields.items(key, length=n_layers) or []
        return [fields.whole(key, value, low=0, high=1) == 1 for value in marked]
    flags = fields.items("is_moe_layer", length=n_layers)
    if flags is not None:
        return [
            fields.whole("is_moe_layer", int(flag) if isinstance(flag, bool) else flag, low=0, high=1) == 1
            for flag in flags
        ]
    listed = _listed(fields, n_layers)
    if listed is not None:
        return listed
    if fields.has("interleave_moe_layer_step"):
        step = fields.count("interleave_moe_layer_step", low=0)
        return [step > 0 and (i + 1) % step == 0 for i in range(n_layers)]
    if fields.has("decoder_sparse_step", "mlp_only_layers"):
        step = fields.count("decoder_sparse_step", default=1)
        dense = {fields.whole("mlp_only_layers", i, low=0) for i in fields.items("mlp_only_layers") or []}
        return [i not in dense and (i + 1) % step == 0 for i in range(n_layers)]
    if fields.has("expert_layer_period"):
        period, offset = fields.count("expert_layer_period"), fields.count("expert_layer_offset", default=0, low=0)
        return [i % period == offset % period for i in range(n_layers)]
    first = fields.count("first_k_dense_replace", "moe_layer_start_index", "num_dense_layers", default=0, low=0)
    if first > n_layers:
        raise fields.fail(
            fields.find("first_k_dense_replace", "moe_layer_start_index", "num_dense_layers")[0],
            f"is {first}, more than the {n_layers} layers",
        )
    last = fields.count("moe_layer_end_index", default=n_layers, low=-1)
    step = fields.count("moe_layer_freq", "moe_layer_frequency", "moe_layer_interval", default=1)
    shift = 1 if fields.has("moe_layer_interval") else 0
    return [first <= i and (last < 0 or i <= last) and (i + shift) % step == 0 for i in range(n_layers)]


def _listed(fields: Fields, n_layers: int) -> list[bool] | None:
    """Read ``moe_layers_enum`` ("4,5,6") or ``moe_layers`` ([4, 5, 6])."""
    key, value = fields.find("moe_layers_enum", "moe_layers")
    if not key:
        return None
    parts = [part for part in value.split(",") if part.strip()] if isinstance(value, str) else fields.items(key) or []
    try:
        chosen = {int(part) for part in parts}
    except (TypeError, ValueError):
        raise fields.fail(key, "does not list whole numbers") from None
    if any(not 0 <= i < n_layers for i in chosen):
        raise fields.fail(key, f"names a layer outside 0 to {n_layers - 1}")
    return [i in chosen for i in range(n_layers)]


def feed_forward_layers(
    fields: Fields,
    n_layers: int,
    experts: Experts | None,
    *,
    gated: bool = True,
    bias: bool = False,
) -> list[Mlp | Experts]:
    """Return the feed-forward part of every layer in order."""
    if experts is None:
        return [Mlp(n_layers=n_layers, width=fields.count(*DENSE_WIDTH), gated=gated, bias=bias)]
    mask = moe_mask(fields, n_layers)
    if not any(mask):
        fields.warn("No layer is marked as having experts although the file names some: counted as dense.")
    return [
        experts if sparse else Mlp(n_layers=1, width=fields.count(*DENSE_WIDTH), gated=gated, bias=bias)
        for sparse in mask
    ]
