from __future__ import annotations

import asyncio
import struct
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from brokers.simulator.wire import (
    MAX_FRAME,
    UNSET_DOUBLE,
    UNSET_INTEGER,
    FieldError,
    Fields,
    WireError,
    decimal,
    decode,
    encode,
    flag,
    integer,
    plain,
    read_frame,
)

texts = st.text(st.characters(exclude_categories=("Cc", "Cs")), max_size=40)
numbers = st.decimals(allow_nan=False, allow_infinity=False, min_value=-(10**12), max_value=10**12, places=8)


def frame_of(content: bytes) -> bytes | None:
    async def read() -> bytes | None:
        reader = asyncio.StreamReader()
        reader.feed_data(content)
        reader.feed_eof()
        return await read_frame(reader)

    return asyncio.run(read())


@given(st.lists(texts, min_size=1, max_size=30))
def test_fields_that_were_encoded_are_decoded_as_they_were(fields: list[str]) -> None:
    body = frame_of(encode(fields))
    assert body is not None
    assert decode(body) == fields


@given(numbers)
def test_a_decimal_crosses_the_wire_exactly_and_without_an_exponent(number: Decimal) -> None:
    text = plain(number)
    assert decimal(text) == number
    assert "E" not in text.upper()


@given(st.integers(-(2**31) + 1, 2**31 - 2))
def test_a_whole_number_crosses_the_wire(number: int) -> None:
    [text] = decode(encode([number])[4:])
    assert integer(text) == number


@given(st.booleans())
def test_a_flag_crosses_the_wire_as_a_digit(value: bool) -> None:
    [text] = decode(encode([value])[4:])
    assert text in ("0", "1")
    assert flag(text) is value


@given(st.binary(max_size=200))
def test_any_bytes_are_fields_or_a_wire_error(body: bytes) -> None:
    try:
        fields = decode(body)
    except WireError:
        return
    assert encode(fields)[4:] == body


@given(texts)
def test_any_text_is_a_number_unset_or_a_field_error(text: str) -> None:
    try:
        number = decimal(text)
    except FieldError:
        return
    assert number is None or number.is_finite()


@pytest.mark.parametrize("text", ["", UNSET_DOUBLE, UNSET_INTEGER, "1.7976931348623157e+308", "nan", "Infinity"])
def test_every_spelling_of_unset_is_none(text: str) -> None:
    assert decimal(text) is None


@pytest.mark.parametrize("text", ["1_000", " 1", "١٢", "0x10", "1e99", "--1", "ten", "1e-30"])
def test_what_java_would_not_read_as_a_price_is_refused(text: str) -> None:
    with pytest.raises(FieldError, match="is n"):
        decimal(text)


@pytest.mark.parametrize("character", ["\n", "\r", "\t", "\x01", "\x1b", "\x7f", "\x9b"])
def test_a_control_character_in_a_field_is_refused(character: str) -> None:
    with pytest.raises(WireError, match="control character"):
        decode(f"3\0AA{character}PL\0".encode())


def test_a_separator_inside_a_field_is_never_sent() -> None:
    with pytest.raises(ValueError, match="separator"):
        encode(["a\0b"])


def test_a_frame_over_the_bound_is_refused_before_it_is_read() -> None:
    with pytest.raises(WireError, match="2147483647 bytes"):
        frame_of(struct.pack(">I", 2**31 - 1))


def test_a_frame_at_the_bound_is_read() -> None:
    assert frame_of(struct.pack(">I", MAX_FRAME) + b"a" * MAX_FRAME) == b"a" * MAX_FRAME


def test_an_empty_frame_is_refused() -> None:
    with pytest.raises(WireError, match="0 bytes"):
        frame_of(struct.pack(">I", 0))


@pytest.mark.parametrize("content", [b"\0\0", struct.pack(">I", 9) + b"half"])
def test_a_connection_that_ends_inside_a_frame_is_told_apart_from_one_that_ends_after_it(content: bytes) -> None:
    assert frame_of(b"") is None
    with pytest.raises(WireError, match="ended"):
        frame_of(content)


def test_a_message_that_is_too_short_or_too_long_is_a_field_error() -> None:
    fields = Fields(["1", "2"])
    assert fields.integer() == 1
    with pytest.raises(FieldError, match="1 fields too many"):
        fields.finish()
    assert fields.text() == "2"
    fields.finish()
    with pytest.raises(FieldError, match="ends after 2 fields"):
        fields.text()
