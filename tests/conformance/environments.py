"""One virtual environment for each client: `ib_async` brings a package that overwrites one of `ib_insync`'s."""

from __future__ import annotations

import hashlib
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
LOCKS = Path(__file__).resolve().parent / "locks"
FOLDER = ROOT / "var" / "conformance"
CLIENTS = ("ib_insync", "ib_async", "ibapi")


class InstallFailed(Exception):
    pass


def python_of(client: str) -> Path:
    """The interpreter of the client's environment, which is made, or made anew when its lock has changed."""
    folder = FOLDER / client
    python, stamp, lock = folder / "bin" / "python", folder / "installed.sha256", LOCKS / f"{client}.lock"
    wanted = hashlib.sha256(lock.read_bytes()).hexdigest()
    if not (python.exists() and stamp.exists() and stamp.read_text() == wanted):
        shutil.rmtree(folder, ignore_errors=True)
        _run([sys.executable, "-m", "venv", str(folder)])
        pip = [str(python), "-m", "pip", "install", "--quiet", "--no-input", "--disable-pip-version-check"]
        _run([*pip, "--require-hashes", "-r", str(lock)])
        stamp.write_text(wanted)
    return python


def _run(command: list[str]) -> None:
    done = subprocess.run(command, check=False, capture_output=True, text=True, timeout=1200)
    if done.returncode:
        raise InstallFailed(f"{' '.join(command[:4])} failed:\n{done.stdout}{done.stderr}")
