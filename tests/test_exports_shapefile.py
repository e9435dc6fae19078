"""The Shapefile and what its old format cannot hold: long names, long texts, mixed shapes; its two encodings."""

from __future__ import annotations

import csv
import io
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pyogrio
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import Connection, Engine, text

from gis_service.errors import BadRequestError
from gis_service.exports.shapefile import LONGEST_TEXT, cut_text, short_names
from tests.export_files import LAYERS, NO_CRS_WARNING, opened, taken, write

pytestmark = pytest.mark.filterwarnings(NO_CRS_WARNING)
LONG = "安庆市宜秀区某某路以东" * 30
RARE = "𠮷龘éÀ한"  # of two, three and four bytes in either encoding


@pytest.fixture(scope="module")
def places(engine: Engine) -> Iterator[Connection]:
    """A road, a park, a bus stop and a group of trees; one with a long name, one with rare characters."""
    place = text(
        "insert into places (id, name, kind, aliases, division_code, source, tags, sample, geom) values"
        " (:id, :name, 'area', '{}', '', '', '{}', true, st_geomfromtext(:shape, 4490))"
    )
    shapes = {
        "road": "LINESTRING(117 30.5, 117.1 30.6)",
        "park": "POLYGON((117 30, 117.1 30, 117.1 30.1, 117 30))",
        "stop": "POINT(117 30)",
        "trees": "MULTIPOINT((117 30), (117.1 30))",
    }
    names = {"road": LONG, "park": RARE}
    with engine.connect() as connection:
        for name, shape in shapes.items():
            connection.execute(place, {"id": name, "name": names.get(name, name), "shape": shape})
        yield connection
        connection.rollback()


def table(archive: zipfile.ZipFile, name: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(archive.read(name).decode("utf-8-sig"), newline="")))


@pytest.mark.database
@pytest.mark.parametrize("encoding", ["UTF-8", "GB18030"])
def test_texts_come_back_in_either_encoding_and_the_file_tells_which(
    places: Connection, tmp_path: Path, encoding: str
) -> None:
    out, _ = write(places, taken("places", encoding=encoding), "shp", tmp_path)
    with zipfile.ZipFile(out) as archive:
        assert {archive.read(name).decode() for name in archive.namelist() if name.endswith(".cpg")} == {encoding}
        dbf = archive.read("places_polygon.dbf")
    assert RARE.encode(encoding) in dbf
    frame = opened(out, "shp").set_index("id")
    assert frame.loc["park", "name"] == RARE


@pytest.mark.database
def test_a_mixed_layer_is_one_file_for_each_kind_of_shape(places: Connection, tmp_path: Path) -> None:
    out, written = write(places, taken("places", "4548"), "shp", tmp_path)
    kinds = {
        name: pyogrio.read_info(out, layer=name)["geometry_type"] for name, kind in pyogrio.list_layers(out) if kind
    }
    assert kinds == {
        "places_polygon": "Polygon",
        "places_line": "LineString",
        "places_point": "Point",
        "places_multipoint": "MultiPoint",
    }
    frame = opened(out, "shp").set_index("id")
    assert written.count == len(frame) == 4
    assert list(frame.geometry[["road", "park", "stop", "trees"]].geom_type) == [
        *("LineString", "Polygon", "Point", "MultiPoint")
    ]


@pytest.mark.database
@pytest.mark.parametrize("encoding", ["UTF-8", "GB18030"])
def test_a_text_too_long_is_cut_between_characters_and_kept_whole_beside(
    places: Connection, tmp_path: Path, encoding: str
) -> None:
    out, written = write(places, taken("places", encoding=encoding), "shp", tmp_path)
    kept = opened(out, "shp").set_index("id").loc["road", "name"]
    assert LONG.startswith(kept)
    assert LONGEST_TEXT - 4 < len(kept.encode(encoding)) <= LONGEST_TEXT
    with zipfile.ZipFile(out) as archive:
        (whole,) = table(archive, "截短文字.csv")
        counts = {row["字段"]: row["截短的文字数"] for row in table(archive, "字段对照.csv")}
    assert (whole["编号"], whole["字段"], whole["全文"]) == ("road", "name", LONG)
    assert {name for name, count in counts.items() if count != "0"} == {"name"}
    assert any("1 处文字超过 254 字节" in note for note in written.notes)


@pytest.mark.database
def test_where_nothing_was_cut_there_is_no_table_of_cut_texts(places: Connection, tmp_path: Path) -> None:
    out, written = write(places, taken("places", ids=("park",)), "shp", tmp_path)
    with zipfile.ZipFile(out) as archive:
        assert sorted(archive.namelist()) == sorted(
            ["字段对照.csv", *(f"places_polygon.{part}" for part in ("cpg", "dbf", "prj", "shp", "shx"))]
        )
    assert not any("254" in note for note in written.notes)


@pytest.mark.database
def test_a_shape_of_mixed_kinds_is_refused_rather_than_left_out(places: Connection, tmp_path: Path) -> None:
    mixed = text(
        "insert into places (id, name, kind, aliases, division_code, source, tags, sample, geom) values ('mixed', '', "
        "'area', '{}', '', '', '{}', true, st_geomfromtext('GEOMETRYCOLLECTION(POINT(1 1),LINESTRING(1 1,2 2))', 4490))"
    )
    with places.begin_nested() as moment:
        places.execute(mixed)
        with pytest.raises(BadRequestError, match="Shapefile 存不下"):
            write(places, taken("places"), "shp", tmp_path)
        moment.rollback()
    assert not list(tmp_path.iterdir())


@pytest.mark.database
def test_shortened_names_are_reported_with_their_titles_and_codes(sample_engine: Engine, tmp_path: Path) -> None:
    out, written = write(sample_engine, taken("management_areas"), "shp", tmp_path)
    columns = set(pyogrio.read_info(out)["fields"])
    with zipfile.ZipFile(out) as archive:
        told = {row["字段"]: row for row in table(archive, "字段对照.csv")}
    assert {row["Shapefile 中的名称"] for row in told.values()} == columns
    assert told["community_names"]["Shapefile 中的名称"] == "community_"
    assert told["service_form"]["字段名称"] == "物业服务形态"
    assert told["service_form"]["代码含义"].startswith("1 专业化物业服务；2 ")
    assert "community_names → community_" in written.notes[0]


@pytest.mark.parametrize("layer", LAYERS.values(), ids=list(LAYERS))
def test_the_short_names_of_every_layer_fit_and_differ(layer: object) -> None:
    names = list(getattr(layer, "fields", {}))
    shorts = short_names(names)
    assert list(shorts) == names
    assert len({short.lower() for short in shorts.values()}) == len(names)
    assert all(len(short.encode()) <= 10 for short in shorts.values())


@given(st.lists(st.from_regex(r"[a-z][a-z0-9_]{0,14}", fullmatch=True), unique=True, max_size=60))
def test_short_names_of_any_fields_fit_and_differ(names: list[str]) -> None:
    shorts = short_names(names)
    assert len(set(shorts.values())) == len(names)
    assert all(0 < len(short) <= 10 for short in shorts.values())


@given(st.text(st.characters(codec="utf-8"), max_size=300), st.sampled_from(["UTF-8", "GB18030"]))
def test_a_cut_text_is_a_beginning_that_fits(words: str, encoding: str) -> None:
    kept = cut_text(words, "UTF-8" if encoding == "UTF-8" else "GB18030")
    assert words.startswith(kept)
    assert len(kept.encode(encoding)) <= LONGEST_TEXT
    if kept != words:
        assert len((kept + words[len(kept)]).encode(encoding)) > LONGEST_TEXT
