"""Chips that a user describes: what counts, what contradicts itself, what is hostile."""

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from leadtime.chips import (
    OWN_KEYS,
    Chip,
    chip_from_mapping,
    decode_ratio_h100,
    describe_chip,
    find_chip,
    is_non_planar,
    oddities,
    performance_density,
    tpp,
)
from leadtime.errors import BadFileError, BadInputError, ConflictError, LeadtimeError, OutOfRangeError, UnknownNameError

H20_LIKE = {
    "kind": "chip",
    "name": "My H20",
    "vendor": "me",
    "fp16_dense_tflops": 148,
    "fp8_dense_tflops": 296,
    "int8_dense_tops": 296,
    "die_area_mm2": 814,
    "process_node": "TSMC 4N",
    "memory_type": "HBM3",
    "memory_gb": 96,
    "memory_bandwidth_gb_s": 4000,
    "interconnect_gb_s": 900,
    "network_gb_s": 50,
    "scaleup_domain": 8,
    "tdp_w": 400,
    "datacenter_marketed": True,
}


def test_a_described_chip_equals_the_catalogue_part_in_what_counts() -> None:
    own, ours = chip_from_mapping(H20_LIKE), find_chip("h20")
    assert tpp(own) == tpp(ours)
    assert performance_density(own) == performance_density(ours)
    assert decode_ratio_h100(own) == decode_ratio_h100(ours)
    assert own.memory == ours.memory
    assert own.links.scale_up_byte_per_s == ours.links.scale_up_byte_per_s
    assert own.links.scale_out_byte_per_s == ours.links.scale_out_byte_per_s
    assert own.power_w == ours.power_w
    assert own.sources == {}


def test_yaml_and_json_read_alike(tmp_path: Path) -> None:
    as_json, as_yaml = tmp_path / "chip.json", tmp_path / "chip.yaml"
    as_json.write_text(json.dumps(H20_LIKE))
    as_yaml.write_text("".join(f"{key}: {json.dumps(value)}\n" for key, value in H20_LIKE.items()))
    assert find_chip(as_json) == find_chip(str(as_yaml))
    assert describe_chip(str(as_yaml))["matched_from"] == "chip.yaml"


def test_a_file_without_ending_needs_a_folder_in_its_path(tmp_path: Path) -> None:
    (tmp_path / "mine").write_text("kind: chip")
    with pytest.raises(BadFileError, match="ending"):
        find_chip(tmp_path / "mine")


def test_based_on_changes_only_what_is_given() -> None:
    base, own = (
        find_chip("h100"),
        chip_from_mapping({"based_on": "h100", "memory_bandwidth_gb_s": 4800, "memory_gb": 141}),
    )
    assert own.peak_flop_per_s == base.peak_flop_per_s
    assert own.silicon == base.silicon
    assert own.family == "hopper"
    assert own.memory.bandwidth_byte_per_s == 4.8e12
    assert own.name == "H100 SXM5 80GB, changed"
    assert "memory" not in own.sources
    assert own.sources["die_area"] == base.sources["die_area"]


@pytest.mark.parametrize("cap", [1600, 2368, 4800, 20000])
def test_a_cap_on_tpp_scales_every_rate(cap: float) -> None:
    own, base = chip_from_mapping({"based_on": "h100", "tpp": cap}), find_chip("h100")
    assert tpp(own).value == pytest.approx(cap)
    assert performance_density(own).value == pytest.approx(cap / 814)
    factor = cap / tpp(base).value  # type: ignore[operator]
    for name, rate in base.peak_flop_per_s.items():
        assert own.peak_flop_per_s[name] == pytest.approx(rate * factor)


def test_a_rate_carries_the_other_matrix_rates_along() -> None:
    own = chip_from_mapping({"based_on": "h100", "fp16_dense_tflops": 148})
    assert tpp(own).value == pytest.approx(2368)
    assert own.peak_flop_per_s["bf16"] == pytest.approx(148e12)
    assert own.peak_flop_per_s["fp8"] == pytest.approx(296e12)
    assert own.peak_flop_per_s["fp32"] == find_chip("h100").peak_flop_per_s["fp32"]


def test_tpp_may_stand_instead_of_rates() -> None:
    own = chip_from_mapping({"name": "cap", "tpp": 4799, "die_area_mm2": 800, "process_node_nm": 5})
    assert tpp(own).value == 4799
    assert tpp(own).note == "stated"
    assert performance_density(own).value == pytest.approx(4799 / 800)


def test_tpp_and_rates_that_agree_are_accepted() -> None:
    assert tpp(chip_from_mapping({"tpp": 2368, "fp16_dense_tflops": 148})).value == 2368


def test_only_non_planar_logic_counts() -> None:
    assert (
        performance_density(
            chip_from_mapping({"fp8_dense_tflops": 100, "die_area_mm2": 400, "process_node": "TSMC 28nm"})
        ).value
        is None
    )
    both = {"fp8_dense_tflops": 100, "die_area_mm2": 400, "process_node": "TSMC N5 + 28nm"}
    assert performance_density(chip_from_mapping(both)).missing == ("process_node",)
    assert performance_density(chip_from_mapping(both | {"non_planar_die_area_mm2": 200})).value == pytest.approx(4.0)


@pytest.mark.parametrize(
    ("node", "expected"),
    [
        ("TSMC 12nm FFN", True),
        ("TSMC N7", True),
        ("tsmc n5", True),
        ("Samsung 8N", True),
        ("TSMC 4NP", True),
        ("SMIC N+2", True),
        ("SMIC N+1/N+2 (7nm class)", True),
        ("GlobalFoundries 14LPP", True),
        ("Intel 18A", True),
        ("Intel 22nm", True),
        ("16 nm", True),
        ("20 nm", False),
        ("TSMC 28nm", False),
        ("28HPC+", False),
        ("22FDX FD-SOI", False),
        ("65 nm planar", False),
        ("nonplanar", True),
        ("TSMC N5 + 28nm", None),
        ("undisclosed", None),
        ("", None),
        (None, None),
    ],
)
def test_process_nodes(node: str | None, expected: bool | None) -> None:
    assert is_non_planar(node) is expected


@pytest.mark.parametrize(
    ("change", "error", "says"),
    [
        ({"fp16_dense_tflops": -1}, OutOfRangeError, "fp16_dense_tflops"),
        ({"die_area_mm2": 0}, OutOfRangeError, "die_area_mm2"),
        ({"fp16_dense_tflops": 1e300}, OutOfRangeError, "outside what is possible"),
        ({"memory_gb": 10**39}, OutOfRangeError, "memory_gb"),
        ({"memory_gb": float("nan")}, BadFileError, "not a usable number"),
        ({"tdp_w": float("inf")}, BadFileError, "not a usable number"),
        ({"tdp_w": "400 W"}, BadFileError, "not a number"),
        ({"tdp_w": True}, BadFileError, "not a number"),
        ({"tdp_w": [400]}, BadFileError, "not a number"),
        ({"scaleup_domain": 8.5}, BadFileError, "whole number"),
        ({"name": 5}, BadFileError, "not text"),
        ({"name": "x" * 501}, BadFileError, "500 characters"),
        ({"datacenter_marketed": "yes"}, BadFileError, "not true or false"),
        ({"release_date": "2024-13-01"}, BadFileError, "not a date"),
        ({"release_date": 2024}, BadFileError, "not a date"),
        ({"fp16_tflops": 148}, BadFileError, "Did you mean 'fp16_dense_tflops'"),
        ({"memory": 96}, BadFileError, "Did you mean 'memory_gb'"),
        ({"zzz": 1}, BadFileError, "Known keys"),
        ({7: 1}, BadFileError, "is not known"),
        ({"kind": "gpu"}, BadFileError, "kind: chip"),
        ({"kind": "hbm"}, BadFileError, "describes a hbm"),
        ({"kind": "system"}, BadFileError, "leadtime classify"),
        ({"kind": ["chip"]}, BadFileError, "kind"),
        ({"tpp": 4800}, ConflictError, "the rates give 2368"),
        ({"process_node": "TSMC N5", "process_node_nm": 28}, ConflictError, "process_node"),
        ({"non_planar_die_area_mm2": 900}, ConflictError, "more than die_area_mm2"),
        ({"based_on": "h10"}, UnknownNameError, "based_on"),
        ({"based_on": "other.yaml"}, BadFileError, "names a file"),
    ],
)
def test_what_is_wrong_is_said_in_one_sentence(
    change: dict[str, object], error: type[LeadtimeError], says: str
) -> None:
    with pytest.raises(error) as caught:
        chip_from_mapping(H20_LIKE | change, "mine.yaml")
    assert says in str(caught.value)
    assert caught.value.message.startswith("mine.yaml")
    assert caught.value.exit_status == 2


@pytest.mark.parametrize("document", [None, [], "chip", 5, [H20_LIKE]])
def test_a_document_that_is_no_mapping_is_refused(document: object) -> None:
    with pytest.raises(BadFileError):
        chip_from_mapping(document, "mine.yaml")


@pytest.mark.parametrize(
    "text",
    [
        "kind: chip\nkind: chip\n",
        "a: &a [1]\nb: *a\n",
        "kind: !!python/object/apply:os.system ['true']\n",
        "{" * 200,
        "[" * 5000,
        "kind: chip\nfp16_dense_tflops: .nan\n",
        "kind: chip\nfp16_dense_tflops: 1" + "0" * 60 + "\n",
        "kind: chip\n---\nkind: chip\n",
        "\x00",
        "kind: chip\n  bad: indent\n",
        "",
    ],
)
def test_hostile_yaml_gives_a_sentence(tmp_path: Path, text: str) -> None:
    path = tmp_path / "chip.yaml"
    path.write_text(text)
    with pytest.raises(BadInputError):
        find_chip(path)


@pytest.mark.parametrize(
    "text",
    [
        '{"kind": "chip", "kind": "chip"}',
        '{"tdp_w": NaN}',
        '{"tdp_w": 1e999}',
        "[" * 100_000,
        "{",
        "null",
        '{"tdp_w": ' + "9" * 6000 + "}",
    ],
)
def test_hostile_json_gives_a_sentence(tmp_path: Path, text: str) -> None:
    path = tmp_path / "chip.json"
    path.write_text(text)
    with pytest.raises(BadInputError):
        find_chip(path)


@pytest.mark.parametrize("content", [b"\xff\xfe\x00k", b"kind: chip\nname: \xe9\n"])
def test_bytes_that_are_no_utf8_give_a_sentence(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "chip.yaml"
    path.write_bytes(content)
    with pytest.raises(BadFileError):
        find_chip(path)


def test_a_missing_file_gives_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(BadFileError, match="is not a file"):
        find_chip(tmp_path / "none.yaml")
    with pytest.raises(BadFileError):
        find_chip("\0.yaml")


def test_a_path_that_no_file_can_have_is_a_name() -> None:
    with pytest.raises(UnknownNameError):
        find_chip("a/" + "x" * 300)
    with pytest.raises(UnknownNameError):
        find_chip("a/\0")


def test_oddities_are_said_and_not_refused() -> None:
    odd = chip_from_mapping(
        {
            "fp16_dense_tflops": 400,
            "fp8_dense_tflops": 100,
            "die_area_mm2": 1000,
            "n_compute_dies": 1,
            "process_node": "N5",
        }
    )
    assert len(oddities(odd)) == 2
    assert tpp(odd).value == 6400
    assert oddities(chip_from_mapping({"fp16_dense_tflops": 100, "fp8_dense_tflops": 900}))
    assert not any(oddities(find_chip(name)) for name in ("h100", "h20", "mi300x", "b200", "tpu v5p"))


scalars = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20)
values = st.recursive(
    scalars,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=5,
)


@given(st.dictionaries(st.sampled_from(sorted(OWN_KEYS)) | st.text(max_size=12), values, max_size=6))
def test_any_mapping_gives_a_chip_or_a_sentence(mapping: dict[str, object]) -> None:
    try:
        answer: object = chip_from_mapping(mapping, "mine.yaml")
    except LeadtimeError as error:
        answer = error
    if isinstance(answer, LeadtimeError):
        assert answer.exit_status == 2
        assert "\n" not in answer.message
        assert len(answer.message) < 400
    else:
        assert isinstance(answer, Chip)
        describe_chip(answer)
        assert all(rate > 0 for rate in answer.peak_flop_per_s.values())
