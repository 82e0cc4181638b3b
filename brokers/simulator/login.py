"""Who is logged in, the account code that this login has at the broker, and what a login can be made to wait for."""

from __future__ import annotations

import asyncio
import hmac
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

DEMO = "demo"
_DEMO_NUMBER = 1_000_001
_NUMBERS = 8_999_998

# IB's prompt on the phone lasts so long.
SECOND_FACTOR_SECONDS = 180.0
ATTEMPTS = 3


class LoginRefused(Exception):
    """The broker doesn't know this username with this password. It never says which of the two was wrong."""

    def __init__(self) -> None:
        super().__init__("the broker refused this username and password")


class PasswordUnreadable(Exception):
    """Nothing was tried: the file with the password is not there, not ours to read, or not text."""


class SecondFactorMissed(Exception):
    """Nobody confirmed the login in any of its attempts. The password was right."""


class NothingAsked(Exception):
    """No second factor is being waited for, so there is nothing to approve or deny."""

    def __init__(self) -> None:
        super().__init__("no second factor is being waited for")


@dataclass(frozen=True, slots=True)
class Login:
    username: str
    trading_mode: str

    @property
    def account(self) -> str:
        """`DU` and seven digits for paper money, `U` and the same digits for real money."""
        prefix = "DU" if self.trading_mode == "paper" else "U"
        return f"{prefix}{_number(self.username)}"


def _number(username: str) -> int:
    if username == DEMO:
        return _DEMO_NUMBER
    return _DEMO_NUMBER + 1 + zlib.crc32(username.encode()) % _NUMBERS


def log_in(username: str, password_file: Path, trading_mode: str) -> Login:
    """Accepts every username whose password is the username itself, forwards or backwards.

    Backwards, so that whoever looks for a password that leaked can tell it from the name, which is no secret.
    Raises LoginRefused for any other, and PasswordUnreadable when there is none to compare.
    """
    password = _read_password(password_file)
    if not username or not any(_is_same(password, right) for right in (username, username[::-1])):
        raise LoginRefused
    return Login(username, trading_mode)


def _is_same(password: str, right: str) -> bool:
    return hmac.compare_digest(password.encode(), right.encode())


def _read_password(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8").rstrip("\r\n")
    except (OSError, UnicodeDecodeError) as error:
        # The error's own text could quote the file.
        raise PasswordUnreadable(f"the password file {path.name} can't be read ({type(error).__name__})") from None


@dataclass(frozen=True, slots=True)
class SecondFactor:
    """How often a login asks for it, and for how many seconds each time."""

    attempts: int = ATTEMPTS
    seconds: float = SECOND_FACTOR_SECONDS


class Broker:
    """What stands between a right password and a login that is done. `say` gets the lines that a runtime waits for."""

    def __init__(self, say: Callable[[str], None]) -> None:
        self._say = say
        self._refusals = 0
        self._second_factor: SecondFactor | None = None
        self._answer: asyncio.Future[bool] | None = None

    def refuse(self, count: int) -> None:
        """The next `count` logins are refused, whatever their password."""
        self._refusals = count

    def ask(self, second_factor: SecondFactor) -> None:
        """The next login needs a second factor; the one after it doesn't, as on a device that IB remembers."""
        self._second_factor = second_factor

    @property
    def is_waiting(self) -> bool:
        """Whether a login waits for its second factor."""
        return self._answer is not None and not self._answer.done()

    def answer(self, *, approved: bool) -> None:
        """What the person with the phone does. Raises NothingAsked when nobody was asked."""
        if self._answer is None or self._answer.done():
            raise NothingAsked
        self._answer.set_result(approved)

    async def admit(self) -> None:
        """Lets one login through. Raises LoginRefused or SecondFactorMissed."""
        if self._refusals > 0:
            self._refusals -= 1
            raise LoginRefused
        wanted, self._second_factor = self._second_factor, None
        if wanted is not None:
            await self._confirm(wanted)

    async def _confirm(self, wanted: SecondFactor) -> None:
        for number in range(1, wanted.attempts + 1):
            attempt = f"attempt {number} of {wanted.attempts}"
            until = datetime.now(UTC) + timedelta(seconds=wanted.seconds)
            self._say(f"second factor needed: {attempt}, until {until.isoformat(timespec='milliseconds')}")
            outcome = await self._outcome(wanted.seconds)
            self._say(f"second factor {outcome}: {attempt}")
            if outcome == "approved":
                return
        attempts = "1 attempt" if wanted.attempts == 1 else f"{wanted.attempts} attempts"
        raise SecondFactorMissed(f"nobody approved the login in {attempts} of {wanted.seconds:g} s")

    async def _outcome(self, seconds: float) -> str:
        answer = self._answer = asyncio.get_running_loop().create_future()
        try:
            async with asyncio.timeout(seconds):
                return "approved" if await answer else "denied"
        except TimeoutError:
            return "timed out"
        finally:
            if self._answer is answer:
                self._answer = None
