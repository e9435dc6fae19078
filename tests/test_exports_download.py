"""Layers downloaded over HTTP: every format whole, named in Chinese, bounded, and nothing left behind."""

from __future__ import annotations

import csv
import http.client
import io
import json
import re
import tempfile
import zipfile
from pathlib import Path
from urllib.parse import unquote

import httpx
import pyogrio
import pytest
from sqlalchemy import Engine, text

from gis_service.api import create_app
from gis_service.exports import FORMATS
from gis_service.settings import Settings
from tests.export_files import FILES, NO_CRS_WARNING, opened
from tests.lines import eventually, in_use
from tests.web import refusal, served

pytestmark = [pytest.mark.database, pytest.mark.filterwarnings(NO_CRS_WARNING)]
NARROW = Settings(database_url=None, max_export_features=5, max_exports=1)


@pytest.fixture(autouse=True)
def scratch(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where temporary files of this process go, so that a test sees what is left of them."""
    folder = tmp_path / "scratch"
    folder.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(folder))
    return folder


def emptied(folder: Path) -> bool:
    """True once nothing is left in the folder; the file goes after the last byte is sent."""
    return eventually(lambda: not list(folder.iterdir()))


@pytest.mark.parametrize("form", FILES)
def test_every_format_is_downloaded_whole_and_nothing_stays_behind(
    web: httpx.Client, sample_engine: Engine, tmp_path: Path, scratch: Path, form: str
) -> None:
    answer = web.get(
        "/collections/manholes/export", params={"f": form, "crs": "4548"} if form != "kml" else {"f": form}
    )
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"].split(";")[0] == FORMATS[form].media_type
    assert answer.headers["content-crs"].endswith("/CRS84>" if form == "kml" else "/EPSG/0/4548>")
    out = tmp_path / f"manholes{FORMATS[form].suffixes[0]}"
    out.write_bytes(answer.content)
    with sample_engine.connect() as connection:
        assert len(opened(out, form)) == connection.scalar(text("select count(*) from manholes"))
    assert emptied(scratch)


def test_the_file_has_a_chinese_name_a_plain_one_and_the_day(web: httpx.Client) -> None:
    for crs, mark in (("CRS84", ""), ("GCJ-02", "_GCJ02"), ("BD-09", "_BD09")):
        for form in ("geojson", "gpkg"):
            answer = web.get("/collections/management_areas/export", params={"f": form, "crs": crs})
            assert answer.status_code == 200, answer.text
            told = answer.headers["content-disposition"]
            found = re.fullmatch(r"attachment; filename=\"([\w.]+)\"; filename\*=UTF-8''([\w.%]+)", told)
            assert found
            suffix = FORMATS[form].suffixes[0]
            assert re.fullmatch(rf"management_areas_\d{{8}}{mark}{suffix}", found[1])
            assert re.fullmatch(rf"物业管理区域_\d{{8}}{mark}{suffix}", unquote(found[2]))
            assert ("content-crs" in answer.headers) is (not mark)


def test_filters_and_the_choice_of_columns_apply(web: httpx.Client, sample_engine: Engine, tmp_path: Path) -> None:
    wishes = {"f": "gpkg", "reason": "lost", "properties": "name,reason"}
    out = tmp_path / "lost.gpkg"
    out.write_bytes(web.get("/collections/uncovered_communities/export", params=wishes).content)
    frame = pyogrio.read_dataframe(out)
    with sample_engine.connect() as connection:
        names = connection.scalars(text("select name from uncovered_communities where reason = 'lost' order by id"))
        assert list(frame["name"]) == list(names) != []
        day = connection.scalar(text("select min(as_of) from uncovered_communities"))
    assert set(frame.columns) == {"name", "reason", "geometry"}
    nothing = web.get("/collections/uncovered_communities/export", params={"bbox": "0,0,1,1"}).json()
    assert nothing["features"] == []
    same_day = web.get("/collections/uncovered_communities/export", params={"as_of": str(day)}).json()
    assert same_day["numberReturned"] > 0, "a field of that name is filtered by"


def test_areas_are_those_of_the_day_that_is_asked_for(web: httpx.Client, sample_engine: Engine) -> None:
    with sample_engine.connect() as connection:
        first = connection.scalar(text("select min(least(effective_from, created_at::date)) from area_revisions"))
    for day, drawn in (("1999-01-01", False), (str(first), True)):
        features = web.get("/collections/management_areas/export", params={"as_of": day}).json()["features"]
        assert any(one["geometry"] for one in features) is drawn, day


def test_a_csv_is_a_download_that_excel_opens(web: httpx.Client) -> None:
    answer = web.get("/collections/communities/export", params={"f": "csv", "wkt": "true", "crs": "4490"})
    assert answer.content.startswith(b"\xef\xbb\xbf")
    lines = list(csv.DictReader(io.StringIO(answer.content.decode("utf-8-sig"), newline="")))
    assert {line["坐标系"] for line in lines} == {"EPSG:4490"}
    assert all(line["WKT"].startswith("MULTIPOLYGON (((") for line in lines)


def test_an_old_encoding_is_had_for_a_shapefile(web: httpx.Client) -> None:
    answer = web.get("/collections/communities/export", params={"f": "shp", "encoding": "gb18030"})
    with zipfile.ZipFile(io.BytesIO(answer.content)) as archive:
        assert archive.read("communities.cpg") == b"GB18030"


def test_many_columns_may_be_chosen(web: httpx.Client) -> None:
    names = web.get("/collections/management_areas").json()["fields"]
    wanted = [name for name in names if not names[name].get("masked")]
    assert len(",".join(wanted)) > 200
    answer = web.get("/collections/management_areas/export", params={"properties": ",".join(wanted)})
    assert list(answer.json()["features"][0]["properties"]) == wanted


@pytest.mark.parametrize(
    ("query", "told"),
    [
        ("f=dwg", "没有格式“dwg”，可用：geojson、geojsonseq、gpkg"),
        ("crs=4508", "没有坐标系“4508”"),
        ("f=kml&crs=4548", "KML 只有经纬度"),
        ("f=csv&wkt=ja", "wkt 应为 true 或 false"),
        ("f=gpkg&wkt=true", "只有 CSV 和 Excel"),
        ("f=shp&encoding=BIG5", "encoding 应为 UTF-8 或 GB18030"),
        ("f=gpkg&encoding=GB18030", "只有 Shapefile"),
        ("properties=name,nobody", "没有字段“nobody”"),
        ("properties=manager", "没有字段“manager”"),
        ("properties=", "没有选择任何字段"),
        ("properties=name&properties=code", "参数 properties 只能给出一次"),
        ("f=gpkg&f=csv", "参数 f 只能给出一次"),
        ("manager=张三", "没有参数 manager"),
        ("limit=3", "没有参数 limit"),
        ("as_of=2023-02-30", "as_of 应为日期"),
        ("bbox=1,2,3", "四个经纬度数字"),
    ],
)
def test_misuse_is_refused_in_words(web: httpx.Client, scratch: Path, query: str, told: str) -> None:
    assert told in refusal(web.get(f"/collections/management_areas/export?{query}"), 400)
    assert emptied(scratch)


def test_a_layer_that_is_not_there_cannot_be_downloaded(web: httpx.Client) -> None:
    assert "没有图层" in refusal(web.get("/collections/nowhere/export"), 404)


@pytest.mark.parametrize("form", ["geojson", "gpkg"])
def test_more_features_than_the_limit_are_refused_before_anything_is_sent(
    sample_engine: Engine, scratch: Path, form: str
) -> None:
    with served(create_app(sample_engine, NARROW)) as web:
        for _ in range(3):  # a refusal gives its place back
            told = refusal(web.get("/collections/places/export", params={"f": form}), 413)
            assert "一次最多导出 5 个" in told
        few = web.get("/collections/places/export", params={"f": form, "bbox": "0,0,1,1"})
        assert few.status_code == 200
    assert emptied(scratch)


def test_only_so_many_download_at_once_and_later_there_is_room(sample_engine: Engine) -> None:
    app = create_app(sample_engine, NARROW)
    with served(app) as web:
        assert app.state.publication.exports.acquire(blocking=False)
        assert "同时导出的人太多" in refusal(web.get("/collections/divisions/export?f=gpkg&bbox=0,0,1,1"), 503)
        app.state.publication.exports.release()
        for form in FILES:
            answer = web.get("/collections/divisions/export", params={"f": form, "bbox": "0,0,1,1"})
            assert answer.status_code == 200, form


@pytest.mark.parametrize("form", ["geojson", "gpkg"])
def test_a_reader_who_goes_away_leaves_no_file_no_place_taken_and_no_connection(
    engine: Engine, scratch: Path, form: str
) -> None:
    with engine.begin() as connection:
        connection.execute(text("delete from places"))
        connection.execute(
            text(
                "insert into places (id, name, kind, aliases, division_code, source, tags, sample, geom) "
                "select 'p' || n, repeat(md5(n::text), 250), 'building', '{}', '', '', '{}', true, "
                "ST_SetSRID(ST_Point(117 + n * 1e-5, 30.5), 4490) from generate_series(1, 3000) n"
            )
        )
    app = create_app(engine, Settings(database_url=None, max_exports=1))
    with served(app) as web:
        address = web.base_url
        reader = http.client.HTTPConnection(address.host, address.port, timeout=30)
        reader.request("GET", f"/collections/places/export?f={form}")
        assert reader.getresponse().read(1000)
        reader.close()
        assert emptied(scratch)
        assert eventually(lambda: in_use(engine) == 0)
        assert web.get("/collections/divisions/export").status_code == 200


def test_a_file_is_never_sent_in_parts_since_it_is_made_anew_each_time(web: httpx.Client) -> None:
    answer = web.get("/collections/divisions/export?f=gpkg", headers={"Range": "bytes=0-99"})
    assert answer.status_code == 200
    assert len(answer.content) > 100
    assert answer.headers["accept-ranges"] == "none"


def test_what_is_packed_already_is_not_packed_again(web: httpx.Client) -> None:
    for form, packed in (("shp", None), ("xlsx", None), ("gpkg", "gzip"), ("geojson", "gzip")):
        answer = web.get("/collections/places/export", params={"f": form}, headers={"Accept-Encoding": "gzip"})
        assert answer.headers.get("content-encoding") == packed, form


def test_a_layer_tells_where_its_files_are_and_the_interface_that_they_may_be_had(web: httpx.Client) -> None:
    links = [link for link in web.get("/collections/divisions").json()["links"] if link["rel"] == "enclosure"]
    assert [(link["type"], link["title"]) for link in links] == [
        (form.media_type, f"下载 {form.title}") for form in FORMATS.values()
    ]
    for link in links:
        assert web.get(link["href"]).headers["content-type"].split(";")[0] == link["type"]
    told = web.get("/api").json()["paths"]["/collections/divisions/export"]["get"]
    assert set(told["responses"]["200"]["content"]) == {form.media_type for form in FORMATS.values()}
    assert {one["name"] for one in told["parameters"]} >= {
        *("f", "crs", "properties", "bbox", "as_of", "encoding", "wkt", "level")
    }
    assert json.dumps(told, ensure_ascii=False).count("application/problem+json") >= 2
