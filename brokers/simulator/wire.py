"""Frames and fields of the TWS protocol.

A frame is a four-byte big-endian length and that many bytes; its body is text fields, each ended by a NUL. Numbers
are decimal text, flags are 0 and 1, and what is unset is an empty field or one of Java's largest numbers.
"""

from __future__ import annotations

import asyncio
import re
import struct
from collections.abc import Iterable, Sequence
from decimal import Decimal

SERVER_VERSION = 176
GREETING = b"API\0"
UNSET_DOUBLE = "1.7976931348623157E308"
UNSET_INTEGER = "2147483647"

# A placeOrder with every option is under 4 KB. Without a bound, a length of 2 GiB would be waited for forever.
MAX_FRAME = 64 * 1024

# The clients write "largest double" in their own languages' spelling, so it is told by its size.
_LARGEST = Decimal("1.7976931348623157E+308")
_NO_NUMBERS = ("nan", "NaN", "inf", "Infinity", "Infinite")

# Python would read digits of every script, underscores and blanks; Java, at the other end, would not.
_INTEGER = re.compile(r"-?[0-9]{1,10}")
_DECIMAL = re.compile(r"[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]{1,4})?")
_LARGEST_EXPONENT = 15
_SMALLEST_EXPONENT = -12
_PREFIX = struct.Struct(">I")

Value = str | int | Decimal | None


class WireError(Exception):
    """What came is not this protocol; the connection that sent it can't be trusted any further."""


class FieldError(Exception):
    """One message has the wrong fields. The frame around it was sound, so the connection lives on."""


def plain(number: Decimal) -> str:
    """A decimal without exponent and without trailing zeros: 100, 0.00005."""
    text = format(number, "f")
    if "." in text:
        text = text.rstrip("0").rstrip(".")
    return "0" if text == "-0" else text


def field_text(value: Value) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "1" if value else "0"
    if isinstance(value, Decimal):
        return plain(value)
    return str(value)


def encode(fields: Iterable[Value]) -> bytes:
    """One whole frame. Raises ValueError as `encode_part` does."""
    return frame([encode_part(fields)])


def encode_part(fields: Iterable[Value]) -> bytes:
    """So many fields of a frame's body. A NUL inside a field would become a field of its own: it raises ValueError."""
    texts = [field_text(value) for value in fields]
    for text in texts:
        if "\0" in text:
            raise ValueError(f"field {text!r} contains the field separator")
    return "".join(f"{text}\0" for text in texts).encode()


def frame(parts: Iterable[bytes]) -> bytes:
    """One whole frame from the parts of its body."""
    body = b"".join(parts)
    return _PREFIX.pack(len(body)) + body


def decode(body: bytes) -> list[str]:
    """The fields of one frame's body. Raises WireError for what no client library sends."""
    try:
        text = body.decode()
    except UnicodeDecodeError as error:
        raise WireError(f"a frame is not UTF-8 ({error.reason} at byte {error.start})") from error
    if not text.endswith("\0"):
        raise WireError("a frame does not end with the field separator")
    fields = text[:-1].split("\0")
    for field in fields:
        _refuse_control_characters(field)
    return fields


def _refuse_control_characters(field: str) -> None:
    if any(character < " " or "\x7f" <= character < "\xa0" for character in field):
        raise WireError(f"a field holds a control character: {field[:60]!r}")


async def read_frame(reader: asyncio.StreamReader) -> bytes | None:
    """The next frame's body, or None when the peer closed between frames. Raises WireError."""
    try:
        prefix = await reader.readexactly(_PREFIX.size)
    except asyncio.IncompleteReadError as error:
        if error.partial:
            raise WireError("the connection ended inside a frame's length") from error
        return None
    return await _read_body(reader, _PREFIX.unpack(prefix)[0])


async def _read_body(reader: asyncio.StreamReader, length: int) -> bytes:
    if not 0 < length <= MAX_FRAME:
        raise WireError(f"a frame declares {length} bytes; 1 to {MAX_FRAME} are accepted")
    try:
        return await reader.readexactly(length)
    except asyncio.IncompleteReadError as error:
        raise WireError(f"the connection ended {length - len(error.partial)} bytes before a frame did") from error


class Fields:
    """A cursor over the fields of one message. Every read raises FieldError when the field is missing or unreadable."""

    def __init__(self, texts: Sequence[str]) -> None:
        self._texts = texts
        self._next = 0

    def text(self) -> str:
        if self._next >= len(self._texts):
            raise FieldError(f"the message ends after {len(self._texts)} fields")
        self._next += 1
        return self._texts[self._next - 1]

    def texts(self, count: int) -> list[str]:
        return [self.text() for _ in range(count)]

    def named(self, names: Iterable[str]) -> dict[str, str]:
        return {name: self.text() for name in names}

    def count(self) -> int:
        """A number of things that follow. An empty field is none of them."""
        number = self.integer()
        if number < 0:
            raise FieldError(f"{number} can't be a count")
        return number

    def integer(self) -> int:
        """Zero when the field is unset."""
        return integer(self.text()) or 0

    def flag(self) -> bool:
        return flag(self.text())

    def skip(self) -> None:
        """Passes over a message's own version, which says nothing at this server version."""
        self.text()

    def rest(self) -> list[str]:
        """What is left; a message that was read whole leaves nothing."""
        return list(self._texts[self._next :])

    def finish(self) -> None:
        if self.rest():
            raise FieldError(f"{len(self.rest())} fields too many: {self.rest()[:3]!r}")


def integer(text: str) -> int | None:
    """None when the field is unset."""
    if text in ("", UNSET_INTEGER):
        return None
    if not _INTEGER.fullmatch(text):
        raise FieldError(f"{text[:40]!r} is not a whole number of 32 bits")
    return int(text)


def decimal(text: str) -> Decimal | None:
    """None when the field is unset."""
    if text in ("", UNSET_INTEGER, *_NO_NUMBERS):
        return None
    if not _DECIMAL.fullmatch(text):
        raise FieldError(f"{text[:40]!r} is not a number")
    number = Decimal(text)
    if abs(number) >= _LARGEST:
        return None
    if number and not _SMALLEST_EXPONENT <= number.adjusted() <= _LARGEST_EXPONENT:
        raise FieldError(f"{text[:40]!r} is no price or size of this world")
    return number


def flag(text: str) -> bool:
    if text not in ("", "0", "1", "True", "False"):
        raise FieldError(f"{text!r} is neither 0 nor 1")
    return text in ("1", "True")
