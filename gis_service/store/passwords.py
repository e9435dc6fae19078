"""Passwords in, argon2 hashes and verdicts out."""

from __future__ import annotations

from functools import cache
from threading import BoundedSemaphore

from pwdlib import PasswordHash

from gis_service.errors import BadRequestError

SHORTEST, LONGEST = 10, 200
_HASH = PasswordHash.recommended()
_TURNS = BoundedSemaphore(2)  # each check takes 64 MB


def hashed(password: str) -> str:
    """The hash of a password."""
    with _TURNS:
        return _HASH.hash(password)


def matches(password: str, known: str | None) -> bool:
    """True of the password that the hash was made of; without a hash it takes as long and is false."""
    with _TURNS:
        right = _HASH.verify(password[:LONGEST], known or _of_nobody())
    return right and known is not None


@cache
def _of_nobody() -> str:
    """Checked for unknown accounts, so that the time it takes tells nothing."""
    return _HASH.hash("somebody who is not there")


def require_good(password: str, login: str) -> None:
    """BadRequestError for a password that is too short, too long, too plain, or holds the login."""
    if not SHORTEST <= len(password) <= LONGEST:
        raise BadRequestError(f"密码应为 {SHORTEST} 到 {LONGEST} 个字符")
    if login.lower() in password.lower():
        raise BadRequestError("密码中不能含有登录名")
    if len(set(password)) < 5:
        raise BadRequestError("密码太简单，请用至少 5 种不同的字符")
