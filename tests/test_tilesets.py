"""Where tiles lie and how they are drawn: tile matrix sets, tilesets, TileJSON, styles, addresses that are refused."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from gis_service.api.publication import declared_layers
from gis_service.api.styles import style_of
from gis_service.api.tiles import MVT
from tests.web import LAYERS, refusal

pytestmark = pytest.mark.database
TILES = "/collections/communities/tiles"


def told(web: httpx.Client, address: str) -> dict[str, Any]:
    answer = web.get(address)
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


def test_web_mercator_has_the_numbers_of_the_registry(web: httpx.Client) -> None:
    matrices = told(web, "/tileMatrixSets/WebMercatorQuad")["tileMatrices"]
    assert [matrix["id"] for matrix in matrices] == [str(level) for level in range(25)]
    for level, denominator, cell in (
        (0, 559082264.028717, 156543.033928041),
        (24, 33.3238997476528, 0.0093306919293428),
    ):
        assert matrices[level]["scaleDenominator"] == pytest.approx(denominator, rel=1e-13)
        assert matrices[level]["cellSize"] == pytest.approx(cell, rel=1e-13)
        assert matrices[level]["pointOfOrigin"] == pytest.approx([-20037508.3427892, 20037508.3427892], rel=1e-14)
        assert (matrices[level]["matrixWidth"], matrices[level]["matrixHeight"]) == (2**level, 2**level)


def test_the_grid_of_degrees_has_the_levels_of_tianditu(web: httpx.Client) -> None:
    system = told(web, "/tileMatrixSets/CGCS2000Quad")
    assert (system["crs"], system["orderedAxes"]) == ("http://www.opengis.net/def/crs/EPSG/0/4490", ["Lat", "Lon"])
    first, last = system["tileMatrices"][0], system["tileMatrices"][-1]
    assert (first["id"], first["matrixWidth"], first["matrixHeight"], first["cellSize"]) == ("1", 2, 1, 0.703125)
    assert first["pointOfOrigin"] == [90, -180]
    assert first["scaleDenominator"] == pytest.approx(279541132.014358, rel=1e-13)
    assert (last["id"], last["matrixWidth"], last["matrixHeight"]) == ("20", 2**20, 2**19)
    assert last["scaleDenominator"] == pytest.approx(533.182395962445, rel=1e-13)


@pytest.mark.parametrize("layer", LAYERS)
def test_from_a_layer_every_address_of_its_tiles_is_found(web: httpx.Client, layer: str) -> None:
    links = told(web, f"/collections/{layer}")["links"]
    listed = told(web, next(link["href"] for link in links if link["rel"].endswith("/tilesets-vector")))
    assert [one["crs"].rpartition("/")[2] for one in listed["tilesets"]] == ["3857", "4490"]
    for one in listed["tilesets"]:
        for link in one["links"]:
            if link.get("templated"):
                filled = link["href"].format(tileMatrix=8, tileRow=0, tileCol=0)
                assert web.get(filled).status_code in (200, 204)
            else:
                assert web.get(link["href"]).status_code == 200
        own = told(web, one["links"][0]["href"])
        assert own["links"] == one["links"]
        assert own["layers"][0]["id"] == layer
        assert not {"manager", "responsible"} & set(own["layers"][0]["propertiesSchema"]["properties"])


def test_tilejson_names_the_columns_and_the_ground_of_the_tiles(web: httpx.Client) -> None:
    found = told(web, f"{TILES}/WebMercatorQuad?f=tilejson")
    assert found["tilejson"] == "3.0.0"
    assert found["vector_layers"][0]["fields"]["name"] == declared_layers()["communities"].fields["name"].title
    west, south, east, north = found["bounds"]
    assert 117 < west < east < 117.3
    assert 30.4 < south < north < 30.7
    address = found["tiles"][0].format(z=12, y=1682, x=3380)
    answer = web.get(address)
    assert (answer.status_code, answer.headers["content-type"]) == (200, "application/vnd.mapbox-vector-tile")
    held = web.get(f"{TILES}/WebMercatorQuad?f=tilejson")
    again = web.get(held.url, headers={"If-None-Match": held.headers["etag"]})
    assert again.status_code == 304


@pytest.mark.parametrize(
    ("address", "status", "words"),
    [
        (f"{TILES}/WebMercatorQuad/25/0/0", 404, "级别为 0 至 24"),
        (f"{TILES}/WebMercatorQuad/3/8/0", 404, "行号 0 至 7"),
        (f"{TILES}/WebMercatorQuad/3/0/8", 404, "列号 0 至 7"),
        (f"{TILES}/CGCS2000Quad/0/0/0", 404, "级别为 1 至 20"),
        (f"{TILES}/CGCS2000Quad/1/1/0", 404, "行号 0 至 0，列号 0 至 1"),
        (f"{TILES}/WebMercatorQuad/3/-1/0", 400, "整数"),
        (f"{TILES}/WebMercatorQuad/x/0/0", 400, "整数"),
        (f"{TILES}/WebMercatorQuad/3/1.5/0", 400, "整数"),
        (f"{TILES}/WebMercatorQuad/3/٣/0", 400, "整数"),
        (f"{TILES}/WebMercatorQuad/3/0/9999999999999", 400, "整数"),
        (f"{TILES}/Mercator/3/0/0", 404, "可用：WebMercatorQuad、CGCS2000Quad"),
        ("/collections/nothing/tiles/WebMercatorQuad/3/0/0", 404, "没有图层"),
        (f"{TILES}/WebMercatorQuad/3/0/0?name=x", 400, "没有参数 name"),
        (f"{TILES}/WebMercatorQuad?f=xml", 400, "f 应为 json、tilejson、html 之一"),
        (f"{TILES}/CGCS2000Quad?f=tilejson", 400, "TileJSON 只用于"),
        ("/tileMatrixSets/x", 404, "没有切片方案"),
    ],
)
def test_an_address_without_a_tile_is_refused(web: httpx.Client, address: str, status: int, words: str) -> None:
    assert words in refusal(web.get(address), status)


@pytest.mark.parametrize("layer", LAYERS)
def test_a_style_has_the_colours_of_every_rule(web: httpx.Client, layer: str) -> None:
    declared = declared_layers()[layer]
    style = told(web, f"/collections/{layer}/styles/maplibre.json")
    assert style == style_of(declared, style["sources"][layer]["url"])
    assert told(web, style["sources"][layer]["url"])["tilejson"] == "3.0.0"
    painted = {colour for one in style["layers"] for colour in one["paint"].values() if isinstance(colour, str)}
    line_only = declared.geometry == "LineString"
    wanted = {
        colour for rule in declared.style.rule for colour in (None if line_only else rule.fill, rule.stroke) if colour
    }
    assert wanted <= painted
    assert all(one["source-layer"] == layer for one in style["layers"])
    assert len({one["id"] for one in style["layers"]}) == len(style["layers"])


def test_each_value_falls_under_one_rule_of_a_ramp_or_of_categories() -> None:
    for name, field, values in (
        ("coverage", "coverage_rate", (0, 0.49, 0.5, 0.95, 1, None)),
        ("management_areas", "service_form", (1, 6, None, 99)),
        ("manholes", "state", ("完好", "松动", "别的")),
    ):
        layers: list[dict[str, Any]] = style_of(declared_layers()[name], "")["layers"]  # type: ignore[assignment]
        kind = "circle" if name == "manholes" else "fill"
        for value in values:
            met = [one for one in layers if one["type"] == kind and holds(one["filter"], {field: value})]
            assert len(met) == 1, (name, value)


def holds(condition: Any, properties: dict[str, object]) -> bool:
    """What MapLibre makes of a filter, for the few words that ours use."""
    word, *parts = condition
    if word == "all":
        return all(holds(part, properties) for part in parts)
    if word == "has":
        return properties.get(parts[0]) is not None
    if word == "!":
        return not holds(parts[0], properties)
    value: Any = properties.get(parts[0][1])
    return bool(
        {"==": value == parts[1], "!=": value != parts[1]}[word]
        if word in ("==", "!=")
        else (value >= parts[1] if word == ">=" else value < parts[1])
    )


# OGC API – Tiles 1: what the declared classes want


def test_the_landing_page_leads_to_the_tile_matrix_sets(web: httpx.Client) -> None:
    links = {link["rel"]: link["href"] for link in told(web, "/?f=json")["links"]}
    listed = told(web, links["http://www.opengis.net/def/rel/ogc/1.0/tiling-schemes"])["tileMatrixSets"]
    assert [one["id"] for one in listed] == ["WebMercatorQuad", "CGCS2000Quad"]
    for one in listed:
        definition = told(web, one["links"][0]["href"])
        assert definition["id"] == one["id"]
        assert {"crs", "orderedAxes", "tileMatrices"} <= set(definition)
        for level in definition["tileMatrices"]:
            assert {"id", "scaleDenominator", "cellSize", "pointOfOrigin", "cornerOfOrigin"} <= set(level)
            assert {"tileWidth", "tileHeight", "matrixWidth", "matrixHeight"} <= set(level)


@pytest.mark.parametrize("layer", LAYERS)
def test_a_tileset_has_what_the_standard_wants_of_it(web: httpx.Client, layer: str) -> None:
    for summary in told(web, f"/collections/{layer}/tiles")["tilesets"]:
        assert {"dataType", "crs", "links"} <= set(summary)
        own = {link["rel"]: link for link in told(web, summary["links"][0]["href"])["links"]}
        assert own["item"]["templated"] is True
        assert own["item"]["type"] == MVT
        for part in ("{tileMatrix}", "{tileRow}", "{tileCol}"):
            assert part in own["item"]["href"]
        scheme = told(web, own["http://www.opengis.net/def/rel/ogc/1.0/tiling-scheme"]["href"])
        assert scheme["crs"] == summary["crs"]
        assert summary.get("tileMatrixSetURI") == scheme.get("uri")


def test_the_operations_of_tiles_bear_the_names_of_the_standard(web: httpx.Client) -> None:
    paths = told(web, "/api")["paths"]
    tiles = "/collections/{layer_id}/tiles"
    wanted = {  # OGC 20-057, table 11
        "/": "getLandingPage",
        "/conformance": "getConformance",
        "/tileMatrixSets": "getTileMatrixSetsList",
        "/tileMatrixSets/{tms_id}": "getTileMatrixSet",
        tiles: ".collection.vector.getTileSetsList",
        f"{tiles}/{{tms_id}}": ".collection.vector.getTileSet",
        f"{tiles}/{{tms_id}}/{{level}}/{{row}}/{{column}}": ".collection.vector.getTile",
    }
    assert {path: paths[path]["get"]["operationId"] for path in wanted} == wanted


@pytest.mark.parametrize("system", ["WebMercatorQuad", "CGCS2000Quad"])
def test_the_page_of_a_tileset_names_its_fields_and_addresses(web: httpx.Client, system: str) -> None:
    page = web.get(f"{TILES}/{system}?f=html").text
    for words in ("切片中的字段", "{tileMatrix}/{tileRow}/{tileCol}", "小区名称"):
        assert words in page
    assert "项目负责人" not in page
