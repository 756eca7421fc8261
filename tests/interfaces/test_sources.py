"""`leadtime sources` as a user and as a program meet it."""

import pytest

from leadtime import catalog
from tests.interfaces._contract import check, run


def test_one_source_with_its_uses() -> None:
    data = check("sources", "h100_datasheet", "sources", "nvidia-h100-datasheet")["data"]
    assert data["n_uses"] == len(data["used_by"]) > 10
    assert any(use["row"] == "h100-sxm5-80gb/fp8_dense" for use in data["used_by"])


def test_list_of_those_that_a_table_cites() -> None:
    data = check("sources", "of_clusters", "sources", "--table", "clusters")["data"]
    assert {source["id"] for source in data["sources"]} == {row["source_id"] for row in catalog.table("clusters")}


def test_search() -> None:
    data = check("sources", "search", "sources", "--find", "blackwell ultra datasheet")["data"]
    assert [source["id"] for source in data["sources"]] == ["nvidia-blackwell-ultra-datasheet"]


@pytest.mark.parametrize(
    ("case", "arguments"), [("near_miss", ("nvidia-h100-datashet",)), ("unknown_table", ("--table", "cluster"))]
)
def test_wrong_input_is_said(case: str, arguments: tuple[str, ...]) -> None:
    check("sources", case, "sources", *arguments, status=2)


def test_every_source_that_an_answer_names_can_be_shown() -> None:
    done = run("sources", "ifp-h20-problem")
    assert done.returncode == 0
    assert "The H20 Problem" in done.stdout
    assert "chip_disputes" in done.stdout


def test_the_whole_list_for_people() -> None:
    done = run("sources")
    assert done.returncode == 0
    assert f"{len(catalog.sources())} sources" in done.stdout
