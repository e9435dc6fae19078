"""Drawn boundaries in five kinds of files, in every datum, whole and damaged: looked at first, then kept as drafts."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import geopandas as gpd
import httpx
import pytest
from shapely import MultiPolygon, Polygon
from shapely.geometry.base import BaseGeometry
from sqlalchemy import Engine, text

from gis_service import crs
from tests.desk import CLERK, OFFICE, STRANGER, Seat, desk, geojson, rows_of, who
from tests.ground import lonlat, square
from tests.import_files import annex1, entry, rows, take_in

pytestmark = pytest.mark.database
NAMES = ("阳光花园", "翠湖小区")
PLOTS = [square(20, 20, 120, 120), square(140, 20, 240, 120)]
EPSG = 4548


@pytest.fixture(scope="module")
def client(engine: Engine, tmp_path_factory: pytest.TempPathFactory) -> Iterator[httpx.Client]:
    rows_of(engine, tmp_path_factory.mktemp("ground"), "四周为空地")
    with desk(engine) as client:
        yield client


@pytest.fixture(autouse=True)
def _two_areas(engine: Engine, tmp_path: Path) -> None:
    with engine.begin() as connection:
        connection.execute(text("truncate management_areas cascade"))
    named = [entry(at, area_name=name, community_names=(), abuttals_text="") for at, name in enumerate(NAMES, 1)]
    take_in(engine, "ledger", annex1(tmp_path, *named))


def frame(shapes: list[BaseGeometry], system: object = 4490, column: str = "name") -> gpd.GeoDataFrame:
    return gpd.GeoDataFrame({column: list(NAMES[: len(shapes)])}, geometry=shapes, crs=system)


def degrees() -> list[BaseGeometry]:
    return [lonlat(plot) for plot in PLOTS]


def metric() -> list[BaseGeometry]:
    return [crs.to_metric(shape, EPSG) for shape in degrees()]


def as_geojson(_folder: Path) -> bytes:
    features = [
        {"type": "Feature", "properties": {"名称": name}, "geometry": geojson(shape)}
        for name, shape in zip(NAMES, degrees(), strict=True)
    ]
    return json.dumps({"type": "FeatureCollection", "features": features}, ensure_ascii=False).encode()


def as_geopackage(folder: Path) -> bytes:
    frame(metric(), EPSG).to_file(folder / "a.gpkg", layer="边界")
    return (folder / "a.gpkg").read_bytes()


def zipped(folder: Path, stem: str, *parts: str) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for part in parts:
            archive.write(folder / f"{stem}{part}", f"交付/{stem}{part}")
    return packed.getvalue()


def as_gbk_shapefile(folder: Path) -> bytes:
    frame(metric(), EPSG).to_file(folder / "边界.shp", encoding="GBK")
    return zipped(folder, "边界", ".shp", ".shx", ".dbf", ".prj")  # no .cpg: nothing says that it is GBK


def as_utf8_shapefile(folder: Path) -> bytes:
    frame(degrees()).to_file(folder / "a.shp", encoding="UTF-8")
    return zipped(folder, "a", ".shp", ".shx", ".dbf", ".prj", ".cpg")


def as_kml(folder: Path) -> bytes:
    frame(degrees(), 4326, "Name").to_file(folder / "a.kml", driver="KML")
    return (folder / "a.kml").read_bytes()


def dxf(shapes: list[BaseGeometry], names: tuple[str, ...] = NAMES) -> bytes:
    """Closed polylines with a text inside each, as a drawing office sends them (code page GBK)."""
    pairs: list[tuple[int, object]] = [(0, "SECTION"), (2, "HEADER"), (9, "$DWGCODEPAGE"), (3, "ANSI_936")]
    pairs += [(0, "ENDSEC"), (0, "SECTION"), (2, "ENTITIES")]
    for shape, name in zip(shapes, names, strict=True):
        assert isinstance(shape, Polygon)
        points = list(shape.exterior.coords)[:-1]
        pairs += [(0, "LWPOLYLINE"), (8, "红线"), (90, len(points)), (70, 1)]
        pairs += [pair for x, y in points for pair in ((10, x), (20, y))]
        inside = shape.representative_point()
        pairs += [(0, "TEXT"), (8, "注记"), (10, inside.x), (20, inside.y), (30, 0.0), (40, 5.0), (1, name)]
    pairs += [(0, "LINE"), (8, "辅助"), (10, 0.0), (20, 0.0), (11, 1.0), (21, 1.0), (0, "ENDSEC"), (0, "EOF")]
    return "".join(f"{code:>3}\r\n{value}\r\n" for code, value in pairs).encode("gbk")


def as_dxf(_folder: Path) -> bytes:
    return dxf(metric())


def send(client: httpx.Client, content: bytes, system: str = "file", reader: Any = CLERK) -> httpx.Response:
    return client.post(
        "/boundaries/imports",
        files={"file": ("../../边界.zip", content)},
        data={"system": system},
        headers=who(reader),
    )


def previewed(client: httpx.Client, content: bytes, system: str = "file") -> dict[str, Any]:
    answer = send(client, content, system)
    assert answer.status_code == 201, answer.text
    told: dict[str, Any] = answer.json()
    return told


@pytest.mark.parametrize(
    ("make", "form", "system", "said"),
    [
        (as_geojson, "GeoJSON", "file", "EPSG:4326"),
        (as_geopackage, "GeoPackage", "file", "EPSG:4548"),
        (as_gbk_shapefile, "Shapefile", "file", "EPSG:4548"),
        (as_utf8_shapefile, "Shapefile", "file", "EPSG:4490"),
        (as_kml, "KML", "file", "EPSG:4326"),
        (as_dxf, "DXF", "4548", "EPSG:4548"),
    ],
)
def test_a_drawing_is_looked_at_then_kept(
    client: httpx.Client,
    engine: Engine,
    tmp_path: Path,
    make: Callable[[Path], bytes],
    form: str,
    system: str,
    said: str,
) -> None:
    told = previewed(client, make(tmp_path), system)
    assert (told["format"], told["system"]) == (form, said)
    assert [row["area"] and row["area"]["name"] for row in told["rows"]] == list(NAMES)
    assert [row["area_m2"] for row in told["rows"]] == pytest.approx([10_000, 10_000], rel=1e-3)
    corner = degrees()[0].bounds
    assert corner[0] - 1e-6 <= told["rows"][0]["lonlat"][0] <= corner[2] + 1e-6
    assert rows(engine, "select count(*) from area_revisions") == [(0,)], "nothing is kept before it is asked for"
    seat = Seat(client, CLERK)
    body = {"rows": [{"n": row["n"]} for row in told["rows"]]}
    answer = seat.send("POST", f"/boundaries/imports/{told['token']}/commit", body)
    assert answer.status_code == 200, answer.text
    kept = seat.look(answer.json()["drafted"][0])
    assert (kept["state"], kept["working"]["origin"], kept["working"]["author"]) == ("drafted", "imported", "clerk")
    assert said in kept["working"]["note"]
    gone = seat.send("POST", f"/boundaries/imports/{told['token']}/commit", body)
    assert gone.status_code == 404, "a preview is kept once"


@pytest.mark.parametrize(("system", "shift"), [("GCJ-02", crs.to_gcj02), ("BD-09", crs.to_bd09)])
def test_a_shifted_drawing_comes_back_to_its_ground(
    client: httpx.Client, system: str, shift: Callable[[BaseGeometry], BaseGeometry]
) -> None:
    shifted = shift(degrees()[0])
    content = json.dumps({"type": "Feature", "properties": {"name": NAMES[0]}, "geometry": geojson(shifted)}).encode()
    (row,) = previewed(client, content, system)["rows"]
    wanted = degrees()[0].exterior.coords[0]  # type: ignore[attr-defined]
    assert row["lonlat"] == pytest.approx(wanted, abs=2e-7)
    away = abs(row["written"][0] - row["lonlat"][0]) * 96_000
    assert 300 < away < 1500, "metres by which the datum is off here"


def test_an_easting_with_the_zone_number_before_it_is_understood(client: httpx.Client) -> None:
    (row, _) = previewed(client, dxf([crs.to_metric(shape, 4527) for shape in degrees()]), "4527")["rows"]
    assert row["written"][0] > 39_000_000
    assert row["lonlat"] == pytest.approx(degrees()[0].exterior.coords[0], abs=1e-3)  # type: ignore[attr-defined]


def test_a_file_that_does_not_say_its_system_is_not_guessed(client: httpx.Client) -> None:
    answer = send(client, dxf(metric()))
    assert answer.status_code == 422
    assert "3 度带" in answer.json()["detail"]
    answer = send(client, dxf(metric()), "GCJ-02")
    assert answer.status_code == 422
    assert "坐标系" in answer.json()["detail"]


def test_a_damaged_row_is_told_with_its_place_and_the_others_are_kept(client: httpx.Client) -> None:
    tie = lonlat(Polygon([(0, 0), (100, 100), (100, 0), (0, 100)]))
    features = [
        {"type": "Feature", "properties": {"name": NAMES[0]}, "geometry": geojson(tie)},
        {"type": "Feature", "properties": {"name": NAMES[1]}, "geometry": geojson(degrees()[1])},
        {"type": "Feature", "properties": {"name": "没有图形"}, "geometry": None},
        {"type": "Feature", "properties": {"name": "不在册"}, "geometry": geojson(lonlat(square(300, 0, 340, 40)))},
    ]
    told = previewed(client, json.dumps({"type": "FeatureCollection", "features": features}).encode())
    assert told["counts"] == {"features": 4, "matched": 2, "unmatched": 2, "damaged": 2}
    assert told["issues"][0]["message"].startswith("第 1 个要素“阳光花园”：自相交于 117.0")
    assert told["rows"][3]["why"] == "没有叫这个名称的区域"
    seat, address = Seat(client, CLERK), f"/boundaries/imports/{told['token']}/commit"
    assert seat.send("POST", address, {"rows": [{"n": 1}]}).status_code == 422
    assert seat.send("POST", address, {"rows": [{"n": 4}]}).status_code == 400
    assert seat.send("POST", address, {"rows": [{"n": 9}]}).status_code == 400
    twice = {"rows": [{"n": 2}, {"n": 4, "area_id": told["rows"][1]["area"]["id"]}]}
    assert seat.send("POST", address, twice).status_code == 409
    chosen = {"rows": [{"n": 2}, {"n": 4, "area_id": told["rows"][0]["area"]["id"]}]}
    assert seat.send("POST", address, chosen).status_code == 200


def test_a_row_that_somebody_changed_meanwhile_is_not_overwritten(client: httpx.Client, tmp_path: Path) -> None:
    told = previewed(client, as_geojson(tmp_path))
    office, area = Seat(client, OFFICE), told["rows"][0]["area"]["id"]
    office.look(area)
    office.do(area, "draft", geometry=geojson(lonlat(square(20, 20, 90, 90))))
    seat = Seat(client, CLERK)
    body = {"rows": [{"n": 1}, {"n": 2}]}
    answer = seat.send("POST", f"/boundaries/imports/{told['token']}/commit", body)
    assert answer.status_code == 412
    assert seat.look(told["rows"][1]["area"]["id"])["history"] == [], "all rows, or none"


def test_a_preview_is_for_whoever_uploaded_it(client: httpx.Client, tmp_path: Path) -> None:
    told = previewed(client, as_geojson(tmp_path))
    address = f"/boundaries/imports/{told['token']}"
    assert Seat(client, CLERK).ask(address)["counts"] == told["counts"]
    assert client.get(address, headers=who(OFFICE)).status_code == 404
    assert send(client, as_geojson(tmp_path), reader=STRANGER).json()["rows"][0]["area"]["may_edit"] is False


def packed(*members: tuple[str, bytes]) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members:
            archive.writestr(name, content)
    return file.getvalue()


KML = b'<?xml version="1.0"?><kml xmlns="http://www.opengis.net/kml/2.2"><Document>%s</Document></kml>'
REFUSED = [
    (b"", 422, "认不出"),
    (b"hello", 422, "认不出"),
    (b'{"type": "FeatureCollection", "features": [', 422, "第 1 行"),
    (b'{"type": "FeatureCollection", "features": []}', 422, "没有任何要素"),
    (b'{"type": "FeatureCollection", "features": [1]}', 422, "第 1 个要素"),
    (b'{"type": "Feature", "geometry": {"type": "Polygon", "coordinates": [[[1,2]]]}}', 422, "第 1 个要素"),
    (b'{"type": "FeatureCollection", "features": [%s]}' % b",".join([b"{}"] * 2001), 413, "2000"),
    (KML % b"<Placemark>", 422, "写法有误，在第 1 行"),
    (b'<!DOCTYPE kml [<!ENTITY x SYSTEM "file:///etc/passwd">]><kml>&x;</kml>', 422, "DOCTYPE"),
    (b"<OGRVRTDataSource><OGRVRTLayer name='x'/></OGRVRTDataSource>", 422, "不是 KML"),
    (b"SQLite format 3\x00" + b"\x00" * 200, 422, "GeoPackage"),
    (b"  0\nSECTION\n  2\nENTITIES\n  0\nEOF\n", 422, "DXF"),
    (b"PK\x03\x04" + b"\x00" * 50, 422, "zip"),
    (packed(("a.txt", b"x")), 422, "应有一个 .shp"),
    (packed(("a.shp", b"x"), ("b.shp", b"x")), 422, "应有一个 .shp"),
    (packed(("a.shp", b"x"), ("a.dbf", b"x")), 422, "Shapefile"),
    (packed(*((f"{number}.txt", b"") for number in range(80))), 413, "80 个文件"),
    (packed(("../../etc/a.shp", b"\x00" * 50_000_000)), 413, "过大"),
]


@pytest.mark.filterwarnings("ignore::RuntimeWarning")  # what GDAL says of such a file on the way
@pytest.mark.parametrize(("content", "status", "words"), REFUSED, ids=[words for _, _, words in REFUSED])
def test_a_file_that_is_damaged_or_means_harm_is_refused_with_its_place(
    client: httpx.Client, content: bytes, status: int, words: str
) -> None:
    answer = send(client, content, "4548")
    assert answer.status_code == status, answer.text
    assert words in answer.json()["detail"]


def test_too_many_vertices_are_refused(client: httpx.Client) -> None:
    ring = [[117 + (number % 2) * 1e-3, 30 + number * 1e-6] for number in range(20_001)]
    shape = {"type": "Polygon", "coordinates": [[*ring, ring[0]]]}
    answer = send(client, json.dumps({"type": "Feature", "properties": {}, "geometry": shape}).encode())
    assert answer.status_code == 413
    assert "顶点" in answer.json()["detail"]


def test_a_form_without_a_file_and_an_unknown_system_are_refused(client: httpx.Client, tmp_path: Path) -> None:
    assert client.post("/boundaries/imports", json={}, headers=who(CLERK)).status_code == 415
    none = client.post("/boundaries/imports", files={"other": ("a", b"x")}, headers=who(CLERK))
    assert none.status_code == 400
    assert send(client, as_geojson(tmp_path), "EPSG:9999").status_code == 400


def test_several_parts_and_holes_arrive_whole(client: httpx.Client) -> None:
    holed = lonlat(square(0, 0, 100, 100).difference(square(40, 40, 60, 60)))
    both = MultiPolygon([holed, lonlat(square(150, 0, 200, 50))])  # type: ignore[list-item]
    content = json.dumps({"type": "Feature", "properties": {"name": NAMES[0]}, "geometry": geojson(both)}).encode()
    (row,) = previewed(client, content)["rows"]
    assert row["area_m2"] == pytest.approx(10_000 - 400 + 2_500, rel=1e-3)
