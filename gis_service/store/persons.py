"""Names and phones as somebody saw them in; keyed hashes, by which the log finds who saw a person, out.

The log must be able to answer "who saw this phone" after the phone was changed, and must not be a directory itself.
Whoever has the database but not the key cannot try out all numbers.
"""

from __future__ import annotations

import hashlib
import hmac
import re
import secrets
from collections.abc import Iterable

_APART = re.compile(r"[、，,;；/／（）()]+")
_NUMBER = re.compile(r"[\d+—–-]+")
_FEWEST_DIGITS = 7  # of what is a number; 固定电话 without its area code has so many
_LENGTH = 20


class PersonMarks:
    """Marks of names and phones under one key; without a secret they are good until the program ends."""

    def __init__(self, secret: str | None) -> None:
        self._key = hashlib.sha256(b"gis-service persons " + (secret or secrets.token_hex(32)).encode()).digest()

    def of(self, texts: Iterable[str]) -> list[str]:
        """The marks of all that the cells name, each once: every name and number, and each cell as a whole."""
        return sorted({self._mark(one) for text in texts for one in named_in(text)})

    def of_one(self, named: str) -> str:
        """The mark of one name or number, however it is spaced."""
        return self._mark(_plain(named))

    def _mark(self, plain: str) -> str:
        return hmac.new(self._key, plain.encode(), hashlib.sha256).hexdigest()[:_LENGTH]


def named_in(text: str) -> set[str]:
    """What a cell names, without spaces and strokes: the whole of it, and each part.

    >>> {"李四", "13800001111"} <= named_in("李四、138-0000 1111")
    True
    """
    parts = _APART.split(text)
    return {plain for part in (text, *parts, *(" ".join(parts).split())) if (plain := _plain(part))}


def _plain(text: str) -> str:
    bare = re.sub(r"\s", "", text)
    digits = re.sub(r"\D", "", bare)
    return digits if len(digits) >= _FEWEST_DIGITS and _NUMBER.fullmatch(bare) else bare
