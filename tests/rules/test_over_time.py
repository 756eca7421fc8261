"""Timeline, matrix, difference, headroom, plane and permissions: all views of the same determinations."""

from dataclasses import replace
from datetime import date, timedelta
from itertools import pairwise

import numpy as np
import pytest

from leadtime import rules
from leadtime.errors import BadInputError, MissingFactError, OutOfRangeError, UnknownNameError
from leadtime.rules import Actor, Item, Outcome, Request, Review

BOOK = rules.book("us_ear")
TO_CHINA = Request(to="CN", on=date(2024, 1, 1))


# --- timeline ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("chip", ["h100", "h800", "h20", "h200", "rtx 4090", "l40", "mtt s4000"])
@pytest.mark.parametrize("to", ["CN", "AE", "DE"])
def test_a_timeline_has_no_gap_and_agrees_with_determinations_inside(chip: str, to: str) -> None:
    item, asked = rules.find_item(chip), Request(to=to, on=date(2024, 1, 1))
    spans = rules.timeline(BOOK, item, asked, until=date(2027, 12, 31))
    assert spans[0].since == "2022-01-01"
    assert spans[-1].until == "2027-12-31"
    for before, after in pairwise(spans):
        assert date.fromisoformat(after.since) == date.fromisoformat(str(before.until)) + timedelta(days=1)
    for span in spans:
        for day in (date.fromisoformat(span.since), date.fromisoformat(str(span.until))):
            found = rules.determine(BOOK, item, replace(asked, on=day))
            assert (found.outcome, found.eccn, found.review, found.exception) == (
                span.outcome,
                span.eccn,
                span.review,
                span.exception,
            )


def test_each_change_names_what_brought_it() -> None:
    spans = rules.timeline(BOOK, rules.find_item("h800"), TO_CHINA)
    assert [(span.since, span.outcome) for span in spans] == [
        ("2022-01-01", "not_in_force"),
        ("2022-08-26", "not_required"),
        ("2023-10-23", "required"),
        ("2023-11-17", "required"),
    ]
    assert "2023-10-23" in spans[2].events[0].citation
    assert spans[3].events[0].citation == "88 FR 73458"


def test_a_bill_shows_up_in_the_timeline() -> None:
    book = BOOK.amend(rules.bill("gain-ai", enacted=date(2026, 3, 1)))
    spans = rules.timeline(book, rules.find_item("h20"), TO_CHINA)
    assert spans[-1].since == "2026-03-01"
    assert spans[-1].review == "presumption_of_denial"
    assert spans[-1].events[0].rule == "GAIN AI Act of 2025"


def test_a_time_that_ends_before_it_starts_is_refused() -> None:
    with pytest.raises(BadInputError):
        rules.timeline(BOOK, rules.find_item("h100"), TO_CHINA, since=date(2024, 1, 1), until=date(2023, 1, 1))


# --- matrix and difference -----------------------------------------------------------------------------------------------


def test_the_matrix_is_made_of_determinations() -> None:
    items = [
        rules.find_item("h100"),
        rules.find_item("rtx 4090"),
        rules.item_from_spec({"kind": "system", "contains": ["l40"]}),
    ]
    days = (date(2022, 12, 1), date(2024, 6, 1))
    cells = rules.matrix(BOOK, items, days, TO_CHINA)
    for item, row in zip(items, cells, strict=True):
        for day, cell in zip(days, row, strict=True):
            found = rules.determine(BOOK, item, replace(TO_CHINA, on=day))
            assert (cell.outcome, cell.eccn, cell.review, cell.exception) == (
                found.outcome,
                found.eccn,
                found.review,
                found.exception,
            )


def test_the_difference_over_one_day_is_what_the_rule_brought() -> None:
    found = rules.difference(BOOK, date(2023, 11, 16), date(2023, 11, 17), TO_CHINA)
    assert {"3A090.a", "3A090.b"} <= {row["provision"] for row in found.provisions_began}
    assert "3A090 (2022)" in {row["provision"] for row in found.provisions_ended}
    limits = {row["parameter"]: (row["before"], row["after"]) for row in found.parameters}
    assert limits["density.tpp_alone"] == (None, 4800.0)
    assert limits["connectivity.interconnect_gb_s"] == (600.0, None)
    changed = {row["chip"]: (row["before"].outcome, row["after"].outcome) for row in found.outcomes}
    assert changed["rtx-4090"] == ("not_required", "notify")
    assert "h20-96gb" not in changed


def test_the_difference_backwards_is_the_same_turned_round() -> None:
    days = (date(2026, 7, 9), date(2026, 7, 10))
    there, back = (rules.difference(BOOK, *pair, Request(to="AE", on=days[0])) for pair in (days, days[::-1]))
    assert {row["provision"] for row in there.provisions_began} == {row["provision"] for row in back.provisions_ended}
    moved = {(row["place"], row["group"]) for row in there.places}
    assert ("AE", "A:5") in moved
    assert moved == {(row["place"], row["group"]) for row in back.places}
    assert all(
        one["member_after"] != other["member_after"] for one, other in zip(there.places, back.places, strict=True)
    )


# --- headroom ------------------------------------------------------------------------------------------------------------


def designs(on: date, **options):  # type: ignore[no-untyped-def]
    return rules.headroom(BOOK, on, TO_CHINA, **options)


def test_in_2022_the_best_free_chip_is_an_h800_whole_performance_with_slower_links() -> None:
    best = designs(date(2022, 12, 1)).training
    assert best.bound_by == ("interconnect_gb_s",)
    assert best.interconnect_gb_s == pytest.approx(600, rel=1e-9)
    assert best.interconnect_gb_s < 600
    assert best.tpp > 15_000


def test_in_2023_the_best_free_chip_is_an_h20_little_performance_with_all_bandwidth() -> None:
    found = designs(date(2023, 12, 1))
    assert found.training == found.decode
    assert found.training.bound_by == ("tpp",)
    assert found.training.tpp == pytest.approx(2400, rel=1e-9)
    assert found.training.nearest == "H20 96GB"
    assert found.training.least_area_mm2 == pytest.approx(2400 / 3.2)


def test_more_silicon_buys_performance_only_below_the_lowest_density() -> None:
    two = designs(date(2023, 12, 1), die_area_mm2=2 * rules.RETICLE_MM2).training
    assert two.tpp == pytest.approx(1.6 * 2 * rules.RETICLE_MM2)
    four = designs(date(2023, 12, 1), die_area_mm2=4 * rules.RETICLE_MM2).training
    assert four.tpp == pytest.approx(4800, rel=1e-9)


def test_in_2025_bandwidth_is_bound_and_can_be_split_two_ways() -> None:
    found = designs(date(2025, 5, 1))
    assert found.decode.memory_bandwidth_gb_s == pytest.approx(1400, rel=1e-6)
    for design in found.frontier:
        assert design.memory_bandwidth_gb_s + design.interconnect_gb_s < 1700
    assert len(found.frontier) > 1


def test_no_design_is_promised_that_a_determination_refuses_and_none_beats_it() -> None:
    for on in (date(2022, 9, 15), date(2023, 12, 1), date(2025, 6, 1)):
        found = designs(on)
        for design in found.frontier:
            facts = {
                "tpp": design.tpp,
                "performance_density": design.performance_density,
                "memory_bandwidth_gb_s": design.memory_bandwidth_gb_s,
                "interconnect_gb_s": design.interconnect_gb_s,
                "datacenter_marketed": True,
                "vendor": "NVIDIA",
            }
            request = replace(TO_CHINA, on=on)
            assert rules.determine(BOOK, Item(name="design", facts=facts), request).outcome == "not_required"
            for name in design.bound_by:
                more = facts | {name: facts[name] * 1.001}
                more["performance_density"] = more["tpp"] / design.die_area_mm2
                assert rules.determine(BOOK, Item(name="more", facts=more), request).outcome != "not_required"


def test_a_limit_moved_by_an_amendment_moves_the_headroom() -> None:
    book = BOOK.amend(
        rules.amendment_of(
            {
                "id": "what-if",
                "changes": [{"set": {"parameter": "density.tpp_middle", "value": 2000, "from": "2023-11-17"}}],
            }
        )
    )
    assert rules.headroom(book, date(2023, 12, 1), TO_CHINA).training.tpp == pytest.approx(2000, rel=1e-9)


def test_before_any_rule_only_technology_binds_and_without_parts_there_is_no_answer() -> None:
    assert designs(date(2022, 8, 1)).training.bound_by == ()
    with pytest.raises(MissingFactError):
        designs(date(2001, 1, 1))
    with pytest.raises(OutOfRangeError):
        designs(date(2023, 12, 1), die_area_mm2=0.0)


# --- plane ---------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("on", [date(2022, 12, 1), date(2023, 12, 1), date(2026, 3, 1)])
def test_inside_each_rectangle_and_at_its_lower_edges_the_outcome_is_the_same(on: date) -> None:
    found = rules.plane(BOOK, on, TO_CHINA)
    rng = np.random.default_rng(3)
    for row in found.rectangles():
        for share in (0.0, *rng.random(2)):
            tpp = float(row["x_from"]) + share * (float(row["x_to"]) - float(row["x_from"]))  # type: ignore[arg-type]
            density = float(row["y_from"]) + share * (float(row["y_to"]) - float(row["y_from"]))  # type: ignore[arg-type]
            item = Item(
                name="x",
                facts={
                    "tpp": tpp,
                    "performance_density": density,
                    "memory_bandwidth_gb_s": 50.0,
                    "interconnect_gb_s": 10.0,
                    "datacenter_marketed": True,
                    "vendor": "NVIDIA",
                },
            )
            one = rules.determine(BOOK, item, replace(TO_CHINA, on=on))
            assert Outcome[one.outcome.upper()] == row["outcome"]
            assert one.eccn == row["eccn"]


def test_the_plane_of_2023_is_cut_at_the_limits_of_the_rule() -> None:
    found = rules.plane(BOOK, date(2023, 12, 1), TO_CHINA)
    assert found.x_edges[1:-1].tolist() == [1600, 2400, 4800]
    assert found.y_edges[1:-1].tolist() == [1.6, 3.2, 5.92]
    assert found.outcome.tolist() == [[1, 1, 1, 3], [1, 1, 2, 3], [1, 2, 2, 3], [1, 3, 3, 3]]
    with pytest.raises(UnknownNameError):
        rules.plane(BOOK, date(2023, 12, 1), TO_CHINA, x="price")


def test_other_planes_can_be_drawn() -> None:
    found = rules.plane(BOOK, date(2022, 12, 1), TO_CHINA, y="interconnect_gb_s")
    assert found.x_edges[1:-1].tolist() == [4800]
    assert found.y_edges[1:-1].tolist() == [600]
    assert found.outcome.tolist() == [[1, 1], [1, 3]]


# --- permissions ---------------------------------------------------------------------------------------------------------

QUARTERS = tuple(f"{year}Q{quarter}" for year in range(2022, 2028) for quarter in range(1, 5))
PRC = Actor(name="PRC", to="CN")


def at(quarter: str) -> int:
    return QUARTERS.index(quarter)


def test_the_shares_of_each_quarter_add_up_to_one() -> None:
    found = rules.permissions(
        BOOK, ["a800", "h800", "h20", "h200", "mtt s4000"], [PRC, Actor(name="abroad", to="SG", hq="CN")], QUARTERS
    )
    total = sum(found.share.values())
    assert np.allclose(total, 1.0)
    assert all(np.all((share >= 0) & (share <= 1)) for share in found.share.values())
    assert found.share["unknown"][0, 4, at("2024Q2")] == 1.0


def test_windows_of_sale_are_those_of_the_rules_in_days() -> None:
    found = rules.permissions(BOOK, ["a800", "h800", "h20", "h100"], [PRC], QUARTERS)
    free = found.free_share()[0]
    a800, h800, h20, h100 = free
    assert a800[at("2023Q3")] == h800[at("2023Q3")] == 1.0
    assert h800[at("2023Q4")] == pytest.approx(22 / 92)  # 1 to 22 October: the letter comes before the rule
    assert h800[at("2024Q1")] == 0.0
    assert h20[at("2025Q1")] == 1.0
    assert h20[at("2025Q2")] == pytest.approx(8 / 91)
    assert h100[at("2022Q2")] == 1.0
    assert h100[at("2022Q3")] == pytest.approx(56 / 92)
    assert found.share["practice_closed"][0, 2, at("2025Q3")] == pytest.approx(38 / 92)
    assert found.share["practice_open"][0, 2, at("2025Q4")] == 1.0


def test_the_lane_of_january_2026_opens_with_its_cap_and_only_for_those_certified() -> None:
    actors = [PRC, Actor(name="uncertified", to="CN", certified=False), Actor(name="abroad", to="SG", hq="CN")]
    found = rules.permissions(BOOK, ["h200", "b300"], actors, QUARTERS)
    case_by_case = found.share["case_by_case"]
    assert case_by_case[0, 0, at("2026Q1")] == pytest.approx(76 / 90)
    assert case_by_case[0, 0, at("2026Q2")] == 1.0
    assert not case_by_case[1:, :, at("2026Q1") :].any()
    assert not case_by_case[0, 1].any()
    assert found.cap_frac[0, 0, at("2026Q2")] == 0.5
    assert np.isnan(found.cap_frac[0, 0, at("2025Q4")])
    assert np.isnan(found.cap_frac[1, 0, at("2026Q2")])


def test_memory_dies_access_and_imports_have_series_of_their_own() -> None:
    found = rules.permissions(BOOK, ["h20", "h200"], [PRC, Actor(name="allies", to="JP")], QUARTERS)
    assert found.memory_share[0, at("2024Q4")] == pytest.approx(91 / 92)
    assert found.memory_share[0, at("2025Q1")] == 0.0
    assert found.foundry_share[0, at("2025Q1")] == pytest.approx(30 / 90)
    assert np.all(found.remote_share == 1.0)
    assert found.import_share[0, 0, at("2025Q2")] == 1.0
    assert found.import_share[0, 0, at("2025Q4")] == 0.0
    assert found.import_share[0, 1, at("2026Q1")] == pytest.approx(13 / 90)
    assert np.all(found.memory_share[1] == 1.0)
    assert np.all(found.import_share[1] == 1.0)


def test_amendments_and_postures_reach_the_permissions() -> None:
    cap = rules.amendment_of(
        {
            "id": "cap",
            "changes": [{"set": {"parameter": "review.volume_cap_frac", "value": 0.25, "from": "2026-04-01"}}],
        }
    )
    found = rules.permissions(BOOK.amend(cap), ["h200"], [PRC], QUARTERS)
    assert found.cap_frac[0, 0, at("2026Q2")] == 0.25
    rasa = BOOK.amend(rules.bill("remote-access-security", enacted=date(2026, 1, 1)))
    assert rules.permissions(rasa, ["h200"], [PRC], QUARTERS).remote_share[0, at("2026Q1")] == 0.0
    brazil = [Actor(name="Brazil", to="BR")]
    assert np.all(rules.permissions(BOOK, ["h100"], brazil, QUARTERS).free_share() == 1.0)
    text = rules.permissions(BOOK, ["h100"], brazil, QUARTERS, posture="text")
    assert text.share["approval"][0, 0, at("2026Q1")] == 1.0
    assert text.allocation_tpp[0, at("2026Q1")] == 790_000_000
    assert np.isnan(rules.permissions(BOOK, ["h100"], [PRC], QUARTERS, posture="text").allocation_tpp[0, at("2026Q1")])
    enforced = BOOK.amend(
        rules.amendment_of(
            {
                "id": "enforced",
                "changes": [{"enforcement": {"rule": "diffusion-2025", "enforced": True, "from": "2025-05-13"}}],
            }
        )
    )
    assert rules.permissions(enforced, ["h100"], brazil, QUARTERS).allocation_tpp[0, at("2026Q1")] == 790_000_000


@pytest.mark.parametrize("quarter", ["2024", "2024Q5", "24Q1", "Q1 2024", ""])
def test_a_quarter_that_is_none_is_refused(quarter: str) -> None:
    with pytest.raises(BadInputError):
        rules.permissions(BOOK, ["h100"], [PRC], [quarter])


def test_memory_is_no_chip() -> None:
    with pytest.raises(BadInputError):
        rules.permissions(BOOK, [rules.STACK], [PRC], ["2024Q1"])


# --- items ---------------------------------------------------------------------------------------------------------------


def test_a_system_is_as_strict_as_the_strictest_circuit_in_it() -> None:
    system = rules.item_from_spec({"kind": "system", "contains": ["h20", "l40", {"chip": "h100", "count": 8}]})
    found = rules.determine(BOOK, system, replace(TO_CHINA, on=date(2024, 6, 1)))
    assert (found.outcome, found.eccn, found.review) == ("required", "4A090.a", "presumption_of_denial")
    open_system = rules.item_from_spec({"kind": "system", "contains": ["h20", "mtt s4000"]})
    left = rules.determine(BOOK, open_system, replace(TO_CHINA, on=date(2024, 6, 1)))
    assert left.outcome == "unknown"
    assert set(left.possible["outcomes"]) == {"not_required", "notify", "required"}
    assert left.missing == ("die_area_mm2",)


def test_without_a_non_planar_die_only_performance_alone_counts() -> None:
    spec = {"kind": "chip", "tpp": 4799, "die_area_mm2": 400, "process_node": "TSMC 28nm", "datacenter_marketed": True}
    found = rules.determine(BOOK, rules.item_from_spec(spec), replace(TO_CHINA, on=date(2024, 6, 1)))
    assert found.outcome == "not_required"
    assert found.as_data()["performance_density"] is None
    assert (
        rules.determine(BOOK, rules.item_from_spec(spec | {"tpp": 4800}), replace(TO_CHINA, on=date(2024, 6, 1))).eccn
        == "3A090.a"
    )


def test_a_die_area_without_a_node_is_not_enough_and_the_answer_asks_for_the_node() -> None:
    spec = {"kind": "chip", "tpp": 2000, "die_area_mm2": 300, "datacenter_marketed": True, "vendor": "NVIDIA"}
    found = rules.determine(BOOK, rules.item_from_spec(spec), replace(TO_CHINA, on=date(2024, 6, 1)))
    assert (found.outcome, found.missing) == ("unknown", ("process_node",))
    for known in ({"process_node": "TSMC 4N"}, {"non_planar_die_area_mm2": 300}, {"performance_density": 6.67}):
        assert (
            rules.determine(BOOK, rules.item_from_spec(spec | known), replace(TO_CHINA, on=date(2024, 6, 1))).eccn
            == "3A090.a"
        )


def test_a_named_consignee_brings_its_headquarters_and_an_unnamed_one_a_remark() -> None:
    h100 = rules.find_item("h100")
    on = date(2026, 8, 1)
    alibaba = rules.determine(BOOK, h100, Request(to="SG", on=on, consignee="Alibaba Cloud"))
    assert (alibaba.request.hq, alibaba.outcome) == ("CN", "required")
    stranger = rules.determine(BOOK, h100, Request(to="SG", on=on, consignee="Nobody & Sons"))
    assert stranger.outcome == "not_required"
    assert any("Nobody & Sons" in remark.text for remark in stranger.overlays)


def test_country_names_work_and_unknown_ones_suggest() -> None:
    assert (
        rules.determine(BOOK, rules.find_item("h100"), Request(to="Saudi Arabia", on=date(2024, 6, 1))).request.to
        == "SA"
    )
    with pytest.raises(UnknownNameError, match="Saudi Arabia"):
        rules.determine(BOOK, rules.find_item("h100"), Request(to="Saudi Arabja", on=date(2024, 6, 1)))


def test_a_day_after_the_last_check_is_answered_with_a_remark() -> None:
    found = rules.determine(BOOK, rules.find_item("h100"), Request(to="CN", on=date(2031, 1, 1)))
    assert found.outcome == "required"
    assert "after the last check" in {remark.id for remark in found.overlays}


def test_review_codes_rank_what_is_stated_above_what_is_only_practised() -> None:
    assert (
        Review.PRACTICE_CLOSED
        < Review.PRESUMPTION_OF_APPROVAL
        < Review.CASE_BY_CASE
        < Review.PRESUMPTION_OF_DENIAL
        < Review.REFUSED
    )
