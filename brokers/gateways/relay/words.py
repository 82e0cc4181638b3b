"""What a relay and its client say to each other before the first byte of the API. Each line ends with a newline.

    relay    gatehouse-relay 1 CHALLENGE
    client   NAME FENCE NONCE MAC             the preamble
    relay    VERDICT MAC SENTENCE             the answer; after a welcome, all that follows is the gateway's

CHALLENGE and NONCE are 32 random bytes and MAC is an HMAC-SHA256 under the gateway's key, all in hexadecimal. The
challenge is new for each connection, so a preamble that was overheard opens nothing; the nonce does the same for the
answer, so nobody else can talk a worker out of its session.
"""

from __future__ import annotations

import hmac
import re
import secrets
from dataclasses import dataclass, field
from enum import StrEnum

LONGEST_LINE = 1024
LARGEST_FENCE = 2**63 - 1  # PostgreSQL's bigint, where fences come from

NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,99}")
_GREETING = re.compile(r"gatehouse-relay 1 ([0-9a-f]{64})")
_PREAMBLE = re.compile(rf"({NAME.pattern}) ([1-9][0-9]{{0,18}}) ([0-9a-f]{{64}}) ([0-9a-f]{{64}})")
_ANSWER = re.compile(r"([a-z]+) ([0-9a-f]{64}) ([ -~]{1,800})")


class WordsRefused(Exception):
    """A line that can't be read or isn't proved. The text says why, and repeats nothing of the line."""


class Verdict(StrEnum):
    WELCOME = "welcome"
    OUTDATED = "outdated"  # a higher fence was here already
    UNPROVEN = "unproven"
    UNAVAILABLE = "unavailable"  # the gateway's port is closed, or the fence can't be written down


@dataclass(frozen=True, slots=True)
class Admission:
    """By what a client is let through: the gateway's name, the fence of its lease, and the gateway's key."""

    name: str
    fence: int
    key: bytes = field(repr=False)

    def __post_init__(self) -> None:
        """Raises ValueError. The key is quoted in no case."""
        if not NAME.fullmatch(self.name):
            raise ValueError(f"{self.name!r} can't be a gateway's name: letters, digits, - and _ can.")
        if not 1 <= self.fence <= LARGEST_FENCE:
            raise ValueError(f"A fence is a whole number from 1 to {LARGEST_FENCE}, and not {self.fence}.")


@dataclass(frozen=True, slots=True)
class Answer:
    verdict: Verdict
    sentence: str


def new_challenge() -> str:
    return secrets.token_hex(32)


def greeting(challenge: str) -> bytes:
    return _line(f"gatehouse-relay 1 {challenge}")


def read_greeting(line: bytes) -> str:
    """The challenge. Raises WordsRefused."""
    return _match(_GREETING, line, "is no relay's greeting")[1]


def preamble(admission: Admission, *, challenge: str, nonce: str) -> bytes:
    mac = _preamble_mac(admission.key, admission.name, admission.fence, challenge, nonce)
    return _line(f"{admission.name} {admission.fence} {nonce} {mac}")


def read_preamble(line: bytes, *, name: str, key: bytes, challenge: str) -> tuple[int, str]:
    """The fence and the nonce. Raises WordsRefused for another gateway's, and for one without proof."""
    named, fence, nonce, mac = _match(_PREAMBLE, line, "is no preamble: NAME FENCE NONCE MAC").groups()
    if int(fence) > LARGEST_FENCE:
        raise WordsRefused(f"The fence is larger than {LARGEST_FENCE}.")
    if named != name:
        raise WordsRefused("The preamble names another gateway than the one behind this relay.")
    if not hmac.compare_digest(mac, _preamble_mac(key, name, int(fence), challenge, nonce)):
        raise WordsRefused("The preamble's proof doesn't fit the key of this gateway.")
    return int(fence), nonce


def answer(said: Answer, *, key: bytes, challenge: str, nonce: str) -> bytes:
    """`nonce` is empty when the preamble could not be read."""
    return _line(f"{said.verdict} {_answer_mac(key, said.verdict, said.sentence, challenge, nonce)} {said.sentence}")


def read_answer(line: bytes, *, key: bytes, challenge: str, nonce: str) -> Answer:
    """Raises WordsRefused for one that the gateway's own relay didn't give to this preamble."""
    verdict, mac, sentence = _match(_ANSWER, line, "is no relay's answer").groups()
    if not hmac.compare_digest(mac, _answer_mac(key, verdict, sentence, challenge, nonce)):
        raise WordsRefused("The answer isn't proved by this gateway's key.")
    try:
        return Answer(Verdict(verdict), sentence)
    except ValueError:
        raise WordsRefused(f"The relay answered {verdict:.20}, which is no word of this version.") from None


def _preamble_mac(key: bytes, name: str, fence: int, challenge: str, nonce: str) -> str:
    return _mac(key, f"preamble 1\n{name}\n{fence}\n{challenge}\n{nonce}")


def _answer_mac(key: bytes, verdict: str, sentence: str, challenge: str, nonce: str) -> str:
    return _mac(key, f"answer 1\n{verdict}\n{sentence}\n{challenge}\n{nonce}")


def _mac(key: bytes, text: str) -> str:
    return hmac.new(key, text.encode(), "sha256").hexdigest()


def _match(pattern: re.Pattern[str], line: bytes, otherwise: str) -> re.Match[str]:
    found = pattern.fullmatch(line.decode("ascii", "replace").removesuffix("\n"))
    if found is None:
        raise WordsRefused(f"A line of {len(line)} bytes {otherwise}.")
    return found


def _line(text: str) -> bytes:
    return text.encode("ascii") + b"\n"
