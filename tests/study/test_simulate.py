"""Ensembles: bits that depend on seed and draw alone, runs that survive being killed, labels, exact quantiles."""

import json
import os
import shutil
import signal
import subprocess
import sys
import textwrap
import time
from pathlib import Path

import numpy as np
import pytest

import leadtime
from leadtime import catalog, study, world
from leadtime.errors import (
    BadFileError,
    BadInputError,
    ConflictError,
    MissingExtraError,
    OutOfRangeError,
    OutputError,
    UnknownNameError,
)
from leadtime.study import _simulate
from leadtime.study._code import MODEL_CODE, code_digest
from leadtime.study._quantiles import LEVELS
from leadtime.study._store import Chunk, FolderStore, MemoryStore, chunk_table, run_digest

ROOT = Path(__file__).parents[2]
FEW = ("prc_used_h100e", "prc_legal_h100e", "lead_true_months", "bite_training_frac", "training_ratio")


def run(draws: int = 600, **settings):  # type: ignore[no-untyped-def]
    settings = {"seed": 3, "outputs": FEW, **settings}
    return study.simulate(settings.pop("scenario", "baseline"), draws=draws, **settings)


@pytest.fixture(scope="module")
def default_run() -> study.Run:
    return study.simulate(draws=500, seed=1)


def test_same_seed_same_bits_and_another_seed_others() -> None:
    one, same, other = run(), run(), run(seed=4)
    assert one.store.digests() == same.store.digests()
    assert one.store.digests() != other.store.digests()


def test_a_draw_is_the_same_for_any_number_of_draws() -> None:
    few, many = run(300), run(5000)
    for name in FEW:
        np.testing.assert_array_equal(few.draws(name), many.draws(name)[:, :300])


@pytest.mark.slow
def test_one_process_and_two_give_the_same_bits_and_quantiles(tmp_path: Path) -> None:
    serial = run(9000, out=tmp_path / "serial")
    pool = run(9000, workers=2, out=tmp_path / "pool")
    memory = run(9000, workers=2)
    assert serial.store.digests() == pool.store.digests() == memory.store.digests()
    assert serial.series() == pool.series() == memory.series()
    assert serial.headline() == pool.headline() == memory.headline()


@pytest.mark.slow
def test_dask_gives_the_same_bits_even_if_a_worker_is_killed_midway(tmp_path: Path) -> None:
    code = f"""
        import os, signal, threading, time
        from pathlib import Path
        from leadtime import study

        def children():
            pids = []
            for entry in Path("/proc").iterdir():
                if entry.name.isdigit():
                    try:
                        fields = (entry / "stat").read_text().rsplit(")", 1)[1].split()
                        if int(fields[1]) == os.getpid() and "spawn_main" in (entry / "cmdline").read_text():
                            pids.append(int(entry.name))
                    except (OSError, IndexError):
                        pass
            return pids

        killed = []
        def kill_one(done, total):
            if done and not killed:
                pids = children()
                if pids:
                    os.kill(max(pids), signal.SIGKILL)
                    killed.append(max(pids))

        if __name__ == "__main__":
            run = study.simulate(draws=60_000, seed=3, outputs={FEW!r}, engine="dask", workers=2, out={str(tmp_path / "dask")!r}, progress=kill_one)
            assert killed, "no worker was found to kill"
    """
    script = tmp_path / "script.py"
    script.write_text(textwrap.dedent(code))
    subprocess.run([sys.executable, str(script)], check=True, cwd=ROOT, timeout=1800, capture_output=True)
    loaded = study.load_run(tmp_path / "dask")
    serial = run(60_000)
    assert loaded.store.digests() == serial.store.digests()
    assert loaded.series() == serial.series()


def test_quantiles_are_exact(default_run: study.Run) -> None:
    for name in ("prc_used_h100e", "lead_true_months", "prc_legal_h100e"):
        draws = default_run.draws(name).astype(np.float64)
        expected = np.quantile(draws, LEVELS, axis=1)
        found = np.stack([default_run.quantile(name, level) for level in LEVELS])
        np.testing.assert_allclose(found, expected, rtol=1e-12)
    headline = default_run.headline()["lead_true_months_2027"]
    draws = default_run.draws("lead_true_months")[20].astype(np.float64)
    np.testing.assert_allclose(
        [headline[key] for key in ("low", "value", "high")], np.quantile(draws, [0.1, 0.5, 0.9]), rtol=1e-12
    )


def test_a_run_on_disk_is_the_run_in_memory(tmp_path: Path) -> None:
    memory, disk = run(), run(out=tmp_path / "run")
    loaded = study.load_run(tmp_path / "run")
    for other in (disk, loaded):
        assert other.as_data() == memory.as_data()
        np.testing.assert_array_equal(other.draws("lead_true_months"), memory.draws("lead_true_months"))
    assert {entry.name for entry in (tmp_path / "run").iterdir()} == {
        "manifest.json",
        "inputs.parquet",
        "chunks",
        "fan.parquet",
    }
    manifest = json.loads((tmp_path / "run" / "manifest.json").read_text())
    assert manifest["status"] == "done"
    assert manifest["content"] == run_digest(memory.store.digests())
    assert manifest["plan"]["scenario"]["name"] == "baseline"


def test_the_inputs_on_disk_are_the_sampled_parameters(tmp_path: Path) -> None:
    import duckdb

    run(out=tmp_path / "run")
    evaluate = study.evaluator("baseline")
    values = world.sample(evaluate.priors, evaluate.draws(3, 0, 600))
    columns = duckdb.sql(f"SELECT * FROM '{tmp_path}/run/inputs.parquet' ORDER BY draw").fetchnumpy()
    assert set(columns) == {"draw", *evaluate.names}
    for name in ("leak_scale", "spillover", "us_share"):
        np.testing.assert_array_equal(columns[name], values[name])


def test_the_window_cuts_without_changing_what_is_inside() -> None:
    whole, part = run(300), run(300, first="2025Q1", last="2027-12-31")
    assert part.times("prc_used_h100e")[0] == "2025-01-01"
    assert part.times("prc_used_h100e")[-1] == "2028-01-01"
    assert part.times("prc_legal_h100e")[-1] == "2027Q4"
    np.testing.assert_array_equal(part.draws("prc_used_h100e"), whole.draws("prc_used_h100e")[12:25])
    np.testing.assert_array_equal(part.draws("prc_legal_h100e"), whole.draws("prc_legal_h100e")[12:24])
    assert "lead_true_months_2027" in part.headline()
    assert "lead_true_months_2030" not in part.headline()


def test_stocks_have_one_time_more_than_flows(default_run: study.Run) -> None:
    for name, one in default_run.series().items():
        assert len(one["time"]) == (44 if one["kind"] == "flow" else 45), name
        assert all(len(one[key]) == len(one["time"]) for key in ("q05", "q10", "q50", "q90", "q95"))
        bands = np.array([one[key] for key in ("q05", "q10", "q50", "q90", "q95")])
        assert (np.diff(bands, axis=0) >= 0).all(), name


def test_results_carry_unit_kind_dims_and_sources(default_run: study.Run) -> None:
    from leadtime import catalog

    label = default_run.label("prc_used_h100e")
    assert (label.unit, label.kind, label.dims) == ("H100e", "stock", ("time", "draw"))
    assert label.source_ids
    assert set(default_run.source_ids) <= set(catalog.sources())
    attributes = default_run.attributes()
    assert attributes["seed"] == 1
    assert attributes["as_of"] == catalog.data_version().replace(".", "-")


def test_variants_of_spillover_always_stand_beside_the_headline(default_run: study.Run) -> None:
    variants = default_run.variants()
    assert {name: one["weight"] for name, one in variants.items()} == {"s0": 0.2, "s1": 0.6, "s2": 0.2}
    bought = {name: one["headline"]["lead_bought_months_2030"]["value"] for name, one in variants.items()}
    assert bought["s0"] > bought["s1"] > bought["s2"]
    assert abs(bought["s2"]) < 0.2, "under the floor, controls buy next to nothing, by construction"


def test_the_headline_mixes_the_variants_draw_by_draw(default_run: study.Run) -> None:
    mixed = default_run.draws("lead_true_months")
    parts = [default_run.draws(f"lead_true_months_{variant}") for variant in ("s0", "s1", "s2")]
    chosen = [(mixed == part).all(axis=0) for part in parts]
    assert np.logical_or.reduce(chosen).all()
    assert [round(float(one.mean()), 1) for one in chosen] == [0.2, 0.6, 0.2]


def test_variants_of_a_scenario_file_are_computed_on_the_same_draws() -> None:
    document = {
        "name": "x",
        "title": "x",
        "variants": {
            "low": {"weight": 0.5, "title": "Little", "parameters": {"budget_share": 0.1}},
            "high": {"weight": 0.5, "title": "Much", "parameters": {"budget_share": 0.25}},
        },
    }
    variants = run(scenario=document).variants()
    assert list(variants) == ["low", "high"]
    low, high = (variants[name]["headline"]["prc_used_h100e_2027"]["value"] for name in ("low", "high"))
    assert high > 1.5 * low
    fixed = run(scenario={**document, "variants": {}, "parameters": {"budget_share": 0.1}})
    assert variants["low"]["headline"]["prc_used_h100e_2027"] == fixed.headline()["prc_used_h100e_2027"]


def test_controls_take_away_compute_and_the_twin_has_no_bite() -> None:
    assert run().headline()["bite_training_frac_2030"]["low"] > 0
    free = run(scenario="no_controls")
    assert not free.draws("bite_training_frac").any()


def test_the_evaluator_gives_what_the_ensemble_gives() -> None:
    evaluate = study.evaluator("baseline", FEW)
    found = evaluate(evaluate.draws(3, 0, 600))
    ensemble = run()
    for name in FEW:
        np.testing.assert_array_equal(found[name], ensemble.draws(name))
    assert study.evaluator("baseline", FEW) is evaluate


def test_the_evaluator_in_double_precision_agrees_with_single() -> None:
    evaluate = study.evaluator("baseline", ("prc_used_h100e", "lead_true_months"))
    z = evaluate.draws(1, 0, 200)
    single, double = evaluate(z), evaluate(z.astype(np.float64))
    assert double["prc_used_h100e"].dtype == np.float64
    np.testing.assert_allclose(single["prc_used_h100e"], double["prc_used_h100e"], rtol=2e-4)


@pytest.mark.slow
def test_the_evaluator_on_jax_agrees() -> None:
    """Derived series too; gradients of the model itself are tested with the world."""
    import jax

    with jax.enable_x64(True):
        evaluate = study.evaluator("baseline", ("bite_training_frac",))
        z = evaluate.draws(1, 0, 8).astype(np.float64)
        numpy, compiled = evaluate(z), jax.jit(lambda z: evaluate(z))(jax.numpy.asarray(z))
        for name, values in numpy.items():
            np.testing.assert_allclose(np.asarray(compiled[name]), values, rtol=1e-8, atol=1e-10)


def test_the_evaluator_is_blind_to_the_size_of_blocks() -> None:
    evaluate = study.evaluator("baseline", ("training_ratio",))
    z = evaluate.draws(1, 0, 5000)
    np.testing.assert_array_equal(evaluate(z)["training_ratio"][:, 4500:], evaluate(z[:, 4500:])["training_ratio"])
    with pytest.raises(BadInputError, match="rows of draws"):
        evaluate(z[:3])


def test_a_run_cut_off_goes_on_where_it_stopped(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    done = []

    def stop_after_two(n_done: int, _: int) -> None:
        done.append(n_done)
        if len(done) == 3:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run(20_000, out=tmp_path / "run", progress=stop_after_two)
    assert FolderStore.open(tmp_path / "run").finished() == {0, 1}
    with pytest.raises(BadFileError, match="2 of 5 chunks"):
        study.load_run(tmp_path / "run")
    computed = []
    original = _simulate.run_chunk
    monkeypatch.setattr(
        _simulate,
        "run_chunk",
        lambda plan, store, chunk, **told: computed.append(chunk.index) or original(plan, store, chunk, **told),
    )
    resumed = run(20_000, out=tmp_path / "run")
    assert computed == [2, 3, 4]
    assert resumed.store.digests() == run(20_000).store.digests()


def test_a_finished_run_is_not_computed_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    first = run(out=tmp_path / "run")
    monkeypatch.setattr(_simulate, "run_chunk", lambda *_: pytest.fail("computed again"))
    assert run(out=tmp_path / "run").as_data() == first.as_data()


@pytest.mark.parametrize(
    "change", [{"seed": 4}, {"draws": 700}, {"scenario": "no_controls"}, {"first": "2024Q1"}, {"outputs": FEW[:2]}]
)
def test_another_run_in_the_same_folder_is_refused(tmp_path: Path, change: dict[str, object]) -> None:
    run(out=tmp_path / "run")
    with pytest.raises(ConflictError, match="holds another run"):
        run(out=tmp_path / "run", **change)


def test_a_run_begun_with_other_code_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    ours = code_digest()
    assert run(out=tmp_path / "run").store.manifest["plan"]["code"] == ours
    assert FolderStore.open(tmp_path / "run").manifest["plan"]["version"] == leadtime.__version__
    monkeypatch.setattr("leadtime.study._plan.code_digest", lambda: "other")
    with pytest.raises(ConflictError, match="begun with other model code"):
        run(out=tmp_path / "run")
    path = tmp_path / "run" / "manifest.json"
    path.write_text(path.read_text().replace(f'"code": "{ours}",', ""))
    with pytest.raises(ConflictError, match="kept no digest"):
        run(out=tmp_path / "run")
    assert study.load_run(tmp_path / "run").headline(), "a finished run can still be read"


def test_a_worker_with_other_code_is_refused() -> None:
    plan = run(10).plan
    with pytest.raises(ConflictError, match="other model code"):
        _simulate.run_chunk(plan, MemoryStore(), Chunk(index=0, first=0, last=10), code="other")


def test_the_digest_of_the_code_reads_the_modules_it_names(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    package = Path(leadtime.__file__).parent
    shutil.copytree(package / "world", tmp_path / "world")
    (tmp_path / "study").mkdir()
    for place in MODEL_CODE:
        if place.endswith(".py"):
            shutil.copy(package / place, tmp_path / place)
    ours = code_digest()
    monkeypatch.setattr("leadtime.study._code.files", lambda _: tmp_path)
    assert code_digest.__wrapped__() == ours
    path = tmp_path / "world" / "_supply.py"
    path.write_text(path.read_text() + "\n")
    assert code_digest.__wrapped__() != ours


ENGINES = [
    pytest.param("local", 1, id="one process"),
    pytest.param("local", 2, id="pool", marks=pytest.mark.slow),
    pytest.param("dask", 2, id="dask", marks=pytest.mark.slow),
]


@pytest.mark.parametrize(("engine", "workers"), ENGINES)
def test_ctrl_c_leaves_a_folder_that_can_be_resumed(tmp_path: Path, engine: str, workers: int) -> None:
    folder = tmp_path / "run"
    heard = "import signal; signal.signal(signal.SIGINT, signal.default_int_handler)"  # tests in the background inherit a deaf ear
    code = f"{heard}; from leadtime.interfaces.cli import main; main()"
    arguments = ["--draws", "2000000", "--engine", engine, "--workers", str(workers), "--out", str(folder), "--json"]
    command = [sys.executable, "-c", code, "simulate", "--output", "training_ratio", *arguments]
    process = subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd=ROOT, start_new_session=True
    )
    deadline = time.monotonic() + 600
    while time.monotonic() < deadline and not (folder / "chunks" / "000005.parquet").exists():
        time.sleep(0.02)
    os.killpg(process.pid, signal.SIGINT)  # a terminal interrupts all processes of a command at once
    out, err = process.communicate(timeout=600)
    assert process.returncode == 130
    assert "Traceback" not in out + err
    store = FolderStore.open(folder)
    assert 0 in store.finished()
    assert len(store.finished()) < len(chunk_table(2_000_000))
    assert not [entry.name for entry in (folder / "chunks").iterdir() if entry.name.startswith(".")]


def test_a_draw_without_a_finite_result_is_a_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(OutOfRangeError, match="give no finite prc_used_h100e"):
        _simulate.fail_if_not_finite({"prc_used_h100e": np.array([[1, np.nan]], np.float32)}, run(10).plan)


def test_memory_is_not_used_beyond_a_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_simulate, "IN_MEMORY_BYTE", 1000)
    spooled = run()
    assert isinstance(spooled.store, FolderStore)
    folder = spooled.store.path
    assert folder.exists()
    assert spooled.as_data() == run().as_data()


def test_large_runs_keep_what_headlines_and_variants_need() -> None:
    large, small = study.default_outputs(200_000), study.default_outputs(10_000)
    assert set(large) < set(small)
    plan = _simulate.plan_of("baseline", draws=200_000, seed=1)
    assert plan.outputs == large
    few = {one.name for one in run(50, outputs=large).headlines()}
    assert few == {one.name for one in run(50, outputs=small).headlines()}


def test_a_disk_that_is_too_small_is_refused_before_the_work(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    usage = type("Usage", (), {"free": 1000})
    monkeypatch.setattr(_simulate.shutil, "disk_usage", lambda _: usage)
    with pytest.raises(OutputError, match="has room for"):
        run(out=tmp_path / "run")


BAD = [
    ({"draws": 0}, OutOfRangeError, "draws"),
    ({"seed": -1}, OutOfRangeError, "seed"),
    ({"first": "2021Q4"}, OutOfRangeError, "2022Q1"),
    ({"last": "2033Q1"}, OutOfRangeError, "2032Q4"),
    ({"first": "2027Q1", "last": "2026Q1"}, OutOfRangeError, "ends"),
    ({"first": "soon"}, BadInputError, "2026Q3"),
    ({"outputs": ["lead_true_month"]}, UnknownNameError, "lead_true_months"),
    ({"outputs": []}, BadInputError, "outputs"),
    ({"engine": "gpu"}, UnknownNameError, "local"),
    ({"workers": 0}, BadInputError, "workers"),
    ({"scenario": "baslin"}, UnknownNameError, "baseline"),
]


@pytest.mark.parametrize(("settings", "kind", "words"), BAD, ids=[str(one[0]) for one in BAD])
def test_bad_input_is_one_sentence(settings: dict[str, object], kind: type[Exception], words: str) -> None:
    with pytest.raises(kind, match=words):
        run(**settings)


def test_a_file_in_place_of_the_folder_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    with pytest.raises(OutputError):
        run(out=tmp_path / "file")
    with pytest.raises(OutputError):
        run(out=tmp_path / "file" / "below")


def test_a_run_folder_with_a_broken_fan_is_refused(tmp_path: Path) -> None:
    run(out=tmp_path / "run")
    (tmp_path / "run" / "fan.parquet").write_bytes(b"no parquet")
    with pytest.raises(BadFileError, match="Parquet"):
        study.load_run(tmp_path / "run")


def test_a_damaged_plan_is_refused(tmp_path: Path) -> None:
    run(out=tmp_path / "run")
    path = tmp_path / "run" / "manifest.json"
    document = json.loads(path.read_text())
    del document["plan"]["scenario"]["levers"]
    path.write_text(json.dumps(document))
    with pytest.raises(BadFileError, match="damaged"):
        study.load_run(tmp_path / "run")


def test_a_run_as_a_labelled_dataset(default_run: study.Run) -> None:
    pytest.importorskip("xarray")
    windowed = run(300, first="2024Q1", last="2025Q2")
    for source in (default_run, windowed):
        fans, every = source.to_xarray(), source.to_xarray(draws=True)
        for dataset, lead in ((fans, "quantile"), (every, "draw")):
            assert set(dataset.data_vars) == set(source.outputs)
            for name in source.outputs:
                label, variable = source.label(name), dataset[name]
                axis = "interval" if label.kind == "flow" else "bound"
                assert variable.dims == (lead, axis)
                assert variable.attrs == {
                    "units": label.unit, "kind": label.kind, "long_name": label.title, "source_ids": list(label.source_ids),
                }  # fmt: skip
                assert variable.attrs["source_ids"]
                days = variable["bound"].values if axis == "bound" else variable["interval_start"].values
                assert [str(day)[:10] for day in days] == [
                    time if axis == "bound" else f"{time[:4]}-{3 * int(time[-1]) - 2:02d}-01" for time in source.times(name)
                ]  # fmt: skip
            assert dataset.attrs == {
                "scenario": "baseline", "draws": source.plan.draws, "seed": source.plan.seed, "version": leadtime.__version__,
                "data_version": catalog.data_version(), "as_of": source.as_of.isoformat(),
            }  # fmt: skip
        for name in source.outputs:
            np.testing.assert_array_equal(every[name].values.T, source.draws(name))
            for level in LEVELS:
                np.testing.assert_array_equal(fans[name].sel(quantile=level).values, source.quantile(name, level))
    assert float(windowed.to_xarray()["prc_used_h100e"].sel(bound="2025-01-01", quantile=0.5)) > 0
    assert list(windowed.to_xarray()["interval"].values) == ["2024Q1", "2024Q2", "2024Q3", "2024Q4", "2025Q1", "2025Q2"]


def test_without_xarray_the_sentence_names_the_extra(default_run: study.Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "xarray", None)
    with pytest.raises(MissingExtraError, match="'xarray'") as caught:
        default_run.to_xarray()
    assert caught.value.hint == "Install it with: pip install 'leadtime[xarray]'"


def test_an_unknown_series_or_quantile_is_refused(default_run: study.Run) -> None:
    with pytest.raises(UnknownNameError, match="lead_true_months"):
        default_run.draws("lead_true_month")
    with pytest.raises(UnknownNameError, match="Levels"):
        default_run.quantile("lead_true_months", 0.33)
