"""Collective operations over a network of tiers: scale-up domain, host, scale-out fabric.

A group of ``n`` ranks has ``r`` of them in each domain. Inside the domain bytes move at the scale-up rate; between
domains each rank has a network card of its own, and the ``r`` ranks of a domain share the work. Every time is a latency
plus a term linear in the bytes: it tends to the latency as the bytes vanish.
"""

from typing import Any, NamedTuple

from leadtime.arrays import Array, namespace
from leadtime.performance._chips import ChipArrays

__all__ = [
    "Link", "all_gather_s", "all_reduce_s", "all_to_all_s", "expert_exchange_byte", "expert_exchange_s", "link_for", "point_to_point_s", "reduce_scatter_s",
]  # fmt: skip


class Link(NamedTuple):
    """What a group of ranks communicates over; each field broadcasts."""

    n_ranks: Array  # n
    n_inside: Array  # r, ranks of the group in one domain
    inside_byte_per_s: Array  # effective one-way rate in the domain, per rank
    outside_byte_per_s: Array  # effective one-way rate that leaves the domain, per rank
    latency_s: Array  # alpha, of the tiers that the group spans


def link_for(
    chips: ChipArrays,
    *,
    n_ranks: Array,
    stride: Array = 1.0,
    inside_frac: Array,
    outside_frac: Array,
    latency_s: Array,
    outside_latency_s: Array,
) -> Link:
    """Return the link of a group of ``n_ranks`` chips, every ``stride``-th of a contiguous block.

    Parameters
    ----------
    chips : ChipArrays
        Rates and sizes of the tiers.
    n_ranks, stride : array_like
        Size of the group, and chips from one member to the next: a data-parallel group over tensor-parallel blocks of
        eight has stride eight.
    inside_frac, outside_frac : array_like
        Shares of the nominal rates that large messages reach: inside the host, and beyond it.
    latency_s, outside_latency_s : array_like
        Latency inside the host, and what leaving it adds [s].
    """
    xp = namespace(n_ranks, stride, chips.domain)
    span = n_ranks * stride
    n_inside = xp.clip(xp.floor(chips.domain / stride), 1.0, n_ranks)
    leaves = n_inside < n_ranks
    in_host = span <= chips.node  # its bus counts as inside: the same library, no network card
    beyond = xp.where(in_host, chips.node_byte_per_s, chips.scale_out_byte_per_s)
    return Link(
        n_ranks=n_ranks,
        n_inside=n_inside,
        inside_byte_per_s=xp.where(n_inside > 1, chips.scale_up_byte_per_s, beyond) * inside_frac,
        outside_byte_per_s=xp.where(leaves, beyond * xp.where(in_host, inside_frac, outside_frac), 1.0),
        latency_s=latency_s + xp.where(leaves & ~in_host, outside_latency_s, 0.0),
    )


def _tiered_s(size_byte: Array, link: Link, copies: float) -> Array:
    """Latency and the slower of the two tiers; ``copies`` is 2 for an all-reduce, else 1; equation (15)."""
    xp = namespace(size_byte, *link)
    n = link.n_ranks
    inside = (1.0 - 1.0 / link.n_inside) * size_byte / link.inside_byte_per_s
    outside = (1.0 - link.n_inside / n) * size_byte / (link.n_inside * link.outside_byte_per_s)
    slower = xp.maximum(inside, outside)
    return xp.where(n > 1, link.latency_s + copies * slower, 0.0)


def all_reduce_s(size_byte: Array, link: Link) -> Array:
    """Return the time of an all-reduce of ``size_byte`` per rank: alpha + 2 (n-1)/n S / beta; equation (15) [s]."""
    return _tiered_s(size_byte, link, 2.0)


def all_gather_s(size_byte: Array, link: Link) -> Array:
    """Return the time to gather ``size_byte`` (the whole result) on every rank: alpha + (n-1)/n S / beta [s]."""
    return _tiered_s(size_byte, link, 1.0)


def reduce_scatter_s(size_byte: Array, link: Link) -> Array:
    """Return the time to sum ``size_byte`` over ranks and leave a share on each: alpha + (n-1)/n S / beta [s]."""
    return _tiered_s(size_byte, link, 1.0)


def all_to_all_s(size_byte: Array, link: Link) -> Array:
    """Return the time in which each rank sends ``size_byte`` in equal parts to all ranks [s].

    Unlike the reducing collectives nothing can be combined in the domain: what leaves it crosses each rank's own card.
    """
    xp = namespace(size_byte, *link)
    n = link.n_ranks
    inside = (link.n_inside - 1.0) / n * size_byte / link.inside_byte_per_s
    outside = (1.0 - link.n_inside / n) * size_byte / link.outside_byte_per_s
    return xp.where(n > 1, link.latency_s + xp.maximum(inside, outside), 0.0)


def point_to_point_s(size_byte: Array, link: Link) -> Array:
    """Return the time to send ``size_byte`` to the next rank of the group, over the slowest tier between them [s]."""
    xp = namespace(size_byte, *link)
    rate = xp.where(link.n_inside < link.n_ranks, link.outside_byte_per_s, link.inside_byte_per_s)
    return xp.where(link.n_ranks > 1, link.latency_s + size_byte / rate, 0.0)


def expert_exchange_byte(
    *,
    n_tokens: Array,
    width: Array,
    n_active: Array,
    byte_per_value: Array,
    link: Link,
    n_limit: Array = float("inf"),
    combined: bool = True,
) -> tuple[Array, Array]:
    """Return bytes that one rank sends to experts inside its domain and beyond it; equation (16).

    Parameters
    ----------
    n_tokens, width, n_active : array_like
        Tokens of the rank, values per token, experts per token (k).
    byte_per_value : array_like
        Bytes per value on the wire.
    link : Link
        Of the expert-parallel group.
    n_limit : array_like
        Most domains that routing lets a token visit.
    combined : bool
        Send a token once to each domain and copy it there, as kernels made for throughput do; kernels made for low
        latency send a copy to each expert.

    Notes
    -----
    Of n ranks a token meets n (1 - (1 - 1/n)^k) distinct ones on average, and likewise of domains. A copy for the rank
    or the domain itself does not travel.
    """
    xp = namespace(n_tokens, width, n_active, *link)
    n_domains = xp.maximum(link.n_ranks / link.n_inside, 1.0)
    each = n_tokens * width * byte_per_value
    if combined:
        ranks = _distinct(xp, link.n_ranks, n_active)
        domains = xp.minimum(_distinct(xp, n_domains, n_active), n_limit)
        inside = each * ranks * (1.0 - 1.0 / link.n_inside)
        outside = each * domains * (1.0 - 1.0 / n_domains)
    else:
        inside = each * n_active * (link.n_inside - 1.0) / link.n_ranks
        outside = each * n_active * (1.0 - 1.0 / n_domains)
    return inside, outside


def _distinct(xp: Any, n: Array, n_drawn: Array) -> Array:
    """Expected number of distinct members among ``n_drawn`` drawn evenly from ``n``."""
    return n * -xp.expm1(n_drawn * xp.log1p(-xp.minimum(1.0 / n, 1.0 - 1e-9)))


def expert_exchange_s(
    *,
    n_tokens: Array,
    width: Array,
    n_active: Array,
    byte_per_value: Array,
    link: Link,
    n_limit: Array = float("inf"),
    combined: bool = True,
) -> Array:
    """Return the time of one dispatch to experts or one combination of their results; equation (16) [s].

    Arguments as :func:`expert_exchange_byte`; the two tiers work at the same time.
    """
    xp = namespace(n_tokens, width, n_active, *link)
    inside, outside = expert_exchange_byte(
        n_tokens=n_tokens,
        width=width,
        n_active=n_active,
        byte_per_value=byte_per_value,
        link=link,
        n_limit=n_limit,
        combined=combined,
    )
    slower = xp.maximum(inside / link.inside_byte_per_s, outside / link.outside_byte_per_s)
    return xp.where(link.n_ranks > 1, link.latency_s + slower, 0.0)
