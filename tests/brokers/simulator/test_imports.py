from __future__ import annotations

import ast
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

import brokers.simulator

FOLDER = Path(brokers.simulator.__file__).parent
MODULES = sorted(FOLDER.rglob("*.py"))


def imported(tree: ast.AST) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, "relative imports hide where they go"
            yield node.module or ""


@pytest.mark.parametrize("path", MODULES, ids=lambda path: path.relative_to(FOLDER).as_posix())
def test_a_module_imports_the_standard_library_and_the_simulator_alone(path: Path) -> None:
    for name in imported(ast.parse(path.read_text())):
        own = name == "brokers.simulator" or name.startswith("brokers.simulator.")
        assert own or name.split(".")[0] in sys.stdlib_module_names, name
