"""The simulated gateway's image, made without any registry: its base from this machine's own package mirror."""

from __future__ import annotations

import fcntl
import hashlib
import io
import os
import platform
import subprocess
import tarfile
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from docker import DockerClient
from docker.errors import BuildError, ImageNotFound

from deploy.local.engine import ROOT
from deploy.local.processes import LocalError

SIMULATOR, BASE = "gatehouse-simulator", "gatehouse-base"
DOCKERFILE = "deploy/gateway-simulator/Dockerfile"
PACKAGES = "python3,tzdata"
DEBOOTSTRAP_DEADLINE = 900
# What an installed system has and a container never reads.
_LEFT_OUT = ("./var/cache/*", "./var/lib/apt/lists/*", "./usr/share/doc", "./usr/share/man", "./usr/share/locale")


def simulator_image(client: DockerClient, var: Path, *, say: Callable[[str], None] = print) -> str:
    """Its name, with this tree's simulator in it. Made once, however many ask at the same time."""
    context = _context()
    tag = f"{SIMULATOR}:{hashlib.sha256(context).hexdigest()[:12]}"
    with _alone(var):
        if not _exists(client, tag):
            _build(client, context, tag, base=_base(client, var, say))
            _forget_older(client, tag)
    return tag


@contextmanager
def _alone(var: Path) -> Iterator[None]:
    var.mkdir(parents=True, exist_ok=True)
    with (var / "images.lock").open("a") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _context() -> bytes:
    """The same bytes for the same sources: what their files are besides their text doesn't count."""
    sources = sorted((ROOT / "brokers" / "simulator").rglob("*.py"))
    written = io.BytesIO()
    with tarfile.open(fileobj=written, mode="w") as archive:
        for path in [ROOT / DOCKERFILE, ROOT / "brokers" / "__init__.py", *sources]:
            member = tarfile.TarInfo(str(path.relative_to(ROOT)))
            member.size, member.mode = path.stat().st_size, 0o644
            archive.addfile(member, io.BytesIO(path.read_bytes()))
    return written.getvalue()


def _exists(client: DockerClient, tag: str) -> bool:
    try:
        client.images.get(tag)
    except ImageNotFound:
        return False
    return True


def _build(client: DockerClient, context: bytes, tag: str, *, base: str | None) -> None:
    arguments = {} if base is None else {"BASE": base}
    try:
        client.images.build(
            fileobj=io.BytesIO(context),
            custom_context=True,
            dockerfile=DOCKERFILE,
            tag=tag,
            rm=True,
            buildargs=arguments,
        )
    except BuildError as error:
        raise LocalError(f"The simulated gateway's image could not be built: {error}") from error


def _forget_older(client: DockerClient, tag: str) -> None:
    """Those that no container uses; a run beside this one may still use another."""
    used = {container.attrs["Config"]["Image"] for container in client.containers.list(all=True, ignore_removed=True)}
    for image in client.images.list(name=SIMULATOR):
        for name in set(image.tags) - used - {tag}:
            client.images.remove(name)


def _base(client: DockerClient, var: Path, say: Callable[[str], None]) -> str | None:
    """None for somebody who can't make one: the engine then pulls the Dockerfile's own."""
    codename = platform.freedesktop_os_release().get("VERSION_CODENAME", "")
    tag = f"{BASE}:{codename or 'none'}"
    if _exists(client, tag):
        return tag
    archive = var / "cache" / f"base-{codename}.tar.gz"
    if not archive.exists():
        if os.geteuid() != 0 or not codename:
            return None
        say(f"Making a base image of {codename} with {PACKAGES} (minutes the first time)")
        _make_base(archive, codename)
    client.api.import_image_from_file(str(archive), repository=BASE, tag=codename)
    return tag


def _make_base(archive: Path, codename: str) -> None:
    archive.parent.mkdir(parents=True, exist_ok=True)
    draft = archive.with_suffix(".new")
    with tempfile.TemporaryDirectory(dir=archive.parent) as folder:
        root = Path(folder) / "root"
        _run(["debootstrap", "--variant=minbase", f"--include={PACKAGES}", codename, root, _mirror(codename)])
        _run(["tar", "-C", root, *(f"--exclude={path}" for path in _LEFT_OUT), "-czf", draft, "."])
    draft.rename(archive)


def _mirror(codename: str) -> str:
    """The one that apt on this machine is told to use."""
    listed = _run(
        ["apt-get", "indextargets", "--format", "$(REPO_URI)", "Created-By: Packages", f"Codename: {codename}"]
    )
    mirrors = listed.split()
    if not mirrors:
        raise LocalError(f"apt knows no mirror of {codename}, from which the base image would be made.")
    return mirrors[0]


def _run(command: list[str | Path]) -> str:
    words = [str(word) for word in command]
    try:
        result = subprocess.run(words, check=False, capture_output=True, text=True, timeout=DEBOOTSTRAP_DEADLINE)
    except FileNotFoundError as error:
        raise LocalError(f"{words[0]} is missing: python3 deploy/local/install.py --docker installs it.") from error
    if result.returncode:
        raise LocalError(f"{words[0]} failed:\n{result.stdout[-2000:]}{result.stderr[-2000:]}".rstrip())
    return result.stdout
