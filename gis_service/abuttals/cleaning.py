"""One landmark as written in, one Abuttal out: bare anchor, alias, state, basis, offset; small steps in a list."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, replace

from gis_service.abuttals import words
from gis_service.abuttals.marks import any_of
from gis_service.abuttals.model import Abuttal, Basis, Side
from gis_service.abuttals.noting import Note, alike, read_note
from gis_service.abuttals.numerals import LENGTH, metres
from gis_service.abuttals.reading import Mark, Reading
from gis_service.abuttals.referring import refers
from gis_service.abuttals.splitting import SEGMENT


@dataclass(frozen=True)
class Shape:
    """An anchor in the making: `words` begin at chars[start], everything else was found behind them."""

    words: str
    start: int
    side: str  # E, S, W, N of the mark, or a diagonal
    basis: Basis = Basis.NEAR_EDGE
    offset_m: float | None = None
    towards: str | None = None  # the Chinese direction of the offset
    outward: bool = False  # 墙外30米: the offset leads away from the area
    limits: tuple[str, str] | None = None  # B路 and C路 in A路B路至C路段


_DIRECTION = "东南|东北|西南|西北|东|南|西|北"
_EDGE = "侧面|侧边|侧|面|边缘|边界|边|沿|缘|方|部|界线|界|沿线|路边|路沿|路缘|半幅|首|角"
_JUNK_AHEAD = re.compile(
    f"(?:[、，：；。的“”\n-]|转(?=[^，；。、]{{2,}}(?:[路街巷]|大道)$)|(?:[与同]|和(?![{''.join(sorted(words.WORDS_WITH_HE))}]))"
    "(?=[^，；。]*(?:交界|接壤|相邻|毗邻|相接|相连|界$)))+"
)
_LENGTH_STATED = re.compile(f"(?:全长|总长|长度|长|宽)(?:约|共|为)?{LENGTH}$")
_OFFSET = re.compile(
    f"(?:[以之往向朝]?(?P<to>{_DIRECTION})(?:侧|面|边|部|方向|方|向)?)?(?P<out>外延伸|外延|外扩|外侧|外|延伸)?"
    f"(?:约|大约|近|至|距离)?{LENGTH}(?:处|以外|外|左右|范围|以内|内|之内)?(?:处)?$"
)
_POSITION = re.compile(
    f"(?:[以之的])?(?P<to>{_DIRECTION})(?:{_EDGE})$|[以之](?P<to2>{_DIRECTION})$|(?<=[路街巷道弄河江湖渠墙院厂场校村镇站])(?P<to3>[东南西北])$"
)
_BANK = re.compile(r"(?<=[河江溪湖渠港沟川浦浜水泾涌塘])(?P<to>[东南西北])岸(?:线)?$")
_WALL = re.compile(
    r"(?:交界|用地)?(?:[东南西北内外后前]?[东南西北]?[侧面边]?(?:围墙|外墙|山墙|墙体|墙根|围界|围栏)"
    r"|(?<=[小中]学)院墙|(?<![属医学大法合剧影书寺])院墙|(?<=院)墙|[内外]?[东南西北后前]墙)"
    r"(?:外侧|内侧|外沿|外边|外|边|线|内)?$"
)
_CENTER = re.compile("(?:道路|河道|路面|规划|航道)?(?:中心线|中线|中轴线|中央线|路中)$")
_RED = re.compile("(?:规划|道路|用地|建设|宗地|外侧)*红线(?:外侧|内侧)?$")
_LINES = re.compile(f"(?:{any_of(words.LINES)}|(?<![东南西北])(?:边界|边缘)|(?<![分交东南西北])界线)$")
_NAMED_ENOUGH = words.GENERIC_ENDS - {"环"}
_NO_KERB = {"口段": "", "道边": "路街"}
_OTHER_ZONES = "的(?:封控|管控|防范|中风险|低风险|高风险|其他|其余|剩余)(?:区域|区|地区|范围)"
_TAILS = re.compile(
    f"(?:{any_of(words.TAILS)}|{_OTHER_ZONES}|(?<=[路街道巷河江湖线桥村园区学])起(?:点)?|(?<=..)(?:以及|及|与))$"
)
_MARKS_BEHIND = "，。；、：“ \n-./"
_ENDS_IN_JUNCTION = re.compile(f"(?:{any_of(words.JUNCTION_WORDS)})(?:处)?(?:以?[东南西北]侧?)?$")


def clean(reading: Reading, piece: tuple[int, int], side: str, mark: Mark) -> Abuttal | None:
    """The abuttal of a piece; its anchor is empty when only a distance stands there, None when nothing does."""
    whole, start, end, notes = _without_notes(reading, piece)
    shape = Shape(whole, start, side, outward=mark.extends)
    for step in STEPS:
        shape = step(shape)
    if shape.start + len(shape.words) > end:
        shape = replace(shape, words=shape.words[: max(0, end - shape.start)])
    if not shape.words and shape.offset_m is None:
        return None
    abuttal = _abuttal(reading, shape, words.OPPOSITE[side] if mark.inverted else side)
    for note in notes:
        abuttal = _annotated(abuttal, note)
    return abuttal


def _without_notes(reading: Reading, piece: tuple[int, int]) -> tuple[str, int, int, tuple[Note, ...]]:
    """The words up to the first note and those behind that tell a position; where the name may stand; the notes."""
    notes: list[Note] = []
    runs: list[tuple[int, int]] = []
    index, end = piece
    while index < end:
        if index in reading.notes:
            close = reading.notes[index]
            notes.append(read_note(reading.glyphs, index + 1, close - 1))
            index = close
            continue
        following = next((at for at in range(index, end) if at in reading.notes), end)
        runs.append((index, following))
        index = following
    if not runs:
        return "", piece[0], piece[0], tuple(notes)
    first, last = runs[0], runs[-1]
    behind = "".join(reading.chars[slice(*run)] for run in runs[1:])
    if notes and notes[0].state and len(behind) >= 2 and not _is_position(behind):
        return reading.chars[first[0] : last[1]], first[0], last[1], tuple(notes)  # 市人大（原）办公楼
    return reading.chars[slice(*first)] + (behind if _is_position(behind) else ""), *first, tuple(notes)


def _is_position(behind: str) -> bool:
    """True for words behind a bracket that name nothing: 以南 in 绕城高速（G1503）以南."""
    if not behind:
        return False
    shape = Shape(behind, 0, "E")
    for step in STEPS[1:]:
        shape = step(shape)
    return shape.words in ("", behind) and any(
        p.search(behind) for p in (_OFFSET, _POSITION, _WALL, _CENTER, _RED, _LINES)
    )


def _trim(shape: Shape) -> Shape:
    """No signs around the words, no 与 that only serves 接壤."""
    stripped = shape.words.rstrip(_MARKS_BEHIND)
    if lead := _JUNK_AHEAD.match(stripped):
        return replace(shape, words=stripped[lead.end() :], start=shape.start + lead.end())
    return shape if stripped == shape.words else replace(shape, words=stripped)


def _untail(shape: Shape) -> Shape:
    """No 区域, 处, 一带, 接壤; a junction keeps its own words."""
    while not _ENDS_IN_JUNCTION.search(shape.words) or not _pair(shape.words):
        found = _TAILS.search(shape.words)
        if not found or found.start() < 2:
            break
        shape = replace(shape, words=shape.words[: found.start()].rstrip(_MARKS_BEHIND))
    return shape


def _pair(name: str) -> bool:
    return bool(re.search("[与和及、-]", name))


def _unsegment(shape: Shape) -> Shape:
    """A路B路至C路段 is A路, limited."""
    found = SEGMENT.match(shape.words)
    return (
        replace(shape, words=found["road"], limits=(found["one"] or found["one2"], found["two"] or found["two2"]))
        if found
        else shape
    )


def _unlength(shape: Shape) -> Shape:
    """No stated length: …一线长约378米."""
    found = _LENGTH_STATED.search(shape.words)
    return replace(shape, words=shape.words[: found.start()]) if found and found.start() else shape


def _unline(shape: Shape) -> Shape:
    """No 一线, 沿线, 东西一线, 河道边."""
    found = _LINES.search(shape.words)
    if not found or found.start() < 2:
        return shape
    stem = shape.words[: found.start()]
    whole = stem[-1] in (_NAMED_ENOUGH if found[0] == "路段" else _NO_KERB.get(found[0], "路街道河江湖渠巷"))
    return replace(shape, words=stem + ("" if whole else words.KEEP_OF_LINE.get(found[0], "")))


def _unoffset(shape: Shape) -> Shape:
    """以东50米 and 墙外30米处 become an offset."""
    found = _OFFSET.search(shape.words)
    if not found or shape.offset_m is not None or (value := metres(found)) is None:
        return shape
    if not found["to"] and not found["out"] and found["unit"] == "里":
        return shape  # 三里 is far oftener a place than a distance
    outward = shape.outward or (bool(found["out"]) and not found["to"])
    return replace(shape, words=shape.words[: found.start()], offset_m=value, towards=found["to"], outward=outward)


def _unposition(shape: Shape) -> Shape:
    """No 以东, 东侧, 北沿, 南岸; on the far side of the landmark they mean its far edge."""
    if refers(shape.words):
        return shape  # 同一期北侧
    for pattern in (_BANK, _POSITION):
        found = pattern.search(shape.words)
        if found and found.start() >= 2:
            towards = next(word for word in found.groups() if word)
            far = words.COMPASS[towards] == shape.side and shape.offset_m is None
            basis = Basis.FAR_EDGE if far and shape.basis is Basis.NEAR_EDGE else shape.basis
            return replace(shape, words=shape.words[: found.start()], basis=basis)
    return shape


def _unbasis(shape: Shape) -> Shape:
    """围墙, 中心线 and 红线 become the basis; a city wall (城墙) is a landmark."""
    for pattern, basis in ((_RED, Basis.RED_LINE), (_CENTER, Basis.CENTERLINE), (_WALL, Basis.WALL)):
        found = pattern.search(shape.words)
        if not found or (found.start() < 2 and pattern is not _WALL):
            continue
        outward = shape.outward or (shape.offset_m is not None and basis is Basis.WALL and shape.towards is None)
        rest = shape.words[: found.start()] or shape.words
        return replace(shape, words=rest, basis=basis, outward=outward)
    return shape


STEPS: tuple[Callable[[Shape], Shape], ...] = (
    _trim,
    _unsegment,
    _untail,
    _unlength,
    _unline,
    _untail,
    _unoffset,
    _unline,
    _unposition,
    _unbasis,
    _unposition,
    _untail,
    _trim,
)


def _abuttal(reading: Reading, shape: Shape, outwards: str) -> Abuttal:
    glyphs = reading.glyphs
    end = shape.start + len(shape.words)
    anchor = glyphs.shown[shape.start : end]
    towards = words.COMPASS.get(shape.towards or "") or (outwards if shape.outward else None)
    state = next((word for word in words.STATES_BEFORE_A_NAME if shape.words.startswith(word)), None)
    return Abuttal(
        anchor=anchor,
        span=glyphs.span(shape.start, end),
        state=state.rstrip("的中") if state and len(shape.words) > len(state) + 1 else None,
        basis=shape.basis,
        offset_m=shape.offset_m,
        offset_dir=Side(towards) if towards in tuple(Side) else None,
        limits=shape.limits,
        junction=_crossing(anchor),
    )


def _crossing(anchor: str) -> tuple[str, ...]:
    """(A路, B路) of A路与B路交叉口."""
    found = _ENDS_IN_JUNCTION.search(anchor)
    if not found or not _pair(anchor[: found.start()]):
        return ()
    before = anchor[: found.start()]
    return tuple(name for name in re.split("与" if "与" in before else "[和及、-]", before.rstrip("的")) if name)


def _annotated(abuttal: Abuttal, note: Note) -> Abuttal:
    """The abuttal with what a bracket behind it says."""
    return replace(
        abuttal,
        alias=abuttal.alias or (note.alias if note.renamed or alike(abuttal.anchor, note.alias or "") else None),
        state=abuttal.state or note.state,
        limits=abuttal.limits or note.limits,
        basis=note.basis if note.basis and abuttal.basis is Basis.NEAR_EDGE else abuttal.basis,
    )
