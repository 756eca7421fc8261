"""Packaged claims on efficiency, timing, allocation, fleets, spikes, scarcity, openness, costs and security: verdicts, flips, refusals, parts."""

import math
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from scipy.stats import binom

from leadtime import catalog
from leadtime.claims import Judged, judge, load_claim
from leadtime.claims._judge import figure_of
from leadtime.errors import BadInputError, LeadtimeError, OutOfRangeError, UnknownNameError
from leadtime.study import questions
from leadtime.study.questions import _changes, _runs, scarcity, spike, timing

ARTICLE = ("C13", "C14", "C16", "C18", "C19", "C20", "C21", "C22", "C23", "C24", "C25", "C26", "C27", "C28")
FEW = 300


def judged(name: str, **arguments: Any) -> Judged:
    return judge(load_claim(name).with_arguments({"draws": FEW, **arguments}))


def median(answer: Any, name: str) -> float:
    return float(figure_of(answer, name)["value"])


@pytest.mark.parametrize("name", ARTICLE)
def test_every_claim_runs_and_its_verdict_follows_its_figures(name: str) -> None:
    entry = judged(name)
    assert entry.figure["value"] is not None
    assert 0 <= entry.verdict.probability <= 1
    for condition in (*entry.claim.test.all_of, *entry.claim.test.any_of):
        value = figure_of(entry.answer, condition.figure)["value"]
        if entry.verdict.verdict == "supported":
            assert condition.above is None or value > condition.above
            assert condition.at_least is None or value >= condition.at_least
            assert condition.below is None or value < condition.below
            assert condition.at_most is None or value <= condition.at_most


@pytest.mark.parametrize("name", ARTICLE)
def test_every_claim_has_what_a_page_needs(name: str) -> None:
    entry = judged(name)
    chart = entry.answer.chart
    assert entry.claim.kind == "article"
    assert set(entry.claim.ja) == {"title", "statement", "why_this_test", "changes_it"}
    assert chart is not None
    assert entry.answer.method
    assert entry.answer.caveats
    assert entry.answer.source_ids
    assert set(entry.answer.source_ids) | set(entry.claim.sources) <= set(catalog.sources())
    used = [chart[key] for key in ("x", "y", "low", "high", "series", "label") if key in chart]
    assert entry.answer.rows
    assert all(key in row for key in used for row in entry.answer.rows)


FLIPS = [
    ("C13", {"growth_low": 1.05, "growth_high": 1.2, "better": 20}),
    ("C13", {"growth_low": 20, "growth_high": 30, "better": 1}),
    ("C14", {"years": 0.1}),
    ("C18", {"low": 0.9, "high": 1.0}),
    ("C19", {"synthetic_gain": 0.001}),
    ("C20", {"fleet": "disclosed"}),
    ("C16", {"least_share": 0.5}),
    ("C21", {"n_chips": 20000}),
    ("C21", {"spike": 0.5}),
    ("C22", {"training_ratio": 1.1, "data_ratio": 1.1}),
    ("C23", {"scenario": "no_controls"}),
    ("C24", {"release_delay_us": 0}),
    ("C25", {"opened": "baseline"}),
    ("C26", {"usd_per_hour": 2.5}),
    ("C27", {"budgets": "2e9"}),
    ("C28", {"on": "2033-01-01", "share": 1}),
]


@pytest.mark.parametrize(("name", "arguments"), FLIPS)
def test_the_deciding_input_turns_the_verdict_against_the_claim(name: str, arguments: dict[str, Any]) -> None:
    before, after = judged(name), judged(name, **arguments)
    assert before.verdict.verdict != "contradicted"
    assert after.verdict.verdict == "contradicted"


@pytest.mark.parametrize(
    ("name", "arguments"),
    [
        ("C20", {"fleet": "large"}),
        ("C21", {"n_chips": 2224}),
        ("C23", {"on": "2027-01-01", "since": "2024-01-01"}),
        ("C18", {"scope": "firm"}),
    ],
)
def test_other_evidence_or_days_raise_what_is_open(name: str, arguments: dict[str, Any]) -> None:
    assert judged(name, **arguments).verdict.probability > judged(name).verdict.probability + 0.2


def test_fleets_and_the_spillover_variant_are_named_as_what_decides() -> None:
    fleet, weights = judged("C20", draws=2000), judged("C25", draws=2000)
    assert (fleet.verdict.verdict, fleet.verdict.deciding_assumption) == ("depends", "size of the fleet")
    spiked = judged("C21", draws=2000)
    assert (spiked.verdict.verdict, spiked.verdict.deciding_assumption) == ("depends", "chips that stand ready")
    assert (weights.verdict.verdict, weights.verdict.deciding_assumption) == ("depends", "spillover variant")
    assert (weights.answer.figures["cost_months"].draws["S0"] == 0).all()


@pytest.mark.parametrize(
    ("name", "arguments", "error", "words"),
    [
        ("C13", {"run": "T999"}, BadInputError, "T019"),
        ("C13", {"run": "T001", "reference": "T019"}, BadInputError, "later"),
        ("C13", {"growth_low": 5, "growth_high": 2}, BadInputError, "growth_high"),
        ("C14", {"budgets": "5"}, BadInputError, "100"),
        ("C14", {"small_usd": 1e10}, BadInputError, "large_usd"),
        ("C16", {"window_days": 90}, OutOfRangeError, "30"),
        ("C16", {"picked": "2030-01-01"}, BadInputError, "between"),
        ("C16", {"events": "holidays"}, LeadtimeError, "politics"),
        ("C16", {"until": "2022-11-01"}, BadInputError, "60"),
        ("C18", {"low": 0.9, "high": 0.1}, BadInputError, "greater"),
        ("C18", {"scope": "lab", "until": "2021-06-01"}, BadInputError, "later"),
        ("C20", {"fleet": "huge"}, LeadtimeError, "large"),
        ("C20", {"model": "deepseek-v33"}, UnknownNameError, "deepseek-v3"),
        ("C21", {"chip": "h8000"}, UnknownNameError, "h800"),
        ("C21", {"spike": 1000}, OutOfRangeError, "100"),
        ("C21", {"chip": "l4", "tpot_ms": 5}, BadInputError, "5 ms"),
        ("C22", {"training_ratio": 0.5}, OutOfRangeError, "1.0"),
        ("C23", {"on": "2023-01-01", "since": "2024-01-01"}, BadInputError, "later"),
        ("C23", {"scenario": "nothing"}, UnknownNameError, "scenario"),
        ("C25", {"opened": "nothing"}, UnknownNameError, "scenario"),
        ("C26", {"run": "llama1-7b"}, BadInputError, "dsv3-total"),
        ("C26", {"usd_per_hour": 9}, BadInputError, "price_low"),
        ("C28", {"mass": "camera"}, UnknownNameError, "cameras"),
    ],
)
def test_what_the_model_is_not_valid_for_is_refused_in_one_sentence(
    name: str, arguments: dict[str, Any], error: type[Exception], words: str
) -> None:
    with pytest.raises(error) as caught:
        judged(name, **arguments)
    message = f"{caught.value} {getattr(caught.value, 'hint', '')}"
    assert words in message
    assert "\n" not in message


@pytest.mark.parametrize("name", ARTICLE)
def test_the_same_question_has_the_same_bits(name: str) -> None:
    first = judged(name)
    _runs._KEPT.clear()
    again = judged(name)
    for figure, sampled in first.answer.figures.items():
        for variant, values in sampled.draws.items():
            np.testing.assert_array_equal(values, again.answer.figures[figure].draws[variant])


def test_a_timed_calendar_is_found_and_a_random_one_is_not(monkeypatch: pytest.MonkeyPatch) -> None:
    events = [(date.fromisoformat(row["date"])) for row in catalog.table("political_events")]
    timed = [{"date": day, "maker": str(place), "title": "x"} for place, day in enumerate(events)]
    monkeypatch.setattr(timing, "_releases", lambda since, until: timed)
    monkeypatch.setattr(timing, "_events", lambda which, since, until: [(day, day) for day in events])
    answer = questions.ask("release_timing", {"draws": FEW, "window_days": 0})
    assert median(answer, "p_all") < 0.01
    assert median(answer, "timed_frac") > 0.8
    stream = np.random.default_rng(0)
    free = [
        {"date": date.fromordinal(date(2022, 10, 1).toordinal() + int(day)), "maker": str(day), "title": "x"}
        for day in stream.integers(1100, size=200)
    ]
    monkeypatch.setattr(timing, "_releases", lambda since, until: free)
    answer = questions.ask("release_timing", {"draws": FEW})
    assert median(answer, "p_all") > 0.05
    assert median(answer, "timed_frac") < 0.1


def test_the_shifted_calendars_are_a_distribution_around_what_chance_expects() -> None:
    answer = questions.ask("release_timing", {"draws": FEW, "window_days": 3})
    assert sum(row["share_frac"] for row in answer.rows) == pytest.approx(1.0)
    mean = sum(row["share_frac"] * row["coincidences"] for row in answer.rows)
    assert mean == pytest.approx(median(answer, "expected"))
    beyond = sum(row["share_frac"] for row in answer.rows if row["coincidences"] >= median(answer, "coincidences"))
    assert beyond == pytest.approx(median(answer, "p_all"))


def test_picking_coincidences_afterwards_makes_them_look_rare() -> None:
    answer = questions.ask("release_timing", {"draws": FEW})
    assert median(answer, "p_picked_naive") < 0.05 < median(answer, "p_picked_corrected")
    assert timing._tail(2, 3, 0.1) == pytest.approx(float(binom.sf(1, 3, 0.1)))


def test_every_day_is_near_when_the_window_is_wide_and_none_without_events() -> None:
    span = (date(2024, 1, 1), date(2024, 12, 31))
    assert timing._near([(date(2024, 6, 1), date(2024, 6, 1))], *span, 400).all()
    assert not timing._near([], *span, 10).any()
    one = timing._near([(date(2024, 1, 1), date(2024, 1, 2))], *span, 1)
    assert np.flatnonzero(one).tolist() == [0, 1, 2]


def test_sizes_of_one_family_count_as_one_release() -> None:
    titles = [row["title"] for row in timing._releases(date(2025, 4, 1), date(2025, 5, 5))]
    assert sum("Qwen3" in title for title in titles) == 1


def test_the_wait_is_that_of_one_server_or_many() -> None:
    """Against the exact formula of Erlang for 400 servers at nine tenths of capacity."""
    servers, load, length = 400, 0.95, 100
    offered = servers * load
    log_terms = [k * math.log(offered) - math.lgamma(k + 1) for k in range(servers)]
    last = servers * math.log(offered) - math.lgamma(servers + 1) - math.log(1 - load)
    top = max(*log_terms, last)
    waiting = math.exp(last - top) / (sum(math.exp(term - top) for term in log_terms) + math.exp(last - top))
    capacity = np.array([1000.0])
    exact = waiting * length / (capacity[0] * (1 - load))
    found = spike._erlang_wait_s(np.array([load * 1000.0]), capacity, np.array([float(servers)]), length)
    assert float(found[0]) == pytest.approx(exact, rel=0.2)


def test_a_flat_day_is_full_exactly_at_capacity() -> None:
    wave, capacity = np.full(24, 100.0), np.array([300.0, 500.0])
    critical = spike._critical(wave, capacity, np.full(2, 1e9), 1000, 1.0)
    np.testing.assert_allclose(critical, capacity / 100.0, rtol=1e-3)


def test_a_backlog_waits_as_long_as_it_takes_to_work_off() -> None:
    """One hour at twice the capacity leaves an hour's work; the rest of the day is empty."""
    wave = np.zeros(24)
    wave[5] = 200.0
    worst = spike._worst_wait_s(wave, np.array([1.0]), np.array([100.0]), np.array([1e6]), 10)
    assert float(worst[0]) == pytest.approx(3600.0)


@pytest.mark.parametrize("more", [{"n_chips": 4448}, {"peak_to_mean": 1.0}, {"tpot_ms": 100}])
def test_more_chips_flatter_days_and_slower_answers_serve_more(more: dict[str, Any]) -> None:
    known = {"draws": FEW, "n_chips": 2224}
    base = questions.ask("demand_spike", known).figures["critical_multiple"].draws["single"]
    other = questions.ask("demand_spike", {**known, **more}).figures["critical_multiple"].draws["single"]
    assert np.median(other) > np.median(base)


def test_the_account_reproduces_the_report_and_its_lines_add_up() -> None:
    answer = questions.ask("reported_cost", {"draws": FEW})
    assert median(answer, "reproduced_usd") == pytest.approx(5.576e6)
    assert answer.rows[0]["median"] == pytest.approx(5.576, rel=0.05)
    rows = {row["label"]: row for row in answer.rows}
    parts = sum(row["median"] for label, row in rows.items() if label != "All of it")
    assert rows["All of it"]["median"] == pytest.approx(parts, rel=0.25)


def test_both_factors_of_a_disadvantage_add_up_and_none_is_worth_nothing() -> None:
    answer = questions.ask("compute_disadvantage", {"draws": FEW, "training_ratio": 2, "data_ratio": 3})
    draws = {name: figure.draws for name, figure in answer.figures.items()}
    mine = _runs.followers(("baseline",), draws=FEW, seed=1)["S0"]
    both = draws["training_months"]["single"] + draws["data_months"]["single"]
    np.testing.assert_allclose(both[mine], draws["months"]["S0"])
    none = questions.ask("compute_disadvantage", {"draws": FEW, "training_ratio": 1, "data_ratio": 1})
    assert all((np.abs(values) < 1e-9).all() for values in none.figures["months"].draws.values())
    known = questions.ask(
        "compute_disadvantage", {"draws": FEW, "algorithm_growth": 3, "compute_growth": 4.5, "other_months": 0}
    )
    assert known.figures["months"].draws["S0"][0] == pytest.approx(6.39, abs=0.01)


def test_equal_budgets_have_no_window_and_no_time_changes_nothing() -> None:
    answer = questions.ask("access_and_performance", {"draws": FEW, "years": 0, "large_usd": 1e7, "small_usd": 1e7})
    for name, value in (("window_months", 0.0), ("cost_ratio", 1.0), ("actors_added", 0.0), ("gain_points", 0.0)):
        np.testing.assert_allclose(answer.figures[name].draws["single"], value, atol=1e-9)


def test_money_buys_freely_where_nothing_is_controlled() -> None:
    free = questions.ask("money_or_chips", {"draws": FEW, "scenario": "no_controls"})
    bound = questions.ask("money_or_chips", {"draws": FEW})
    assert median(free, "premium") == 0
    assert median(free, "shadow_ratio") < median(bound, "shadow_ratio")
    assert np.abs(free.figures["check_ratio"].draws["single"]).max() < 0.1


@pytest.mark.slow
def test_levers_are_scaled_whether_unset_a_number_or_steps() -> None:
    change = scarcity._times(1.5)
    day = date(2026, 1, 1)
    assert change(None) == 1.5
    assert change(2.0) == 3.0
    assert change(((day, 2.0), (day, None))) == ((day, 3.0), (day, None))
    same = _changes.changed_series("baseline", ("prc_own_h100e",), {"budget": 1.0}, draws=FEW, seed=1)
    base = _runs.series("baseline", ("prc_own_h100e",), draws=FEW, seed=1)
    np.testing.assert_allclose(same["prc_own_h100e"], base["prc_own_h100e"])
    stacked = questions.ask("money_or_chips", {"draws": FEW, "scenario": "double_budget"})
    assert np.isfinite(stacked.figures["money_elasticity"].draws["single"]).all()


def test_a_longer_delay_hides_more_and_the_months_follow_it() -> None:
    two, eight = (
        questions.ask("apparent_gap", {"draws": FEW, "release_delay_us": delay}).figures["hidden_months"].draws["S1"]
        for delay in (2, 8)
    )
    assert np.median(eight - two) == pytest.approx(6.0, abs=0.1)


def test_a_state_that_gives_more_has_smaller_needs_in_proportion() -> None:
    tenth, all_of_it = (
        questions.ask("security_capacity", {"draws": FEW, "share": share}).figures["mass_need"].draws["single"]
        for share in (0.1, 1.0)
    )
    np.testing.assert_allclose(tenth, 10 * all_of_it, rtol=1e-4)


def test_a_scenario_that_fixes_an_input_can_be_asked_too(tmp_path: Path) -> None:
    file = tmp_path / "fixed.yaml"
    file.write_text(
        "name: fixed\ntitle: Fixed\ntext: Inputs without doubt.\n"
        "parameters: {synthetic_gain: [0.05, 0.05], algorithm_growth: [3, 3], spillover: [0.5, 0.5]}\n",
        encoding="utf-8",
    )
    for name in ("access_and_performance", "preparation", "deployment_feedback", "compute_disadvantage"):
        answer = questions.ask(name, {"draws": FEW, "scenario": str(file)})
        assert figure_of(answer, next(iter(answer.figures)))["value"] is not None
