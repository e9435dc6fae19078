"""The interface description holds: schemathesis asks what it promises and forbids of all that is read."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from sqlalchemy import Engine

from gis_service.api import create_app
from tests.web import PUBLISHED, SETTINGS, served

pytestmark = pytest.mark.database
# Layers differ in their addresses of features and files by their fields alone: these three have a history, features
# without a place, every kind of column. What each of the others promises is asked in test_ogc.py.
ASKED = ("management_areas", "problems", "places")
LEFT_OUT = re.compile(f"^/collections/({'|'.join(one for one in PUBLISHED if one not in ASKED)})/(items|export)$")
# What is read of the published layers; what the desks read and all that writes is asked in test_contract_desks.py.
READ = re.compile("^/(|conformance|api|healthz|(collections|tileMatrixSets|coverage)(/.*)?)$")
# OGC API – Features, 7.15.2: a limit above the maximum is no error, the maximum is taken
ABOVE_THE_MOST = "Invalid component: parameter `limit` in query - limit: Value greater than maximum"


@pytest.fixture
def writable(own_sample_engine: Engine) -> Iterator[httpx.Client]:
    """The sample town, served, to be written to."""
    with served(create_app(own_sample_engine, SETTINGS)) as client:
        yield client


def is_asked(path: str, ways: dict[str, Any]) -> bool:
    return "get" in ways and READ.search(path) is not None and LEFT_OUT.search(path) is None


def schemathesis(web: httpx.Client, folder: Path) -> tuple[dict[str, Any], str]:
    """What schemathesis reports of the service, and its own words; the same requests each time."""
    report, description = folder / "report.json", folder / "openapi.json"
    told = web.get("/api").json()
    told["paths"] = {path: {"get": ways["get"]} for path, ways in told["paths"].items() if is_asked(path, ways)}
    description.write_text(json.dumps(told), encoding="utf-8")
    program = [
        *(sys.executable, "-m", "schemathesis.cli", "run", str(description), "--no-color"),
        *("--url", str(web.base_url).rstrip("/"), "--header", f"Authorization: {web.headers['authorization']}"),
        *("--phases", "examples,coverage,fuzzing", "--mode", "all", "--workers", "1", "--continue-on-failure"),
        # any text is a valid `filter` to OpenAPI, but not to CQL2: to be refused is no fault
        *("--checks", "all", "--exclude-checks"),
        "positive_data_acceptance,unsupported_method,allow_header_conformance",  # others write at these addresses
        *("--max-examples", "8", "--seed", "20230715", "--generation-database", "none", "--no-shrink"),
        *("--suppress-health-check", "all", "--request-timeout", "30", "--report", "json"),
        *("--report-json-path", str(report), "--warnings", "off"),
    ]
    ran = subprocess.run(program, cwd=folder, capture_output=True, text=True, timeout=1500, check=False)
    assert report.exists(), ran.stdout + ran.stderr
    found: dict[str, Any] = json.loads(report.read_text(encoding="utf-8"))
    return found, ran.stdout


def test_what_is_read_answers_as_described_whatever_it_is_asked(writable: httpx.Client, tmp_path: Path) -> None:
    told, words = schemathesis(writable, tmp_path)
    described = writable.get("/api").json()["paths"]
    asked = sum(is_asked(path, ways) for path, ways in described.items())
    assert told["errors"] == [], words
    assert told["operations"]["tested"] == asked, words
    assert told["test_cases"]["generated"] > 1500
    refused = re.findall("Invalid component: .*", words)
    assert {one["type"] for one in told["failures"]} <= {"AcceptedNegativeData"}, words
    assert set(refused) <= {ABOVE_THE_MOST}, words
    assert len(refused) == told["test_cases"]["unique_failures"], words
