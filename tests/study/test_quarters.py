from datetime import date

import pytest

from leadtime.errors import BadInputError, OutOfRangeError
from leadtime.study import _quarters as q


def test_quarters_and_dates_name_the_same_interval() -> None:
    assert {
        q.parse_quarter(text) for text in ("2026Q3", "2026-Q3", "2026q3", "2026-07-01", "2026-09-30", date(2026, 8, 2))
    } == {18}


def test_every_interval_comes_back_from_its_label_and_its_first_day() -> None:
    for interval in range(q.N_INTERVALS):
        assert q.parse_quarter(q.quarter_label(interval)) == interval
        assert q.parse_quarter(q.bound_date(interval)) == interval
        assert q.bound_of(q.bound_date(interval)) == interval


@pytest.mark.parametrize("text", ["2021Q4", "2033Q1", "2033-01-01", "1999-05-05"])
def test_a_quarter_outside_the_horizon_is_refused_with_the_horizon(text: str) -> None:
    with pytest.raises(OutOfRangeError, match="2022Q1 to 2032Q4"):
        q.parse_quarter(text)


@pytest.mark.parametrize("text", ["", "2026Q5", "Q3 2026", "2026-13-01", "soon", "2026"])
def test_what_is_no_quarter_is_refused_with_an_example(text: str) -> None:
    with pytest.raises(BadInputError, match="2026Q3"):
        q.parse_quarter(text)
