"""Boundaries on their way from draft to agreement, on a real PostGIS: every step, every refusal, nothing lost."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator

import pytest
from shapely import LineString, MultiPolygon, Point, Polygon, box
from shapely.geometry.base import BaseGeometry
from sqlalchemy import Connection, Engine, text
from sqlalchemy.exc import OperationalError

from gis_service import editing
from gis_service.codes import RevisionState
from gis_service.errors import BadRequestError, ConflictError, NotFoundError, UnusableError
from gis_service.store import batches
from gis_service.store.features import revision
from gis_service.store.frames import all_areas_frame, areas_frame

pytestmark = pytest.mark.database
SQUARE = box(117.05, 30.53, 117.06, 30.54)
WIDER = box(117.05, 30.53, 117.07, 30.54)
JULY, AUGUST, SEPTEMBER = (dt.date(2023, month, 1) for month in (7, 8, 9))


@pytest.fixture
def base(engine: Engine) -> Iterator[Connection]:
    """A connection whose writes nobody else sees."""
    with engine.connect() as connection, connection.begin() as transaction:
        yield connection
        transaction.rollback()


def make_area(base: Connection, *, sample: bool = False) -> int:
    query = (
        "insert into management_areas (code, natural_key, name, reporting_unit, street, neighborhood, community_names,"
        " abuttals_text, company, manager, manager_phone, resolution_status, confidence, sides, issues, source_file,"
        " sample) values ('WY-340802-0001', 'k', '阳光花园', '迎江区', '', '', '{}', '', '', '', '', 'unresolved', 0,"
        " '[]', '[]', '', :sample) returning id"
    )
    return int(base.execute(text(query), {"sample": sample}).scalar_one())


def drawn(base: Connection, area: int, shape: BaseGeometry = SQUARE, author: str = "张三") -> int:
    return editing.draft(base, area, shape, origin="drawn", author=author)


def in_review(base: Connection, area: int, shape: BaseGeometry = SQUARE, author: str = "张三") -> int:
    revision_id = drawn(base, area, shape, author)
    editing.submit(base, revision_id)
    return revision_id


def approved(base: Connection, area: int, day: dt.date, shape: BaseGeometry = SQUARE) -> int:
    revision_id = in_review(base, area, shape)
    editing.approve(base, revision_id, decided_by="李四", effective_from=day)
    return revision_id


def states(base: Connection) -> list[tuple[int, str]]:
    return [(row[0], row[1]) for row in base.execute(text("select number, state from area_revisions order by number"))]


def test_a_draft_that_is_submitted_and_approved_becomes_the_agreed_boundary(base: Connection) -> None:
    area = make_area(base)
    revision_id = in_review(base, area)
    assert areas_frame(base, JULY).empty
    editing.approve(base, revision_id, decided_by="李四", effective_from=JULY)
    frame = areas_frame(base, JULY)
    assert frame["id"].tolist() == [area]
    assert frame.geometry[0].equals(SQUARE)
    assert areas_frame(base, JULY - dt.timedelta(days=1)).empty


def test_a_new_agreed_boundary_ends_the_one_before_on_its_first_day(base: Connection) -> None:
    area = make_area(base)
    approved(base, area, JULY)
    approved(base, area, SEPTEMBER, WIDER)
    assert areas_frame(base, SEPTEMBER - dt.timedelta(days=1)).geometry[0].equals(SQUARE)
    assert areas_frame(base, SEPTEMBER).geometry[0].equals(WIDER)
    assert states(base) == [(1, "approved"), (2, "approved")]


def test_two_boundaries_agreed_on_the_same_day_leave_the_later_decision(base: Connection) -> None:
    area = make_area(base)
    approved(base, area, JULY)
    approved(base, area, JULY, WIDER)
    assert areas_frame(base, JULY).geometry[0].equals(WIDER)


def test_a_boundary_cannot_start_before_the_one_it_replaces(base: Connection) -> None:
    area = make_area(base)
    approved(base, area, AUGUST)
    late = in_review(base, area, WIDER)
    with pytest.raises(ConflictError, match="2023-08-01"):
        editing.approve(base, late, decided_by="李四", effective_from=JULY)
    assert states(base) == [(1, "approved"), (2, "in_review")]


def test_a_boundary_cannot_start_within_a_time_that_was_closed(base: Connection) -> None:
    area = make_area(base)
    approved(base, area, JULY)
    base.execute(text("update area_revisions set effective_to = '2023-09-01'"))
    late = in_review(base, area, WIDER)
    with pytest.raises(ConflictError, match="已有核准的边界"):
        editing.approve(base, late, decided_by="李四", effective_from=AUGUST)


def test_nobody_approves_their_own_boundary(base: Connection) -> None:
    revision_id = in_review(base, make_area(base))
    with pytest.raises(ConflictError, match="不能核准自己绘制的边界"):
        editing.approve(base, revision_id, decided_by="张三")


def test_only_what_is_fictional_may_be_approved_by_its_author(base: Connection) -> None:
    person = editing.SAMPLE_PERSON
    real = in_review(base, make_area(base), author=person)
    with pytest.raises(ConflictError):
        editing.approve(base, real, decided_by=person)
    base.execute(text("update management_areas set sample = true"))
    editing.approve(base, real, decided_by=person)
    assert states(base) == [(1, "approved")]


def test_a_boundary_that_is_sent_back_keeps_the_reason_and_the_next_draft_follows(base: Connection) -> None:
    area = make_area(base)
    editing.send_back(base, in_review(base, area), decided_by="李四", note="北界应到菱湖南路")
    drawn(base, area, WIDER)
    assert states(base) == [(1, "sent_back"), (2, "draft")]
    said = "select note from area_steps where step = 'send_back'"
    assert base.scalar(text(said)) == "北界应到菱湖南路"


def test_sending_back_wants_a_reason(base: Connection) -> None:
    with pytest.raises(BadRequestError, match="原因"):
        editing.send_back(base, in_review(base, make_area(base)), decided_by="李四", note=" ")


@pytest.mark.parametrize(
    ("state", "step"),
    [(state, step) for state in RevisionState for step, move in editing.MOVES.items() if state not in move.sources],
)
def test_a_step_from_the_wrong_state_is_a_conflict_and_changes_nothing(
    base: Connection, state: RevisionState, step: str
) -> None:
    area = make_area(base)
    revision_id = {
        RevisionState.DRAFT: lambda: drawn(base, area),
        RevisionState.IN_REVIEW: lambda: in_review(base, area),
        RevisionState.APPROVED: lambda: approved(base, area, JULY),
        RevisionState.SENT_BACK: lambda: sent_back(base, area),
        RevisionState.DISCARDED: lambda: discarded(base, area),
    }[state]()
    with pytest.raises(ConflictError, match=f"{state.words}，不能{editing.MOVES[step].words}"):
        take(base, revision_id, step)
    assert states(base) == [(1, str(state))]


def sent_back(base: Connection, area: int) -> int:
    revision_id = in_review(base, area)
    editing.send_back(base, revision_id, decided_by="李四", note="重画")
    return revision_id


def discarded(base: Connection, area: int) -> int:
    revision_id = drawn(base, area)
    editing.discard(base, revision_id, by="张三")
    return revision_id


def take(base: Connection, revision_id: int, step: str) -> None:
    if step == "submit":
        editing.submit(base, revision_id)
    elif step == "approve":
        editing.approve(base, revision_id, decided_by="王五")
    elif step == "send_back":
        editing.send_back(base, revision_id, decided_by="王五", note="重画")
    else:
        {"withdraw": editing.withdraw, "discard": editing.discard}[step](base, revision_id, by="张三")


@pytest.mark.parametrize(
    ("shape", "words"),
    [
        (LineString([(117, 30), (117.1, 30.1)]), "应为面"),
        (Point(117, 30), "应为面"),
        (Polygon(), "应为面"),
        (MultiPolygon(), "应为面"),
        (Polygon([(117, 30), (117.1, 30.1), (117.1, 30), (117, 30.1)]), "图形有误"),
        (box(505000, 3380000, 505100, 3380100), "应为经纬度"),
    ],
)
def test_a_shape_that_is_no_boundary_is_refused(base: Connection, shape: BaseGeometry, words: str) -> None:
    with pytest.raises(UnusableError, match=words):
        drawn(base, make_area(base), shape)


def test_what_does_not_exist_is_not_found(base: Connection) -> None:
    with pytest.raises(NotFoundError, match="物业管理区域"):
        drawn(base, 404)
    with pytest.raises(NotFoundError, match="边界版本"):
        editing.submit(base, 404)


def test_a_third_dimension_is_left_out(base: Connection) -> None:
    drawn(base, make_area(base), Polygon([(117, 30, 5), (117.1, 30, 5), (117.1, 30.1, 5)]))
    assert base.scalar(text("select st_zmflag(geom) from area_revisions")) == 0


def test_every_step_raises_the_revision_of_the_areas(base: Connection) -> None:
    area = make_area(base)
    seen = [revision(base, "management_areas")]
    revision_id = drawn(base, area)
    seen.append(revision(base, "management_areas"))
    editing.submit(base, revision_id)
    seen.append(revision(base, "management_areas"))
    editing.approve(base, revision_id, decided_by="李四")
    seen.append(revision(base, "management_areas"))
    assert seen == sorted(set(seen))


def test_the_frame_of_all_areas_tells_agreed_boundaries_from_drafts(base: Connection) -> None:
    area = make_area(base)
    (none,) = all_areas_frame(base, JULY).to_dict("records")
    assert (none["geom"], none["state"], none["has_draft"]) == (None, None, False)
    approved(base, area, JULY)
    drawn(base, area, WIDER)
    (both,) = all_areas_frame(base, JULY).to_dict("records")
    assert (both["state"], both["has_draft"]) == ("approved", True)
    assert both["geom"].equals(SQUARE)


def test_two_clerks_who_draft_at_once_get_different_numbers(engine: Engine) -> None:
    with engine.begin() as setting_up:
        area = make_area(setting_up)
    try:
        with engine.connect() as one, engine.connect() as other:
            drawn(one, area)
            other.execute(text("set local lock_timeout = '200ms'"))
            with pytest.raises(OperationalError, match="lock timeout"):
                drawn(other, area, WIDER)
            other.rollback()
            one.commit()
            drawn(other, area, WIDER)
            other.commit()
            assert states(one) == [(1, "draft"), (2, "draft")]
    finally:
        with engine.begin() as tidying:
            tidying.execute(text("truncate area_revisions, management_areas cascade"))


def test_nobody_draws_while_an_import_runs(engine: Engine) -> None:
    with engine.connect() as importing, engine.connect() as drawing:
        batches.take_import_turn(importing)
        drawing.execute(text("set local lock_timeout = '200ms'"))
        with pytest.raises(OperationalError, match="lock timeout"):
            drawn(drawing, 404)
        drawing.rollback()
        importing.rollback()
        with pytest.raises(NotFoundError):
            drawn(drawing, 404)
