"""Packaged claims on chips, law, channels, clusters, deployment and lead: each runs, follows its figure, flips with its input, and refuses what is invalid."""

from datetime import date
from functools import cache
from typing import Any

import numpy as np
import pytest

from leadtime.claims import Judged, judge, load_claim, packaged_claims
from leadtime.claims._judge import figure_of
from leadtime.errors import BadInputError, OutOfRangeError, UnknownNameError
from leadtime.study import questions
from leadtime.study.questions import _runs

ARTICLE = ("C01", "C02", "C03", "C04", "C05", "C06", "C07", "C08", "C09", "C10", "C11", "C12", "C15", "C17", "C29")
FEW = 300


def judged(name: str, **arguments: Any) -> Judged:
    return fresh(name, **arguments) if arguments else as_packaged(name)


@cache
def as_packaged(name: str) -> Judged:
    """Judge a packaged claim as it is, once for all tests."""
    return fresh(name)


def fresh(name: str, **arguments: Any) -> Judged:
    claim = load_claim(name)
    known = questions.get(claim.compute.question).arguments
    few = {"draws": FEW} if "draws" in known else {}
    return judge(claim.with_arguments({**few, **arguments}))


@pytest.mark.parametrize("name", ARTICLE)
def test_every_claim_runs_and_its_verdict_follows_its_figures(name: str) -> None:
    entry = judged(name)
    conditions = [*entry.claim.test.all_of, *entry.claim.test.any_of]
    assert entry.figure["value"] is not None
    assert 0 <= entry.verdict.probability <= 1
    for condition in conditions:
        median = figure_of(entry.answer, condition.figure)["value"]
        if entry.verdict.verdict == "supported" and median is not None:
            assert condition.above is None or median > condition.above
            assert condition.at_least is None or median >= condition.at_least
            assert condition.below is None or median < condition.below
            assert condition.at_most is None or median <= condition.at_most


@pytest.mark.parametrize("name", ARTICLE)
def test_every_claim_has_what_a_page_needs(name: str) -> None:
    entry = judged(name)
    assert entry.claim.kind == "article"
    assert set(entry.claim.ja) == {"title", "statement", "why_this_test", "changes_it"}
    assert entry.answer.rows
    assert entry.answer.chart is not None
    assert entry.answer.source_ids
    assert entry.answer.method
    assert "heim-deepseek-2025" in entry.claim.sources
    used = [
        entry.answer.chart[key] for key in ("x", "y", "low", "high", "series", "label") if key in entry.answer.chart
    ]
    assert any(all(key in row for key in used) for row in entry.answer.rows)


def test_every_source_that_is_named_exists() -> None:
    from leadtime import catalog

    for name, claim in packaged_claims().items():
        assert set(claim.sources) <= set(catalog.sources()), name
    for name in ARTICLE:
        assert set(judged(name).answer.source_ids) <= set(catalog.sources()), name


FLIPS = [
    ("C01", {"on": "2029-06-01"}),
    ("C01", {"scenario": "rule_2023_on_time"}),
    ("C02", {"on": "2024-01-01"}),
    ("C02", {"chip": "a100"}),
    ("C03", {"chip": "b30a", "context": "128k"}),
    ("C03", {"model": "deepseek-v3"}),
    ("C03", {"context": "4k"}),
    ("C06", {"on": "2029-06-01"}),
    ("C07", {"scenario": "zero_leakage"}),
    ("C08", {"strong": "diffusion_weak"}),
    ("C09", {"scenario": "cloud_closed", "on": "2027-01-01"}),
    ("C10", {"on": "2022-06-01"}),
    ("C11", {"against": "baseline"}),
    ("C12", {"scenario": "no_controls"}),
    ("C15", {"chip": "h800", "n_chips": "16384"}),
    ("C17", {"scenario": "no_controls"}),
]


@pytest.mark.parametrize(("name", "arguments"), FLIPS)
def test_the_deciding_input_turns_the_verdict_against_the_claim(name: str, arguments: dict[str, str]) -> None:
    before, after = judged(name), judged(name, **arguments)
    assert before.verdict.verdict != "contradicted"
    assert after.verdict.verdict == "contradicted"


@pytest.mark.parametrize(
    ("name", "arguments"),
    [("C12", {"on": "2031-01-01"}), ("C12", {"scenario": "h20_banned"}), ("C11", {"n_chips": 300_000})],
)
def test_what_would_change_an_open_verdict_raises_its_probability(name: str, arguments: dict[str, Any]) -> None:
    assert judged(name, **arguments).verdict.probability > judged(name).verdict.probability


def test_bought_time_depends_on_the_spillover_variant() -> None:
    entry = judged("C29")
    assert set(entry.verdict.by_variant) == {"S0", "S1", "S2"}
    assert entry.verdict.verdict == "depends"
    assert entry.verdict.deciding_assumption == "spillover variant"
    medians = {name: float(np.median(values)) for name, values in entry.answer.figures["months"].draws.items()}
    assert medians["S0"] > medians["S1"] > medians["S2"]


def test_controls_against_themselves_buy_nothing() -> None:
    answer = questions.ask(
        "months_bought", {"against": "baseline", "lifted": "h20_free", "added": "h20_banned", "draws": FEW}
    )
    assert all((values == 0).all() for values in answer.figures["months"].draws.values())
    assert (answer.figures["forgone_busd"].draws["single"] == 0).all()


def test_an_identical_chip_is_level_without_any_doubt() -> None:
    answer = questions.ask("chip_against", {"chip": "h100", "against": "h100", "draws": FEW})
    for name in ("decode_ratio", "prefill_ratio", "training_ratio", "decode_per_usd_ratio"):
        np.testing.assert_allclose(answer.figures[name].draws["single"], 1.0, rtol=1e-12)


def test_the_crossover_is_where_both_chips_serve_the_same() -> None:
    from leadtime.study.questions.hardware import _crossover

    prefill, decode = np.array([0.2, 0.5, 0.3, 1.4, 0.9]), np.array([1.2, 2.0, 0.9, 1.6, 1.0])
    share = _crossover(prefill, decode)
    for w, p, d in zip(share[:2], prefill[:2], decode[:2], strict=True):
        assert w / p + (1 - w) / d == pytest.approx(1.0)
    assert share[2:].tolist() == [0.0, 1.0, 0.0]


def test_a_chip_that_does_not_hold_the_model_has_no_ratio_and_says_why() -> None:
    answer = questions.ask("chip_against", {"chip": "l4", "model": "llama3-70b", "n_chips": 1, "draws": FEW})
    assert np.isnan(answer.figures["decode_ratio"].draws["single"]).all()
    assert any("memory" in caveat or "layout" in caveat for caveat in answer.caveats)


@pytest.mark.parametrize(
    ("name", "arguments", "error", "words"),
    [
        ("C01", {"on": "2050-01-01"}, OutOfRangeError, "2033-01-01"),
        ("C01", {"draws": 10}, OutOfRangeError, "300"),
        ("C01", {"scenario": "no_control"}, UnknownNameError, "no_controls"),
        ("C02", {"on": "2021-01-01"}, OutOfRangeError, "2022-10-12"),
        ("C03", {"chip": "h2000"}, UnknownNameError, "h200"),
        ("C03", {"model": "deepseek-v33"}, UnknownNameError, "deepseek-v3"),
        ("C03", {"context": 100}, OutOfRangeError, "512"),
        ("C03", {"context": 1024, "output": 2048}, BadInputError, "no room"),
        ("C03", {"contxt": 1024}, UnknownNameError, "context"),
        ("C05", {"stack_area_mm2": 0}, OutOfRangeError, "10.0"),
        ("C07", {"year": 2040}, OutOfRangeError, "2032"),
        ("C11", {"n_chips": 10}, OutOfRangeError, "1000"),
        ("C11", {"whose": "nobody"}, UnknownNameError, "leader"),
        ("C15", {"n_chips": 10**7}, OutOfRangeError, "1000000"),
        ("C29", {"lifted": "nothing"}, UnknownNameError, "scenario"),
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


def test_the_same_question_has_the_same_bits_and_another_seed_others() -> None:
    arguments = {"draws": FEW}
    first = questions.ask("leakage", arguments).figures["leaked_frac"].draws["single"]
    _runs._KEPT.clear()
    again = questions.ask("leakage", arguments).figures["leaked_frac"].draws["single"]
    other = questions.ask("leakage", {**arguments, "seed": 2}).figures["leaked_frac"].draws["single"]
    assert (first == again).all()
    assert not np.array_equal(first, other)


def test_values_between_bounds_are_linear_and_dates_meet_them() -> None:
    rising = np.linspace(0.0, 44.0, 45)[:, None] * np.array([1.0, 2.0])
    np.testing.assert_allclose(_runs.at(rising, 2022.375), [1.5, 3.0])
    np.testing.assert_allclose(_runs.at(rising, date(2022, 1, 1)), [0.0, 0.0])
    np.testing.assert_allclose(_runs.first_date(rising, 3.0), [2022.75, 2022.375])
    assert np.isnan(_runs.first_date(rising, 1000.0)).all()


def test_a_quantile_that_draws_never_reach_does_not_exist() -> None:
    row = _runs.quantile_row(np.array([1.0] * 6 + [np.nan] * 4))
    assert (row["low"], row["median"], row["high"]) == (1.0, 1.0, None)


def test_held_parameters_are_held_and_leave_the_other_draws_alone() -> None:
    free = _runs.series("baseline", ("prc_leaked_h100e",), draws=FEW, seed=1)["prc_leaked_h100e"]
    more = _runs.series("baseline", ("prc_leaked_h100e",), draws=FEW, seed=1, fixed={"leak_scale": 0.1})[
        "prc_leaked_h100e"
    ]
    assert more.sum() > free.sum()
    before = _runs.inputs("baseline", draws=FEW, seed=1)
    assert "leak_scale" in before
    assert np.ptp(before["leak_scale"]) > 0


def test_the_book_of_a_scenario_is_the_amended_one() -> None:
    assert _runs.rule_book("no_controls") is None
    dates = {}
    for scenario in ("baseline", "rule_2023_on_time"):
        answer = questions.ask("bite_by", {"scenario": scenario, "draws": FEW})
        dates[scenario] = float(answer.figures["caught_yr"].draws["single"][0])
    assert dates["rule_2023_on_time"] < 2023 < dates["baseline"]


OTHERS = ("O01", "O02", "O03", "O04", "O05", "O06", "O07", "O08")
"""Claims from elsewhere, each a file over questions that also serve other claims."""


@pytest.mark.parametrize("name", OTHERS)
def test_claims_from_elsewhere_run_and_name_their_source(name: str) -> None:
    entry = judged(name)
    assert entry.claim.kind == "other"
    assert entry.claim.sources
    assert set(entry.claim.ja) == {"title", "statement", "why_this_test", "changes_it"}
    assert entry.figure["value"] is not None
    assert set(entry.as_contract()["sources"]) >= set(entry.claim.sources)


@pytest.mark.parametrize(
    ("name", "arguments", "verdict"),
    [
        ("O01", {"scenario": "b30a_aggressive"}, "contradicted"),
        ("O02", {"scenario": "b30a_aggressive"}, "supported"),
        ("O03", {"scenario": "zero_leakage"}, "contradicted"),
        ("O04", {"on": "2023-01-01"}, "contradicted"),
        ("O07", {"unit_chip": "h20"}, "contradicted"),
        ("O08", {"scenario": "h20_banned"}, "contradicted"),
    ],
)
def test_claims_from_elsewhere_flip_with_their_input(name: str, arguments: dict[str, str], verdict: str) -> None:
    assert judged(name).verdict.verdict != verdict
    assert judged(name, **arguments).verdict.verdict == verdict


def test_the_bounds_of_claims_from_elsewhere_are_the_published_ones() -> None:
    from leadtime import catalog

    published = {row["id"]: row for row in catalog.table("published_results")}
    for name, row, scale in (
        ("O01", "VT036", 1.0),
        ("O03", "VT046", 100.0),
        ("O04", "VT009", 1.0),
        ("O05", "VT048", 1.0),
        ("O07", "VT103", 1.0),
    ):
        low, high = load_claim(name).test.all_of
        assert low.at_least == pytest.approx(float(published[row]["low"]) / scale)
        assert high.at_most == pytest.approx(float(published[row]["high"]) / scale)
    assert load_claim("O02").test.all_of[0].below == float(published["VT037"]["high"])


def test_the_share_and_the_channels_add_up() -> None:
    answer = questions.ask("compute_added", {"draws": FEW})
    values = {name: figure.draws["single"] for name, figure in answer.figures.items()}
    np.testing.assert_allclose(values["ratio"], values["us_h100e"] / values["prc_h100e"])
    assert (values["ratio_with_rent"] <= values["ratio"]).all()
    use = questions.ask("compute_in_use", {"draws": FEW}).figures
    share = use["prc_share_frac"].draws["single"]
    assert ((share > 0) & (share < 1)).all()
    hidden = questions.ask("months_between", {"draws": FEW}).figures
    np.testing.assert_allclose(
        hidden["hidden_months"].draws["S1"], hidden["true_months"].draws["S1"] - hidden["apparent_months"].draws["S1"]
    )


def test_a_longer_channel_never_sells_less() -> None:
    sold = [
        questions.ask("compute_sold", {"channel": "leaked", "on": day, "draws": FEW})
        .figures["sold_h100e"]
        .draws["single"]
        for day in ("2024-01-01", "2025-01-01", "2026-01-01")
    ]
    assert (sold[0] <= sold[1]).all()
    assert (sold[1] <= sold[2]).all()


def test_the_dates_of_the_rules_are_those_of_the_book() -> None:
    answer = questions.ask("rule_dates", {"items": "h100,h800,h20,l4", "on": "2026-06-30"})
    caught = {row["chip"]: row["caught_on"] for row in answer.rows}
    assert caught["H800 SXM5 80GB"] == "2023-10-23"
    assert caught["H20 96GB"] == "2025-04-09"
    assert caught["H100 SXM5 80GB"] < caught["H800 SXM5 80GB"] < caught["H20 96GB"]


def test_a_change_on_a_scenario_that_sets_the_same_lever_wins() -> None:
    name = _runs.stacked("strict_enforcement", "hbm_never")
    assert _runs.resolved(name).levers["hbm_imports"] == _runs.resolved("hbm_never").levers["hbm_imports"]
    assert _runs.resolved(name).levers["enforcement"] == _runs.resolved("strict_enforcement").levers["enforcement"]
    answer = questions.ask("memory_control", {"scenario": "strict_enforcement", "draws": FEW})
    assert np.median(answer.figures["flow_ratio"].draws["single"]) < 1
    assert _runs.stacked("baseline", "hbm_never") == "hbm_never"


def test_months_under_a_variant_come_from_the_draws_that_were_fitted_under_it() -> None:
    mine = _runs.followers(("baseline", "no_controls"), draws=FEW, seed=1)
    assert sum(int(one.sum()) for one in mine.values()) == FEW
    figure = _runs.lead_difference("months", "baseline", "no_controls", 2027.0, FEW, 1)
    assert {name: values.size for name, values in figure.draws.items()} == {
        name: int(one.sum()) for name, one in mine.items()
    }


@pytest.mark.parametrize("scenario", ["b30a_aggressive+zero_leakage", "h200_uncapped", "cloud_closed"])
def test_bought_time_can_be_asked_of_any_scenario(scenario: str) -> None:
    entry = judged("C29", scenario=scenario)
    assert entry.figure["value"] is not None
    assert len(entry.answer.rows) >= 5


def test_entries_are_plain_json_without_numbers_that_json_lacks() -> None:
    import json

    for name in (*ARTICLE, *OTHERS):
        json.dumps(judged(name).as_contract(), allow_nan=False, default=str)
