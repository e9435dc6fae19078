"""The interface description holds of what writes and of what the desks read, whatever schemathesis sends."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from sqlalchemy import Engine, text

from gis_service.access import Role
from gis_service.api import create_app
from tests.test_contract import READ
from tests.web import SETTINGS, served

pytestmark = pytest.mark.database
WRITING = ("post", "put", "patch", "delete")


@pytest.fixture(scope="module")
def city(own_sample_engine: Engine) -> Iterator[httpx.Client]:
    """The sample town, for this module alone, served to somebody who may write everywhere."""
    with served(create_app(own_sample_engine, SETTINGS), Role.CITY) as client:
        yield client


def described(city: httpx.Client) -> dict[str, dict[str, Any]]:
    """What is described of every address that writes, and of all that the desks read."""
    paths = city.get("/api").json()["paths"]
    found = {path: {way: told for way, told in ways.items() if is_asked(path, way)} for path, ways in paths.items()}
    return {path: ways for path, ways in found.items() if ways}


def is_asked(path: str, way: str) -> bool:
    return way in WRITING or (way == "get" and not READ.search(path))


def asked(city: httpx.Client, folder: Path) -> tuple[dict[str, Any], str]:
    """What schemathesis reports, and its own words; the same requests each time."""
    report, description = folder / "report.json", folder / "openapi.json"
    told = city.get("/api").json() | {"paths": described(city)}
    description.write_text(json.dumps(told), encoding="utf-8")
    program = [
        *(sys.executable, "-m", "schemathesis.cli", "run", str(description), "--no-color"),
        *("--url", str(city.base_url).rstrip("/"), "--header", f"Authorization: {city.headers['authorization']}"),
        *("--header", "If-Match: *", "--phases", "examples,coverage,fuzzing", "--mode", "all", "--workers", "1"),
        *("--continue-on-failure", "--checks"),
        "not_a_server_error,status_code_conformance,content_type_conformance,response_schema_conformance",
        *("--max-examples", "12", "--seed", "20230715", "--generation-database", "none", "--no-shrink"),
        *("--suppress-health-check", "all", "--request-timeout", "60", "--report", "json"),
        *("--report-json-path", str(report), "--warnings", "off"),
    ]
    ran = subprocess.run(program, cwd=folder, capture_output=True, text=True, timeout=1500, check=False)
    assert report.exists(), ran.stdout + ran.stderr
    found: dict[str, Any] = json.loads(report.read_text(encoding="utf-8"))
    return found, ran.stdout


def test_what_writes_and_what_the_desks_read_answer_as_described_whatever_they_are_sent(
    city: httpx.Client, own_sample_engine: Engine, tmp_path: Path
) -> None:
    told, words = asked(city, tmp_path)
    operations = sum(len(ways) for ways in described(city).values())
    assert operations > 60
    assert told["errors"] == [], words
    assert told["operations"]["tested"] == operations, words
    assert told["test_cases"]["generated"] > 1500
    assert told["failures"] == [], words
    with own_sample_engine.connect() as connection:
        twice = (
            "select area_id from area_revisions where state = 'approved' and effective_to is null"
            " group by 1 having count(*) > 1"
        )
        assert connection.execute(text(twice)).all() == [], "one agreed boundary of an area, whatever came"
