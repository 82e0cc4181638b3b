"""Folders for unix sockets. Who may enter the folder may use the service, so the folder is private."""

from __future__ import annotations

import re
import shutil
import tempfile
from pathlib import Path

from deploy.local.ownership import give

_LONGEST = 107  # bytes in sun_path, less the closing zero
# PostgreSQL reads a comma as "and the next host", and URLs read spaces and percent signs in ways of their own.
_PLAIN = re.compile(r"[A-Za-z0-9/._+-]+")


def private_folder(wanted: Path, *, longest_name: str, user: int | None = None, group: int | None = None) -> Path:
    """`wanted`, mode 0700; or a folder under the system's temporary one where `wanted` can't hold a socket."""
    remove(wanted)
    if _can_hold(wanted / longest_name):
        folder = wanted
        folder.mkdir(mode=0o700, parents=True)
    else:
        folder = _short_folder(wanted)
    give(folder, user, group)
    return folder


def remove(wanted: Path) -> None:
    """Remove what `private_folder` made for `wanted`, there or elsewhere."""
    note = _note(wanted)
    if note.exists():
        shutil.rmtree(note.read_text(), ignore_errors=True)
        note.unlink()
    shutil.rmtree(wanted, ignore_errors=True)


def _can_hold(socket: Path) -> bool:
    text = str(socket)
    return len(text.encode()) <= _LONGEST and _PLAIN.fullmatch(text) is not None


def _short_folder(wanted: Path) -> Path:
    """Named in a note beside `wanted`, so that it is found again and doesn't litter."""
    wanted.parent.mkdir(parents=True, exist_ok=True)
    folder = Path(tempfile.mkdtemp(prefix="gatehouse-"))
    _note(wanted).write_text(str(folder))
    return folder


def _note(wanted: Path) -> Path:
    return wanted.with_name(f"{wanted.name}.path")
