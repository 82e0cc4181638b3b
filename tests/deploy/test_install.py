"""What the installer checks before it installs."""

from __future__ import annotations

import sys

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
