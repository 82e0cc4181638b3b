"""The key by which a gateway's relay knows the workers: made here, read by workers alone."""

from __future__ import annotations

import secrets

from webapp.accounts.keysets import KeysetFiles, locked, write_private


def create(files: KeysetFiles) -> bool:
    """Write a new one, 32 random bytes in hexadecimal; False when there is one.

    A lost one can be made anew: each gateway's relay is started again with the new key, its gateway is not.
    """
    with locked(files):
        if files.relay_key.exists():
            return False
        write_private(files.relay_key, f"{secrets.token_hex(32)}\n")
        return True
