"""Installs what the lock files say, into `.venv` and `node_modules`; `--node` (npm's packages for tests, too),
`--chromium`, `--docker` and `--compose` ask for more.

Runs on the machine's own Python, before anything of ours is installed: standard library alone, and no syntax that an
older Python can't even read, since telling it that it is too old is this file's job.
"""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import importlib.util
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NoReturn

ROOT = Path(__file__).resolve().parent.parent.parent
VENV = ROOT / ".venv"
PYTHON = VENV / "bin" / "python"
LOCK_FILE = ROOT / "requirements.lock"
STAMP = VENV / "installed.sha256"
OLDEST, TOO_NEW = (3, 11), (3, 14)
NPM_LOCK_FILE = ROOT / "package-lock.json"
OLDEST_NODE = 20


def main(arguments: list[str]) -> None:
    check_python()
    check_node()
    with alone():
        install_packages()
        install_npm_packages(for_tests="--node" in arguments)
        if "--chromium" in arguments:
            install_chromium()
        if "--docker" in arguments:
            install_docker()
        if "--compose" in arguments:
            install_compose()


def check_python() -> None:
    if not OLDEST <= sys.version_info[:2] < TOO_NEW:
        stop(
            f"{sys.executable} is Python {sys.version.split()[0]}; Gatehouse needs 3.11, 3.12 or 3.13. "
            "Name one, as in: make demo PYTHON=python3.11"
        )


@contextlib.contextmanager
def alone() -> Iterator[None]:
    """One install at a time: `make demo` and `make test` may be started side by side."""
    try:
        (ROOT / "var").mkdir(exist_ok=True)
        lock = (ROOT / "var" / "install.lock").open("a")
    except PermissionError as error:
        stop(f"{error.filename} can't be written. Run make as the user that owns {ROOT}.")
    with lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def install_packages() -> None:
    wanted = hashlib.sha256(LOCK_FILE.read_bytes()).hexdigest()
    if runs() and STAMP.exists() and STAMP.read_text() == wanted:
        return
    if not runs():
        make_venv()
    say("Installing the locked packages into .venv (a minute or two the first time)")
    STAMP.unlink(missing_ok=True)
    pip = [str(PYTHON), "-m", "pip", "install", "--quiet", "--no-input", "--disable-pip-version-check"]
    run([*pip, "--require-hashes", "-r", str(LOCK_FILE)], "pip could not install the locked packages", timeout=1800)
    STAMP.write_text(wanted)


def runs() -> bool:
    """Whether .venv is one, of a Python that fits, with pip in it."""
    if not PYTHON.exists():
        return False
    probe = "import sys, pip; sys.exit(not (3, 11) <= sys.version_info[:2] < (3, 14))"
    return subprocess.run([str(PYTHON), "-c", probe], check=False, capture_output=True, timeout=60).returncode == 0


def make_venv() -> None:
    if importlib.util.find_spec("ensurepip") is None:
        install_debian("python3-venv", "to make a virtual environment")
    say(f"Making .venv with Python {sys.version.split()[0]}")
    shutil.rmtree(VENV, ignore_errors=True)
    run([sys.executable, "-m", "venv", VENV], "python3 -m venv failed", timeout=300)


def check_node() -> None:
    node = shutil.which("node")
    if node is None or shutil.which("npm") is None:
        missing = "node" if node is None else "npm"
        stop(f"{missing} is missing, which brings the pages' charts. Install Node {OLDEST_NODE} or newer with its npm.")
    version = subprocess.run([node, "--version"], check=True, capture_output=True, text=True, timeout=60).stdout.strip()
    if int(version.lstrip("v").split(".")[0]) < OLDEST_NODE:
        stop(f"{node} is {version}; Gatehouse needs Node {OLDEST_NODE} or newer.")


def install_npm_packages(*, for_tests: bool) -> None:
    """What the pages need. With those for tests, what they bring is left where it is afterwards."""
    if not missing_npm_packages(ROOT, for_tests=for_tests):
        return
    say("Installing the locked npm packages into node_modules")
    what = [] if for_tests else ["--omit=dev"]
    run(["npm", "ci", "--no-progress", *what], "npm could not install the locked packages", timeout=600)


def missing_npm_packages(root: Path, *, for_tests: bool) -> list[str]:
    """Those of the lock file that aren't there in the locked version."""
    locked = json.loads((root / NPM_LOCK_FILE.name).read_text())["packages"]
    wanted = {path: one["version"] for path, one in locked.items() if path and (for_tests or not one.get("dev"))}
    return sorted(path for path, version in wanted.items() if npm_version(root / path) != version)


def npm_version(package: Path) -> str:
    """Empty for one that isn't there, or not whole."""
    try:
        return str(json.loads((package / "package.json").read_text())["version"])
    except (OSError, ValueError, KeyError):
        return ""


def install_chromium() -> None:
    if shutil.which("chromium") is None:
        install_debian("chromium", "for the browser tests")


def install_docker() -> None:
    """Only root can start an engine. For everyone else the tests use one that runs already, or say why they can't."""
    if os.geteuid() != 0:
        return
    if shutil.which("dockerd") is None:
        install_debian("docker.io", "for the tests of gateways in containers")
    if shutil.which("debootstrap") is None:
        install_debian("debootstrap", "to make the base of the containers' image")


def install_compose() -> None:
    """Debian's, unless this machine's docker has a compose of its own."""
    if os.geteuid() == 0 and shutil.which("docker-compose") is None:
        install_debian("docker-compose", "for the deployment on one machine")


def install_debian(package: str, purpose: str) -> None:
    """With apt-get when this is root; otherwise say what to do."""
    if os.geteuid() != 0 or shutil.which("apt-get") is None:
        stop(f"{package} is missing, {purpose}. Install it (on Debian, as root: apt-get install {package}) and repeat.")
    say(f"Installing Debian's {package}, {purpose} (a minute or two)")
    quiet = dict(os.environ, DEBIAN_FRONTEND="noninteractive")
    run(["apt-get", "-qq", "update"], "apt-get update failed", timeout=600, env=quiet)
    install = ["apt-get", "-qq", "-y", "--no-install-recommends", "install", package]
    run(install, f"apt-get could not install {package}", timeout=1800, env=quiet)


def run(command: Sequence[str | Path], failed: str, *, timeout: int, env: dict[str, str] | None = None) -> None:
    """Quiet when it succeeds; what it said, when it doesn't."""
    words = [str(word) for word in command]
    env = dict(env or os.environ, PIP_ROOT_USER_ACTION="ignore")
    result = subprocess.run(words, check=False, capture_output=True, text=True, timeout=timeout, env=env, cwd=ROOT)
    if result.returncode:
        stop(f"{failed}:\n{result.stdout}{result.stderr}".rstrip())


def say(text: str) -> None:
    print(text, flush=True)


def stop(text: str) -> NoReturn:
    sys.exit(f"make: {text}")


if __name__ == "__main__":
    main(sys.argv[1:])
