"""Opening what `webapp.accounts.sealing` closed. Only a worker is given the private keyset."""

from __future__ import annotations

import json
import uuid
from dataclasses import dataclass, field

import tink
from django.conf import settings
from tink import hybrid, json_proto_keyset_format, secret_key_access

from webapp.accounts import sealing
from webapp.accounts.models import Credential

hybrid.register()


class UnsealingFailed(Exception):
    """A login could not be opened. The text is safe to show to its owner, and holds neither login nor key."""


class KeysetUnavailable(UnsealingFailed):
    """The fault is this worker's and not the login's: the same login opens once the keyset is back."""


@dataclass(frozen=True, slots=True)
class Login:
    """A broker's username and password, opened. The password is kept out of `repr`, and so out of logs."""

    username: str
    password: str = field(repr=False)


class Opener:
    """Opens sealed secrets with the keyset of `GATEHOUSE_PRIVATE_KEYSET`, read anew each time: a rotation needs no
    restart, and the key is in memory no longer than the opening takes.
    """

    def open(self, sealed: bytes, *, account_id: uuid.UUID) -> bytes:
        """Raises UnsealingFailed for another account's secret, and for one that was sealed to another keyset."""
        try:
            return bytes(self._decrypt().decrypt(sealed, sealing.context(account_id)))
        except tink.TinkError:
            # Without the cause: the frames below it hold the private key.
            raise UnsealingFailed(
                f"The login stored for account {account_id} doesn't open with this server's key. "
                "Enter the username and password again."
            ) from None

    def login_of(self, account_id: uuid.UUID) -> Login:
        """The stored login of an account. Raises UnsealingFailed, also when none is stored."""
        sealed = Credential.objects.filter(account_id=account_id).values_list("sealed", flat=True).first()
        if sealed is None:
            raise UnsealingFailed("No broker login is stored for this account. Enter its username and password.")
        fields = json.loads(self.open(bytes(sealed), account_id=account_id))
        return Login(username=fields["username"], password=fields["password"])

    def _decrypt(self) -> hybrid.HybridDecrypt:
        return json_proto_keyset_format.parse(self._keyset(), secret_key_access.TOKEN).primitive(hybrid.HybridDecrypt)

    def _keyset(self) -> str:
        if settings.PRIVATE_KEYSET is None:
            raise KeysetUnavailable("This process has no private keyset; GATEHOUSE_PRIVATE_KEYSET is set for workers.")
        try:
            return str(settings.PRIVATE_KEYSET.read_text())
        except OSError as problem:
            raise KeysetUnavailable(f"This worker can't read its private keyset: {problem.strerror}.") from problem
        except UnicodeDecodeError:
            # Without the cause: it carries what it could not decode.
            raise KeysetUnavailable("This worker's private keyset isn't a text file.") from None
