"""Images made without any registry: their base comes from this machine's own package mirror."""

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
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from docker import DockerClient
from docker.errors import BuildError, ImageNotFound

from deploy.local import engine
from deploy.local.engine import ROOT
from deploy.local.processes import LocalError

DEBOOTSTRAP_DEADLINE = 900
_LONGEST_RUN = timedelta(hours=2)
# What an installed system has and a container never reads.
_LEFT_OUT = ("./var/cache/*", "./var/lib/apt/lists/*", "./usr/share/doc", "./usr/share/man", "./usr/share/locale")


@dataclass(frozen=True, slots=True)
class Base:
    """An image of Debian's smallest system and these packages of its."""

    name: str
    packages: str


PYTHON = Base("gatehouse-base", "python3,tzdata")


@dataclass(frozen=True, slots=True)
class Source:
    """What an image of ours is made of. Paths are relative to this repository; of folders the Python in them counts."""

    name: str
    dockerfile: str
    files: tuple[str, ...]


SIMULATOR = Source(
    "gatehouse-simulator", "deploy/gateway-simulator/Dockerfile", ("brokers/__init__.py", "brokers/simulator")
)
RELAY = Source(
    "gatehouse-relay",
    "deploy/relay/Dockerfile",
    ("brokers/__init__.py", "brokers/gateways/__init__.py", "brokers/gateways/relay"),
)


def main() -> None:
    """Both images for the tests, made before they begin: a test's own time is too short for a debootstrap."""
    if engine.answering() is None and engine.why_not():
        print(f"No images of gateways are made. {engine.why_not()}")
        return
    with engine.held(ROOT / "var") as url:
        client = DockerClient(base_url=url, timeout=60)
        try:
            for source in (SIMULATOR, RELAY):
                image(client, ROOT / "var", source)
        finally:
            client.close()


def image(client: DockerClient, var: Path, source: Source, *, say: Callable[[str], None] = print) -> str:
    """Its name, with this tree's files in it. Made once, however many ask at the same time."""
    context = _context(source)
    tag = f"{source.name}:{hashlib.sha256(context).hexdigest()[:12]}"
    with _alone(var):
        if not _exists(client, tag):
            _build(client, context, tag, source, base=_base(client, var, PYTHON, say))
            _forget_older(client, tag, source)
    return tag


def base_image(client: DockerClient, var: Path, base: Base, *, say: Callable[[str], None] = print) -> str:
    """Its name. Made once. Raises LocalError."""
    with _alone(var):
        tag = _base(client, var, base, say)
    if tag is None:
        raise LocalError(f"Only root of a Debian can make the base image {base.name}.")
    return tag


@contextmanager
def _alone(var: Path) -> Iterator[None]:
    var.mkdir(parents=True, exist_ok=True)
    with (var / "images.lock").open("a") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _context(source: Source) -> bytes:
    """The same bytes for the same sources: what their files are besides their text doesn't count."""
    written = io.BytesIO()
    with tarfile.open(fileobj=written, mode="w") as archive:
        for path in [ROOT / source.dockerfile, *_files(source)]:
            member = tarfile.TarInfo(str(path.relative_to(ROOT)))
            member.size, member.mode = path.stat().st_size, 0o644
            archive.addfile(member, io.BytesIO(path.read_bytes()))
    return written.getvalue()


def _files(source: Source) -> Iterator[Path]:
    for path in (ROOT / name for name in source.files):
        yield from sorted(path.rglob("*.py")) if path.is_dir() else [path]


def _exists(client: DockerClient, tag: str) -> bool:
    try:
        client.images.get(tag)
    except ImageNotFound:
        return False
    return True


def _build(client: DockerClient, context: bytes, tag: str, source: Source, *, base: str | None) -> None:
    arguments = {} if base is None else {"BASE": base}
    try:
        client.images.build(
            fileobj=io.BytesIO(context),
            custom_context=True,
            dockerfile=source.dockerfile,
            tag=tag,
            rm=True,
            buildargs=arguments,
        )
    except BuildError as error:
        raise LocalError(f"The image {source.name} could not be built: {error}") from error


def _forget_older(client: DockerClient, tag: str, source: Source) -> None:
    """Those that no container uses and that are old: a run of another tree beside this one still wants its own."""
    youngest = datetime.now(UTC) - _LONGEST_RUN
    used = {container.attrs["Config"]["Image"] for container in client.containers.list(all=True, ignore_removed=True)}
    for older in client.images.list(name=source.name):
        if datetime.fromisoformat(older.attrs["Created"]) < youngest:
            for name in set(older.tags) - used - {tag}:
                client.images.remove(name)


def _base(client: DockerClient, var: Path, base: Base, say: Callable[[str], None]) -> str | None:
    """None for somebody who can't make one: the engine then pulls the Dockerfile's own."""
    codename = platform.freedesktop_os_release().get("VERSION_CODENAME", "")
    tag = f"{base.name}:{codename or 'none'}"
    if _exists(client, tag):
        return tag
    archive = var / "cache" / f"{base.name.removeprefix('gatehouse-')}-{codename}.tar.gz"
    if not archive.exists():
        if os.geteuid() != 0 or not codename:
            return None
        say(f"Making a base image of {codename} with {base.packages} (minutes the first time)")
        _make_base(archive, codename, base.packages)
    client.api.import_image_from_file(str(archive), repository=base.name, tag=codename)
    return tag


def _make_base(archive: Path, codename: str, packages: str) -> None:
    archive.parent.mkdir(parents=True, exist_ok=True)
    draft = archive.with_suffix(".new")
    with tempfile.TemporaryDirectory(dir=archive.parent) as folder:
        root = Path(folder) / "root"
        try:
            _run(["debootstrap", "--variant=minbase", f"--include={packages}", codename, root, _mirror(codename)])
            _run(["tar", "-C", root, *(f"--exclude={path}" for path in _LEFT_OUT), "-czf", draft, "."])
        finally:
            _unmount_below(root)
    draft.rename(archive)


def _unmount_below(folder: Path) -> None:
    """A debootstrap that was cut short leaves this machine's /proc mounted, in which nothing must be removed."""
    mounted = [line.split()[1] for line in Path("/proc/mounts").read_text().splitlines()]
    for point in sorted((point for point in mounted if point.startswith(f"{folder}/")), reverse=True):
        _run(["umount", "--lazy", point])


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


if __name__ == "__main__":
    main()
