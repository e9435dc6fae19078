"""Rows of words and addresses, as the page `listing` shows them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Cell:
    """Words, and where they lead."""

    text: str
    address: str = ""


@dataclass(frozen=True)
class Table:
    """A table under its title."""

    title: str
    heads: Sequence[str]
    rows: Sequence[Sequence[Cell]]
