from functools import partial
from pathlib import Path

import pytest

from leadtime.errors import BadInputError, LeadtimeError, OutOfRangeError, UnknownNameError
from leadtime.study import _engines, _slurm
from leadtime.study._engines import run_chunks
from tests.study import _toy

SQUARES = [number * number for number in range(8)]


@pytest.mark.parametrize("settings", [{"workers": 1}, {"workers": 2}, {"workers": 3}])
def test_local_back_ends_give_every_result_once(settings: dict[str, int]) -> None:
    assert sorted(run_chunks(_toy.square, range(8), **settings)) == SQUARES  # type: ignore[arg-type]


def test_a_killed_worker_of_the_pool_costs_nothing(tmp_path: Path) -> None:
    assert sorted(run_chunks(partial(_toy.square_or_die_once, tmp_path), range(8), workers=2)) == SQUARES
    assert (tmp_path / "died").exists()


def test_workers_that_always_die_end_in_a_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_engines, "MAX_DEATHS", 1)
    with pytest.raises(LeadtimeError, match="keep dying"):
        list(run_chunks(_toy.always_die, range(2), workers=2))


@pytest.mark.parametrize("workers", [1, 2])
def test_an_error_of_ours_keeps_its_words_on_the_way_back(workers: int) -> None:
    with pytest.raises(OutOfRangeError, match="is too much") as caught:
        list(run_chunks(_toy.refuse, range(2), workers=workers))
    assert caught.value.hint == "Less."


@pytest.mark.slow
def test_dask_gives_the_same_and_survives_a_killed_worker(tmp_path: Path) -> None:
    assert sorted(run_chunks(partial(_toy.square_or_die_once, tmp_path), range(8), engine="dask", workers=2)) == SQUARES
    assert (tmp_path / "died").exists()


def test_an_unknown_engine_and_impossible_workers_are_refused() -> None:
    with pytest.raises(UnknownNameError, match="local, dask"):
        run_chunks(_toy.square, range(2), engine="spark")
    for workers in (0, -1, 10**9, True):
        with pytest.raises(BadInputError):
            run_chunks(_toy.square, range(2), workers=workers)
    with pytest.raises(BadInputError, match="dask"):
        run_chunks(_toy.square, range(2), scheduler="tcp://somewhere:1")


@pytest.mark.slow
def test_a_scheduler_that_does_not_answer_is_a_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_engines, "CONNECT_S", 1.0)
    with pytest.raises(BadInputError, match="No Dask scheduler"):
        list(run_chunks(_toy.square, range(2), engine="dask", scheduler="tcp://127.0.0.1:9"))


@pytest.mark.slow
def test_a_running_scheduler_is_used_and_left_running() -> None:
    import distributed

    with distributed.LocalCluster(
        n_workers=1, threads_per_worker=1, processes=True, dashboard_address=None, silence_logs=50
    ) as cluster:
        address = cluster.scheduler_address
        for _ in range(2):
            found = run_chunks(_toy.square, range(8), engine="dask", workers=1, scheduler=address)
            assert sorted(found) == SQUARES


def test_slurm_where_there_is_none_is_a_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_slurm.shutil, "which", lambda _: None)
    with pytest.raises(BadInputError, match="no Slurm here"):
        list(run_chunks(_toy.square, range(2), engine="dask", scheduler="slurm"))
