"""A stretch of words in, the single landmarks out: cut at 、 和 与 及 至 and dashes, yet never inside a name."""

from __future__ import annotations

import re
from collections.abc import Iterator

from gis_service.abuttals import words
from gis_service.abuttals.marks import any_of
from gis_service.abuttals.reading import Reading

_JOINTS = re.compile(
    "[往向][东南西北](?:至|到)|以及|再?转出至|转入|连接|、|，|-|/|和|与|及|暨|至|到|接(?![壤口龙官])|转"
)
_JUNCTION = re.compile(any_of(words.JUNCTION_WORDS))
_COUNTED = re.compile(r"(?:[0-9]+|[一二三四五六七八九十]+|[A-Za-z])$")
_COUNTED_ON = re.compile(
    r"(?:第?[0-9]+(?:-[0-9]+)?|[一二三四五六七八九十]+|[A-Za-z])(?![\u4e00-\u9fff]{0,1}[路街道巷])"
)
_DOOR_ONLY = re.compile(
    r"(?:之?[0-9一二三四五六七八九十]+(?:-[0-9]+)?(?:号|弄|栋|幢|座|室|档|单元)?(?:楼|院|房)?(?:单号|双号)?)$"
)
_PHASE = re.compile("第?[0-9一二三四五六七八九十]+(?P<kind>[期区组队社])$")
_NUMBERED = re.compile(r"[0-9一二三四五六七八九十]+[号弄栋幢座室档]?(?:楼|院)?$")
_DOORS = re.compile(r"(?:[0-9]+(?:-[0-9]+)?[号弄栋幢座室档]?(?:楼|院)?、?)+")
_NOUN = re.compile(f"(?:{any_of(words.GENERIC_NOUNS)})$")
_CODE = re.compile(r"(?:国道|省道|县道|乡道|[GSXYC])\d{1,4}$")
_ENDS, _HE = "".join(sorted(words.GENERIC_ENDS)), "".join(sorted(words.WORDS_WITH_HE))
_NEXT_SIGN = re.compile(f"[、，；。\n()-]|(?<=[{_ENDS}])[和与及](?![{_HE}])")
_ROAD_END = "(?:路|街|大道|巷)"
_ROAD = "[^至、，；。()和与及]{1,10}?(?:路|街|大道|巷|公路)"
SEGMENT = re.compile(
    f"(?P<road>{_ROAD})(?:(?P<one>{_ROAD})至(?P<two>{_ROAD})(?:路)?段"
    f"|[东南西北](?:起[自于]?|自|从|由)(?P<one2>{_ROAD})[往向]?[东南西北](?:至|到|止)(?P<two2>{_ROAD})段?)$"
)
_ENDS_IN_JUNCTION = re.compile(f"(?:{any_of(words.JUNCTION_WORDS)})$")
_CROSSING_OF_ONE = re.compile("[^与和及、]{1,12}?(?:路|街|道|巷)(?:交叉路?口|交[汇会]处|交[汇会]口|相交处|交口)$")
_TAIL_OF_NAME = re.compile("[东南西北中上下一二三四五六七八九十0-9]+$")
_GOES_ON = re.compile(
    r"[第A-Za-z0-9一二三四五六七八九十]+(?:号|栋|幢|座|室|期|组|队|区|楼|单元|地块|弄|院)|[东南西北老新本分总]?[校院]区"
    r"|[以之往向]?[东南西北内外]{1,2}(?:侧|面|边|岸|围墙|墙|沿|段|门|口|端|一线)|(?:道路|规划|用地)?(?:红线|中心线|围墙|沿线|一线|路口)"
)
_BESIDE = re.compile("[东南西北](?:侧|面|边)$")
_BETWEEN_DIRECTIONS = re.compile(r"[东南西北]侧?$")


def split(reading: Reading, start: int, end: int) -> tuple[tuple[int, int], ...]:
    """The landmarks named in chars[start:end], in the order of the text; notes in brackets stay with theirs."""
    if _limited(reading, start, end):
        return ((start, end),)
    cuts = [start]
    for left_end, right_start in _joints(reading, start, end):
        if _divides(reading, (cuts[-1], left_end), (right_start, end), reading.chars[left_end:right_start]):
            cuts += [left_end, right_start]
    cuts.append(end)
    pieces = [(a, b) for a, b in zip(cuts[::2], cuts[1::2], strict=True) if b > a]
    return tuple(_possessed(reading, pieces))


def _limited(reading: Reading, start: int, end: int) -> bool:
    """True for 人民路解放路至中山路段, a road with the stretch that is meant."""
    return bool(SEGMENT.match(reading.chars[start:end]))


def _joints(reading: Reading, start: int, end: int) -> Iterator[tuple[int, int]]:
    """Where a joint or a blank stands outside the notes."""
    signs = [found.span() for found in _JOINTS.finditer(reading.chars, start, end)]
    touched = {index for span in signs for index in span}
    blanks = [
        (index, index) for index in range(start + 1, end) if index in reading.glyphs.spaced and index not in touched
    ]
    skip_to = start
    for left, right in sorted(signs + blanks):
        for opening in range(skip_to, left):
            if opening in reading.notes and opening >= skip_to:
                skip_to = reading.notes[opening]
        if left >= skip_to:
            skip_to = right
            yield left, right


def _divides(reading: Reading, left: tuple[int, int], right: tuple[int, int], joint: str) -> bool:
    """True when the joint stands between two landmarks."""
    before = _bare(reading, max(left[0], left[1] - 60), left[1])
    after = reading.chars[right[0] : min(right[1], right[0] + 40)]
    if not joint:
        return _divides_blank(before, after)
    if joint in "、，":
        return _divides_list(before, after)
    if joint == "-":
        return _divides_dash(before, after)
    if not before or not after:
        return False
    if joint[0] in "至到接转连再/往向":
        return joint[0] in "往向" or _leads_on(before, after)
    whole = _complete(before) or _shares_stem(before, after)
    apart = whole and not _meets(after) and not (joint == "和" and he_begins_name(after))
    return apart and len(before) >= 2 and len(_first(after)) >= 2


def _leads_on(before: str, after: str) -> bool:
    """True at the 至 of A路至B路 or of one junction to the next: both can stand alone, none only places the other."""
    following = _first(after)
    if _DOOR_ONLY.match(following) and _NUMBERED.search(before):
        return False  # 青石街31号至62号
    if _ENDS_IN_JUNCTION.search(before):
        return True
    apart = not _BESIDE.search(before) and not re.search("的|间|^今", re.split("[、，；。\n(-]", after, maxsplit=1)[0])
    return apart and _complete(before) and len(before) >= 3 and len(following) >= 2 and _complete(following)


def _bare(reading: Reading, start: int, end: int) -> str:
    """The words of a piece without the notes in it."""
    kept: list[str] = []
    index = start
    while index < end:
        if index in reading.notes:
            index = reading.notes[index]
            continue
        kept.append(reading.chars[index])
        index += 1
    return "".join(kept).strip("“ ")


def _divides_list(before: str, after: str) -> bool:
    """False within a count (一、二村) and in lists that end in a junction (亚热、偏吉交叉路口; A路、B路交叉口)."""
    if not before or not after:
        return True
    piece = re.split("[、，]", after, maxsplit=1)[0]
    if _CROSSING_OF_ONE.match(piece) or _counts_on(before, after, piece):
        return False
    return not (not _complete(before) and _meets(piece) and not re.search("[与和及]", piece))


def _counts_on(before: str, after: str, piece: str) -> bool:
    """True inside 一、二村, 1、2号楼, 5号、7号, 甲苑一期、二期 and 东、西路."""
    if _COUNTED.search(before) and _COUNTED_ON.match(after) and not _CODE.search(before):
        return True
    if _DOOR_ONLY.match(piece.split("(")[0]) and _NUMBERED.search(before) and not _DOORS.fullmatch(before):
        return True
    first, second = _PHASE.search(before), _PHASE.match(piece)
    if first and second and first.start() and first["kind"] == second["kind"]:
        return True
    return bool(_BETWEEN_DIRECTIONS.search(before) and re.match("[东南西北]", after)) and len(piece) <= 4


def _divides_blank(before: str, after: str) -> bool:
    """True between two whole names of three characters or more: 人民路 解放路; a blank inside a name parts nothing."""
    following = _first(after)
    if _GOES_ON.match(following) or _meets(after) or re.match(r"[(（]", after):
        return False
    return min(len(before), len(following)) >= 3 and _complete(before) and _complete(following)


def _divides_dash(before: str, after: str) -> bool:
    """True between words; False in C-R21-07地块 and 139-190号."""
    if not before or not after or before.endswith("-") or after.startswith("-"):
        return True
    if re.match("[\u4e00-\u9fff“(]", after):
        return not re.match("[号栋幢座]", after)
    return bool(re.match(r"[GSXYC]\d", after)) and not re.search("[0-9A-Za-z号]$", before)


def _first(after: str) -> str:
    """The landmark right after a joint, as far as the next sign."""
    return _NEXT_SIGN.split(after, maxsplit=1)[0].strip("“ ")


def _complete(words_before: str) -> bool:
    """True when the words can be a landmark by themselves: they end in a generic noun, a code or a door number."""
    if words_before.endswith(tuple(words.LINES)) or _CODE.search(words_before):
        return True
    return bool(words_before) and (words_before[-1] in words.GENERIC_ENDS or words_before[-1] in ")“")


def he_begins_name(after: str) -> bool:
    """True for the words behind 和 in 团结路和平巷 or 和平南路, but not in 和安康路 or 和园丁花园."""
    stem = _TAIL_OF_NAME.sub("", _NOUN.sub("", _first(after)))
    return after[:1] in words.WORDS_WITH_HE and len(stem) <= 1


def _shares_stem(before: str, after: str) -> bool:
    """True for 松风北及松风中路: two stretches of one road, named once with its generic word."""
    stem = re.split("[东南西北中]", before[::-1], maxsplit=1)[-1][::-1] if before[-1:] in tuple("东南西北中") else ""
    return len(stem) >= 2 and bool(re.match(f"{re.escape(stem)}[东南西北中]{_ROAD_END}", after))


def _meets(after: str) -> bool:
    """True when a junction word follows before the next sign: A路与B路交叉口 is one point."""
    return bool(_JUNCTION.search(re.split("[、，；。\n(-]", after, maxsplit=1)[0]))


def _possessed(reading: Reading, pieces: list[tuple[int, int]]) -> Iterator[tuple[int, int]]:
    """闸口社区、育才社区的长河路三期 is one landmark: the owners are of one kind, the last names what they own."""
    if len(pieces) >= 2 and (owner := re.match("(.{2,12}?)的.{2,}", reading.chars[slice(*pieces[-1])])):
        kind = _NOUN.search(owner[1])
        if kind and all(reading.chars[slice(*piece)].endswith(kind[0]) for piece in pieces[:-1]):
            yield pieces[0][0], pieces[-1][1]
            return
    yield from pieces
