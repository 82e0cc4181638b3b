"""How `ib_insync` may be used: by what doesn't block, on a loop that it finds by itself, and never beside its fork."""

from __future__ import annotations

import ast
import inspect
import re
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest
from ib_insync import IB
from packaging.specifiers import SpecifierSet

from tests.services import ROOT

# The words by which our code calls the library's object.
NAMES_OF_THE_LIBRARY = frozenset({"ib", "_ib", "IB"})
OURS = sorted(path for folder in ("brokers", "workers", "examples") for path in (ROOT / folder).rglob("*.py"))
LOCKS = sorted([ROOT / "requirements.lock", *(ROOT / "tests" / "conformance" / "locks").glob("*.lock")])


def blocking_methods() -> frozenset[str]:
    """Of IB: those that run the loop until an answer has come, and those that the library lends to scripts."""
    members = {name: inspect.getattr_static(IB, name) for name in dir(IB) if not name.startswith("__")}
    lent = {name for name, member in members.items() if isinstance(member, staticmethod)}
    runs = re.compile(r"\b(self\._run|util\.run|self\.waitOnUpdate)\(")
    written = {name: inspect.getsource(member) for name, member in members.items() if inspect.isfunction(member)}
    return frozenset(lent | {name for name, source in written.items() if runs.search(source)})


BLOCKING = blocking_methods()


def faults(source: str) -> list[str]:
    return [found for node in ast.walk(ast.parse(source)) for found in _faults_of(node)]


def _faults_of(node: ast.AST) -> Iterator[str]:
    if isinstance(node, ast.Attribute) and node.attr in BLOCKING and _last_name(node.value) in NAMES_OF_THE_LIBRARY:
        yield f"line {node.lineno}: {node.attr} blocks"
    if isinstance(node, ast.Call):
        yield from (f"line {node.lineno}: loop_factory" for given in node.keywords if given.arg == "loop_factory")


def _last_name(node: ast.expr) -> str:
    if isinstance(node, ast.Call):
        return _last_name(node.func)
    return node.attr if isinstance(node, ast.Attribute) else node.id if isinstance(node, ast.Name) else ""


def test_nothing_of_ours_blocks_the_loop_of_all_sessions() -> None:
    found = {str(path.relative_to(ROOT)): faults(path.read_text()) for path in OURS}
    assert {path: wrong for path, wrong in found.items() if wrong} == {}


def test_what_blocks_is_known_from_the_library_itself() -> None:
    assert {"connect", "reqPositions", "qualifyContracts", "reqHistoricalData", "loopUntil", "run"} <= BLOCKING
    assert {"sleep", "waitUntil", "waitOnUpdate"} <= BLOCKING
    assert not {"reqMktData", "placeOrder", "cancelOrder", "disconnect", "reqContractDetailsAsync"} & BLOCKING


@pytest.mark.parametrize(
    "statement",
    [
        "self._ib.reqPositions()",
        "parts.ib.qualifyContracts(contract)",
        "IB().connect('127.0.0.1', 4002)",
        "IB.sleep(1)",
        "wait = self._ib.waitOnUpdate",
        "asyncio.run(main(), loop_factory=uvloop.new_event_loop)",
    ],
)
def test_the_walk_finds_what_blocks(statement: str) -> None:
    assert len(faults(statement)) == 1


@pytest.mark.parametrize(
    "statement",
    ["await self._ib.reqPositionsAsync()", "self._ib.reqMktData(contract)", "await node.connect()", "asyncio.run(x())"],
)
def test_the_walk_leaves_alone_what_does_not(statement: str) -> None:
    assert faults(statement) == []


BANNED = {
    "ib_insync.util.patchAsyncio": "from ib_insync.util import patchAsyncio",
    "ib_insync.util.run": "ib_insync.util.run(x)",
    "ib_insync.util.sleep": "ib_insync.util.sleep(1)",
    "ib_insync.util.startLoop": "ib_insync.util.startLoop()",
    "ib_insync.util.waitUntil": "ib_insync.util.waitUntil(x)",
    "ib_insync.IB.run": "IB.run(x)",
    "ib_insync.IB.sleep": "IB.sleep(1)",
    "ib_insync.IB.waitUntil": "IB.waitUntil(x)",
    "asyncio.Runner": "from asyncio import Runner",
    "nest_asyncio": "import nest_asyncio",
    "ib_async": "import ib_async",
    "aeventkit": "from aeventkit import Event",
}


@pytest.mark.parametrize("folder", ["brokers", "workers", "tests/brokers"])
def test_the_lint_refuses_by_name_what_runs_or_patches_the_loop_and_the_fork(folder: str) -> None:
    source = "\n".join(["import ib_insync", "from ib_insync import IB", *BANNED.values()])
    command = [sys.executable, "-m", "ruff", "check", "--no-cache", "--output-format", "concise", "--stdin-filename"]
    checked = subprocess.run(
        [*command, f"{folder}/new.py", "-"], input=source, cwd=ROOT, text=True, capture_output=True, check=False
    )
    assert set(re.findall(r"TID251 `([^`]+)` is banned", checked.stdout)) == set(BANNED), checked.stderr


def locked(path: Path) -> set[str]:
    return set(re.findall(r"^([a-z0-9-]+)(?:\[[^]]*\])?==", path.read_text(), re.MULTILINE))


@pytest.mark.parametrize("path", LOCKS, ids=lambda path: path.name)
def test_no_environment_holds_the_library_and_its_fork(path: Path) -> None:
    """The fork's aeventkit installs itself over the library's eventkit."""
    assert len(locked(path) & {"eventkit", "aeventkit"}) <= 1


def test_the_product_is_locked_to_the_library_and_not_to_its_fork() -> None:
    names = locked(ROOT / "requirements.lock")
    assert {"ib-insync", "eventkit"} <= names
    assert not {"ib-async", "aeventkit"} & names


@pytest.mark.parametrize(
    ("version", "fits"), [("3.10.9", False), ("3.11.0", True), ("3.13.9", True), ("3.14.0", False)]
)
def test_a_python_that_the_library_can_t_be_imported_on_is_refused(version: str, *, fits: bool) -> None:
    config = tomllib.loads((ROOT / "pyproject.toml").read_text())
    assert (version in SpecifierSet(config["project"]["requires-python"])) is fits
