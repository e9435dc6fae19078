"""A layer as PMTiles: one file of tiles, read by the PMTiles reader and by GDAL, with every feature and its words."""

from __future__ import annotations

import gzip
from pathlib import Path
from typing import Any

import geopandas
import httpx
import pyogrio
import pytest
import shapely
from pmtiles.reader import MemorySource, all_tiles
from pmtiles.reader import Reader as ArchiveReader
from pmtiles.tile import zxy_to_tileid
from sqlalchemy import Engine, text

from gis_service.access import Reader, Role
from gis_service.errors import BadRequestError, TooLargeError
from gis_service.exports import pmtiles
from tests.command_line import run
from tests.export_files import taken, write
from tests.web import refusal

pytestmark = pytest.mark.database


class Archive:
    """The file as its own reader finds it."""

    def __init__(self, path: Path) -> None:
        source: Any = MemorySource
        reader: Any = ArchiveReader
        every: Any = all_tiles
        data = source(path.read_bytes())
        self.header, self.told = reader(data).header(), reader(data).metadata()
        self.tiles: dict[tuple[int, int, int], bytes] = dict(every(data))
        self.get = reader(data).get


def as_gdal_reads(path: Path, **options: str) -> geopandas.GeoDataFrame:
    """The features of the deepest level; one that lies in several tiles is there in as many pieces."""
    frame: geopandas.GeoDataFrame = pyogrio.read_dataframe(path, **options)
    return frame.to_crs(4326)


def stored(engine: Engine, statement: str) -> dict[Any, Any]:
    with engine.connect() as connection:
        return {row[0]: tuple(row[1:]) for row in connection.execute(text(statement))}


def test_gdal_finds_every_feature_with_its_words_at_its_place(sample_engine: Engine, tmp_path: Path) -> None:
    out, written = write(sample_engine, taken("communities"), "pmtiles", tmp_path)
    known = stored(sample_engine, "select id, name, st_asbinary(geom) from communities")
    assert written.count == len(known)
    assert "0 至 16 级" in written.notes[0]
    found = as_gdal_reads(out)
    assert set(found["id"]) == set(known)
    assert dict(zip(found["id"], found["name"], strict=True)) == {key: name for key, (name, _) in known.items()}
    for key, pieces in found.groupby("id"):
        meant, whole = shapely.from_wkb(known[key][1]), shapely.union_all(pieces.geometry.to_numpy())
        # the edges lie within half a pixel of level 16, which is 0.6 m; pieces are joined over a hair between tiles
        assert whole.buffer(2e-7).symmetric_difference(meant).area < meant.length * 6e-6


def test_points_stand_alone_at_the_deepest_level_and_together_far_away(sample_engine: Engine, tmp_path: Path) -> None:
    out, written = write(sample_engine, taken("manholes"), "pmtiles", tmp_path)
    known = stored(sample_engine, "select id, owner, st_x(geom), st_y(geom) from manholes")
    found = as_gdal_reads(out, CLIP="YES")
    assert written.count == len(known)
    assert set(found["id"]) == set(known)
    for key, owner, place in zip(found["id"], found["owner"], found.geometry, strict=True):
        assert owner == known[key][0]
        assert place.distance(shapely.Point(known[key][1:])) < 2e-6
    far = as_gdal_reads(out, ZOOM_LEVEL="8")
    assert len(far) < len(known) / 10
    assert far["count"].sum() >= len(known)


def test_the_archive_tells_what_is_in_it_and_that_it_is_a_sample(sample_engine: Engine, tmp_path: Path) -> None:
    out, _ = write(sample_engine, taken("manholes", columns=["id", "owner", "sample"]), "pmtiles", tmp_path)
    archive = Archive(out)
    header, told, tiles = archive.header, archive.told, archive.tiles
    assert archive.get(0, 0, 0) == tiles[0, 0, 0]
    assert archive.get(16, 0, 0) is None
    assert told["name"] == "窨井盖"
    assert "示例数据（虚构）" in told["attribution"]
    (layer,) = told["vector_layers"]
    merged = {"count": "Number", "counts": "String"}
    assert layer["fields"] == {"id": "Number", "owner": "String", "sample": "Boolean", **merged}
    assert told["field_titles"]["owner"]
    assert (header["min_zoom"], header["max_zoom"]) == (0, 16)
    assert header["clustered"]
    numbers = [zxy_to_tileid(*place) for place in tiles]
    assert numbers == sorted(numbers)
    assert all(gzip.decompress(tile) for tile in tiles.values())
    box = stored(sample_engine, "select 1, st_xmin(b), st_ymax(b) from (select st_extent(geom) b from manholes) e")[1]
    assert (header["min_lon_e7"] / 1e7, header["max_lat_e7"] / 1e7) == pytest.approx(box, abs=1e-6)


def test_no_person_is_in_the_tiles_of_any_role(sample_engine: Engine, tmp_path: Path) -> None:
    people = stored(sample_engine, "select distinct manager from management_areas where length(manager) > 2")
    for role in (Role.PLANNER, Role.CITY):
        out, _ = write(sample_engine, taken("management_areas", reader=Reader(role)), "pmtiles", tmp_path)
        archive = Archive(out)
        whole = b"".join(gzip.decompress(tile) for tile in archive.tiles.values())
        fields = archive.told["vector_layers"][0]["fields"]
        assert not {"manager", "manager_phone", "sides", "issues"} & set(fields)
        assert not [name for name in people if name.encode() in whole]


def test_a_layer_with_nothing_to_draw_is_refused_and_leaves_no_scrap(engine: Engine, tmp_path: Path) -> None:
    with pytest.raises(BadRequestError, match="没有可以画出的要素"):
        write(engine, taken("manholes"), "pmtiles", tmp_path)
    assert not list(tmp_path.iterdir())


def test_a_layer_that_would_take_too_many_tiles_is_refused_before_any_is_made(
    sample_engine: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pmtiles, "_MOST", 1)
    with pytest.raises(TooLargeError, match="一个 PMTiles 文件最多 1 张"):
        write(sample_engine, taken("communities"), "pmtiles", tmp_path)
    assert not list(tmp_path.iterdir())


def test_it_is_downloaded_and_misuse_is_refused_in_words(web: httpx.Client, tmp_path: Path) -> None:
    answer = web.get("/collections/fire_lanes/export?f=pmtiles")
    assert (answer.status_code, answer.headers["content-type"]) == (200, "application/vnd.pmtiles")
    assert ".pmtiles" in answer.headers["content-disposition"]
    (tmp_path / "lanes.pmtiles").write_bytes(answer.content)
    everything = web.get("/collections/fire_lanes/items?limit=500").json()["features"]
    assert set(as_gdal_reads(tmp_path / "lanes.pmtiles")["id"]) == {one["id"] for one in everything}
    refused = web.get("/collections/fire_lanes/export?f=pmtiles&bbox=1,1,2,2")
    assert "不能按范围或字段筛选" in refusal(refused, 400)


def test_the_command_writes_it_where_the_name_asks_for_it(sample_engine: Engine, tmp_path: Path) -> None:
    out = tmp_path / "小区.pmtiles"
    result = run("export", "communities", "--out", out, database=sample_engine)
    assert result.exit_code == 0, result.output
    assert "PMTiles" in result.stdout
    assert "张切片" in result.stderr
    assert Archive(out).told["name"] == "小区"
