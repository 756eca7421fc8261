"""What people call a chip, exactly and in free text."""

import csv
from importlib.resources import files

import pytest
from hypothesis import given
from hypothesis import strategies as st

from leadtime import catalog
from leadtime.chips import all_chips, chip_by_id, describe_chip, find_chip, match_chip, resolve_chip_name
from leadtime.errors import BadInputError, ConflictError, LeadtimeError, UnknownNameError


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("h100", "h100-sxm5-80gb"),
        ("H100 SXM", "h100-sxm5-80gb"),
        ("h100-sxm", "h100-sxm5-80gb"),
        ("H100SXM5", "h100-sxm5-80gb"),
        ("NVIDIA H100", "h100-sxm5-80gb"),
        ("h-100", "h100-sxm5-80gb"),
        ("H100 PCIe", "h100-pcie-80gb"),
        ("h20", "h20-96gb"),
        ("H20 141GB", "h20-141gb"),
        ("H20-96GB", "h20-96gb"),
        ("A100 40 GB", "a100-sxm4-40gb"),
        ("rtx 5090 D", "rtx-5090-d"),
        ("RTX5090D", "rtx-5090-d"),
        ("GeForce RTX 4090", "rtx-4090"),
        ("mi-300x", "mi300x"),
        ("Ascend 910C", "ascend-910c"),
        ("910B2", "ascend-910b2"),
        ("TPU v5p", "tpu-v5p"),
        ("GB200 NVL72", "gb200-nvl72"),
        ("  b200  ", "b200-sxm"),
    ],
)
def test_exact_names(name: str, expected: str) -> None:
    assert find_chip(name).id == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("NVIDIA H100-SXM-80GB", "h100-sxm5-80gb"),
        ("8xH200 141GB", "h200-sxm-141gb"),
        ("64 × H800", "h800-sxm5-80gb"),
        ("NVIDIA (virtualized) H200-SXM-141GB", "h200-sxm-141gb"),
        ("NVIDIA Blackwell Ultra GPU (B300-SXM-270GB)", "b300-sxm"),
        ("NVIDIA Blackwell GPU (GB200)", "gb200-nvl72"),
        ("A800 SXM 80GB (labelled A100 on the page)", "a800-sxm4-80gb"),
        ("Ascend 910B (Atlas 800T A2)", "ascend-910b3"),
        ("Ascend A3 (910C-class) NPU", "ascend-910c"),
        ("AMD Instinct MI325X 256GB HBM3E DLC", "mi325x"),
        ("RTX PRO 6000 Server", "rtx-pro-6000-blackwell-server"),
        ("H800 + CX7 400G", "h800-sxm5-80gb"),
        ("GB300 (4-GPU node)", "gb300-nvl72"),
        ("TPU7x (Ironwood)", "tpu7x-ironwood"),
    ],
)
def test_free_text(text: str, expected: str) -> None:
    chip, how = resolve_chip_name(text)
    assert chip.id == expected
    assert how


@pytest.mark.parametrize("text", ["H100/H800-class", "H100 or A100", "A100 and V100 nodes"])
def test_two_chips_in_one_text_are_refused(text: str) -> None:
    with pytest.raises(ConflictError, match="names several chips"):
        resolve_chip_name(text)


@pytest.mark.parametrize(
    "text", ["RTX 4090 Laptop GPU", "Intel Arc Pro B60", "h100x", "unnamed", "", "()", "8x", "GPU", "H100 MIG 1g.10gb"]
)
def test_other_parts_are_not_taken_for_one_of_ours(text: str) -> None:
    with pytest.raises(UnknownNameError):
        resolve_chip_name(text)


def test_a_near_miss_suggests_the_closest() -> None:
    with pytest.raises(UnknownNameError) as caught:
        find_chip("h10")
    assert "h100" in caught.value.hint
    with pytest.raises(UnknownNameError) as caught:
        find_chip("mi300")
    assert "mi300x" in caught.value.hint


def test_the_empty_name_is_refused() -> None:
    with pytest.raises(BadInputError):
        find_chip("  ")


@pytest.mark.parametrize("chip", all_chips(), ids=lambda chip: chip.id)
def test_every_chip_is_found_by_id_and_name(chip) -> None:  # type: ignore[no-untyped-def]
    for name in (chip.id, chip.id.upper(), chip.name, f"{chip.vendor} {chip.name}"):
        assert find_chip(name).id == chip.id
        assert resolve_chip_name(name)[0].id == chip.id


@pytest.mark.parametrize("row", catalog.table("chip_aliases"), ids=lambda row: row["alias"])
def test_every_alias_leads_where_it_says(row: dict[str, str]) -> None:
    chip, matched, note = match_chip(row["alias"].upper())
    assert (chip.id, note) == (row["chip_id"], row["note"])
    assert matched == row["alias"]


def test_the_answer_says_which_part_was_meant() -> None:
    assert describe_chip("h20")["matched_from"] == "h20"
    assert describe_chip("h20")["match_note"]
    assert describe_chip("h20-96gb")["match_note"] == ""


@pytest.mark.parametrize("table", ["measured_training", "measured_inference"])
def test_measured_tables_name_chips_that_are_recognised(table: str) -> None:
    with (files("leadtime.catalog") / "tables" / f"{table}.csv").open(encoding="utf-8") as file:
        names = [row["chip"] for row in csv.DictReader(file)]
    unknown = 0
    for name in names:
        try:
            resolve_chip_name(name)
        except LeadtimeError:
            unknown += 1
    assert unknown / len(names) < 0.01


@given(st.text(max_size=400))
def test_any_text_gives_a_chip_or_a_sentence(text: str) -> None:
    for find in (find_chip, resolve_chip_name):
        answer = outcome(find, text)
        if isinstance(answer, LeadtimeError):
            assert answer.exit_status == 2
            assert answer.message
            assert "\n" not in answer.message


def outcome(find, text: str):  # type: ignore[no-untyped-def]
    try:
        return find(text)
    except LeadtimeError as error:
        return error


@given(st.sampled_from(sorted(chip.id for chip in all_chips())), st.booleans(), st.sampled_from(["-", " ", "_"]))
def test_case_and_separators_do_not_matter(chip_id: str, upper: bool, separator: str) -> None:
    name = chip_id.replace("-", separator)
    assert find_chip(name.upper() if upper else name) == chip_by_id(chip_id)
