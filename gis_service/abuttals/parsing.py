"""A 四至 sentence in, its Abuttals out: the steps of the reading, named in one list."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace

from gis_service.abuttals import words
from gis_service.abuttals.asides import set_aside
from gis_service.abuttals.assembling import assemble
from gis_service.abuttals.brackets import find_groups, limiting_groups, note_groups
from gis_service.abuttals.checking import check, is_usable
from gis_service.abuttals.cutting import cut
from gis_service.abuttals.heading import drop_headings
from gis_service.abuttals.inverted import add_inverted
from gis_service.abuttals.issuing import issue
from gis_service.abuttals.marks import any_of, prefix_marks
from gis_service.abuttals.measures import read_measures
from gis_service.abuttals.model import Abuttals
from gis_service.abuttals.normalising import fold
from gis_service.abuttals.reading import Glyphs, Reading
from gis_service.abuttals.referring import take_over
from gis_service.abuttals.ringing import read_ring
from gis_service.abuttals.routing import without_routes
from gis_service.abuttals.wordless import listed_marks, with_missing_verb, wordless_marks

MAX_CHARACTERS = 20_000
_ELSEWHERE = re.compile(f"(?:{any_of(words.ELSEWHERE)})")


def parse(text: str) -> Abuttals:
    """What the sentence says, sides being those of the area; wrong input gives issues and never an exception.

    `usable` is true when one part names at least three sides and at least two of these by a landmark that can be
    looked for, or lists three landmarks in a ring: less than that cannot be drawn as an area, however good the names.

    >>> [one.anchor for one in parse("东至紫衫路、南至森景湖路").parts[0].sides["E"]]
    ['紫衫路']
    """
    reading = Reading(Glyphs(text))
    for step in STEPS:
        reading = step(reading)
    return Abuttals(
        text=text,
        parts=reading.parts,
        exclude=reading.exclude,
        include=reading.include,
        stated_area_m2=reading.area_m2,
        issues=reading.issues,
        usable=is_usable(reading.parts),
        stated_lengths_m=reading.lengths_m,
    )


def normalise(reading: Reading) -> Reading:
    """The reading with the glyphs of at most MAX_CHARACTERS."""
    text = reading.glyphs.text
    glyphs = replace(fold(text[:MAX_CHARACTERS]), text=text)
    issues = [(None, issue("text_too_long", limit=MAX_CHARACTERS))] if len(text) > MAX_CHARACTERS else []
    issues += [] if glyphs.chars.strip("\n") else [(None, issue("text_empty"))]
    return replace(reading, glyphs=glyphs, issues=(*reading.issues, *issues))


def pair_brackets(reading: Reading) -> Reading:
    """The reading with its bracket groups."""
    groups, group_of, balanced = find_groups(reading.chars)
    issues = () if balanced else ((None, issue("bracket_unbalanced")),)
    return replace(reading, groups=groups, group_of=group_of, issues=(*reading.issues, *issues))


def find_marks(reading: Reading) -> Reading:
    """The reading with the marks that stand before their anchors."""
    marks = listed_marks(reading) or with_missing_verb(reading, prefix_marks(reading)) or wordless_marks(reading)
    return replace(reading, marks=without_routes(reading.chars, marks))


def tell_notes(reading: Reading) -> Reading:
    """The reading with the brackets that name no sides of their own."""
    inverted = [mark for mark in add_inverted(reading).marks if mark.inverted]
    by_group: dict[int, int] = {}
    for mark in inverted:
        by_group[reading.group_of[mark.start]] = by_group.get(reading.group_of[mark.start], 0) + 1
    limiting = limiting_groups(reading)
    speaking = [mark.start for mark in reading.marks if reading.group_of[mark.start] not in limiting]
    speaking += [mark.start for mark in inverted if by_group[reading.group_of[mark.start]] >= 2]
    return replace(reading, notes=note_groups(reading.groups, reading.group_of, speaking))


def find_inverted(reading: Reading) -> Reading:
    """The reading with 以东 and its like, save those inside notes."""
    full = add_inverted(reading)
    noted = bytearray(len(reading.chars) + 1)
    for opening, end in reading.notes.items():
        noted[opening:end] = b"\x01" * (end - opening)
    return replace(full, marks=tuple(mark for mark in full.marks if not noted[mark.start]))


def say_what_is_missing(reading: Reading) -> Reading:
    """The reading with an issue where there is no part at all."""
    if reading.parts or not reading.chars.strip("\n"):
        return reading
    elsewhere = _ELSEWHERE.match(reading.chars.strip("，。；、：()\n"))
    found = issue("refers_elsewhere", words=elsewhere[0]) if elsewhere else issue("no_sides")
    return replace(reading, issues=(*reading.issues, (None, found)))


STEPS: tuple[Callable[[Reading], Reading], ...] = (
    normalise,
    pair_brackets,
    set_aside,
    find_marks,
    tell_notes,
    find_inverted,
    drop_headings,
    cut,
    assemble,
    take_over,
    read_measures,
    read_ring,
    check,
    say_what_is_missing,
)
