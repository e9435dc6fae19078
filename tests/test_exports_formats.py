"""Every format in every reference system, opened again: as many features, at their places, in Chinese."""

from __future__ import annotations

import json
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import pyogrio
import pyproj
import pytest
import shapely
from sqlalchemy import Engine, text

from gis_service import crs
from gis_service.access import Reader, Role
from gis_service.errors import BadRequestError
from gis_service.exports import FORMATS, SYSTEMS, Extract, extracting, system_named
from gis_service.store.features import stream_rows
from tests.export_files import DEGREE, FILES, METRE, NO_CRS_WARNING, READABLE, TABLES, id_column, opened, taken, write

pytestmark = [pytest.mark.database, pytest.mark.filterwarnings(NO_CRS_WARNING)]
PAIRS = [
    (form, system) for form in FILES for system, told in SYSTEMS.items()
    if told.lonlat or not FORMATS[form].lonlat_only
]  # fmt: skip
SPATIAL = [form for form in FILES if form not in TABLES]


def stored(engine: Engine, layer: str, system: str) -> dict[str, Any]:
    """By id, the shape as the database holds it, moved by pyproj alone or by our GCJ-02."""
    with engine.connect() as connection:
        rows = connection.execute(text(f"select id, st_asbinary(geom) from {layer}")).all()  # noqa: S608
    return {str(row[0]): moved(shapely.from_wkb(row[1]), system) for row in rows}


def moved(shape: Any, system: str) -> Any:
    if system in ("GCJ-02", "BD-09"):
        return crs.to_gcj02(shape) if system == "GCJ-02" else crs.to_bd09(shape)
    if system in ("CRS84", "EPSG:4490"):
        return shape
    step = transformer(system)
    return shapely.transform(shape, lambda at: np.column_stack(step.transform(at[:, 0], at[:, 1])))


@cache
def transformer(system: str) -> pyproj.Transformer:
    return pyproj.Transformer.from_crs("EPSG:4490", system, always_xy=True)


def same_place(found: Any, meant: Any, tolerance: float) -> bool:
    """The same shape but for the order of rings and points, and for Polygon or MultiPolygon."""
    if found is None or meant is None:
        return found is None and meant is None
    rings = [
        sum(len(p.interiors) for p in getattr(s, "geoms", [s]) if p.geom_type == "Polygon") for s in (found, meant)
    ]
    # of every vertex of the one, how far the other is away; the corner of a cell of rounding is 1.41 half cells off
    return bool(rings[0] == rings[1] and shapely.hausdorff_distance(found, meant) <= tolerance)


def by_id(frame: pd.DataFrame, wanted: Extract, form: str) -> dict[str, Any]:
    shapes = [None if shape is None or pd.isna(shape) else shape for shape in frame["geometry"]]
    return dict(zip(frame[id_column(wanted, form)].astype(str), shapes, strict=True))


@pytest.mark.parametrize("layer", ["communities", "places", "manholes"])
@pytest.mark.parametrize(("form", "system"), PAIRS, ids=[f"{form}-{system}" for form, system in PAIRS])
def test_a_file_opened_again_has_every_feature_at_its_place(
    sample_engine: Engine, tmp_path: Path, form: str, system: str, layer: str
) -> None:
    wanted = taken(layer, system, wkt=form in TABLES)
    out, written = write(sample_engine, wanted, form, tmp_path)
    meant = stored(sample_engine, layer, system)
    found = by_id(opened(out, form), wanted, form)
    tolerance = DEGREE if SYSTEMS[system].lonlat else METRE
    assert written.count == len(meant) > 0
    assert found.keys() == meant.keys()
    assert not [key for key, shape in meant.items() if not same_place(found[key], shape, tolerance)]


@pytest.mark.parametrize("form", FILES)
def test_chinese_texts_come_out_as_they_went_in(sample_engine: Engine, tmp_path: Path, form: str) -> None:
    wanted = taken("communities", columns=["id", "name", "county", "aliases"])
    out, _ = write(sample_engine, wanted, form, tmp_path)
    frame = opened(out, form)
    with sample_engine.connect() as connection:
        names = {str(row.id): row.name for row in connection.execute(text("select id, name from communities"))}
    column = {"kml": "Name"}.get(form, "小区名称" if form in READABLE else "name")
    assert dict(zip(frame[id_column(wanted, form)].astype(str), frame[column], strict=True)) == names


@pytest.mark.parametrize("form", [form for form in SPATIAL if form not in ("geojsonseq", "kml")])
@pytest.mark.parametrize("system", SYSTEMS)
def test_a_file_tells_its_reference_system_and_claims_none_for_gcj02_and_bd09(
    sample_engine: Engine, tmp_path: Path, form: str, system: str
) -> None:
    out, _ = write(sample_engine, taken("manholes", system), form, tmp_path)
    frame: Any = opened(out, form) if form != "shp" else pyogrio.read_dataframe(out)
    authority = SYSTEMS[system].authority
    if authority is not None:
        assert pyproj.CRS(frame.crs).equals(pyproj.CRS(authority), ignore_axis_order=True)
        return
    assert out.stem.endswith(SYSTEMS[system].mark)
    if form == "geojson":
        document = json.loads(out.read_text(encoding="utf-8"))
        assert "crs" not in document
        assert (document["name"], document["coordinateSystem"][:5]) == (f"manholes_{SYSTEMS[system].mark}", system[:5])
        return
    assert frame.crs is None
    if form == "parquet":
        assert system in pq.ParquetFile(out).metadata.metadata[b"coordinate_system"].decode()
    else:
        assert pyogrio.list_layers(out)[0][0] == f"manholes_{SYSTEMS[system].mark}"


def test_a_sequence_has_no_head_and_so_every_feature_tells_its_system(sample_engine: Engine, tmp_path: Path) -> None:
    for system, member in (("4548", "crs"), ("GCJ-02", "coordinateSystem"), ("CRS84", None)):
        out, written = write(sample_engine, taken("manholes", system), "geojsonseq", tmp_path)
        texts = out.read_text(encoding="utf-8").split("\x1e")[1:]
        assert len(texts) == written.count
        features = [json.loads(text) for text in texts]
        assert {tuple(set(one) - {"type", "id", "geometry", "properties"}) for one in features} == {
            (member,) if member else ()
        }


def test_the_check_point_of_the_zone_lies_where_the_survey_says(engine: Engine, tmp_path: Path) -> None:
    """Latitude 30.53, longitude 117.06 are N 3378869.099, E 505758.168 in EPSG:4548: east comes first in a file."""
    with engine.begin() as connection:
        connection.execute(
            text(
                "insert into manholes (code, owner, kind, load_class, state, sample, geom) values"
                " ('JG-1', '市政', '雨水', 'D400', '完好', true, st_setsrid(st_point(117.06, 30.53), 4490))"
            )
        )
    for system, place in (("4548", (505758.168, 3378869.099)), ("4527", (39505758.168, 3378869.099))):
        for form in ("gpkg", "fgb", "shp", "parquet", "geojson"):
            out, _ = write(engine, taken("manholes", system), form, tmp_path)
            (shape,) = opened(out, form)["geometry"]
            assert (shape.x, shape.y) == pytest.approx(place, abs=0.001), (form, system)
        for form in TABLES:
            out, _ = write(engine, taken("manholes", system), form, tmp_path)
            (row,) = opened(out, form).to_dict("records")
            assert (float(row["东坐标（m）"]), float(row["北坐标（m）"])) == pytest.approx(place, abs=0.001)
            assert row["坐标系"] == f"EPSG:{system}"


@pytest.mark.parametrize("form", FILES)
def test_an_empty_selection_is_a_file_without_features(sample_engine: Engine, tmp_path: Path, form: str) -> None:
    for layer in ("communities", "places"):
        out, written = write(sample_engine, taken(layer, "GCJ-02", bbox=(0, 0, 1, 1)), form, tmp_path)
        assert written.count == 0
        if form == "geojsonseq":
            assert out.read_bytes() == b""  # a sequence of none; GDAL does not call that a file
        else:
            assert len(opened(out, form)) == 0


@pytest.mark.parametrize("form", FILES)
def test_a_feature_without_a_shape_is_in_the_file_too(sample_engine: Engine, tmp_path: Path, form: str) -> None:
    wanted = taken("management_areas", "4548", wkt=form in TABLES)
    if form == "kml":
        wanted = taken("management_areas")
    out, written = write(sample_engine, wanted, form, tmp_path)
    shapes = by_id(opened(out, form), wanted, form).values()
    with sample_engine.connect() as connection:
        every = connection.scalar(text("select count(*) from management_areas"))
        drawn = connection.scalar(text("select count(distinct area_id) from area_revisions where geom is not null"))
    assert (written.count, len(shapes)) == (every, every)
    assert sum(shape is not None for shape in shapes) == drawn < every


@pytest.mark.parametrize("form", FILES)
def test_only_the_columns_that_were_asked_for_are_there(sample_engine: Engine, tmp_path: Path, form: str) -> None:
    wanted = taken("management_areas", columns=["code", "company"])
    out, _ = write(sample_engine, wanted, form, tmp_path)
    columns = set(opened(out, form).columns) - {"geometry"}
    if form == "kml":
        assert {"Name", "物业服务企业"} <= columns
        assert "填报单位" not in columns
    else:
        assert columns == ({"区域编号", "物业服务企业"} if form in TABLES else {"code", "company"} | columns & {"id"})
        assert "id" not in columns or form == "geojson"  # the id of a GeoJSON feature, which GDAL shows as a column


@pytest.mark.parametrize("form", FILES)
@pytest.mark.parametrize("role", [Role.PLANNER, Role.COUNTY, Role.CITY])
def test_no_person_is_in_any_file_and_nothing_that_a_role_may_not_see(
    sample_engine: Engine, tmp_path: Path, form: str, role: Role
) -> None:
    out, _ = write(sample_engine, taken("management_areas", reader=Reader(role)), form, tmp_path)
    told = opened(out, form).astype(str).to_csv()
    with sample_engine.connect() as connection:
        people = {
            word
            for row in connection.execute(text("select manager, manager_phone from management_areas"))
            for word in row
            if word
        }
    assert len(people) > 20
    assert not [word for word in people if len(word) >= 3 and word in told]
    assert "项目负责人" not in told
    assert "manager" not in told


def test_a_masked_column_cannot_be_chosen_and_a_strange_one_neither() -> None:
    for columns in (["name", "manager"], ["nothing"], []):
        with pytest.raises(BadRequestError, match="字段"):
            taken("management_areas", reader=Reader(Role.COUNTY), columns=columns)


@pytest.mark.parametrize(
    ("form", "options", "told"),
    [
        ("kml", {"crs": "4548"}, "KML 只有经纬度"),
        ("gpkg", {"encoding": "GB18030"}, "只有 Shapefile 可以选择文字编码"),
        ("fgb", {"wkt": True}, "只有 CSV 和 Excel"),
        ("pmtiles", {"crs": "4490"}, "不能选择坐标系"),
        ("pmtiles", {"bbox": (0, 0, 1, 1)}, "不能按范围或字段筛选"),
        ("pmtiles", {"equals": (("state", "完好"),)}, "不能按范围或字段筛选"),
    ],
)
def test_what_a_format_cannot_do_is_refused_in_words(
    sample_engine: Engine, tmp_path: Path, form: str, options: dict[str, Any], told: str
) -> None:
    with pytest.raises(BadRequestError, match=told):
        write(sample_engine, taken("manholes", **options), form, tmp_path)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("form", FILES)
def test_when_the_database_goes_away_the_earlier_file_stays_and_no_scrap(
    sample_engine: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, form: str
) -> None:
    whole = stream_rows

    def broken(*arguments: Any, **options: Any) -> Iterator[Any]:
        yield next(iter(whole(*arguments, **options)))
        raise ConnectionError("the database went away")

    monkeypatch.setattr(extracting, "stream_rows", broken)
    wanted = taken("manholes", "GCJ-02")
    earlier = tmp_path / f"{wanted.name}{FORMATS[form].suffixes[0]}"
    earlier.write_text("earlier", encoding="utf-8")
    with pytest.raises(ConnectionError, match="went away"):
        write(sample_engine, wanted, form, tmp_path)
    assert list(tmp_path.iterdir()) == [earlier]
    assert earlier.read_text(encoding="utf-8") == "earlier"


@pytest.mark.parametrize("form", ["gpkg", "fgb", "kml"])
def test_what_gdal_cannot_write_is_told_as_the_operating_system_would(
    sample_engine: Engine, tmp_path: Path, form: str
) -> None:
    with sample_engine.connect() as connection, pytest.raises(OSError, match="GDAL"):
        FORMATS[form].write(connection, taken("manholes"), tmp_path / "nowhere" / f"manholes.{form}")


def test_titles_and_codes_are_told_where_the_format_has_room_for_them(sample_engine: Engine, tmp_path: Path) -> None:
    out, _ = write(sample_engine, taken("management_areas"), "gpkg", tmp_path)
    about = pyogrio.read_dataframe(out, sql="select * from gpkg_data_columns", sql_dialect="SQLITE")
    told = {row["column_name"]: row for row in about.to_dict("records")}
    assert told["service_form"]["name"] == "物业服务形态"
    assert "1 专业化物业服务；2 社区统管" in told["service_form"]["description"]
    contents = pyogrio.read_dataframe(out, sql="select * from gpkg_contents", sql_dialect="SQLITE")
    assert list(contents["identifier"]) == ["物业管理区域"]


def test_kml_has_placemarks_by_name_and_the_rest_by_titles_in_words(sample_engine: Engine, tmp_path: Path) -> None:
    out, _ = write(sample_engine, taken("manholes", "GCJ-02"), "kml", tmp_path)
    frame = pyogrio.read_dataframe(out)
    with sample_engine.connect() as connection:
        codes = list(connection.scalars(text("select code from manholes order by id")))
    assert list(frame["Name"]) == codes, "the field that labels the layer on a map"
    assert {"种类", "状态", "权属单位", "报告时间"} <= set(frame.columns)
    assert set(frame["示例数据"]) == {"是"}
    assert pyogrio.list_layers(out)[0][0] == "窨井盖_GCJ02"


def test_a_system_may_be_named_as_people_name_it() -> None:
    for system in SYSTEMS.values():
        assert {system_named(system.id), system_named(system.id.lower())} == {system}
        assert system.uri is None or system_named(system.uri) is system
    assert system_named("GCJ02").id == "GCJ-02"
    for wrong in ("", "4508", "EPSG", "GCJ", "BD"):
        with pytest.raises(BadRequestError, match="没有坐标系"):
            system_named(wrong)
