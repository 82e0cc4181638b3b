"""One secret in the forms in which it may lie about."""

from __future__ import annotations

import base64
from dataclasses import dataclass
from functools import cached_property

# Letters of a base64 text that are made of the bytes before it too, for one that begins at this place of three.
_MIXED = (0, 2, 3)


@dataclass(frozen=True)
class Needle:
    """`text` is ASCII. Found as it is, in UTF-16, in hex, and in base64 wherever its bytes begin there."""

    text: str

    @cached_property
    def forms(self) -> tuple[bytes, ...]:
        plain = self.text.encode("ascii")
        encoded = [_inside_base64(plain, place) for place in range(3)]
        # In a URL's alphabet too: https://www.rfc-editor.org/rfc/rfc4648#section-5
        encoded += [form.replace(b"+", b"-").replace(b"/", b"_") for form in encoded]
        hexes = [plain.hex().encode(), plain.hex().upper().encode()]
        return (plain, self.text.encode("utf-16-le"), *hexes, *dict.fromkeys(encoded))

    def is_in(self, data: bytes) -> bool:
        """Base64 and hex may be broken into lines."""
        unbroken = data.replace(b"\r", b"").replace(b"\n", b"")
        return any(form in data or form in unbroken for form in self.forms)


def _inside_base64(secret: bytes, place: int) -> bytes:
    """What a base64 text holds of the secret alone, whatever stands before and after it."""
    text = base64.b64encode(bytes(place) + secret)
    whole = (place + len(secret)) // 3 * 4  # the rest is made of what comes after, too
    return text[_MIXED[place] : whole]
