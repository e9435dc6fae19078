"""Hazards: fire lanes, e-bike charging places, manholes; measured facts and the verdict on them."""

from __future__ import annotations

import datetime as dt

from sqlalchemy import BigInteger, DateTime, ForeignKey, Identity, text
from sqlalchemy.orm import Mapped, declared_attr, mapped_column

from gis_service.codes import LaneResult, ManholeKind, ManholeState
from gis_service.store.tables.mapping import Dated, Located, Sampled, Table, between, gist_indexes, one_of


class Hazard(Dated, Located, Sampled):
    """What every hazard has: an id, a code, the community and the area it belongs to (`store/hazard_places.py`)."""

    geometry_nullable = False

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True, sort_order=-3)
    code: Mapped[str] = mapped_column(unique=True, sort_order=-2)

    @declared_attr
    @classmethod
    def community_id(cls) -> Mapped[int | None]:
        """The community it belongs to."""
        return mapped_column(ForeignKey("communities.id", ondelete="SET NULL"), index=True, sort_order=-1)

    @declared_attr
    @classmethod
    def area_id(cls) -> Mapped[int | None]:
        """The management area within whose approved boundary it lies."""
        return mapped_column(ForeignKey("management_areas.id", ondelete="SET NULL"), index=True, sort_order=92)

    community_said: Mapped[str] = mapped_column(server_default=text("''"), sort_order=93)  # code or name, as surveyed


class FireLane(Hazard, Table):
    """A fire lane 消防车道; a measure that nobody took is NULL."""

    __tablename__ = "fire_lanes"
    __table_args__ = (
        one_of("result", LaneResult),
        *(between(column, 0) for column in ("clear_width_m", "clear_height_m", "wall_distance_m", "turning_m")),
        *gist_indexes(),
    )
    geometry_type = "LINESTRING"

    name: Mapped[str]
    clear_width_m: Mapped[float | None]
    clear_height_m: Mapped[float | None]
    gradient_pct: Mapped[float | None]
    wall_distance_m: Mapped[float | None]
    dead_end: Mapped[bool | None]
    turning_m: Mapped[float | None]
    marked: Mapped[bool | None]
    blocked: Mapped[bool | None]
    measured_on: Mapped[dt.date | None]
    result: Mapped[str] = mapped_column(server_default=text("'not_measured'"))
    clause: Mapped[str] = mapped_column(server_default=text("''"))
    finding: Mapped[str] = mapped_column(server_default=text("''"))


class EbikeCharging(Hazard, Table):
    """A place where e-bikes park and charge."""

    __tablename__ = "ebike_charging"
    __table_args__ = (
        one_of("result", LaneResult),
        *(between(column, 0) for column in ("places", "area_m2", "group_length_m", "socket_spacing_m", "exits")),
        between("lane_overlap_m2", 0),
        *gist_indexes(),
    )
    geometry_type = "POLYGON"

    name: Mapped[str]
    places: Mapped[int | None]
    area_m2: Mapped[float | None]
    group_length_m: Mapped[float | None]
    socket_spacing_m: Mapped[float | None]
    exits: Mapped[int | None]
    near_sensitive: Mapped[str | None]
    result: Mapped[str] = mapped_column(server_default=text("'not_measured'"))
    finding: Mapped[str] = mapped_column(server_default=text("''"))
    lane_overlap_m2: Mapped[float | None]
    clause: Mapped[str] = mapped_column(server_default=text("''"), sort_order=94)


class Manhole(Hazard, Table):
    """A manhole 窨井: 一盖一编号."""

    __tablename__ = "manholes"
    __table_args__ = (one_of("kind", ManholeKind), one_of("state", ManholeState), *gist_indexes())
    geometry_type = "POINT"

    owner: Mapped[str]
    kind: Mapped[str]
    load_class: Mapped[str]
    state: Mapped[str]
    reported_at: Mapped[dt.datetime | None] = mapped_column(DateTime(timezone=True))
    due_at: Mapped[dt.datetime | None] = mapped_column(DateTime(timezone=True))


class JoinedBoundary(Table):
    """The boundary of an area with which hazards were joined last."""

    __tablename__ = "joined_boundaries"

    area_id: Mapped[int] = mapped_column(ForeignKey("management_areas.id", ondelete="CASCADE"), primary_key=True)
    revision_id: Mapped[int] = mapped_column(BigInteger)
