"""Which logins are the same, told without knowing any: the web process can't open what is stored."""

from __future__ import annotations

import unicodedata

from django.utils.crypto import salted_hmac
from django.views.decorators.debug import sensitive_variables

_SALT = "gatehouse:login-fingerprint:2"


@sensitive_variables("username")
def fingerprint(username: str) -> bytes:
    """Equal for the same login at the broker, which doesn't mind case. 32 bytes.

    Live and paper are one login: IB gives market data to one session of a username, the live one first.

    A plain hash would not do: usernames are short and guessable, so whoever stole the table could hash a list of names
    and read off who is who. The key is derived from Django's secret key, which isn't in the database. With another
    secret key the stored ones match nothing, until each login is entered again.
    """
    normal = unicodedata.normalize("NFKC", username.strip()).casefold()
    return salted_hmac(_SALT, normal, algorithm="sha256").digest()
