"""What the page of traps names has to exist, and each of its rows to name both the code and a test."""

from __future__ import annotations

import ast
import re
from functools import cache
from pathlib import Path

import pytest

from tests.services import ROOT

PAGE = ROOT / "docs" / "traps.md"
HEADINGS = ["what happens", "met in", "held by"]


def rows() -> list[list[str]]:
    """The cells of each row of each table, without the headings."""
    lines = [line for line in PAGE.read_text().splitlines() if line.startswith("|") and not line.startswith("|---")]
    cells = [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]
    return [row for row in cells if row != HEADINGS]


@cache
def functions_in(path: Path) -> frozenset[str]:
    functions = (ast.FunctionDef, ast.AsyncFunctionDef)
    return frozenset(node.name for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, functions))


def named(cell: str) -> list[str]:
    """What stands in backticks, which has to be all of the cell."""
    names = re.findall(r"`([^`]+)`", cell)
    assert cell == " ".join(f"`{name}`" for name in names)
    return names


def is_test(name: str) -> bool:
    file, _, test = name.partition("::")
    path = ROOT / file
    return path.is_file() and path.name.startswith("test_") and test.startswith("test_") and test in functions_in(path)


@pytest.mark.parametrize("row", rows(), ids=lambda row: row[0])
def test_a_trap_names_the_code_that_meets_it_and_the_tests_that_hold_it(row: list[str]) -> None:
    _, met_in, held_by = row
    assert [name for name in named(met_in) if not (ROOT / name).is_file()] == []
    assert [name for name in named(held_by) if not is_test(name)] == []
    assert named(met_in)
    assert named(held_by)


def test_no_trap_stands_there_twice() -> None:
    traps = [row[0] for row in rows()]
    assert len(traps) == len(set(traps)) > 50


def test_contributors_are_told_of_the_page() -> None:
    assert "(docs/traps.md)" in (ROOT / "CONTRIBUTING.md").read_text()
