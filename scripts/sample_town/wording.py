"""Writes 四至 sentences in the ways that street and county staff write them; every sentence is true of the ground."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from random import Random

from gis_service.abuttals.model import Side

Said = Mapping[Side, str]  # what a sentence names on each side
_E, _S, _W, _N = Side.EAST, Side.SOUTH, Side.WEST, Side.NORTH
_OPPOSITE = {_E: _W, _W: _E, _N: _S, _S: _N}
_ORDERS = ((_E, _S, _W, _N),) * 6 + ((_E, _W, _S, _N),) * 4
_SEPARATORS = ("，", "，", "，", "、", "；", " ", ",")


def _order(rng: Random) -> tuple[Side, ...]:
    if rng.random() < 0.5:
        return rng.choice(_ORDERS)
    sides = list(Side)
    rng.shuffle(sides)
    return tuple(sides)


def _listed(said: Said, rng: Random, form: Callable[[Side, str], str], separator: str = "") -> str:
    separator = separator or rng.choice(_SEPARATORS)
    return separator.join(form(side, said[side]) for side in _order(rng) if side in said)


def reach(said: Said, rng: Random) -> str:
    """东至A，南至B …"""
    return _listed(said, rng, lambda side, name: f"{side.words}至{name}")


def start(said: Said, rng: Random) -> str:
    """东起A，西至B …"""
    verbs = {_E: "起", _S: "起", _W: "至", _N: "至"}
    return _listed(said, rng, lambda side, name: f"{side.words}{verbs[side]}{name}")


def mixed(said: Said, rng: Random) -> str:
    """东临A，南到B，西接C，北靠D."""
    return _listed(said, rng, lambda side, name: f"{side.words}{rng.choice('临临到接抵靠邻连')}{name}")


def border(said: Said, rng: Random) -> str:
    """东以A为界 … or 东与A相邻 …"""
    form = rng.choice(("{0}以{1}为界", "{0}与{1}相邻", "{0}面以{1}为界"))
    return _listed(said, rng, lambda side, name: form.format(side.words, name), "，")


def inverted(said: Said, rng: Random) -> str:
    """A以西、B以北 …: a landmark on the east side has the area to its west."""
    return _listed(said, rng, lambda side, name: f"{name}以{_OPPOSITE[side].words}", rng.choice(("、", "，")))


def labelled(said: Said, rng: Random) -> str:
    """东：A；南：B …, in some with 以西 behind a label that says 东."""
    if rng.random() < 0.4:
        return _listed(said, rng, lambda side, name: f"{side.words}：{name}以{_OPPOSITE[side].words}。", " ").replace(
            "。 ", "。"
        )
    return _listed(said, rng, lambda side, name: f"{side.words}：{name}", rng.choice(("；", "，", "\n")))


def facing(said: Said, rng: Random) -> str:
    """东面至A西侧 …: the near side of the road, said out loud."""
    word = rng.choice(("面", "侧", "边"))
    return _listed(said, rng, lambda side, name: f"{side.words}{word}至{name}{_OPPOSITE[side].words}侧", "，")


def unseparated(said: Said, rng: Random) -> str:
    """东至A西至B …, nothing in between."""
    return "".join(f"{side.words}至{said[side]}" for side in _order(rng) if side in said)


def shared_verb(said: Said, rng: Random) -> str:
    """南、西至A …, where one line bounds two sides; else as `reach`."""
    for one, two in ((_S, _W), (_N, _W), (_E, _S), (_E, _N)):
        if one in said and said.get(one) == said.get(two):
            rest = {side: name for side, name in said.items() if side not in (one, two)}
            return f"{one.words}、{two.words}至{said[one]}，" + reach(rest, rng)
    return reach(said, rng)


PLAIN: tuple[tuple[Callable[[Said, Random], str], int], ...] = (
    (reach, 44),
    (start, 12),
    (mixed, 8),
    (border, 6),
    (inverted, 9),
    (labelled, 6),
    (facing, 5),
    (unseparated, 4),
)


def plain(said: Said, rng: Random) -> str:
    """A sentence in one of the common manners, by their shares; a line that wraps two sides is said once."""
    if len(set(said.values())) < len(said):
        return shared_verb(said, rng)
    manners, weights = zip(*PLAIN, strict=True)
    write: Callable[[Said, Random], str] = rng.choices(manners, weights)[0]
    return write(said, rng)


def dressed(sentence: str, area_name: str, area_m2: float, rng: Random) -> str:
    """The sentence with what people put round it: a heading, the name and brackets, a closing word, an area."""
    roll = rng.random()
    if roll < 0.30:
        sentence = f"{area_name}（{sentence.rstrip('。')}）"
    elif roll < 0.46:
        sentence = f"{rng.choice(('四至范围：', '四至：', '四至范围', area_name + '：', '（一）'))}{sentence}"
    if not sentence.endswith(("）", "。")):
        closing = (
            "合围区域",
            "围合区域",
            "区域",
            "的合围区域",
            "。",
            f"，面积约{round(area_m2, -2):.0f}平方米",
            f"，占地约{area_m2 / 1e4:.1f}公顷",
        )
        if rng.random() < 0.38:
            sentence += rng.choice(closing)
    return sentence


def joined(names: tuple[str, ...], rng: Random) -> str:
    """Several anchors of one side in one breath."""
    if len(names) == 1:
        return names[0]
    return rng.choice(("、", "、", "和", "-", "及")).join(names)
