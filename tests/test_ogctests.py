"""OGC's tests of API – Features Part 1, as `ogctests` has them: all pass but two, which refuse what RFC 7946 asks."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Mapping
from pathlib import Path
from xml.etree import ElementTree

import pytest
from sqlalchemy import Engine, text

from gis_service.access import Role
from gis_service.api import create_app
from tests.web import PUBLISHED, SETTINGS, BearingFor, items_of, served

pytestmark = pytest.mark.database
ENVIRONMENT = Path(__file__).parents[1] / ".venv" / "ogctests"  # of its own: ogctests wants an older pytest and httpx
EVERYTHING = ("features/core",)
# Both hold every feature against a schema of GeoJSON that does not know `"geometry": null` (RFC 7946, 3.2). The
# judgement is in docs/conformance.md.
NO_NULL = {"test_ast22": "features/core/test_features.py", "test_ast28": "features/core/test_feature.py"}


def ogctests(address: object, folder: Path, scope: tuple[str, ...]) -> Mapping[str, str]:
    """What each test says: nothing where it passed, else why not."""
    python = ENVIRONMENT / "bin" / "python"
    if not python.exists():
        pytest.fail("没有 ogctests：请用 make test 运行，或先运行 sh scripts/bootstrap.sh dev")
    (suite,) = ENVIRONMENT.glob("lib/python*/site-packages/ogctests")
    report = folder / "report.xml"
    settings = folder / "pytest.ini"
    settings.write_text("[pytest]\n")  # else ours are found, where a warning, as of an empty collection, is an error
    asked = [str(suite / part) for part in scope]
    subprocess.run(
        [python, "-m", "pytest", "--quiet", "-c", settings, "-p", "no:cacheprovider", f"--junit-xml={report}", *asked],
        cwd=folder,
        env=os.environ | {"INSTANCE_URL": str(address).rstrip("/")},
        capture_output=True,
        timeout=900,
        check=False,
    )
    cases = ElementTree.parse(report).iter("testcase")  # noqa: S314 - written a moment ago by pytest
    return {case.attrib["name"]: "".join(bad.attrib.get("message", bad.tag) for bad in case) for case in cases}


@pytest.fixture
def located(own_sample_engine: Engine) -> Engine:
    """The sample town without those features that have no place."""
    with own_sample_engine.begin() as connection:
        connection.execute(text("alter table problem_facts disable trigger user"))  # which keeps what was once known
        nowhere = "in (select id from problems where geom is null)"
        connection.execute(text(f"delete from problem_facts where problem_id {nowhere}"))  # noqa: S608
        for table in ("divisions", "coverage", "problems"):
            connection.execute(text(f"delete from {table} where geom is null"))  # noqa: S608
        bare = "not in (select area_id from area_revisions)"
        connection.execute(text("alter table area_facts disable trigger user"))  # which keeps what was once known
        connection.execute(text(f"delete from area_facts where area_id {bare}"))  # noqa: S608
        connection.execute(text(f"delete from management_areas where id {bare}"))  # noqa: S608
        connection.execute(  # ogctests takes an empty layer for a fault
            text(
                "insert into area_revisions (area_id, number, state, origin, author, note, geom) "
                "select area_id, number + 1, 'draft', 'drawn', 'tests', '', geom from area_revisions r where number = "
                "(select max(number) from area_revisions where area_id = r.area_id) order by area_id limit 1"
            )
        )
    return own_sample_engine


def test_all_of_part_1_passes_but_what_refuses_features_without_a_place(sample_engine: Engine, tmp_path: Path) -> None:
    with served(BearingFor(create_app(sample_engine, SETTINGS), Role.PLANNER)) as web:
        told = ogctests(web.base_url, tmp_path, EVERYTHING)
    assert set(told) == {f"test_ast{number}" for number in range(1, 30)}
    wrong = {name: words for name, words in told.items() if words}
    assert set(wrong) == set(NO_NULL)
    for words in wrong.values():
        assert "None is not valid under any of the given schemas" in words


def test_where_every_feature_has_a_place_these_two_pass_as_well(located: Engine, tmp_path: Path) -> None:
    with served(BearingFor(create_app(located, SETTINGS), Role.PLANNER), role=None) as web:
        for layer in PUBLISHED:
            assert items_of(web, layer, filter="geometry IS NULL")["numberMatched"] == 0
            assert items_of(web, layer, limit=1)["numberReturned"] == 1
        told = ogctests(web.base_url, tmp_path, tuple(f"{file}::{name}" for name, file in NO_NULL.items()))
    assert told == dict.fromkeys(NO_NULL, "")
