"""Fetches the locked packages into `deploy/wheels`, from which our image is built without any network: `make wheels`.

With the pip of this machine, its index and its certificates, none of which a build in a container would know.
"""

from __future__ import annotations

import hashlib
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

DEPLOY = Path(__file__).resolve().parent.parent
LOCK_FILE = DEPLOY / "requirements.lock"
WHEELS = DEPLOY / "wheels"
DEADLINE = 1800
# The image's Python is of the same version as this one, and seldom of the same patch level.
_FOR_A_PATCH_LEVEL = re.compile(r" ; python_full_version [<>=]+ '\d+\.\d+\.\d+'")


def main() -> None:
    """Anew when the lock file or the Python is another; pip checks every hash."""
    locked = _FOR_A_PATCH_LEVEL.sub("", LOCK_FILE.read_text())
    wanted = f"{hashlib.sha256(locked.encode()).hexdigest()} {sys.version_info[:2]}"
    stamp = WHEELS / "complete"
    if stamp.exists() and stamp.read_text() == wanted:
        return
    shutil.rmtree(WHEELS, ignore_errors=True)
    with tempfile.NamedTemporaryFile("w", suffix=".lock") as file:
        file.write(locked)
        file.flush()
        _download(file.name)
    stamp.write_text(wanted)


def _download(lock: str) -> None:
    pip = [sys.executable, "-m", "pip", "download", "--quiet", "--no-input", "--disable-pip-version-check"]
    what = ["--require-hashes", "--only-binary", ":all:", "-r", lock, "--dest", str(WHEELS)]
    result = subprocess.run([*pip, *what], check=False, capture_output=True, text=True, timeout=DEADLINE)
    if result.returncode:
        sys.exit(f"pip could not fetch the packages:\n{result.stdout}{result.stderr}".rstrip())


if __name__ == "__main__":
    main()
