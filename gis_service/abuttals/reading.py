"""The working paper that every step of the parser reads and adds to."""

from __future__ import annotations

from dataclasses import dataclass, field

from gis_service.abuttals.model import AbuttalsPart, Side
from gis_service.issues import Issue


@dataclass(frozen=True)
class Glyphs:
    """The text without blanks, folded for matching; `at` leads every character back to the text as given."""

    text: str
    chars: str = ""  # half-width, simplified, one sign per kind of bracket, dash and quote
    shown: str = ""  # half-width letters and digits, otherwise as written
    at: tuple[int, ...] = ()
    spaced: frozenset[int] = frozenset()  # characters that had a blank before them
    counted: frozenset[int] = frozenset()  # ①, ② …, which fold to a stop

    def span(self, start: int, end: int) -> tuple[int, int]:
        """The offsets in the text as given that cover chars[start:end]."""
        return (self.at[start], self.at[end - 1] + 1) if end > start else (0, 0)


@dataclass(frozen=True)
class Group:
    """A bracketed stretch: chars[open] is the bracket, `close` its end (the length of the text when never closed)."""

    open: int
    close: int
    parent: int  # index of the surrounding group, -1 outside all


@dataclass(frozen=True)
class Mark:
    """Words that say which side comes: 东至, 北、西与, 南： (before the anchor) or 以东, 北侧 (after it)."""

    sides: tuple[str, ...]
    start: int
    end: int
    verb: str = ""
    inverted: bool = False
    closed: bool = False  # 以…为界: the anchor ends at the closing word
    each: bool = False  # 分别: the anchors go to the sides one by one
    extends: bool = False  # 向外延伸: only a distance follows
    doubled: bool = False  # 东至东至
    unworded: bool = False  # 北卧牛山 among sides with verbs


@dataclass(frozen=True)
class Stretch:
    """The words that belong to a mark: pieces to become anchors, and the words left over before it."""

    mark: Mark
    pieces: tuple[tuple[int, int], ...]
    heading: tuple[int, int] = (0, 0)  # words before the mark that are no anchor: 二期, 2队
    group: int = -1


@dataclass(frozen=True)
class Reading:
    """What is known of one sentence so far."""

    glyphs: Glyphs
    groups: tuple[Group, ...] = ()
    group_of: tuple[int, ...] = ()  # innermost group of each character, -1 outside
    aside: frozenset[int] = frozenset()  # characters inside an exclusion or inclusion clause
    marks: tuple[Mark, ...] = ()
    notes: dict[int, int] = field(default_factory=dict)  # opening → end of brackets that only annotate
    stretches: tuple[Stretch, ...] = ()
    parts: tuple[AbuttalsPart, ...] = ()
    exclude: tuple[str, ...] = ()
    include: tuple[str, ...] = ()
    area_m2: float | None = None
    lengths_m: tuple[tuple[str, float], ...] = ()
    issues: tuple[tuple[Side | None, Issue], ...] = ()

    @property
    def chars(self) -> str:
        """The folded characters that the steps match against."""
        return self.glyphs.chars
