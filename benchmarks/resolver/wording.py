"""A block's names → the sentence that a clerk might write of it, in any of the usual wordings."""

from __future__ import annotations

import re
from random import Random

import opencc

from gis_service.abuttals.model import Side

PLAIN = "东至{E}，南至{S}，西至{W}，北至{N}"
DIRECTED = (
    "四至范围：东至{E}、南至{S}、西至 {W}、北至{N}",
    "东起{E}，西至{W}，南起{S}，北至{N}",
    "北起{N}，南至{S}，西起{W}，东至{E}合围区域",
    "东至{E}北至{N}南至{S}西至{W}",
    "东临{E}，南靠{S}，西接{W}，北邻{N}",
    "阳光花园（东至{E}，西至{W}，南至{S}，北至{N}）",
    "东：{E}。南：{S}。西：{W}。北：{N}。",
    "东：{E}以西。西：{W}以东。南：{S}以北。北：{N}以南。",
    "{E}以西、{S}以北、{W}以东、{N}以南",
    "{N}以南，{S}以北，{W}以东，{E}以西的区域",
    "东以{E}为界，南以{S}为界，西以{W}为界，北以{N}为界",
    "东与{E}相邻，西与{W}相邻，南与{S}相邻，北与{N}相邻",
    "东侧为{E}；南侧为{S}；西侧为{W}；北侧为{N}",
    "东至{E}西侧，南至{S}北侧，西至{W}东侧，北至{N}南侧",
    "东至{E}中心线，南至{S}中心线，西至{W}中心线，北至{N}中心线",
    "东到{E}、西到{W}、南到{S}、北到{N}围合区域（含沿街商铺）",
    "东至东至{E}，南至{S}，西至{W}，北至{N}",
    "项目东至{E}，西接{W}，北至{N}，南临{S}。",
    "东至:{E};南至:{S};西至:{W};北至:{N}",
    "东边{E}、西边{W}、南边{S}、北边{N}围成的区域",
    "东抵{E}　西抵{W}　南抵{S}　北抵{N}",
    "东面至{E}\n南面至{S}\n西面至{W}\n北面至{N}",
    "东至{E}一线，南至{S}一线，西至{W}一线，北至{N}一线",
    "一期：东至{E}，南至{S}，西至{W}，北至{N}",
    "東至{E}，南至{S}，西至{W}，北至{N}，四至清楚",
    "东至{E}道路红线，南至{S}道路红线，西至{W}道路红线，北至{N}道路红线",
    "本小区东起{E}西至{W}，南起{S}北至{N}，面积约{hectares}公顷",
    "江岸区花桥街道四至：北{N}、东{E}、南{S}、西{W}",
)
RINGS = ("由{E}、{S}、{W}、{N}合围而成的区域", "{E}—{N}—{W}—{S}—{E}", "{N}、{E}、{S}、{W}围合区域")
WORDINGS = DIRECTED + RINGS
JOINTS = ("、", "和", "及", "-")
_DIGITS = str.maketrans("一二三四五六七八九", "１２３４５６７８９")
_NUMERAL = re.compile("(?<![一二三四五六七八九十])[一二三四五六七八九](?=路|街|号)")
_TRADITIONAL = opencc.OpenCC("s2t")


def sentence(form: str, sides: dict[Side, tuple[str, ...]], *, joint: str = "、", hectares: float = 0.0) -> str:
    """The form filled with the names of the sides."""
    names = {side.value: joint.join(some) for side, some in sides.items()}
    return form.format(**names, hectares=f"{hectares:.1f}")


def respelt(text: str, random: Random) -> str:
    """The sentence as another keyboard writes it: traditional characters, or numerals as full-width digits."""
    wide = _NUMERAL.sub(lambda found: found.group().translate(_DIGITS), text)
    return random.choice((text, _TRADITIONAL.convert(text), wide))


def miswritten(name: str, others: frozenset[str], random: Random) -> str | None:
    """The name with one thing wrong, still nearer to it than to any other name; None when none is found."""
    for _ in range(20):
        wrong = random.choice((_substituted, _dropped, _doubled, _turned, _renamed))(name, others, random)
        near = [other for other in others if other != name and _alike(wrong, other)]
        if wrong != name and wrong not in others and not near:
            return wrong
    return None


_FIXED = frozenset("东南西北中一二三四五六七八九十零百上下前后左右内外新老大小0123456789（）() ")
_TAILS = ("大道", "路", "街", "道", "巷")


def _body(name: str) -> int:
    """The number of characters before the generic word."""
    return next((len(name) - len(tail) for tail in _TAILS if name.endswith(tail)), len(name))


def _at(name: str, random: Random) -> int:
    free = [index for index in range(_body(name)) if name[index] not in _FIXED]
    return random.choice(free) if free else -1


def _substituted(name: str, others: frozenset[str], random: Random) -> str:
    at = _at(name, random)
    pool = sorted({letter for other in others for letter in other} - _FIXED)
    return name if at < 0 else name[:at] + random.choice(pool) + name[at + 1 :]


def _dropped(name: str, _: frozenset[str], random: Random) -> str:
    at = _at(name, random)
    return name if at < 0 or _body(name) < 3 else name[:at] + name[at + 1 :]


def _doubled(name: str, _: frozenset[str], random: Random) -> str:
    at = _at(name, random)
    return name if at < 0 else name[:at] + name[at] + name[at:]


def _turned(name: str, _: frozenset[str], random: Random) -> str:
    at = _at(name, random)
    if not 0 <= at < _body(name) - 1 or name[at + 1] in _FIXED:
        return name
    return name[:at] + name[at + 1] + name[at] + name[at + 2 :]


def _renamed(name: str, _: frozenset[str], random: Random) -> str:
    """Another generic word, or the direction before it left out: 湖心路 for 湖心北路."""
    at = _body(name)
    if at == len(name):
        return name
    if at > 2 and name[at - 1] in "东南西北中":
        return name[: at - 1] + name[at:]
    return name[:at] + random.choice(("大道", "路", "街"))


def _alike(wrong: str, other: str) -> bool:
    """True when a name is within two letters of the miswritten one, or shares all but its generic word."""
    return _steps(wrong, other) <= 2 or wrong[: _body(wrong)] == other[: _body(other)]


def _steps(one: str, other: str) -> int:
    row = list(range(len(other) + 1))
    for index, letter in enumerate(one, 1):
        before, row[0] = row[0], index
        for at, against in enumerate(other, 1):
            before, row[at] = row[at], min(row[at] + 1, row[at - 1] + 1, before + (letter != against))
    return row[-1]
