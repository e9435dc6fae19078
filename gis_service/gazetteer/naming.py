"""Names as clerks write them, brought to one form so that the same landmark compares equal."""

from __future__ import annotations

import re
import unicodedata
from functools import cache, lru_cache

import cn2an
import opencc
from rapidfuzz.distance import OSA

from gis_service.codes import PlaceKind

ROAD_WORDS = ("大道", "公路", "高速", "快速路", "环线", "胡同", "路", "街", "道", "巷", "弄", "里", "线", "桥", "隧道")
RIVER_WORDS = ("河", "江", "溪", "渠", "港", "沟", "涌", "浦", "水系", "塘河")
LAKE_WORDS = ("湖", "水库", "塘", "潭", "池", "海")
RAIL_WORDS = ("铁路", "铁路线", "地铁", "轨道", "号线", "高铁")
_GENERIC_ROAD = ("大道", "公路", "大街", "路", "街", "道")
_SECTION = re.compile(r"(?:[东南西北中]段|全段|辅路|主路|辅道|路段|沿线|一带|段)$")
_PLANNED = re.compile(r"^(?:规划中的|规划|在建|拟建|现状|原|老|至|到)(?=..)")
_PREFIX = re.compile(r"^.{1,6}?(?:省|自治区|市|(?<![东南西北])县|(?<=..)区|街道办事处|街道|(?<=..)镇)(?=..)")
_BRACKET = re.compile(r"[(（\[【〔]([^()（）\[\]【】〔〕]*)[)）\]】〕]")
_LATIN_TAIL = re.compile(r"(?<=[\u4e00-\u9fff])\s+[A-Za-z][A-Za-z .'-]*$")
_STATE_WORDS = ("规划", "在建", "拟建", "建设中", "未命名", "暂名", "含", "不含")
_NUMERAL = re.compile(r"[零〇一二三四五六七八九十百两]+(?=[东南西北中]?[号路街巷弄里环村组队期区道]|大[道街])")
_HIGHWAY = re.compile(r"^(国道|省道|县道|[GSXY])?(\d{1,4})(国道|省道|县道)?(?:公路|线)?$", re.IGNORECASE)
_HIGHWAY_CLASS = {"国道": "G", "省道": "S", "县道": "X"}
_LEAST_SLIP = 3
_LAST_LETTERS = frozenset(word[-1] for word in (*ROAD_WORDS, *RIVER_WORDS, *LAKE_WORDS, *RAIL_WORDS, "区", "园", "村"))
_DIRECTIONS = frozenset("东南西北中")
_UNSAFE = _DIRECTIONS | frozenset("0123456789一二三四五六七八九十上下前后左右内外新老大小")


@cache
def _simplifier() -> opencc.OpenCC:
    return opencc.OpenCC("t2s")


def _digits(match: re.Match[str]) -> str:
    try:
        return str(cn2an.cn2an(match.group().replace("〇", "零"), "smart"))
    except ValueError:
        return match.group()


def _highway(name: str) -> str:
    found = _HIGHWAY.match(name)
    if not found:
        return name
    letter, number, word = found.groups()
    kind = (letter or word or "").upper()
    return _HIGHWAY_CLASS.get(kind, kind) + number if kind else name


@lru_cache(maxsize=200_000)
def normal(name: str) -> str:
    """The name in half-width, simplified characters, without brackets and spaces, numerals as digits.

    >>> normal("塔子湖東路"), normal("一号路"), normal("３１０国道"), normal("怡康路 Yikang Ave")
    ('塔子湖东路', '1号路', 'G310', '怡康路')
    """
    text = _LATIN_TAIL.sub("", unicodedata.normalize("NFKC", name).strip())
    text = _BRACKET.sub("", text)
    text = re.sub(r"[\s·•・\-—_,，。.]+", "", text)
    return _highway(_NUMERAL.sub(_digits, _simplifier().convert(text)))


def bracketed(name: str) -> tuple[str, ...]:
    """Other names that stand in brackets behind a name; states such as （规划） are none.

    >>> bracketed("长江东路（合店路）"), bracketed("沿山路（规划）")
    (('合店路',), ())
    """
    inner = (found.strip() for found in _BRACKET.findall(unicodedata.normalize("NFKC", name)))
    return tuple(word for word in inner if len(word) > 1 and not word.startswith(_STATE_WORDS))


def without_section(name: str) -> str:
    """A normal name without 东段, 辅路, 沿线: the road itself."""
    return _SECTION.sub("", name) or name


def without_prefix(name: str) -> str:
    """A normal name without 规划, 原, a doubled 至 or the division before it (安庆市湖心路 is 湖心路)."""
    return _PREFIX.sub("", _PLANNED.sub("", name)) or name


def stem(name: str) -> str:
    """A normal name without its generic word: 长江大道 and 长江路 share the stem 长江."""
    for word in _GENERIC_ROAD:
        if name.endswith(word) and len(name) > len(word) + 1:
            return name[: -len(word)]
    return name


def without_direction(name: str) -> str:
    """A normal road name without the direction before its generic word: 湖心北路 is one of the 湖心路."""
    root = stem(name)
    if root != name and len(root) > 2 and root[-1] in _DIRECTIONS:
        return root[:-1] + name[len(root) :]
    return name


def shortened(name: str) -> set[str]:
    """The name, and the name with any one letter left out: two names one slip apart share one of these forms."""
    return {name} | {name[:at] + name[at + 1 :] for at in range(len(name))}


def is_slip(written: str, known: str) -> bool:
    """True when two normal names differ by one letter wrong, lost, doubled or changed for its neighbour.

    A numeral or direction is never lost, added or taken for another: 石桥路 is not 石桥一路.
    """
    if min(len(written), len(known)) < _LEAST_SLIP or OSA.distance(written, known) != 1:
        return False
    if len(written) == len(known):
        changed = [pair for pair in zip(written, known, strict=True) if pair[0] != pair[1]]
        same_kind = written[-1] == known[-1] or (known.endswith(_GENERIC_ROAD) and written[-1] not in _LAST_LETTERS)
        return same_kind and not all(_UNSAFE.issuperset(pair) for pair in changed)
    longer, shorter = sorted((written, known), key=len, reverse=True)
    extra = next(letter for at, letter in enumerate(longer) if longer[:at] + longer[at + 1 :] == shorter)
    return extra not in _UNSAFE or extra * 2 in longer


def kinds_of(name: str) -> frozenset[PlaceKind] | None:
    """The kinds of place that a name's last word allows, or None when it says nothing.

    >>> sorted(kinds_of("湖心中路")), kinds_of("天柱山庄")
    ([<PlaceKind.ROAD: 'road'>], None)
    """
    bare = without_section(normal(name))
    if bare.endswith(RAIL_WORDS):
        return frozenset({PlaceKind.RAILWAY, PlaceKind.ROAD})
    if bare.endswith(ROAD_WORDS) or re.fullmatch(r"[GSXY]\d+", bare):
        vague = bare.endswith(("里", "线", "道")) and not bare.endswith("大道")
        return None if vague else frozenset({PlaceKind.ROAD})
    if bare.endswith(RIVER_WORDS):
        return frozenset({PlaceKind.RIVER, PlaceKind.LAKE})
    return None
