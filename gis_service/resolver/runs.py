"""Many rows and one gazetteer → one resolution a row: neighbours in turn, shared lines made one, over processes."""

from __future__ import annotations

import multiprocessing
import os
import threading
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, replace
from multiprocessing.context import BaseContext
from typing import TYPE_CHECKING

from gis_service import crs
from gis_service.abuttals import parse
from gis_service.abuttals.model import Abuttal, Abuttals
from gis_service.codes import PlaceKind, ResolutionStatus
from gis_service.gazetteer.gazetteer import Gazetteer
from gis_service.gazetteer.naming import normal
from gis_service.gazetteer.place import Candidate, Place
from gis_service.issues import Issue, Mender
from gis_service.resolver.finding import Neighbours
from gis_service.resolver.judgements import NO_JUDGEMENTS, Judgements
from gis_service.resolver.options import Hint, ResolverOptions
from gis_service.resolver.resolution import Resolution
from gis_service.resolver.resolving import NO_HINT, resolve, tidy
from gis_service.resolver.sharing import share_edges

if TYPE_CHECKING:
    from gis_service.ledger import LedgerEntry

_WORTH_A_PROCESS = 400  # rows; fewer are done before another process has started
_CHUNK = 100
_OVERLAPS = 0.6  # confidence left for an area that another row claims too

Progress = Callable[[int, int], None]
"""Called with the number of rows done and their total."""


@dataclass(frozen=True)
class Row:
    """One row of a run: its sentence, what else it says, and the names that its neighbours may call it."""

    abuttals: Abuttals
    hint: Hint = NO_HINT
    names: tuple[str, ...] = ()
    judgements: Judgements = NO_JUDGEMENTS


def row_of(entry: LedgerEntry) -> Row:
    """The row of a run that a row of 附件1 is; neighbours may call it by its area or by its communities."""
    hint = Hint(entry.county, entry.street, entry.neighborhood, entry.community_names)
    return Row(parse(entry.abuttals_text), hint, (entry.area_name,) if entry.area_name else ())


def resolve_all(
    rows: Sequence[Row],
    gazetteer: Gazetteer,
    *,
    options: ResolverOptions | None = None,
    processes: int | None = None,
    progress: Progress = lambda _done, _total: None,
) -> list[Resolution]:
    """The resolutions of all rows in order: rows that name another row resolve after it, and meet it in one line.

    `processes`: how many work side by side when there are many rows; None takes all cores.
    """
    options = options or ResolverOptions()
    named = _named(rows)
    waiting = {index: found for index, row in enumerate(rows) if (found := _neighbours_of(index, row, rows, named))}
    free = [index for index in range(len(rows)) if index not in waiting]
    first = _each([rows[index] for index in free], gazetteer, options, processes or _cores())
    done: dict[int, Resolution] = {}
    for index, resolution in zip(free, first, strict=True):
        done[index] = resolution
        progress(len(done), len(rows))
    while waiting:
        index = _next(waiting, done)
        done[index] = _beside(index, rows, waiting.pop(index), done, gazetteer, options)
        progress(len(done), len(rows))
    return _shared([done[index] for index in range(len(rows))], rows, gazetteer.epsg)


def _named(rows: Sequence[Row]) -> dict[str, list[int]]:
    named: dict[str, list[int]] = defaultdict(list)
    for index, row in enumerate(rows):
        for name in {*row.names, *row.hint.community_names}:
            key = normal(name)
            other = key.removesuffix("小区") if key.endswith("小区") else f"{key}小区"
            named[key].append(index)
            named[other].append(index)
    return named


def _anchors(row: Row) -> Iterator[Abuttal]:
    for part in row.abuttals.parts:
        yield from (abuttal for some in part.sides.values() for abuttal in some if abuttal.lookable)
        yield from part.ring


def _neighbours_of(
    index: int, row: Row, rows: Sequence[Row], named: dict[str, list[int]]
) -> dict[str, tuple[int, ...]]:
    """The rows that this row names as its neighbours, by the normal form of the name."""
    found = {}
    for abuttal in _anchors(row):
        key = normal(abuttal.anchor)
        others = tuple(other for other in named.get(key, ()) if other != index and _may_meet(row, rows[other]))
        if others and index not in named.get(key, ()):
            found[key] = others
    return found


def _may_meet(row: Row, other: Row) -> bool:
    return not row.hint.county or not other.hint.county or row.hint.county == other.hint.county


def _next(waiting: dict[int, dict[str, tuple[int, ...]]], done: dict[int, Resolution]) -> int:
    """The first row whose neighbours are all done; in a circle of neighbours, the first that waits."""
    ready = (
        index for index, names in waiting.items() if all(other in done for others in names.values() for other in others)
    )
    return next(ready, next(iter(waiting)))


def _beside(
    index: int,
    rows: Sequence[Row],
    named: dict[str, tuple[int, ...]],
    done: dict[int, Resolution],
    gazetteer: Gazetteer,
    options: ResolverOptions,
) -> Resolution:
    places: Neighbours = {
        name: tuple(found)
        for name, others in named.items()
        if (found := [one for other in others if (one := _as_candidate(other, name, done))])
    }
    resolution = _resolved(rows[index], gazetteer, options, places)
    if resolution.status is ResolutionStatus.RESOLVED:
        return resolution
    issues = tuple(_still_open(name, others, done) for name, others in named.items() if name not in places)
    return replace(resolution, issues=resolution.issues + issues)


def _as_candidate(index: int, name: str, done: dict[int, Resolution]) -> Candidate | None:
    resolution = done.get(index)
    if resolution is None or resolution.status is not ResolutionStatus.RESOLVED or resolution.geometry is None:
        return None
    place = Place(f"row-{index}", name, PlaceKind.ESTATE, resolution.geometry)
    return Candidate(place, f"相邻区域“{name}”的边界", resolution.confidence)


def _still_open(name: str, others: tuple[int, ...], done: dict[int, Resolution]) -> Issue:
    if any(other not in done for other in others):
        return Issue("neighbour_circle", f"与“{name}”互为界邻，须先画定其中之一", mender=Mender.STAFF)
    return Issue("neighbour_open", f"相邻的“{name}”尚未落图，画定后再落本行", mender=Mender.STAFF)


def _resolved(row: Row, gazetteer: Gazetteer, options: ResolverOptions, places: Neighbours | None = None) -> Resolution:
    return resolve(
        row.abuttals, gazetteer, hint=row.hint, options=options, judgements=row.judgements, neighbours=places
    )


def _cores() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _context() -> BaseContext:
    """Forked processes start at once and know the gazetteer already; beside other threads only a new one is safe."""
    forking = "fork" in multiprocessing.get_all_start_methods() and threading.active_count() == 1
    return multiprocessing.get_context("fork" if forking else "spawn")


class _Worker:
    """What a process keeps between chunks of rows."""

    gazetteer: Gazetteer
    options: ResolverOptions


def _start(gazetteer: Gazetteer, options: ResolverOptions) -> None:
    _Worker.gazetteer, _Worker.options = gazetteer, options


def _chunk(rows: Sequence[Row]) -> list[Resolution]:
    return [_resolved(row, _Worker.gazetteer, _Worker.options) for row in rows]


def _each(rows: Sequence[Row], gazetteer: Gazetteer, options: ResolverOptions, processes: int) -> Iterator[Resolution]:
    if processes < 2 or len(rows) < _WORTH_A_PROCESS:
        yield from (_resolved(row, gazetteer, options) for row in rows)
        return
    with ProcessPoolExecutor(processes, _context(), _start, (gazetteer, options)) as pool:
        for some in pool.map(_chunk, [rows[at : at + _CHUNK] for at in range(0, len(rows), _CHUNK)]):
            yield from some


def _shared(resolutions: list[Resolution], rows: Sequence[Row], epsg: int) -> list[Resolution]:
    drawn = [index for index, one in enumerate(resolutions) if one.status is ResolutionStatus.RESOLVED]
    before = [crs.to_metric(one.geometry, epsg) for index in drawn if (one := resolutions[index]).geometry is not None]
    shared = share_edges(before)
    for at, (index, area) in enumerate(zip(drawn, shared.areas, strict=True)):
        if area is not before[at]:
            resolutions[index] = replace(resolutions[index], geometry=tidy(crs.to_lonlat(area, epsg)))
    for left, right, square_metres in shared.overlaps:
        for mine, beside in ((drawn[left], drawn[right]), (drawn[right], drawn[left])):
            resolutions[mine] = _overlapping(resolutions[mine], _called(rows[beside], beside), square_metres)
    return resolutions


def _called(row: Row, index: int) -> str:
    return next(iter((*row.names, *row.hint.community_names)), f"第 {index + 1} 行")


def _overlapping(resolution: Resolution, beside: str, square_metres: float) -> Resolution:
    issue = Issue(
        "overlaps_neighbour", f"与“{beside}”重叠约 {square_metres:.0f} 平方米，请核对四至", mender=Mender.STAFF
    )
    confidence = round(resolution.confidence * _OVERLAPS, 3)
    return replace(resolution, confidence=confidence, issues=(*resolution.issues, issue))
