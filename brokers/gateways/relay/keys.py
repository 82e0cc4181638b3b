"""Each gateway has a key of its own, made of the one that workers hold: a relay that is taken opens no other one."""

from __future__ import annotations

import hmac
import re
from pathlib import Path

_KEY = re.compile(r"[0-9a-f]{64}")
_PURPOSE = b"gatehouse relay 1\n"


class KeyUnusable(Exception):
    """A key's file can't be read or holds no key. The text names the file, and nothing that is in it."""


def gateway_key(master: bytes, name: str) -> bytes:
    """The key of the gateway of that name."""
    return hmac.new(master, _PURPOSE + name.encode(), "sha256").digest()


def read_key(path: Path) -> bytes:
    """Raises KeyUnusable."""
    try:
        text = path.read_bytes().decode("ascii", "replace").strip()
    except OSError as error:
        raise KeyUnusable(f"The key {path} can't be read: {error.strerror}.") from error
    if not _KEY.fullmatch(text):
        raise KeyUnusable(f"The file {path} holds no key: 64 hexadecimal digits on one line.")
    return bytes.fromhex(text)
