"""Running a service as somebody else, which PostgreSQL asks of root."""

from __future__ import annotations

import os
import pwd
import shutil
import stat
import subprocess
from pathlib import Path

from deploy.local.processes import LocalError

SERVICE_USER = "gatehouse-postgres"


def service_user() -> pwd.struct_passwd | None:
    """The unprivileged user for PostgreSQL when this is root, made when missing; None for an ordinary user."""
    if os.geteuid() != 0:
        return None
    try:
        return pwd.getpwnam(SERVICE_USER)
    except KeyError:
        return _create_service_user()


def _create_service_user() -> pwd.struct_passwd:
    useradd = shutil.which("useradd", path=f"{os.environ.get('PATH', '')}:/usr/sbin:/sbin")
    if useradd is None:
        raise LocalError(
            f"PostgreSQL refuses to run as root and `useradd` is missing. Create a user {SERVICE_USER}, "
            "or run this as an ordinary user."
        )
    print(f"PostgreSQL refuses to run as root: creating the system user {SERVICE_USER} for it")
    command = [useradd, "--system", "--user-group", "--no-create-home", "--shell", "/usr/sbin/nologin", SERVICE_USER]
    result = subprocess.run(command, check=False, capture_output=True, text=True, timeout=30)
    try:
        return pwd.getpwnam(SERVICE_USER)  # another start may have made it in the same moment
    except KeyError:
        raise LocalError(f"Creating the user {SERVICE_USER} failed: {result.stderr.strip()}") from None


def give(folder: Path, user: int | None, group: int | None) -> None:
    if user is not None and group is not None:
        os.chown(folder, user, group)


def let_pass(folder: Path) -> None:
    """Let other users walk through `folder` and those above it: x alone, so none of them can be listed or read."""
    for parent in [folder, *folder.parents]:
        mode = stat.S_IMODE(parent.stat().st_mode)
        if not mode & stat.S_IXOTH:
            print(f"letting {SERVICE_USER} pass through {parent} (mode {mode:04o} -> {mode | stat.S_IXOTH:04o})")
            parent.chmod(mode | stat.S_IXOTH)


def let_read(folder: Path) -> None:
    """Let other users read and run what is in `folder`: a strict umask at install time would keep them out."""
    for path in [folder, *folder.rglob("*")]:
        if path.is_symlink():
            continue
        mode = stat.S_IMODE(path.stat().st_mode)
        wanted = mode | stat.S_IROTH | (stat.S_IXOTH if mode & stat.S_IXUSR else 0)
        if wanted != mode:
            path.chmod(wanted)
