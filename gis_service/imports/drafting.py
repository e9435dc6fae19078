"""What became of the sentences → new drafts beside the boundaries there are; no boundary is ever rewritten."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import shapely
from shapely import MultiPolygon, Polygon
from shapely.geometry.base import BaseGeometry
from sqlalchemy import Connection, func, select
from sqlalchemy.dialects.postgresql import distinct_on

from gis_service import editing
from gis_service.codes import RevisionState
from gis_service.store.tables import AreaRevision, ManagementArea

_A_MILLIMETRE = 1e-8  # degrees
SAMPLE_SINCE = dt.date(2023, 7, 16)  # the day after the survey of the campaign


@dataclass(frozen=True)
class Proposal:
    """A boundary for an area, from the sentence or from a drawing."""

    area_id: int
    surface: MultiPolygon
    origin: str
    author: str
    note: str = ""
    supersedes: bool = True  # it speaks against whatever there is: the sentence changed, or somebody drew it


@dataclass(frozen=True)
class _Latest:
    state: RevisionState
    origin: str
    wkb: bytes


def as_surface(geometry: BaseGeometry | None) -> MultiPolygon | None:
    """The geometry as a MultiPolygon, None when it is no surface."""
    if isinstance(geometry, Polygon):
        return MultiPolygon([geometry])
    return geometry if isinstance(geometry, MultiPolygon) else None


def propose(connection: Connection, proposals: Iterable[Proposal], *, sample: bool) -> frozenset[int]:
    """The areas that got a new draft, agreed at once where the area is fictional; others have that boundary already."""
    gone = set(connection.scalars(select(ManagementArea.id).where(ManagementArea.retired_on.isnot(None))))
    wanted = [proposal for proposal in proposals if proposal.area_id not in gone]
    latest = _latest(connection, [proposal.area_id for proposal in wanted])
    drafted = [proposal for proposal in wanted if _says_more(proposal, latest.get(proposal.area_id))]
    for proposal in drafted:
        revision = editing.draft(
            connection,
            proposal.area_id,
            proposal.surface,
            origin=proposal.origin,
            author=editing.SAMPLE_PERSON if sample else proposal.author,
            note=proposal.note,
        )
        if sample:
            editing.submit(connection, revision)
            editing.approve(connection, revision, decided_by=editing.SAMPLE_PERSON, effective_from=SAMPLE_SINCE)
    return frozenset(proposal.area_id for proposal in drafted)


def _says_more(proposal: Proposal, latest: _Latest | None) -> bool:
    if latest is None:
        return True
    if _are_one(proposal.surface, latest.wkb):
        return False
    # the same sentence read anew (the gazetteer grew) may only replace what was read before and nobody took up
    return proposal.supersedes or (latest.state is RevisionState.DRAFT and latest.origin == "resolver")


def _are_one(surface: MultiPolygon, wkb: bytes) -> bool:
    """True of one boundary, wherever its rings begin: a side that somebody settled is drawn in another order."""
    if shapely.to_wkb(surface) == wkb:
        return True
    ours, theirs = (shapely.normalize(each) for each in (surface, shapely.from_wkb(wkb)))
    return bool(shapely.equals_exact(ours, theirs, _A_MILLIMETRE))


def _latest(connection: Connection, area_ids: list[int]) -> Mapping[int, _Latest]:
    rows = connection.execute(
        select(AreaRevision.area_id, AreaRevision.state, AreaRevision.origin, func.ST_AsBinary(AreaRevision.geom))
        .ext(distinct_on(AreaRevision.area_id))
        .where(AreaRevision.area_id.in_(area_ids))
        .order_by(AreaRevision.area_id, AreaRevision.number.desc())
    )
    return {row[0]: _Latest(RevisionState(row[1]), row[2], bytes(row[3])) for row in rows}
