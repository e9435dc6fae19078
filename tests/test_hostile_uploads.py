"""Files that mean harm, sent through every door: entities, bombs, millions of vertices, coordinates that are none."""

from __future__ import annotations

import io
import json
import re
import time
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from fastapi import FastAPI
from sqlalchemy import Engine

from gis_service.access import Role
from gis_service.api import create_app
from gis_service.ledger import limits
from tests.drives import DRIVES
from tests.ledger_files import sheet_of_rows, with_sheet_xml
from tests.town import ANY, OWN, Town, inhabited
from tests.web import SETTINGS, bearing

pytestmark = [pytest.mark.database, pytest.mark.filterwarnings("ignore::RuntimeWarning")]  # what GDAL says of some
STATUS = Path("/proc/self/status")
MEGABYTE = 1 << 20
CITY = "city"
KML = '<?xml version="1.0"?>{}<kml xmlns="http://www.opengis.net/kml/2.2"><Document>{}</Document></kml>'
MARK = (
    "<Placemark><name>{}</name><Polygon><outerBoundaryIs><LinearRing><coordinates>{}</coordinates></LinearRing>"
    "</outerBoundaryIs></Polygon></Placemark>"
)
RING = "117,30 117.001,30 117.001,30.001 117,30"
LAUGHS = (
    '<!DOCTYPE kml [<!ENTITY a0 "哈">' + "".join(f'<!ENTITY a{n} "{f"&a{n - 1};" * 10}">' for n in range(1, 10)) + "]>"
)


@pytest.fixture(scope="module")
def app(own_sample_engine: Engine) -> FastAPI:
    return create_app(own_sample_engine, SETTINGS)


@pytest.fixture(scope="module")
def town(app: FastAPI, own_sample_engine: Engine) -> Iterator[Town]:
    with inhabited(app, own_sample_engine) as town:
        yield town


def drawing(town: Town, content: bytes | str, name: str = "边界") -> httpx.Response:
    content = content.encode() if isinstance(content, str) else content
    return town.client.post("/boundaries/imports", files={"file": (name, content)}, headers=bearing(Role.CITY))


def ledger(town: Town, content: bytes) -> list[dict[str, Any]]:
    """What the preview of a ledger finds wrong with it."""
    form = {"file": ("附件1.xlsx", content)}
    sent = town.client.post("/ledgers/imports", files=form, headers=bearing(Role.CITY))
    assert sent.status_code == 202, sent.text
    for _ in range(1500):
        told = town.client.get(sent.headers["location"], headers=bearing(Role.CITY)).json()
        if told["state"] != "previewing":
            issues: list[dict[str, Any]] = told["report"]["issues"]
            return issues
        time.sleep(0.2)
    pytest.fail("no end")


def timed(town: Town, content: bytes) -> tuple[float, list[dict[str, Any]]]:
    """How long the preview of a ledger takes on this machine, and what it finds."""
    started = time.monotonic()
    found = ledger(town, content)
    return time.monotonic() - started, found


class Memory:
    """How many megabytes this process, the server in it, needed at its height."""

    def __enter__(self) -> Memory:
        if not STATUS.exists():
            pytest.skip("no /proc on this machine")
        Path("/proc/self/clear_refs").write_text("5", encoding="ascii")
        self.before, self.grown = self._megabytes("VmRSS"), 0
        return self

    def __exit__(self, *_: object) -> None:
        self.grown = self._megabytes("VmHWM") - self.before

    def _megabytes(self, name: str) -> int:
        found = re.search(rf"{name}:\s+(\d+) kB", STATUS.read_text(encoding="ascii"))
        assert found
        return int(found[1]) >> 10


def packed(name: str, size: int, *others: tuple[str, bytes]) -> bytes:
    """A zip with a member of so many zeros."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        with archive.open(name, "w") as member:
            for _ in range(size // MEGABYTE):
                member.write(bytes(MEGABYTE))
        for other, content in others:
            archive.writestr(other, content)
    return file.getvalue()


# entities


def test_an_external_entity_in_kml_reads_no_file_of_the_server(town: Town, tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("秘密", encoding="utf-8")
    doctype = f'<!DOCTYPE kml [<!ENTITY x SYSTEM "{(tmp_path / "secret").as_uri()}">]>'
    answer = drawing(town, KML.format(doctype, MARK.format("&x;", RING)))
    assert (answer.status_code, "DOCTYPE" in answer.json()["detail"]) == (422, True)
    assert "秘密" not in answer.text


def test_entities_that_grow_are_not_unfolded_in_kml(town: Town) -> None:
    with Memory() as memory:
        answer = drawing(town, KML.format(LAUGHS, MARK.format("&a9;", RING)))
    assert (answer.status_code, "DOCTYPE" in answer.json()["detail"]) == (422, True)
    assert memory.grown < 100


@pytest.mark.parametrize("doctype", ['<!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/passwd">]>', LAUGHS])
def test_entities_in_a_ledger_are_neither_read_nor_unfolded(town: Town, tmp_path: Path, doctype: str) -> None:
    with_sheet_xml(tmp_path / "a.xlsx", [doctype, *sheet_of_rows([])])
    issues = ledger(town, (tmp_path / "a.xlsx").read_bytes())
    assert [(one["code"], "DOCTYPE" in one["message"]) for one in issues] == [("file_damaged", True)]


# bombs


def test_a_zipped_shapefile_is_unpacked_no_further_than_it_may_hold(town: Town) -> None:
    bomb = packed("a.shp", 1024 * MEGABYTE, ("a.dbf", b""), ("a.shx", b""))
    assert len(bomb) < 2 * MEGABYTE
    with Memory() as memory:
        answer = drawing(town, bomb, "边界.zip")
    assert (answer.status_code, "过大" in answer.json()["detail"]) == (413, True)
    assert memory.grown < 150


def test_an_honest_zip_that_unpacks_to_too_much_is_refused_too(town: Town) -> None:
    """Thirty times its size is what a file may unpack to; a large one is stopped by what it may hold."""
    noise = packed("a.shp", 200 * MEGABYTE, ("a.cpg", bytes(range(256)) * 4 * 10_000))
    answer = drawing(town, noise, "边界.zip")
    assert answer.status_code == 413


@pytest.mark.parametrize("part", ["xl/worksheets/sheet1.xml", "xl/sharedStrings.xml", "xl/styles.xml"])
def test_a_ledger_that_is_a_bomb_is_refused_with_the_limit(town: Town, part: str) -> None:
    members = [
        ("[Content_Types].xml", b"<Types/>"),
        ("xl/workbook.xml", b'<workbook><sheets><sheet name="a" sheetId="1"/></sheets></workbook>'),
        ("xl/worksheets/sheet1.xml", b"<worksheet><sheetData/></worksheet>"),
    ]
    bomb = packed(part, 1024 * MEGABYTE, *(one for one in members if one[0] != part))
    assert len(bomb) < 2 * MEGABYTE
    ordinary_s, _ = timed(town, packed("a.txt", 1, *members))
    needed_s, issues = timed(town, bomb)
    assert issues
    assert {one["code"] for one in issues} <= {"file_too_large", "file_damaged"}
    assert needed_s < 20 + 10 * ordinary_s, "refused, not read to its end"
    assert limits.MAX_SHEET_BYTES < 1024 * MEGABYTE


# millions of vertices


def ten_million() -> Iterator[bytes]:
    """A polygon of ten million vertices, piece by piece."""
    yield b'{"type":"Feature","properties":{},"geometry":{"type":"Polygon","coordinates":[['
    for _ in range(1_000):
        yield b"[1,2]," * 10_000
    yield b"[1,2]]]}}"


def test_a_polygon_of_ten_million_vertices_is_refused_before_it_costs_memory(town: Town) -> None:
    """Streamed, so that the client holds nothing of it either; the server keeps the text and counts."""
    around = [b'--x\r\nContent-Disposition: form-data; name="file"; filename="a.geojson"\r\n\r\n', b"\r\n--x--\r\n"]
    size = sum(map(len, ten_million())) + sum(map(len, around))

    def body() -> Iterator[bytes]:
        yield around[0]
        yield from ten_million()
        yield around[1]

    headers = {
        **bearing(Role.CITY),
        "Content-Type": "multipart/form-data; boundary=x",
        "Content-Length": str(size),
    }
    with Memory() as memory:
        answer = town.client.post("/boundaries/imports", content=body(), headers=headers)
    assert answer.status_code == 413, answer.text
    assert "顶点超过 300000 个" in answer.json()["detail"]
    assert memory.grown < 250, "parsed it would be more than a gigabyte"


@pytest.mark.parametrize("what", ["draft", "checks"])
def test_a_body_of_ten_million_vertices_is_refused_while_it_comes(town: Town, what: str) -> None:
    area = town.area(OWN)
    method = "PUT" if what == "draft" else "POST"
    with Memory() as memory:
        answer = town.client.request(
            method, f"/boundaries/areas/{area}/{what}", content=ten_million(), headers={**bearing(Role.CITY), **ANY}
        )
    assert (answer.status_code, "16 MB" in answer.json()["detail"]) == (413, True)
    assert memory.grown < 100


def test_half_a_million_vertices_in_a_small_body_are_counted_before_they_are_read(town: Town) -> None:
    body = b'{"geometry":{"type":"Polygon","coordinates":[[' + b"[1,2]," * 500_000 + b"[1,2]]]}}"
    area = town.area(OWN)
    for path in (f"/boundaries/areas/{area}/draft", f"/collections/boundary_drafts/items/{area}"):
        headers = {**bearing(Role.CITY), **ANY, "Content-Type": "application/geo+json"}
        answer = town.client.put(path, content=body, headers=headers)
        assert (answer.status_code, "顶点超过 300000 个" in answer.json()["detail"]) == (413, True), path


@pytest.mark.parametrize("form", ["kml", "dxf", "shp"])
def test_other_forms_of_drawing_are_counted_too(town: Town, form: str) -> None:
    number = 400_000
    content: bytes | str
    if form == "kml":
        content = KML.format("", MARK.format("a", "1,2 " * number))
    elif form == "dxf":
        vertices = "10\n1.0\n20\n2.0\n" * number
        content = f"  0\nSECTION\n  2\nENTITIES\n0\nLWPOLYLINE\n90\n{number}\n{vertices}0\nENDSEC\n0\nEOF\n"
    else:
        content = packed("a.shp", 70 * MEGABYTE, ("a.cpg", bytes(range(256)) * 12_000))
    answer = drawing(town, content, f"a.{form}")
    assert answer.status_code == 413, answer.text
    assert re.search("顶点超过|过大", answer.json()["detail"])


# coordinates that are none


NONE = ("NaN", "Infinity", "-Infinity", "1e999", "181", "-200.5", "1e300", '"117"', "null", "[]", "true")
SHAPED = [key for key in DRIVES if re.search(r"checks|draft|split|imports$|boundary_drafts|items", key[1])]
SHAPED = [key for key in SHAPED if key[0] != "DELETE" and "ledgers" not in key[1]]


@pytest.mark.parametrize("key", SHAPED, ids=[f"{method} {path}" for method, path in SHAPED])
def test_a_coordinate_that_is_none_is_refused_at_every_door(town: Town, key: tuple[str, str]) -> None:
    town.put_down()
    headers = bearing(Role.CITY)
    method, path, more = DRIVES[key](town, OWN, headers)
    if key[0] == "PATCH":
        shape = town.shape(int(path.rsplit("/", 1)[1]))
        more = {**more, "content": json.dumps({"geometry": shape})}
    for value in NONE:
        before = town.kept()
        sent = {**more, "headers": {**headers, **ANY, **more.get("headers", {})}}
        if "files" in sent:
            name, content = sent["files"]["file"]
            sent["files"] = {"file": (name, spoiled(content.decode(), value).encode())}
        else:
            body = sent.pop("json", None)
            sent["content"] = spoiled(json.dumps(body) if body is not None else sent["content"], value)
        answer = town.client.request(method, path, **sent)
        assert 400 <= answer.status_code < 500, f"{value}: {answer.status_code} {answer.text[:300]}"
        assert re.search("[一-鿿]", answer.json()["detail"])
        assert town.kept() == before


def spoiled(text: str, value: str) -> str:
    """The JSON with another first number in its first position."""
    changed, times = re.subn(r"(\[\s*)-?\d+\.\d+(\s*,)", rf"\g<1>{value}\g<2>", text, count=1)
    assert times == 1, text[:200]
    return changed


def reported(town: Town, **told: str) -> httpx.Response:
    form = {name: (None, value) for name, value in {**town.place(OWN), **told}.items()}
    return town.client.post("/problems", files=form, headers=bearing(Role.CITY))


@pytest.mark.parametrize("value", ["NaN", "inf", "-inf", "1e999", "181", "abc", "", "90.5,3", "1_0"])
@pytest.mark.parametrize("name", ["lon", "lat"])
def test_a_report_from_nowhere_is_refused(town: Town, name: str, value: str) -> None:
    answer = reported(town, **{name: value})
    assert answer.status_code == 400, answer.text
    assert re.search("位置|经纬度", answer.json()["detail"])


@pytest.mark.parametrize("lat", ["90", "-90", "86", "-89.9999"])
def test_a_report_from_where_no_map_reaches_is_refused(town: Town, lat: str) -> None:
    answer = reported(town, lat=lat)
    assert answer.status_code == 400, answer.text


@pytest.mark.parametrize("category", ["0", "-1", "1.5", "0001999999999999", "1" * 400, "①", "100"])
def test_a_category_that_is_none_is_refused(town: Town, category: str) -> None:
    answer = reported(town, category=category)
    assert (answer.status_code, "category" in answer.json()["detail"]) == (400, True), answer.text
