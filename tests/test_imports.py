"""Ledgers into a real PostGIS: dry runs, re-imports, changed sentences, failures; nothing agreed is ever lost."""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import Connection, Engine, text

from gis_service import editing
from gis_service.codes import ServiceForm
from gis_service.errors import BadRequestError, NotFoundError, TooLargeError
from gis_service.imports import import_file, load_sample
from gis_service.imports.matching import Identity, Known, match, nowhere_contrary, same_place
from gis_service.imports.naming import bare
from gis_service.store import batches
from tests.ground import metres, road, square
from tests.import_files import (
    SENTENCE,
    annex1,
    annex2,
    clear,
    communities_file,
    contents,
    divisions_file,
    entry,
    gazetteer_file,
    lonlat_file,
    problem,
    ready,
    rows,
    take_in,
)

pytestmark = pytest.mark.database


@pytest.fixture
def base(engine: Engine) -> Iterator[Engine]:
    """An empty database."""
    yield engine
    clear(engine)


@pytest.fixture
def town(base: Engine, tmp_path: Path) -> Engine:
    """A database with divisions, four roads around a block and two communities in it."""
    ready(base, tmp_path)
    return base


def boundaries(engine: Engine) -> list[tuple[int, str, str]]:
    return [
        (number, state, origin)
        for number, state, origin in rows(engine, "select number, state, origin from area_revisions order by id")
    ]


def approve_all(engine: Engine) -> None:
    with engine.begin() as connection:
        for (revision,) in connection.execute(text("select id from area_revisions where state = 'draft'")).all():
            editing.submit(connection, revision)
            editing.approve(connection, revision, decided_by="街道办", effective_from=dt.date(2023, 8, 1))


def test_a_dry_run_tells_what_a_commit_would_do_and_writes_nothing(town: Engine, tmp_path: Path) -> None:
    workbook = annex1(tmp_path, entry(1), entry(2, abuttals_text="详见附图"))
    before = contents(town)
    planned = import_file(town, "ledger", [workbook], commit=False)
    assert contents(town) == before
    done = import_file(town, "ledger", [workbook], commit=True)
    assert (planned.new, planned.changed, planned.same) == (done.new, done.changed, done.same) == (2, 0, 0)
    assert planned.issues == done.issues
    assert (planned.committed, done.committed) == (False, True)


def test_a_sentence_that_closes_becomes_a_draft_in_its_place(town: Engine, tmp_path: Path) -> None:
    take_in(town, "ledger", annex1(tmp_path, entry(1)))
    ((status, confidence, sides),) = rows(town, "select resolution_status, confidence, sides from management_areas")
    assert (status, [side["side"] for side in sides]) == ("resolved", ["E", "S", "W", "N"])
    assert 0 < confidence <= 1
    assert all(SENTENCE[start:end] in side["anchors"] for side in sides for start, end in side["spans"])
    assert boundaries(town) == [(1, "draft", "resolver")]
    ((wkb,),) = rows(town, "select st_asbinary(geom) from area_revisions")
    west, south, east, north = metres(shapely.from_wkb(bytes(wkb))).bounds
    assert (west, south, east, north) == pytest.approx((10, 10, 390, 290), abs=0.5), "near edges of 20 m roads"


def test_a_sentence_that_stays_open_keeps_the_sides_that_were_found(town: Engine, tmp_path: Path) -> None:
    report = take_in(town, "ledger", annex1(tmp_path, entry(1, abuttals_text=SENTENCE.replace("湖东路", "无名路"))))
    ((status, lines, issues),) = rows(
        town, "select resolution_status, st_numgeometries(open_sides), issues from management_areas"
    )
    assert (status, lines) == ("partial", 3)
    assert "无名路" in str(issues)
    assert boundaries(town) == []
    (told,) = [issue for issue in report.issues if issue.code == "abuttals_partial"]
    assert "无名路" in told.message
    assert told.where.column == "四至范围"


def test_a_second_import_of_the_same_file_touches_no_row(town: Engine, tmp_path: Path) -> None:
    workbook = annex1(tmp_path, entry(1), entry(2, abuttals_text="详见附图"), entry(3, county="", street=""))
    take_in(town, "ledger", workbook)
    before = contents(town)
    report = take_in(town, "ledger", workbook)
    assert (report.new, report.changed, report.same) == (0, 0, 3)
    after = contents(town)
    unlike = {table for table in before if before[table] != after[table]}
    assert unlike == {"import_batches", "import_issues"}, "the import itself is on record, nothing else changed"


def test_a_changed_cell_updates_its_row_and_draws_nothing(town: Engine, tmp_path: Path) -> None:
    take_in(town, "ledger", annex1(tmp_path, entry(1), entry(2)))
    report = take_in(town, "ledger", annex1(tmp_path, entry(1, service_form=ServiceForm.NONE), entry(2)))
    assert (report.new, report.changed, report.same) == (0, 1, 1)
    assert rows(town, "select service_form from management_areas order by ledger_seq") == [(5,), (1,)]
    assert len(boundaries(town)) == 2


def test_a_changed_sentence_makes_a_new_draft_and_the_agreed_boundary_stays(town: Engine, tmp_path: Path) -> None:
    take_in(town, "ledger", annex1(tmp_path, entry(1)))
    approve_all(town)
    agreed = rows(town, "select id, st_astext(geom), effective_from, effective_to, note from area_revisions")
    further = road("皖江大道", (600, -500), (600, 800))
    take_in(town, "gazetteer", gazetteer_file(tmp_path, [further]))
    changed = entry(1, abuttals_text=SENTENCE.replace("湖东路", "皖江大道"))
    assert take_in(town, "ledger", annex1(tmp_path, changed)).changed == 1
    assert boundaries(town) == [(1, "approved", "resolver"), (2, "draft", "resolver")]
    kept = "select id, st_astext(geom), effective_from, effective_to, note from area_revisions where number = 1"
    assert rows(town, kept) == agreed
    assert take_in(town, "ledger", annex1(tmp_path, changed)).changed == 0, "the draft is not made twice"


def test_a_better_gazetteer_redraws_a_draft_but_never_speaks_against_an_agreed_boundary(
    town: Engine, tmp_path: Path
) -> None:
    workbook = annex1(tmp_path, entry(1))
    take_in(town, "ledger", workbook)
    wider = [replace(road("湖东路", (400, -500), (400, 800)), width_m=40.0)]
    take_in(town, "gazetteer", gazetteer_file(tmp_path, wider))
    assert take_in(town, "ledger", workbook).changed == 1
    assert boundaries(town) == [(1, "draft", "resolver"), (2, "draft", "resolver")]
    with town.begin() as connection:
        connection.execute(text("delete from area_revisions where number = 1"))
    approve_all(town)
    take_in(town, "gazetteer", gazetteer_file(tmp_path, [replace(wider[0], width_m=60.0)]))
    take_in(town, "ledger", workbook)
    assert boundaries(town) == [(2, "approved", "resolver")]


def test_a_broken_row_keeps_the_good_ones_and_is_named(town: Engine, tmp_path: Path) -> None:
    empty = entry(2, area_name="", community_names=(), abuttals_text="", division_text="")
    report = take_in(town, "ledger", annex1(tmp_path, entry(1), empty, entry(3)))
    assert (report.new, report.rejected) == (2, 1)
    assert any("第" in str(issue) and issue.severity == "error" for issue in report.issues)


def test_a_failure_in_the_middle_writes_nothing(town: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    good, bad = annex1(tmp_path, entry(1)), annex1(tmp_path, entry(2), name="第二份.xlsx")
    before = contents(town)
    closed: list[int] = []

    def fails_on_the_second(_connection: Connection, batch_id: int, **_counts: object) -> None:
        closed.append(batch_id)
        if len(closed) == 2:
            raise OSError("the disk is full")

    monkeypatch.setattr(batches, "close_batch", fails_on_the_second)
    with pytest.raises(OSError, match="the disk is full"):
        import_file(town, "ledger", [good, bad], commit=True)
    assert len(closed) == 2
    assert contents(town) == before


def test_an_area_whose_neighborhood_was_corrected_stays_the_same_area(town: Engine, tmp_path: Path) -> None:
    take_in(town, "ledger", annex1(tmp_path, entry(1, neighborhood="吴越社区")))
    ((code, unknown),) = rows(town, "select code, neighborhood_code from management_areas")
    report = take_in(town, "ledger", annex1(tmp_path, entry(1)))
    assert (report.new, report.changed) == (0, 1)
    assert rows(town, "select code, neighborhood_code from management_areas") == [(code, "340802001001")]
    assert unknown is None
    assert code == "WY-340802-0001"


def test_two_areas_of_one_name_in_two_streets_are_two_areas(town: Engine, tmp_path: Path) -> None:
    there = entry(1, street="孝肃路街道", neighborhood="墨子巷社区", seq=1, abuttals_text="详见附图")
    take_in(town, "ledger", annex1(tmp_path, entry(1)))
    assert take_in(town, "ledger", annex1(tmp_path, there, name="孝肃路.xlsx")).new == 1
    assert take_in(town, "ledger", annex1(tmp_path, entry(1), there)).same == 2


def test_rows_that_stand_twice_are_both_kept_and_found_again(town: Engine, tmp_path: Path) -> None:
    workbook = annex1(tmp_path, entry(1), replace(entry(1), seq=2))
    assert take_in(town, "ledger", workbook).new == 2
    assert take_in(town, "ledger", workbook).same == 2


def test_rows_in_another_order_with_other_numbers_are_the_same_areas(town: Engine, tmp_path: Path) -> None:
    take_in(town, "ledger", annex1(tmp_path, entry(1), entry(2)))
    codes = rows(town, "select name, code from management_areas order by name")
    turned = annex1(tmp_path, replace(entry(2), seq=1), replace(entry(1), seq=2))
    report = take_in(town, "ledger", turned)
    assert (report.new, report.changed) == (0, 2), "only 序号 changed"
    assert rows(town, "select name, code from management_areas order by name") == codes


def test_a_row_of_an_unknown_division_is_kept_with_an_issue(town: Engine, tmp_path: Path) -> None:
    report = take_in(town, "ledger", annex1(tmp_path, entry(1, county="江南县", street="", neighborhood="")))
    (issue,) = [issue for issue in report.issues if issue.code == "division_unknown"]
    assert "江南县" in str(issue)
    assert rows(town, "select code, county_code, reporting_unit from management_areas") == [
        ("WY-000000-0001", None, "江南县")
    ]


def test_a_ledger_names_its_communities_and_an_agreed_boundary_holds_them(town: Engine, tmp_path: Path) -> None:
    take_in(town, "ledger", annex1(tmp_path, entry(1)))
    approve_all(town)
    take_in(town, "communities", communities_file(tmp_path, "阳光花园1", "阳光花园2"))
    query = "select c.name, m.how from area_communities m join communities c on c.id = m.community_id order by 1, 2"
    assert rows(town, query) == [("阳光花园1", "ledger"), ("阳光花园1", "spatial"), ("阳光花园2", "spatial")]


def test_two_communities_of_one_name_are_nobodys(base: Engine, tmp_path: Path) -> None:
    take_in(base, "divisions", divisions_file(tmp_path))
    take_in(base, "communities", communities_file(tmp_path, "阳光花园1", "阳光花园1"))
    take_in(base, "ledger", annex1(tmp_path, entry(1)))
    report = take_in(base, "problems", annex2(tmp_path, problem(project_name="阳光花园1", county="迎江区")))
    assert rows(base, "select count(*) from area_communities where how = 'ledger'") == [(0,)]
    assert rows(base, "select community_id, area_id is null from problems") == [(None, False)], "the area is certain"
    assert "problem_untied" not in {issue.code for issue in report.issues}


def test_an_annex_2_is_known_by_its_header_and_makes_a_row_per_category(town: Engine, tmp_path: Path) -> None:
    workbook = annex2(tmp_path, problem(1, categories=(11, 12)), problem(2, project_name="阳光花园2", closed=True))
    assert take_in(town, "ledger", workbook).new == 3
    query = "select p.category, c.name, p.closed, st_within(p.geom, c.geom) from problems p"
    assert rows(town, f"{query} join communities c on c.id = p.community_id order by p.seq, category") == [
        (11, "阳光花园1", False, True),
        (12, "阳光花园1", False, True),
        (11, "阳光花园2", True, True),
    ]
    assert take_in(town, "problems", workbook).same == 3


def test_a_problem_that_was_closed_and_reworded_is_the_same_problem(town: Engine, tmp_path: Path) -> None:
    take_in(town, "problems", annex2(tmp_path, problem(1), problem(2, content="通道堆物")))
    report = take_in(
        town,
        "problems",
        annex2(tmp_path, problem(1, content="车道被占，已清", closed=True), problem(2, content="通道堆物")),
    )
    assert (report.new, report.changed, report.same) == (0, 1, 1)
    assert rows(town, "select code, closed from problems order by seq") == [
        ("WT-340802-0001", True),
        ("WT-340802-0002", False),
    ]


def test_a_problem_of_an_unknown_project_is_kept_and_tied_once_the_project_is_known(
    town: Engine, tmp_path: Path
) -> None:
    workbook = annex2(tmp_path, problem(project_name="滨江苑项目"))
    (issue,) = [one for one in take_in(town, "problems", workbook).issues if one.code == "problem_untied"]
    assert "滨江苑项目" in issue.message
    assert (issue.where.sheet, issue.where.row, issue.where.column, issue.where.cell) == ("附件2", 3, "项目名称", "B3")
    take_in(town, "communities", communities_file(tmp_path, "阳光花园1", "阳光花园2", "滨江苑"))
    assert rows(town, "select c.name from problems p join communities c on c.id = p.community_id") == [("滨江苑",)]


def test_what_is_told_of_a_row_names_its_cell(town: Engine, tmp_path: Path) -> None:
    rows_ = entry(1, abuttals_text="详见附图"), entry(2, division_text="无为市、无此街道、无此社区")
    report = take_in(town, "ledger", annex1(tmp_path, *rows_))
    told = {issue.code: issue.where.cell for issue in report.issues if issue.where.row}
    assert told["division_unknown"] == "D4"
    assert told["abuttals_unresolved"] == "E3"
    assert all(told.values())


def test_every_import_is_on_record_with_its_fingerprint_and_issues(town: Engine, tmp_path: Path) -> None:
    workbook = annex1(tmp_path, entry(1), entry(2, abuttals_text="详见附图"))
    report = take_in(town, "ledger", workbook)
    sha256 = hashlib.sha256(workbook.read_bytes()).hexdigest()
    query = "select kind, file_name, new, changed, same from import_batches where sha256 = '{}'"
    assert rows(town, query.format(sha256)) == [("ledger", "附件1.xlsx", 2, 0, 0)]
    stored = rows(town, "select i.message, i.sheet, i.row from import_issues i order by i.id")
    assert stored == [(issue.message, issue.where.sheet, issue.where.row) for issue in report.issues]
    assert stored


def test_uncovered_communities_and_coverage_follow_every_import(town: Engine, tmp_path: Path) -> None:
    reasons = "select name, reason from uncovered_communities order by 1, 2"
    assert rows(town, reasons) == [("阳光花园1", "spatial"), ("阳光花园2", "spatial")]
    take_in(town, "ledger", annex1(tmp_path, entry(1)), sample=True)
    assert rows(town, reasons) == [], "the sample's boundary is agreed at once, and both lie within"
    take_in(town, "ledger", annex1(tmp_path, entry(1, service_form=ServiceForm.NONE)))
    assert rows(town, reasons) == [("阳光花园1", "declared"), ("阳光花园2", "declared")]
    query = "select communities, covered, uncovered, declared, area_rows from coverage where id = 'county:340802'"
    assert rows(town, query) == [(2, 0, 2, 2, 1)]


def test_a_hostile_cell_is_only_text(town: Engine, tmp_path: Path) -> None:
    words = "'); drop table problems; -- \\N %s {} :x"
    take_in(town, "problems", annex2(tmp_path, problem(content=words)))
    assert rows(town, "select content from problems") == [(words,)]


def test_what_cannot_be_imported_is_refused_in_chinese(base: Engine, tmp_path: Path) -> None:
    workbook = annex1(tmp_path, entry(1))
    with pytest.raises(BadRequestError, match="不能导入“users”"):
        import_file(base, "users", [workbook], commit=True)
    with pytest.raises(NotFoundError, match="文件不存在"):
        import_file(base, "ledger", [tmp_path / "无.xlsx"], commit=True)
    with pytest.raises(TooLargeError, match="上限 0 MB"):
        import_file(base, "ledger", [workbook], commit=True, max_file_mb=0)


def test_long_work_tells_how_far_it_has_come(town: Engine, tmp_path: Path) -> None:
    told: list[tuple[str, int, int]] = []
    workbook = annex1(tmp_path, entry(1), entry(2))
    import_file(town, "ledger", [workbook], commit=False, progress=lambda *step: told.append(step))
    size = told[0][2]
    looked_at = [
        ("打开文件", size, size), ("读取台账", 4, 4), ("比对台账", 0, 2), ("比对台账", 2, 2),
        ("写入台账", 0, 2), ("写入台账", 2, 2),
        ("四至落图", 1, 2), ("四至落图", 2, 2), ("导入文件", 1, 1),
    ]  # fmt: skip
    assert told == looked_at, "figures of what is only looked at are not counted"
    told.clear()
    import_file(town, "ledger", [workbook], commit=True, progress=lambda *step: told.append(step))
    assert told == [*looked_at, ("更新统计", 0, 1), ("更新统计", 1, 1)]


def test_the_sample_is_loaded_once_and_nothing_is_touched_the_second_time(own_sample_engine: Engine) -> None:
    before = contents(own_sample_engine)
    assert load_sample(own_sample_engine) is False
    assert contents(own_sample_engine) == before
    with own_sample_engine.begin() as connection:
        connection.execute(text("update import_batches set sha256 = 'another file' where kind = 'ledger'"))
    drawn = rows(own_sample_engine, "select id, xmin::text from area_revisions order by id")
    assert load_sample(own_sample_engine) is True
    assert rows(own_sample_engine, "select id, xmin::text from area_revisions order by id") == drawn
    newest = "select new, changed from import_batches order by id desc limit 11"
    assert set(rows(own_sample_engine, newest)) == {(0, 0)}


def test_everything_of_the_sample_town_says_that_it_is_fictional(sample_engine: Engine) -> None:
    for table in ("places", "communities", "management_areas", "problems", "fire_lanes", "ebike_charging", "manholes"):
        assert rows(sample_engine, f"select distinct sample from {table}") == [(True,)]  # noqa: S608
    assert rows(sample_engine, "select count(*) from divisions where level = 'county' and geom is not null") == [(10,)]
    assert rows(sample_engine, "select distinct author, decided_by from area_revisions") == [("示例数据", "示例数据")]


@pytest.mark.parametrize(
    "name", ["阳光 花园（一期）物业管理区域", "Ａ区项目", "SOHO 项目", "项目", "", "\u3000滨江苑\n"]
)
def test_names_are_compared_alike_in_python_and_in_the_database(base: Engine, name: str) -> None:
    with base.connect() as connection:
        assert connection.scalar(text("select bare_name(:name)"), {"name": name}) == bare(name)


@given(
    places=st.lists(st.sampled_from(["甲", "乙", "丙"]), max_size=6),
    known=st.lists(st.sampled_from("甲乙"), max_size=4),
)
def test_every_row_gets_a_key_of_its_own_and_a_second_look_the_same_ones(places: list[str], known: list[str]) -> None:
    group = [Identity("迎江区|阳光花园", (street, "")) for street in places]
    stored = [
        Known(f"迎江区|阳光花园#{n}", Identity("迎江区|阳光花园", (street, ""))) for n, street in enumerate(known, 1)
    ]
    taken = {each.key for each in stored}
    keys = match(group, stored, certain=(same_place,), lone=(nowhere_contrary,), taken=taken)
    assert len(set(keys)) == len(keys) == len(places)
    known_now = [Known(*pair) for pair in zip(keys, group, strict=True)]
    again = match(group, known_now, certain=(same_place,), lone=(), taken=keys)
    assert again == keys


def test_a_drawing_beside_a_ledger_prevails_over_the_first_sentence(town: Engine, tmp_path: Path) -> None:
    facts = {"name": "阳光花园1", "county": "迎江区", "street": "宜城路街道", "neighborhood": "吴樾社区"}
    take_in(town, "areas", lonlat_file(tmp_path / "areas.geojson", (facts, square(20, 20, 300, 200))))
    take_in(town, "ledger", annex1(tmp_path, entry(1)))
    assert boundaries(town) == [(1, "draft", "imported")]
    assert rows(town, "select resolution_status from management_areas") == [("resolved",)]
