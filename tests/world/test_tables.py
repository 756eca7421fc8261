"""The tables of the world: every row rests on something, nothing is unused, and the model needs nothing else."""

from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import pytest

from leadtime import catalog, chips, world
from tests.world import policies

TABLES = ("priors", "history", "labs", "security_applications")


class Watched(dict):  # type: ignore[type-arg]
    """A mapping that remembers what was looked up."""

    def __init__(self, *args: object) -> None:
        super().__init__(*args)
        self.seen: set[str] = set()

    def __getitem__(self, name: str) -> object:
        self.seen.add(name)
        return super().__getitem__(name)


def cited() -> Iterator[tuple[str, str, dict[str, str]]]:
    for table in TABLES:
        for row in catalog.table(table):
            for part in filter(None, row["evidence"].split(";")):
                yield table, part, row


def test_every_evidence_id_stands_in_the_catalogue() -> None:
    known = {row["id"] for name in ("evidence", "published_results") for row in catalog.table(name)}
    missing = sorted({part for _, part, _ in cited() if part not in known})
    assert missing == []


def test_a_row_without_evidence_is_a_judgement_or_names_a_publication() -> None:
    for table in TABLES:
        for row in catalog.table(table):
            if not row["evidence"] and row["source_id"] == "leadtime-judgement":
                assert row["method"] == "assumed", row
            assert row["note"].strip()


def test_a_row_that_cites_evidence_names_its_source() -> None:
    source = {row["id"]: row["source_id"] for name in ("evidence", "published_results") for row in catalog.table(name)}
    for table, part, row in cited():
        if part == row["evidence"].split(";")[0]:
            assert row["source_id"] == source[part], (table, row)


def test_every_constant_is_used(draws, data, everything) -> None:  # type: ignore[no-untyped-def]
    constants = Watched(data.constants)
    watched = replace(data, constants=constants)
    policy = policies.past(data, caps={"h200": {"per_customer_chips": 1000.0}})
    world.run(draws(4), policy, data=watched, outputs=everything)
    world.run(draws(4), policy, data=watched.known_by(2023), outputs=("prc_leaked_h100e",))
    assert set(constants) - constants.seen == {"offshore_after_guidance"}  # a default for scenario files


@pytest.mark.slow
def test_every_parameter_matters(draws, data, priors, everything) -> None:  # type: ignore[no-untyped-def]
    policy = policies.past(
        data,
        permissions={"b30a": 0.5, "frontier": {"denial": 1.0}},
        import_open_question=policies.window(2026.75),
        levers=world.Levers(
            stockpile=data.series["stockpile"], open_weights_prc=False
        ),  # else the state has them at once
    )
    params = draws(6, seed=9)
    base = world.run(params, policy, data=data, outputs=everything)
    for prior in priors:
        moved = (
            (params[prior.id] + 0.5) % 1
            if prior.id in {"import_reopens", "spillover_variant"}
            else params[prior.id] * 0.93
        )
        again = world.run(params | {prior.id: moved}, policy, data=data, outputs=everything)
        assert any(not np.array_equal(base[name], again[name]) for name in everything), prior.id


def test_central_values_lie_between_their_ends() -> None:
    for row in catalog.table("history"):
        if row["low"] and row["high"]:
            assert float(row["low"]) <= float(row["value"]) <= float(row["high"]), row


def test_supply_history_adds_up_to_the_published_total(data) -> None:  # type: ignore[no-untyped-def]
    """Custom and merchant chips to the end of 2025 against the cumulative total of the evidence table."""
    total = sum(data.merchant.values()) + sum(data.custom.values())
    published = next(float(row["central"]) for row in catalog.table("evidence") if row["id"] == "C024")
    tpu_2022 = data.custom[2022]  # made before the published series starts
    assert abs(total - tpu_2022 - published / 1e6) < 0.02


def test_class_ratios_follow_from_the_catalogue_of_chips(data) -> None:  # type: ignore[no-untyped-def]
    """The defaults of the table agree with datasheets; the study replaces them by those of the catalogue."""
    h100 = chips.find_chip("h100")
    for kind in ("h800", "h20", "h200"):
        chip = chips.find_chip(kind)
        assert chip.memory.bandwidth_byte_per_s / h100.memory.bandwidth_byte_per_s == pytest.approx(
            data.bandwidth[kind], abs=0.02
        ), kind
        assert chip.peak_flop_per_s["fp8"] / h100.peak_flop_per_s["fp8"] == pytest.approx(
            data.compute[kind], abs=0.01
        ), kind
