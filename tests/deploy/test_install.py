"""What the installer checks before it installs."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest

from deploy.local import install


@pytest.mark.parametrize("version", [(3, 10, 13), (3, 14, 0), (3, 15, 1)])
def test_a_python_that_the_broker_s_library_can_t_be_imported_on_is_refused(
    monkeypatch: pytest.MonkeyPatch, version: tuple[int, ...]
) -> None:
    monkeypatch.setattr(sys, "version_info", version)
    with pytest.raises(SystemExit, match=r"needs 3\.11, 3\.12 or 3\.13"):
        install.check_python()


@pytest.mark.parametrize("version", [(3, 11, 0), (3, 12, 1), (3, 13, 9)])
def test_a_python_that_fits_is_taken(monkeypatch: pytest.MonkeyPatch, version: tuple[int, ...]) -> None:
    monkeypatch.setattr(sys, "version_info", version)
    install.check_python()


def test_a_missing_node_is_told_by_its_name(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "/nonexistent")
    with pytest.raises(SystemExit, match=r"node is missing.*Node 20 or newer"):
        install.check_node()


def lock(root: Path, **packages: dict[str, object]) -> None:
    (root / "package-lock.json").write_text(json.dumps({"packages": {"": {"name": "ours"}} | packages}))


def test_npm_is_asked_only_for_what_is_not_there_in_the_locked_version(tmp_path: Path) -> None:
    charts, checks = "node_modules/charts", "node_modules/@scope/checks"
    lock(tmp_path, **{charts: {"version": "5.2.1"}, checks: {"version": "1.0.0", "dev": True}})
    assert install.missing_npm_packages(tmp_path, for_tests=False) == [charts]

    (tmp_path / charts).mkdir(parents=True)
    (tmp_path / charts / "package.json").write_text('{"version": "5.2.0"}')
    assert install.missing_npm_packages(tmp_path, for_tests=False) == [charts]

    (tmp_path / charts / "package.json").write_text('{"version": "5.2.1"}')
    assert install.missing_npm_packages(tmp_path, for_tests=False) == []
    assert install.missing_npm_packages(tmp_path, for_tests=True) == [checks]


def test_no_registry_s_host_is_in_the_lock_file() -> None:
    assert "http" not in install.NPM_LOCK_FILE.read_text()
