"""`leadtime calibrate`, `hindcast` and `sensitivity`: contracts, golden answers, bad input."""

import pytest

from tests.interfaces._contract import answer, check, run

pytestmark = pytest.mark.slow


def test_calibrate_sets_prior_posterior_and_evidence_side_by_side() -> None:
    data = check("calibrate", "packaged", "calibrate")["data"]
    assert not data["diagnostics"]["stale"], "priors, rules or targets changed: rebuild the posterior"
    for row in data["rows"]:
        assert row["prior"]["q10"] <= row["prior"]["q90"]
        assert row["posterior"]["q10"] <= row["posterior"]["q50"] <= row["posterior"]["q90"]
    assert {one["group"] for one in data["diagnostics"]["left_out"] if one["method"] == "refit"}


def test_published_results_are_derived_again() -> None:
    data = check("calibrate", "reproduce", "calibrate", "--reproduce")["data"]
    assert data["diagnostics"]["derived"] + data["diagnostics"]["not_derived"] == data["diagnostics"]["published"]
    assert all(row["why"] for row in data["rows"])


@pytest.mark.slow
def test_hindcast_scores_what_came_later() -> None:
    data = check("hindcast", "2024", "hindcast", "--as-of", "2024-12-31")["data"]
    assert data["n_used"] > data["by_publication_date"]["n_used"] > 0
    assert data["versions_scored"] == len(data["versions"])
    # A sampler amplifies the last bit of a machine, so scores stand to the error of its draws.
    assert data["coverage_80_frac"] == pytest.approx(1.0, abs=0.06)
    assert data["without_noise"]["coverage_80_frac"] == pytest.approx(0.84, abs=0.11)
    assert data["log_score"]["model"] == pytest.approx(-8.5, abs=0.8)
    assert data["log_score"]["trend"] == pytest.approx(-20.7, abs=0.1)


def test_sensitivity_finds_what_the_lead_hangs_on() -> None:
    data = check(
        "sensitivity", "lead", "sensitivity", "--output", "lead_true_months", "--points", "32", "--draws", "1000",
        "--against", "no_controls",
    )["data"]  # fmt: skip
    assert data["indices"][0]["parameter"] == "spillover_variant"
    assert any(row["part"] == "s2" and row["flips"] for row in data["flips"])
    assert data["discovery"][0]["box"]["limits"][0]["values"] == ["s0"]


@pytest.mark.parametrize(
    ("arguments", "part"),
    [
        (("hindcast", "--as-of", "yesterday"), "yesterday"),
        (("hindcast", "--as-of", "2021-12-31"), "2021-12-31"),
        (("hindcast", "--as-of", "2031-12-31"), "2031-12-31"),
        (("hindcast", "--seed", "-1"), "-1"),
        (("sensitivity", "nowhere"), "nowhere"),
        (("sensitivity", "--output", "happiness"), "happiness"),
        (("sensitivity", "--points", "3"), "size"),
        (("sensitivity", "--against", "baseline"), "itself"),
        (("sensitivity", "--at", "2045Q1"), "2045Q1"),
        (("sensitivity", "--above", "nan"), "nan"),
        (("calibrate", "--cross-check", "--seed", "-1"), "-1"),
    ],
)
def test_bad_input_is_said_in_a_sentence(arguments: tuple[str, ...], part: str) -> None:
    document = answer(*arguments, status=2)
    assert part in document["error"]["message"]


def test_tables_for_people() -> None:
    done = run("calibrate", "--reproduce")
    assert done.returncode == 0, done.stderr
    assert "published results derived again" in done.stdout
