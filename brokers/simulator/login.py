"""Who is logged in, and the account code that this login has at the broker."""

from __future__ import annotations

import hmac
import zlib
from dataclasses import dataclass
from pathlib import Path

DEMO = "demo"
_DEMO_NUMBER = 1_000_001
_NUMBERS = 8_999_998


class LoginRefused(Exception):
    """The broker doesn't know this username with this password. It never says which of the two was wrong."""

    def __init__(self) -> None:
        super().__init__("the broker refused this username and password")


class PasswordUnreadable(Exception):
    """Nothing was tried: the file with the password is not there, not ours to read, or not text."""


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
    """Accepts every username whose password is the username itself.

    Raises LoginRefused for any other, and PasswordUnreadable when there is none to compare.
    """
    password = _read_password(password_file)
    if not username or not hmac.compare_digest(password.encode(), username.encode()):
        raise LoginRefused
    return Login(username, trading_mode)


def _read_password(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8").rstrip("\r\n")
    except (OSError, UnicodeDecodeError) as error:
        # The error's own text could quote the file.
        raise PasswordUnreadable(f"the password file {path.name} can't be read ({type(error).__name__})") from None
