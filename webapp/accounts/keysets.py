"""The two files behind sealing: the public keyset seals and lies with every process, the private one opens.

Both are Tink's JSON keysets. A rotation adds a key and makes it the primary; the older ones stay, since what they
sealed must stay readable. https://developers.google.com/tink/key-management-overview
"""

from __future__ import annotations

import fcntl
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import tink
from django.conf import settings
from tink import hybrid, json_proto_keyset_format, secret_key_access

hybrid.register()

TEMPLATE = hybrid.hybrid_key_templates.DHKEM_X25519_HKDF_SHA256_HKDF_SHA256_AES_256_GCM


class KeysetProblem(Exception):
    """A keyset file is missing, unreadable or doesn't fit its pair. The text names the file and what to do."""


@dataclass(frozen=True, slots=True)
class KeysetFiles:
    """`relay_key` is no keyset, and lies beside them: what workers open gateways' relays with."""

    public: Path
    private: Path
    relay_key: Path

    @classmethod
    def in_folder(cls, folder: Path) -> KeysetFiles:
        return cls(folder / "public.json", folder / "private.json", folder / "relay.key")

    @classmethod
    def from_settings(cls) -> KeysetFiles:
        """Where the settings say; the secret ones beside the public one when this process isn't told of them."""
        public: Path = settings.PUBLIC_KEYSET
        beside = cls.in_folder(public.parent)
        return cls(public, settings.PRIVATE_KEYSET or beside.private, settings.RELAY_KEY or beside.relay_key)


def create(files: KeysetFiles) -> bool:
    """Write a new pair; False when there is one. A lost public file is written again from the private one.

    Raises KeysetProblem when only the public file exists: a new pair could not open what that one has sealed.
    """
    with locked(files):
        if files.public.exists() and files.private.exists():
            return False
        if files.public.exists():
            raise KeysetProblem(
                f"{files.public} exists and {files.private} doesn't. Put the private keyset back; "
                f"or move the public one away, and every user has to enter their broker login again."
            )
        if not files.private.exists():
            write_private(files.private, _new_private_keyset())
        write_private(files.public, _public_half(files.private.read_text()))
        return True


def rotate(files: KeysetFiles) -> None:
    """Add a new primary key to both files. Raises KeysetProblem when there is no private keyset to add it to."""
    with locked(files):
        if not files.private.exists():
            raise KeysetProblem(f"{files.private} doesn't exist. Run `python manage.py create_keysets` first.")
        rotated = _with_new_primary(files.private.read_text())
        # The private half first: a stop between the two leaves a worker with a key too many, never with one too few.
        write_private(files.private, rotated)
        write_private(files.public, _public_half(rotated))


def _new_private_keyset() -> str:
    return str(json_proto_keyset_format.serialize(tink.new_keyset_handle(TEMPLATE), secret_key_access.TOKEN))


def _public_half(private: str) -> str:
    handle = json_proto_keyset_format.parse(private, secret_key_access.TOKEN)
    return str(json_proto_keyset_format.serialize_without_secret(handle.public_keyset_handle()))


def _with_new_primary(private: str) -> str:
    # Tink's Python has no keyset manager; a keyset in JSON is a list of keys and the id of the primary.
    old, new = json.loads(private), json.loads(_new_private_keyset())
    if new["primaryKeyId"] in {key["keyId"] for key in old["key"]}:
        raise KeysetProblem("The new key drew an id that is taken. Nothing was changed; run the rotation again.")
    return json.dumps({"primaryKeyId": new["primaryKeyId"], "key": old["key"] + new["key"]}, indent=2)


@contextmanager
def locked(files: KeysetFiles) -> Iterator[None]:
    """One writer at a time: of two rotations at once, one would drop the other's private key."""
    for folder in {files.public.parent, files.private.parent}:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    with (files.private.parent / ".keysets.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def write_private(path: Path, text: str) -> None:
    """All of it or nothing, and never readable by others, not even for a moment."""
    fresh = path.with_name(f".{path.name}.new")
    fresh.unlink(missing_ok=True)
    descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    fresh.replace(path)
