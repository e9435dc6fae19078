"""Marks in, stretches out: the words that belong to each mark, cut into landmarks, and the heading before it."""

from __future__ import annotations

import re
from dataclasses import replace

from gis_service.abuttals import words
from gis_service.abuttals.marks import HARD_STOPS, any_of
from gis_service.abuttals.reading import Mark, Reading, Stretch
from gis_service.abuttals.splitting import he_begins_name, split

_LOOK_BACK = 160
_CLOSING = re.compile(any_of(words.CLOSINGS))
_ENCLOSURE = re.compile(any_of(words.ENCLOSURE))
_TURNS_AWAY = re.compile(
    "临近|毗邻|与[^，；。]{1,40}?(?:相望|相邻|毗邻|接壤|相接|相连|相隔|相对|为邻|为界)(?=[，；。、)]|$)"
)
# 以人民路与甲小区为邻: the road is the line, the estate only lies behind it.
_NEIGHBOUR = re.compile("与[^，；。]{1,40}?(?:相望|相邻|毗邻|接壤|相接|相连|相隔|相对|为邻)(?=[，；。、)]|$)")
_LOCATOR = re.compile(any_of(words.LOCATORS))
_LED_BY = re.compile("(?:区|城|范围|街区|边界|界)由")
_ROAD_ONLY = re.compile(
    r"[\u4e00-\u9fffA-Z0-9]{1,12}(?:路|街|大道|巷|胡同|河|江|公路|高速|国道|省道|铁路|支路|[0-9]号楼?)$"
)
_NUMBERED = re.compile(
    r"(?<![-A-Za-z0-9])(?:第?(?:[0-9]{1,3}|[一二三四五六七八九十]{1,3})(?:号?地块|标段|[队组期区段社])|[A-Z](?:区|段|地块|组团)"
    r"|地块(?:[0-9]{1,3}|[一二三四五六七八九十]{1,3}|[A-Z]))$"
)
# 青石大街南侧松风超市以东: the road only tells where the landmark is.
_PLACED = re.compile("[\u4e00-\u9fff0-9]{2,12}?(?:路|街|大道|巷|道)[东南西北](?:侧|面|边)(?![路街巷])")
_COUNT = re.compile(r"[(]?[0-9]{1,2}[)、.．]+$")
_WING = re.compile("[东南西北][区院片]")
_PHASE = re.compile(
    "(?:第?[0-9一二三四五六七八九十]{1,2}(?:期|号地块|标段)|[A-Z](?:区|地块|组团)|地块[0-9一二三四五六七八九十A-Z])"
    "(?=[^\u9fff]{0,12}(?:路|街|道|巷|河|江|渠|湖|线|小区|花园))(?!路|街|道|巷)[：，]?"
)
_DISTRICT = re.compile(
    f"本?(?:主|中心)?(?:城区|市区)|本[省市县区镇乡]|[\u4e00-\u9fff]{{2,7}}?(?:{any_of(words.DISTRICT_ENDS)})"
)
_VILLAGE = re.compile("[\u4e00-\u9fff]{2,5}?(?:村|社区)(?=[^东南西北中口委村][^，；。]{2})")
_UNIT = re.compile("[0-9一二三四五六七八九十]{1,2}[组社队]")
_TOO_SHORT_REST = re.compile(
    r"(?:[东南西北中上下前后新老内外]{0,2}(?:大道|大街|路|街|巷|道|河|桥|口|门|里)|[口场民政中府委医前后边口]).{0,1}$|[口场民政府委]"
)


def cut(reading: Reading) -> Reading:
    """The reading with one stretch a mark."""
    stretches: list[Stretch] = []
    floor = 0
    for number, mark in enumerate(reading.marks):
        upcoming = reading.marks[number + 1].start if number + 1 < len(reading.marks) else len(reading.chars)
        if mark.inverted:
            start, end, floor_after = *_before(reading, mark, floor), mark.end
        else:
            start, end = _after(reading, mark, _limit(reading, number, upcoming))
            floor_after = end
        heading = (floor, min(mark.start, start) if mark.inverted else mark.start)
        end = _without_count(reading, start, end, upcoming)
        pieces = split(reading, start, end)
        if mark.inverted:
            pieces = _without_district(reading, _without_heading(reading, pieces))
            heading = (floor, min(mark.start, pieces[0][0])) if pieces else heading
        elif _comes_again(reading, number) and reading.chars[end:upcoming] in ("", "："):
            pieces, floor_after = _without_number(reading, pieces, floor_after)
        stretches.append(Stretch(mark, pieces, heading, reading.group_of[mark.start]))
        floor = max(floor_after, mark.end)
    return replace(reading, stretches=tuple(stretches))


def _without_count(reading: Reading, start: int, end: int, upcoming: int) -> int:
    """The end of the landmark before the number of the next side: 1.东至A 2.南至B."""
    found = _COUNT.search(reading.chars, start, upcoming)
    if not found or found.end() != upcoming or found.start() <= start:
        return end
    first = reading.marks[0].start
    counted = found.start() in reading.glyphs.spaced or re.search(
        r"1[)、.．]$", reading.chars[max(0, first - 3) : first]
    )
    return min(end, found.start()) if counted else end


def _comes_again(reading: Reading, number: int) -> bool:
    """True when the next mark names a side that was named before, so that another part may begin."""
    if number + 1 >= len(reading.marks):
        return False
    coming = set(reading.marks[number + 1].sides)
    return any(coming & set(mark.sides) for mark in reading.marks[max(0, number - 7) : number + 1])


def _limit(reading: Reading, number: int, upcoming: int) -> int:
    """Where the anchor of a prefix mark must end: the next mark, or the anchor of a next mark that is inverted."""
    following = reading.marks[number + 1] if number + 1 < len(reading.marks) else None
    if following is None or not following.inverted:
        return upcoming
    start, _ = _before(reading, following, reading.marks[number].end, single=True)
    return start if start >= reading.marks[number].end else upcoming


def _after(reading: Reading, mark: Mark, limit: int) -> tuple[int, int]:
    """The stretch after a mark: to a stop, an aside, the end of its bracket, a closing word."""
    start = end = mark.end
    group = reading.group_of[mark.start]
    while end < limit:
        if end in reading.notes:
            inside = _only_in_bracket(reading, start, end, limit)
            if inside:
                return inside
            end = min(reading.notes[end], limit)
            continue
        if end in reading.aside or (end > start and reading.chars[end] == ")" and reading.group_of[end] == group):
            break
        if reading.chars[end] in HARD_STOPS + "：)(" and not _goes_on(reading, end, limit):
            break
        end += 1
    return start, _closed(reading, mark, start, end)


def _only_in_bracket(reading: Reading, start: int, opening: int, limit: int) -> tuple[int, int] | None:
    """东侧（人民路）: the anchor stands in the bracket when nothing stands outside."""
    after = reading.notes[opening]
    empty_after = after >= limit or reading.chars[after] in HARD_STOPS + "、)"
    return (opening + 1, after - 1) if opening == start and empty_after and after - 1 > opening + 1 else None


def _goes_on(reading: Reading, index: int, limit: int) -> bool:
    """True at the comma in 东至A路，B路，南至…: only a road's name stands between it and the next side."""
    if reading.chars[index] != "，" or limit >= len(reading.chars) or limit - index > 40:
        return False
    names = [piece for piece in re.split("[，、；]", reading.chars[index + 1 : limit]) if piece]
    return bool(names) and reading.chars[limit - 1] in "，、" and all(_ROAD_ONLY.match(name) for name in names)


def _closed(reading: Reading, mark: Mark, start: int, end: int) -> int:
    """The end of the stretch before 为界, 合围区域, 临近…."""
    until = end
    patterns = (_CLOSING, _ENCLOSURE) if mark.closed else (_ENCLOSURE,)
    for pattern in patterns:
        found = pattern.search(reading.chars, start + 1, end)
        if found and "墙" not in reading.chars[found.end() : end]:
            end = found.start()
    turns = _NEIGHBOUR if mark.verb == "以" else None if mark.closed else _TURNS_AWAY
    if turns and (found := turns.search(reading.chars, start + 2, until)):
        end = min(end, found.start())
    return end


def _before(reading: Reading, mark: Mark, floor: int, *, single: bool = False) -> tuple[int, int]:
    """The stretch before 以东: back to a stop, a bracket or a colon; a quoted list counts as a whole."""
    end = _before_bracket(reading, mark.start)
    quoted = end > floor and reading.chars[end - 1] == "“"
    start = end - (1 if quoted else 0)
    stops = "“" if quoted else HARD_STOPS + "：“" + ("、" if single else "")
    lowest = max(floor if end == mark.start else 0, end - _LOOK_BACK)
    while start > lowest:
        note = _note_ending(reading, start, lowest)
        if note is not None:
            start = note
            continue
        if reading.chars[start - 1] in stops or (start - 1 in reading.aside) or reading.chars[start - 1] in "()":
            break
        start -= 1
    return _past_lead(reading, start, end), end


def _before_bracket(reading: Reading, end: int) -> int:
    """The end of the name in 人民路（西至A，东至B）以北: before the bracket that speaks of other sides."""
    group = reading.group_of[end - 1]
    if reading.chars[end - 1] != ")" or group < 0:
        return end
    opening = reading.groups[group].open
    return end if opening in reading.notes or opening <= 0 else opening


def _note_ending(reading: Reading, index: int, lowest: int) -> int | None:
    """The opening of the note that ends right before an index; （一） at the start of a clause belongs to no name."""
    group = reading.group_of[index - 1]
    if reading.chars[index - 1] != ")" or group < 0:
        return None
    opening = reading.groups[group].open
    starts = opening == 0 or reading.chars[opening - 1] in HARD_STOPS + "：("
    if opening not in reading.notes or opening < lowest or (starts and not _is_state(reading, opening + 1, index - 1)):
        return None
    return opening


def _is_state(reading: Reading, start: int, end: int) -> bool:
    return reading.chars[start:end] in words.STATES


def _past_lead(reading: Reading, start: int, end: int) -> int:
    """The stretch without 该工程位于, 至, 和 and other words before its first landmark."""
    if (led := _LED_BY.search(reading.chars, start, end)) and end - led.end() >= 2:
        start = led.end()
    for found in list(_LOCATOR.finditer(reading.chars, start, end)):
        long_enough = end - found.end() >= 2
        if long_enough and (len(found[0]) > 1 or found.start() == start):
            start = found.end()
    while start < end - 1 and reading.chars[start] in "、-“到至，的和及与暨以":
        if reading.chars[start] == "和" and he_begins_name(reading.chars[start + 1 : end]):
            break
        if reading.chars.startswith(words.NAME_HEADS, start):
            break
        start += 1
    if (placed := _PLACED.match(reading.chars, start, end)) and end - placed.end() >= 3:
        start = placed.end()
    if end - start > 3 and reading.chars[start] in "自从" and not reading.chars.startswith(words.NAME_HEADS, start):
        start += 1
    return start


def _without_heading(reading: Reading, pieces: tuple[tuple[int, int], ...]) -> tuple[tuple[int, int], ...]:
    """一期甲路以东 → 甲路, where 一期 opens a clause and more is left than a name's end."""
    if not pieces:
        return pieces
    start, end = pieces[0]
    opens = start == 0 or reading.chars[start - 1] in HARD_STOPS + "：("
    head = _PHASE.match(reading.chars, start, end) if opens else None
    kept = head.end() if head and end - head.end() >= 2 else start
    return (kept, end), *pieces[1:]


def _without_district(reading: Reading, pieces: tuple[tuple[int, int], ...]) -> tuple[tuple[int, int], ...]:
    """西安市国际港务区港兴四路 → 港兴四路, in the first piece only."""
    if not pieces:
        return pieces
    start, end = pieces[0]
    while found := _DISTRICT.match(reading.chars, start, end):
        rest = reading.chars[found.end() : end]
        if found[0].endswith(words.NOT_DISTRICTS) or len(rest) < 2 or _TOO_SHORT_REST.match(rest):
            break
        start = found.end()
    if (village := _VILLAGE.match(reading.chars, start, end)) and reading.chars[end - 1] in "路街道巷河渠线段":
        start = village.end()
        if unit := _UNIT.match(reading.chars, start, end):
            start = unit.end() if end - unit.end() >= 2 else start
    return (start, end), *pieces[1:]


def _without_number(
    reading: Reading, pieces: tuple[tuple[int, int], ...], floor: int
) -> tuple[tuple[tuple[int, int], ...], int]:
    """东至A路2队东至B路: 2队 heads the next side and belongs to no landmark."""
    if not pieces:
        return pieces, floor
    start, end = pieces[-1]
    if reading.chars[end : end + 1] == "、":
        return pieces, floor
    blank = max((index for index in range(start + 1, end) if index in reading.glyphs.spaced), default=end)
    found = _NUMBERED.search(reading.chars, start, end)
    if found and found.end() == end:
        heading = found.start()
    elif blank < end and (reading.chars[end : end + 1] == "：" or _WING.fullmatch(reading.chars, blank, end)):
        heading = blank
    else:
        return pieces, floor
    kept = ((start, heading),) if heading > start else ()
    return (*pieces[:-1], *kept), heading
