"""Sealing: what the web process can do with a secret, which is to close it and never open it again.

HPKE (RFC 9180) through Tink. The account's id is the context, so a sealed secret opens for its own account alone.
The opening half is `workers/unsealing.py`.
"""

from __future__ import annotations

import uuid

import tink
from django.conf import settings
from django.views.decorators.debug import sensitive_variables
from tink import hybrid, json_proto_keyset_format

hybrid.register()


class SealingFailed(Exception):
    """Nothing was sealed. The text names the keyset and never what was to be sealed."""


def context(account_id: uuid.UUID) -> bytes:
    """What binds a sealed secret to its account."""
    return b"gatehouse:credential:" + account_id.bytes


@sensitive_variables("plaintext")
def seal(plaintext: bytes, *, account_id: uuid.UUID) -> bytes:
    """Encrypt to the workers' public keyset. Raises SealingFailed when that can't be read or holds a private key."""
    return bytes(_encrypt().encrypt(plaintext, context(account_id)))


def _encrypt() -> hybrid.HybridEncrypt:
    """Read anew each time: a login is sealed seldom, and a rotation then needs no restart."""
    path = settings.PUBLIC_KEYSET
    try:
        # Refuses private keys, so a web process that was given the wrong file says so instead of working.
        return json_proto_keyset_format.parse_without_secret(path.read_text()).primitive(hybrid.HybridEncrypt)
    except (OSError, UnicodeDecodeError, tink.TinkError) as problem:
        raise SealingFailed(
            f"The public keyset {path} can't be used: {problem}. `python manage.py create_keysets` makes a pair."
        ) from problem
