"""Scenario files: what they may hold, how they stack, and a sentence for everything that is wrong with one."""

import json
from datetime import date
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml

import leadtime
from leadtime import catalog, study
from leadtime.errors import (
    BadFileError,
    BadInputError,
    ConflictError,
    LeadtimeError,
    OutOfRangeError,
    UnknownNameError,
)
from leadtime.study._scenarios import PACKAGE, packaged_names, scenario_from_data

SCHEMA = Path(leadtime.__file__).parent / "interfaces" / "contracts" / "scenario.schema.json"

WANTED = [
    "baseline",
    "no_controls",
    "rule_2022_only",
    "rule_2023_on_time",
    "strict_enforcement",
    "zero_leakage",
    "h20_banned",
    "h20_free",
    "h200_capped",
    "h200_uncapped",
    "b30a_moderate",
    "b30a_aggressive",
    "hbm_never",
    "cloud_closed",
    "diffusion_enforced",
    "diffusion_weak",
    "beijing_refuses",
    "faster_domestic",
]


def doc(**fields: Any) -> dict[str, Any]:
    return {"name": "mine", "title": "Mine", **fields}


def write(folder: Path, name: str, **fields: Any) -> Path:
    path = folder / f"{name}.yaml"
    path.write_text(yaml.safe_dump({"name": name, "title": name, **fields}))
    return path


def test_the_scenarios_that_were_promised_are_there_with_the_baseline_first() -> None:
    assert packaged_names()[0] == "baseline"
    assert set(WANTED) <= set(packaged_names())


@pytest.mark.parametrize("name", packaged_names())
def test_every_packaged_scenario_is_sound_and_says_what_it_is(name: str) -> None:
    found = study.check_scenario(name)
    assert len(found.title) > 10
    assert len(found.text.split()) >= 15, "a short honest text"
    assert found.lineage[-1] == name
    assert name == "baseline" or found.lineage[0] == "baseline"
    assert set(found.sources) <= set(catalog.sources())


@pytest.mark.parametrize("name", packaged_names())
def test_packaged_scenarios_fit_the_published_schema(name: str) -> None:
    document = json.loads(json.dumps(_as_json(catalog.document(PACKAGE, f"{name}.yaml"))))
    jsonschema.validate(document, json.loads(SCHEMA.read_text()))


def test_no_two_packaged_scenarios_ask_the_same() -> None:
    seen: dict[str, str] = {}
    for one in study.scenarios():
        content = json.dumps([one.as_data()[key] for key in ("amendments", "levers", "parameters")], sort_keys=True)
        assert content not in seen, f"{one.name} and {seen.get(content)}"
        seen[content] = one.name


def test_the_published_schema_is_fresh() -> None:
    assert json.loads(SCHEMA.read_text()) == json.loads(json.dumps(study.scenario_schema()))
    jsonschema.Draft202012Validator.check_schema(json.loads(SCHEMA.read_text()))


@pytest.mark.parametrize("name", packaged_names())
def test_a_scenario_survives_its_manifest(name: str) -> None:
    found = study.scenario(name)
    assert scenario_from_data(json.loads(json.dumps(found.as_data()))).as_data() == found.as_data()


def test_a_child_overrides_its_base_and_keeps_the_rest(tmp_path: Path) -> None:
    write(tmp_path, "parent", levers={"leakage": 0.5, "budget": {"2026-01-01": 1.5}}, parameters={"leak_scale": 0.02})
    child = write(tmp_path, "child", base="parent.yaml", levers={"leakage": 2})
    found = study.scenario(child)
    assert found.lineage == ("baseline", "parent", "child")
    assert found.levers["leakage"] == 2
    assert found.levers["budget"] == ((date(2026, 1, 1), 1.5),)
    assert found.parameters == {"leak_scale": (0.02, 0.02)}


def test_steps_of_a_child_replace_those_of_the_base_from_their_first_date_on(tmp_path: Path) -> None:
    write(tmp_path, "parent", levers={"enforcement": {"2024-01-01": 0.2, "2026-01-01": 0.4, "2028-01-01": 0.6}})
    child = write(tmp_path, "child", base="parent.yaml", levers={"enforcement": {"2025-07-01": 0.9}})
    assert study.scenario(child).levers["enforcement"] == ((date(2024, 1, 1), 0.2), (date(2025, 7, 1), 0.9))


def test_what_beijing_does_later_is_settled_by_a_later_lever() -> None:
    assert study.scenario("baseline").levers["import_permission"] == ((date(2026, 10, 1), None),)
    assert study.scenario("h20_free").levers["import_permission"] == ((date(2025, 7, 1), 1.0),)


def test_quarters_dates_and_numbers_mean_the_same() -> None:
    forms = [{"offshore_cloud": {key: 0.5}} for key in ("2026Q3", "2026-07-01", date(2026, 7, 1))]
    assert len({study.scenario(doc(levers=levers)).levers["offshore_cloud"] for levers in forms}) == 1
    assert study.scenario(doc(levers={"leakage": 1})).levers["leakage"] == 1.0


def test_stacking_by_plus_is_stacking_by_a_list_of_bases(tmp_path: Path) -> None:
    stacked = study.scenario("h20_banned+cloud_closed")
    listed = study.scenario(doc(base=["h20_banned", "cloud_closed"]))
    assert stacked.name == "h20_banned+cloud_closed"
    for part in ("levers", "parameters", "amendments"):
        assert getattr(stacked, part) == getattr(listed, part)


def test_a_base_that_stands_in_two_stacks_counts_once() -> None:
    found = study.scenario(doc(base=["h200_capped", "h200_uncapped"]))
    assert found.lineage == ("baseline", "h200_capped", "h200_uncapped", "mine")


def test_two_bases_that_disagree_conflict_and_a_scenario_above_them_settles_it(tmp_path: Path) -> None:
    write(tmp_path, "one", levers={"leakage": 0.5})
    write(tmp_path, "two", levers={"leakage": 2})
    both = write(tmp_path, "both", base=["one.yaml", "two.yaml"])
    with pytest.raises(ConflictError, match="one and two set the lever leakage"):
        study.scenario(both)
    settled = write(tmp_path, "settled", base=["one.yaml", "two.yaml"], levers={"leakage": 1})
    assert study.scenario(settled).levers["leakage"] == 1


def test_two_bases_that_agree_do_not_conflict(tmp_path: Path) -> None:
    write(tmp_path, "one", levers={"leakage": 0.5})
    write(tmp_path, "two", levers={"leakage": 0.5}, parameters={"leak_scale": [0.01, 0.02]})
    assert study.scenario(write(tmp_path, "both", base=["one.yaml", "two.yaml"])).levers["leakage"] == 0.5


def test_parameters_of_two_bases_conflict_too() -> None:
    with pytest.raises(ConflictError, match="set the lever import_permission"):
        study.scenario("beijing_open+beijing_refuses")


def test_amendments_that_contradict_each_other_are_reported() -> None:
    changes = [
        {"set": {"parameter": "review.volume_cap_frac", "value": value, "from": "2026-06-01"}} for value in (0.1, 0.2)
    ]
    amendments = [{"id": f"a{number}", "changes": [change]} for number, change in enumerate(changes)]
    with pytest.raises(ConflictError, match="both change"):
        study.check_scenario(doc(amendments=amendments))


def test_a_circle_of_bases_is_named(tmp_path: Path) -> None:
    write(tmp_path, "a", base="b.yaml")
    write(tmp_path, "b", base="c.yaml")
    path = write(tmp_path, "c", base="a.yaml")
    with pytest.raises(ConflictError, match="circle") as caught:
        study.scenario(path)
    assert "c.yaml -> a.yaml -> b.yaml -> c.yaml" in str(caught.value)
    itself = write(tmp_path, "itself", base="itself.yaml")
    with pytest.raises(ConflictError, match="circle"):
        study.scenario(itself)


BAD = [
    (doc(levers={"offshore_clod": 1}), UnknownNameError, "offshore_cloud"),
    (doc(lever={"leakage": 1}), UnknownNameError, "levers"),
    (doc(levers={"sales_caps": {"h2oo": {"chips_per_year": 1}}}), UnknownNameError, "Did you mean h20"),
    (doc(levers={"sales_caps": {"h200": {"chips_per_month": 1}}}), UnknownNameError, "chips_per_year"),
    (doc(levers={"sales_caps": {"h200": {}}}), BadFileError, "empty"),
    (doc(levers={"region_caps": {"asean": 0.5}}), UnknownNameError, "sea"),
    (doc(levers={"offshore_cloud": 1.5}), OutOfRangeError, "between 0 and 1"),
    (doc(levers={"offshore_cloud": {"2026-01-01": -0.1}}), OutOfRangeError, "from 2026-01-01 on it is -0.1"),
    (doc(levers={"leakage": -1}), OutOfRangeError, "between 0 and 20"),
    (doc(levers={"leakage": float("nan")}), BadFileError, "not a number"),
    (doc(levers={"leakage": "much"}), BadFileError, "not a number"),
    (doc(levers={"leakage": True}), BadFileError, "not a number"),
    (doc(levers={"budget": {"2021-12-31": 1}}), OutOfRangeError, "2022-01-01 to 2032-12-31"),
    (doc(levers={"budget": {"2033-01-01": 1}}), OutOfRangeError, "2022-01-01 to 2032-12-31"),
    (doc(levers={"budget": {"soon": 1}}), BadFileError, "not a date"),
    (doc(levers={"budget": {"2026Q1": 1, "2026-01-01": 2}}), BadFileError, "two values for one date"),
    (doc(levers={"budget": {}}), BadFileError, "empty"),
    (doc(levers={"budget": [1, 2]}), BadFileError, "not a number"),
    (doc(levers={"controls": "off"}), BadFileError, "book"),
    (doc(levers={"budget": "unknown"}), BadFileError, "not a number"),
    (doc(parameters={"leak_scale": [0.06, 0.004]}), BadFileError, "low end 0.06 lies above its high end 0.004"),
    (doc(parameters={"leak_scale": {"low": 1}}), BadFileError, "low and high"),
    (doc(parameters={"leak_scale": [1, 2, 3]}), BadFileError, "two ends"),
    (doc(parameters={"leak_scale": "small"}), BadFileError, "not a number"),
    (
        doc(variants={"a": {"weight": 0.5, "title": "A"}, "b": {"weight": 0.4, "title": "B"}}),
        BadFileError,
        "sum to 0.9",
    ),
    (doc(variants={"a": {"weight": 1.5, "title": "A"}}), BadFileError, "weight"),
    (doc(variants={"a": {"weight": 1}}), BadFileError, "title is missing"),
    ({"title": "No name"}, BadFileError, "name is missing"),
    (doc(name="Not A Name"), BadFileError, "name"),
    (doc(base="bassline"), UnknownNameError, "baseline"),
    (doc(base=["baseline", "h20_bannd"]), UnknownNameError, "h20_banned"),
    (doc(base=7), BadFileError, "base"),
    (doc(amendments="none"), BadFileError, "amendments"),
]


@pytest.mark.parametrize(("document", "kind", "words"), BAD, ids=[str(number) for number in range(len(BAD))])
def test_what_is_wrong_is_one_sentence_with_the_way_out(
    document: dict[str, Any], kind: type[LeadtimeError], words: str
) -> None:
    with pytest.raises(kind) as caught:
        study.scenario(document)
    assert words in str(caught.value)
    assert "\n" not in str(caught.value)
    assert caught.value.exit_status == 2


CHECKED = [
    (doc(parameters={"leak_scal": 1}), UnknownNameError, "leak_scale"),
    (doc(parameters={"leak_scale": 5}), OutOfRangeError, "valid from"),
    (doc(parameters={"us_share": 1.2}), OutOfRangeError, "to 1."),
    (doc(parameters={"algorithm_growth": [-1, 3]}), OutOfRangeError, "algorithm_growth"),
    (doc(parameters={"chip_life": [4, 400]}), OutOfRangeError, "chip_life"),
    (doc(variants={"a": {"weight": 1, "title": "A", "parameters": {"spilover": 0.5}}}), UnknownNameError, "spillover"),
    (doc(sources=["nowhere"]), UnknownNameError, "nowhere"),
    (doc(amendments=[{"bill": "save-chips"}]), UnknownNameError, "safe-chips"),
    (doc(amendments=[{"bill": "safe-chips", "when": "2027-01-01"}]), BadFileError, "enacted"),
    (doc(amendments=[{"bill": "safe-chips", "enacted": "next year"}]), BadInputError, "not a date"),
    (doc(amendments=[{"book": "us_era", "bill": "safe-chips"}]), UnknownNameError, "us_ear"),
    (doc(amendments=[{"id": "x"}]), BadFileError, "changes"),
    (
        doc(amendments=[{"id": "x", "changes": [{"end": {"rule": "hbm-2025", "on": "2025-01-01"}}]}]),
        UnknownNameError,
        "hbm-2024",
    ),
    (
        doc(amendments=[{"id": "x", "changes": [{"end": {"rule": "hbm-2024", "on": "2023-01-01"}}]}]),
        ConflictError,
        "before it starts",
    ),
]


@pytest.mark.parametrize(("document", "kind", "words"), CHECKED, ids=[str(number) for number in range(len(CHECKED))])
def test_checking_a_scenario_finds_what_only_the_catalogue_and_the_books_know(
    document: dict[str, Any], kind: type[LeadtimeError], words: str
) -> None:
    with pytest.raises(kind) as caught:
        study.check_scenario(document)
    assert words in str(caught.value)
    assert caught.value.exit_status == 2


@pytest.mark.parametrize(
    "content", ["just text", "[1, 2]", "a: [", "a: &x 1\nb: *x", "name: a\nname: b", "", "!!python/object:os.system {}"]
)
def test_files_that_are_no_scenarios_are_refused(tmp_path: Path, content: str) -> None:
    path = tmp_path / "bad.yaml"
    path.write_text(content)
    with pytest.raises(BadFileError):
        study.scenario(path)


def test_a_missing_file_and_a_file_of_another_kind_are_refused(tmp_path: Path) -> None:
    with pytest.raises(BadFileError, match="not a file"):
        study.scenario(tmp_path / "none.yaml")
    (tmp_path / "x.toml").write_text("a = 1")
    with pytest.raises(BadFileError, match="ending"):
        study.scenario(tmp_path / "x.toml")


def test_a_document_may_be_called_baseline_and_still_stands_on_the_baseline() -> None:
    found = study.scenario(doc(name="baseline", levers={"leakage": 0.5}))
    assert found.levers["import_permission"] == study.scenario("baseline").levers["import_permission"]


def test_bases_do_not_stand_without_end(tmp_path: Path) -> None:
    for number in range(40):
        write(tmp_path, f"s{number}", base=f"s{number + 1}.yaml")
    with pytest.raises(BadFileError, match="32 deep"):
        study.scenario(tmp_path / "s0.yaml")


def test_a_document_without_a_file_reads_no_files(tmp_path: Path) -> None:
    path = write(tmp_path, "secret")
    with pytest.raises(BadInputError, match="cannot stand on the file"):
        study.scenario(doc(base=str(path)))


def test_a_file_that_happens_to_carry_the_name_of_a_scenario_is_not_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "baseline").write_text("not a scenario")
    monkeypatch.chdir(tmp_path)
    assert study.scenario("baseline").name == "baseline"


def test_an_unknown_name_suggests_the_nearest() -> None:
    with pytest.raises(UnknownNameError, match="no_controls"):
        study.scenario("no_control")
    with pytest.raises(UnknownNameError, match="cloud_closed"):
        study.scenario("baseline+cloud_close")


def test_the_yaml_word_on_works_unquoted_as_the_key_of_a_date(tmp_path: Path) -> None:
    path = tmp_path / "on.yaml"
    path.write_text(
        "name: x\ntitle: x\namendments:\n  - id: a\n    changes:\n      - end: {rule: hbm-2024, on: 2026-01-01}\n"
    )
    policy = study.policy_of(study.check_scenario(path))
    assert policy.hbm[15] == 0
    assert policy.hbm[16] == 1


def test_a_json_scenario_is_as_good_as_yaml(tmp_path: Path) -> None:
    path = tmp_path / "mine.json"
    path.write_text(json.dumps(doc(levers={"offshore_cloud": {"2026-01-01": 0.5}})))
    assert study.scenario(path).levers["offshore_cloud"] == ((date(2026, 1, 1), 0.5),)


def test_a_new_scenario_is_sound_as_it_comes(tmp_path: Path) -> None:
    path = tmp_path / "mine.yaml"
    path.write_text(study.new_scenario("mine", base="h20_banned"))
    assert study.check_scenario(path).lineage == ("baseline", "h20_banned", "mine")
    with pytest.raises(BadInputError, match="lower case"):
        study.new_scenario("../evil")
    with pytest.raises(UnknownNameError):
        study.new_scenario("mine", base="nothing")


def _as_json(value: Any) -> Any:
    if isinstance(value, dict):
        return {"on" if key is True else str(key): _as_json(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_as_json(item) for item in value]
    return value.isoformat() if isinstance(value, date) else value


def test_stacking_scenarios_that_end_the_same_rules_is_a_conflict_in_words() -> None:
    from leadtime import study
    from leadtime.errors import ConflictError

    with pytest.raises(ConflictError, match="both change 'letter-2025'"):
        study.simulate("strict_enforcement+rule_2022_only", draws=10)
