"""Rows of the sample 附件1: the areas with their sentences, forms, companies; and the truth behind each sentence."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cache
from random import Random

from gis_service.abuttals.model import Side
from scripts.sample_town import ground, names, sites, wording
from scripts.sample_town.blocks import block_at
from scripts.sample_town.town import Area, neighborhood_code, neighborhood_of, rng_for, town

_VAGUE_WORDS = ("规划路", "空地", "农田", "小路", "规划道路", "山脚", "")
_STATES = ("（规划）", "（在建）")


@dataclass(frozen=True)
class Row:
    """One area with what its ledger row says; `closable`: four named lines close it as said."""

    seq: int
    area: Area
    sentence: str
    closable: bool
    form: int
    committee: int
    party: int
    company: str
    manager: str
    phone: str
    fee_rate: float
    note: str = ""  # why the sentence is not plainly closable


def _said(area: Area, rng: Random) -> dict[Side, str]:
    return {side: wording.joined(found, rng) for side, found in area.sides.items()}


def _renamed(said: Mapping[Side, str], rng: Random, how: str) -> dict[Side, str]:
    """The words with one road by its old name, with the old name in brackets, or with a state in brackets."""
    aliases = {f.name: f.aliases[0] for f in ground.features() if f.aliases}
    out = dict(said)
    for side, name in said.items():
        if name not in aliases and how != "state":
            continue
        if how == "state":
            out[side] = name + rng.choice(_STATES)
        else:
            out[side] = aliases[name] if how == "alias" else f"{name}（{aliases[name]}）"
        return out
    return out


def _whole(area: Area, index: int, rng: Random) -> tuple[str, bool, str]:
    """A sentence with four named lines; now and then in a form that a machine may not close."""
    said = _said(area, rng)
    odd = {7: "offset", 23: "slip", 41: "unlabelled", 58: "red_line", 71: "excluded", 83: "doubled"}.get(index)
    if odd:
        return _odd(odd, said, area, rng), odd in ("excluded", "doubled", "red_line"), odd
    how = {
        2: "alias",
        5: "both",
        9: "both",
        13: "state",
        17: "alias",
        26: "both",
        33: "alias",
        38: "both",
        52: "state",
    }.get(index)
    if how:
        said = _renamed(said, rng, how)
    sentence = wording.dressed(wording.plain(said, rng), area.name, area.polygon.area, rng)
    return sentence, True, how or ""


def _odd(odd: str, said: dict[Side, str], area: Area, rng: Random) -> str:
    east, south, west, north = (said[side] for side in (Side.EAST, Side.SOUTH, Side.WEST, Side.NORTH))
    return {
        "offset": f"东至{east}以西50米，南至{south}，西至{west}以东三十米，北至{north}",
        "slip": f"北至{north}，东至{east}，北至{south}，西至{west}",
        "unlabelled": f"由{east}、{south}、{west}、{north}围合的区域",
        "red_line": f"东至{east}红线，南至{south}红线，西至{west}红线，北至{north}红线",
        "excluded": f"{wording.reach(said, rng)}（不含沿街商铺）",
        "doubled": f"东至至{east}，南至{south}，西至 {west}，北至{north}合围区域（{area.name}）",
    }[odd]


def _part(area: Area, index: int, rng: Random) -> str:
    """A sentence whose sides are partly neighbours: their names, walls, or something that cannot be found."""
    lines = {f.name for f in ground.features()}
    said = {}
    for side, found in area.sides.items():
        near = tuple(name for name in found if name in lines) or found[:1]
        said[side] = wording.joined(near, rng)
        if near[0] not in lines:
            said[side] += rng.choice(
                ("", "", "围墙", f"{ {'E': '西', 'W': '东', 'N': '南', 'S': '北'}[side.value] }围墙", "小区围墙")
            )
            said[side] = said[side].replace("小区小区", "小区").replace("幼儿园小区", "幼儿园").replace("学小区", "学")
    if index % 9 == 4:
        said[rng.choice([s for s in said if area.sides[s][0] not in lines])] = rng.choice(("空地", "小路", "规划路"))
    if index % 11 == 6:
        said.pop(rng.choice([s for s in said if area.sides[s][0] not in lines]))
    return wording.dressed(wording.plain(said, rng), area.name, area.polygon.area, rng)


def _vague(area: Area, rng: Random) -> str:
    """A sentence that leaves open, or does not say, one side; a side without any line is always so."""
    said = _said(area, rng)
    lost = next((side for side in Side if side not in said), None) or rng.choice(list(Side))
    word = rng.choice(_VAGUE_WORDS)
    if word:
        said[lost] = word
    else:
        said.pop(lost, None)
    return wording.dressed(wording.reach(said, rng), area.name, area.polygon.area, rng)


def _sentence(area: Area, index: int, rng: Random) -> tuple[str, bool, str]:
    if area.role == "whole":
        return _whole(area, index, rng)
    if area.role == "part":
        return _part(area, index, rng), False, "neighbours"
    if area.role == "vague":
        return _vague(area, rng), False, "vague"
    return area.said, False, area.role


def _form(declared: bool, rng: Random) -> int:
    if declared:
        return 5
    return rng.choices((1, 2, 3, 4, 6), (62, 16, 8, 10, 4))[0]


def _company(form: int, area: Area, rng: Random) -> str:
    neighborhood = neighborhood_of(area.block)
    return {
        1: names.company(rng),
        2: f"示例{neighborhood.name}居民委员会",
        3: "示例产权单位后勤处",
        4: "业主自管小组",
        5: "",
        6: names.company(rng),
    }[form]


def _row(seq: int, area: Area, index: int, declared: bool) -> Row:
    rng = rng_for(f"row:{area.communities[0].code}")
    sentence, closable, note = _sentence(area, index, rng)
    form = _form(declared, rng)
    committee = 3 if form == 5 else rng.choices((1, 2, 3), (48, 20, 32))[0]
    party = 5 if form == 5 else rng.choices((1, 2, 3, 4, 5), (4, 9, 45, 20, 22))[0]
    manager = "" if form == 5 else names.person(rng)
    phone = "" if form == 5 or rng.random() < 0.2 else names.phone(rng)
    rate = 0.0 if form == 5 else round(min(0.99, max(0.2, rng.gauss(0.78, 0.16))), 2)
    company = _company(form, area, rng)
    return Row(seq, area, sentence, closable, form, committee, party, company, manager, phone, rate, note)


def _ordered() -> list[Area]:
    """The areas as a county would list them: by 社区, a 同上 row right behind the row it repeats."""
    indexed = {id(area): position for position, area in enumerate(town().areas)}
    return sorted(town().areas, key=lambda a: (neighborhood_code(neighborhood_of(a.block)), indexed[id(a)]))


@cache
def rows() -> tuple[Row, ...]:
    """All rows in the order of the sheet, 序号 from 1."""
    declared = {block_at(*at) for at in sites.DECLARED}
    out, wholes = [], 0
    for seq, area in enumerate(_ordered(), start=1):
        wholes += area.role == "whole"
        index = wholes if area.role == "whole" else seq
        out.append(_row(seq, area, index, area.block in declared))
    return tuple(_ditto_filled(out))


def _ditto_filled(out: list[Row]) -> list[Row]:
    """A 同上 row is as closable as the row above it, which it repeats."""
    for at, row in enumerate(out):
        if row.area.role == "ditto":
            out[at] = replace(row, closable=out[at - 1].closable)
    return out
