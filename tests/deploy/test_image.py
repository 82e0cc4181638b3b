"""What deploy/Dockerfile puts into our image, read without building it."""

from __future__ import annotations

from pathlib import Path

from django.conf import settings

from tests.services import ROOT

SOURCES = [line.split()[1] for line in (ROOT / "deploy/Dockerfile").read_text().splitlines() if line.startswith("COPY")]
LET_IN = [line[1:] for line in (ROOT / ".dockerignore").read_text().splitlines() if line.startswith("!")]


def lies_in(path: str | Path, folders: list[str]) -> bool:
    return any(Path(path).is_relative_to(folder) for folder in folders)


def test_the_image_knows_what_its_build_was_called() -> None:
    """Read by the settings; given by deploy/compose.yml, or by hand."""
    lines = (ROOT / "deploy/Dockerfile").read_text().splitlines()
    of_the_image = lines[max(number for number, line in enumerate(lines) if line.startswith("FROM")) :]
    assert of_the_image.index("ARG VERSION=") < of_the_image.index("ENV GATEHOUSE_VERSION=${VERSION}")


def test_what_is_copied_is_let_into_the_build() -> None:
    copied = [source for source in SOURCES if not source.startswith(("--from", "/"))]
    assert [source for source in copied if not lies_in(source, LET_IN)] == []


def test_the_folders_that_static_files_are_served_from_are_copied() -> None:
    folders = [Path(folder).relative_to(settings.BASE_DIR) for _, folder in settings.STATICFILES_DIRS]
    assert folders
    assert [folder for folder in folders if not lies_in(folder, SOURCES)] == []
