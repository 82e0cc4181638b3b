from __future__ import annotations

import ast
import sys
from pathlib import Path

import pytest

import brokers.gateways.relay

FOLDER = Path(brokers.gateways.relay.__file__).parent
OWN = "brokers.gateways.relay"


@pytest.mark.parametrize("path", sorted(FOLDER.glob("*.py")), ids=lambda path: path.name)
def test_a_module_imports_the_standard_library_and_the_relay_alone(path: Path) -> None:
    """It runs in a container of its own, which has nothing else."""
    for node in ast.walk(ast.parse(path.read_text())):
        names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
        names += [node.module or ""] if isinstance(node, ast.ImportFrom) else []
        for name in names:
            assert name == OWN or name.startswith(f"{OWN}.") or name.split(".")[0] in sys.stdlib_module_names, name
