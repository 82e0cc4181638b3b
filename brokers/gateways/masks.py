"""Secrets taken out of log lines, also long after the secret itself was forgotten."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterable

MASKED = "***"


class Mask:
    """Knows a secret by its length and a keyed digest, so that it needn't keep it."""

    def __init__(self, secret: str) -> None:
        self._key = os.urandom(32)
        self._length = len(secret)
        self._digest = self._digest_of(secret)

    def over(self, line: str) -> str:
        if not self._length:
            return line
        place = 0
        while place + self._length <= len(line):
            end = place + self._length
            if self._digest_of(line[place:end]) == self._digest:
                line = line[:place] + MASKED + line[end:]
                place += len(MASKED)
            else:
                place += 1
        return line

    def _digest_of(self, text: str) -> bytes:
        return hashlib.blake2b(text.encode(errors="surrogatepass"), key=self._key).digest()


def masked(lines: Iterable[str], masks: Iterable[Mask]) -> list[str]:
    masks = list(masks)
    shown = []
    for line in lines:
        for mask in masks:
            line = mask.over(line)
        shown.append(line)
    return shown
