from __future__ import annotations

import contextlib
import secrets

import pytest
from hypothesis import given
from hypothesis import strategies as st

from brokers.gateways.relay import words
from brokers.gateways.relay.keys import gateway_key
from brokers.gateways.relay.words import Admission, Answer, Verdict, WordsRefused

KEY = bytes(range(32))
CHALLENGE, NONCE = "c" * 64, "0" * 64
NAMES = st.text("abcXYZ019-_", min_size=1, max_size=100).filter(words.NAME.fullmatch)
FENCES = st.integers(1, words.LARGEST_FENCE)
KEYS = st.binary(min_size=32, max_size=32)


@given(NAMES, FENCES, KEYS)
def test_a_preamble_is_read_as_it_was_said(name: str, fence: int, key: bytes) -> None:
    line = words.preamble(Admission(name, fence, key), challenge=CHALLENGE, nonce=NONCE)
    assert line.endswith(b"\n")
    assert len(line) <= words.LONGEST_LINE
    assert words.read_preamble(line, name=name, key=key, challenge=CHALLENGE) == (fence, NONCE)


@given(st.data())
def test_a_preamble_that_was_changed_anywhere_opens_nothing(data: st.DataObject) -> None:
    line = words.preamble(Admission("alice-1", 12, KEY), challenge=CHALLENGE, nonce=NONCE)
    at = data.draw(st.integers(0, len(line) - 2))
    other = data.draw(st.integers(0, 255).filter(lambda byte: byte != line[at]))
    with pytest.raises(WordsRefused):
        words.read_preamble(line[:at] + bytes([other]) + line[at + 1 :], name="alice-1", key=KEY, challenge=CHALLENGE)


def test_a_preamble_that_was_overheard_opens_nothing_afterwards() -> None:
    line = words.preamble(Admission("alice-1", 12, KEY), challenge=words.new_challenge(), nonce=NONCE)
    with pytest.raises(WordsRefused, match="doesn't fit the key"):
        words.read_preamble(line, name="alice-1", key=KEY, challenge=words.new_challenge())


def test_a_preamble_for_another_gateway_is_refused_even_with_the_same_key() -> None:
    line = words.preamble(Admission("alice-1", 12, KEY), challenge=CHALLENGE, nonce=NONCE)
    with pytest.raises(WordsRefused, match="another gateway"):
        words.read_preamble(line, name="bob-1", key=KEY, challenge=CHALLENGE)


def test_a_fence_beyond_the_database_s_own_is_refused() -> None:
    proof = "0" * 64
    with pytest.raises(WordsRefused, match="larger than"):
        words.read_preamble(f"a {2**63} {NONCE} {proof}\n".encode(), name="a", key=KEY, challenge=CHALLENGE)


@given(st.binary(max_size=words.LONGEST_LINE))
def test_any_other_line_is_refused_and_nothing_of_it_is_repeated(line: bytes) -> None:
    readings = (
        lambda: words.read_preamble(line, name="alice-1", key=KEY, challenge=CHALLENGE),
        lambda: words.read_greeting(line),
        lambda: words.read_answer(line, key=KEY, challenge=CHALLENGE, nonce=NONCE),
    )
    for read in readings:
        with contextlib.suppress(WordsRefused):
            read()
            pytest.fail(f"{line!r} was understood")


@given(st.sampled_from(Verdict), st.text(st.characters(min_codepoint=32, max_codepoint=126), min_size=1, max_size=800))
def test_an_answer_is_read_as_it_was_said_by_its_own_client_alone(verdict: Verdict, sentence: str) -> None:
    line = words.answer(Answer(verdict, sentence), key=KEY, challenge=CHALLENGE, nonce=NONCE)
    assert words.read_answer(line, key=KEY, challenge=CHALLENGE, nonce=NONCE) == Answer(verdict, sentence)
    with pytest.raises(WordsRefused, match="isn't proved"):
        words.read_answer(line, key=KEY, challenge=CHALLENGE, nonce=secrets.token_hex(32))
    with pytest.raises(WordsRefused, match="isn't proved"):
        words.read_answer(line, key=bytes(32), challenge=CHALLENGE, nonce=NONCE)


@given(KEYS, NAMES, NAMES)
def test_two_gateways_have_two_keys_and_neither_is_the_workers(master: bytes, one: str, other: str) -> None:
    keys = {gateway_key(master, one), gateway_key(master, other), master}
    assert len(keys) == 2 + (one != other)


def test_an_admission_shows_its_key_to_nobody() -> None:
    assert repr(Admission("alice-1", 3, b"secret")) == "Admission(name='alice-1', fence=3)"


@pytest.mark.parametrize(("name", "fence"), [("../x", 1), ("", 1), ("alice-1", 0), ("alice-1", 2**63)])
def test_an_admission_that_no_relay_could_grant_is_refused(name: str, fence: int) -> None:
    with pytest.raises(ValueError, match=r"can't be a gateway's name|A fence is a whole number"):
        Admission(name, fence, KEY)
