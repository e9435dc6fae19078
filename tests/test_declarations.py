"""Every declaration that is published: readable in Chinese, true of its source, and discreet."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from gis_service.access import PLANNER, Reader, Role
from gis_service.errors import DeclarationError
from gis_service.layers import Layer, feature_query, load_layers
from gis_service.maps import Map, load_maps
from gis_service.resources import shared
from gis_service.store.features import SOURCES, ColumnType

LAYERS = load_layers(shared("layers"))
MAPS = load_maps(shared("maps"), LAYERS)
PUBLISHED = [
    "places",
    "divisions",
    "coverage",
    "communities",
    "management_areas",
    "boundary_drafts",
    "uncovered_communities",
    "fire_lanes",
    "ebike_charging",
    "manholes",
    "problems",
]
PERSONAL = {"manager", "manager_phone", "responsible"}
CHINESE_OR_SHARE = re.compile(r"[\u4e00-\u9fff]|^[\d–]+ %$")
each_map = pytest.mark.parametrize("map_", MAPS.values(), ids=list(MAPS))
each_layer = pytest.mark.parametrize("layer", LAYERS.values(), ids=list(LAYERS))


def test_the_eleven_layers_are_published_in_drawing_order() -> None:
    assert list(LAYERS) == PUBLISHED
    assert {file.stem for file in Path(shared("layers")).iterdir()} == set(PUBLISHED)


@each_layer
def test_title_description_and_fields_speak_chinese(layer: Layer) -> None:
    words = [layer.title, layer.description, *(rule.title for rule in layer.style.rule)]
    words += [field.title for field in layer.fields.values()]
    assert [text for text in words if not CHINESE_OR_SHARE.search(text)] == []


@each_layer
def test_titles_are_unique_so_that_a_column_is_not_taken_for_another(layer: Layer) -> None:
    titles = [field.title for field in layer.fields.values()]
    assert len(titles) == len(set(titles))


@each_layer
def test_numbers_that_are_measured_carry_their_unit(layer: Layer) -> None:
    units = {name: field.unit for name, field in layer.fields.items()}
    assert {name for name in units if name.endswith("_m2") and units[name] != "m²"} == set()
    assert {name for name in units if name.endswith("_m") and units[name] != "m"} == set()
    assert {name for name in units if name.endswith("_pct") and units[name] != "%"} == set()


@each_layer
def test_sample_data_is_recognisable(layer: Layer) -> None:
    assert SOURCES[layer.source].columns["sample"] is ColumnType.BOOLEAN
    assert "sample" in layer.visible_fields(PLANNER)
    assert "虚构" in layer.fields["sample"].description


@each_layer
@pytest.mark.parametrize("role", list(Role))
def test_personal_data_is_masked_for_all_and_hidden_from_most(layer: Layer, role: Role) -> None:
    visible = layer.visible_fields(Reader(role))
    personal = PERSONAL & set(visible)
    assert all(visible[name].mask for name in personal)
    assert not personal or role in {Role.COUNTY, Role.CITY, Role.STREET}
    assert PERSONAL & set(SOURCES[layer.source].columns) == PERSONAL & set(layer.fields)


@each_layer
def test_everyone_for_whom_a_layer_is_can_read_it(layer: Layer) -> None:
    for role in layer.audience:
        columns = {column.name for column in feature_query(layer, Reader(role)).columns}
        assert {layer.id_field, layer.style.label_field or layer.id_field} <= columns
        assert layer.style.field is None or layer.style.field in columns


def test_planners_read_every_layer_since_nobody_logs_in_yet() -> None:
    assert all("planner" in layer.audience for layer in LAYERS.values())


@each_layer
def test_a_style_by_code_draws_every_code(layer: Layer) -> None:
    field = layer.fields.get(layer.style.field or "")
    values = {str(rule.value) for rule in layer.style.rule}
    if field is not None and field.words is not None:
        assert set(field.labels) <= values


@each_layer
def test_categories_differ_in_more_than_colour(layer: Layer) -> None:
    if layer.style.type != "categories" or layer.geometry == "Geometry":
        return
    looks = {(rule.hatch, rule.dash, rule.width, rule.marker, lightness(rule.fill)) for rule in layer.style.rule}
    assert len(looks) == len(layer.style.rule)


def lightness(colour: str | None) -> int | None:
    """How light a colour prints in black and white, in twenty steps."""
    if colour is None:
        return None
    red, green, blue = (int(colour[at : at + 2], 16) for at in (1, 3, 5))
    return round((0.299 * red + 0.587 * green + 0.114 * blue) / 255 * 20)


def test_the_colours_of_the_forms_of_service_are_those_agreed() -> None:
    rules = LAYERS["management_areas"].style.rule
    assert {rule.value: rule.fill for rule in rules} == {
        1: "#2b6cb0",
        2: "#2f9e77",
        3: "#7b61b5",
        4: "#d9a521",
        5: "#c53030",
        6: "#8a8f98",
        None: "#ffffff",
    }
    assert next(rule for rule in rules if rule.value == 5).hatch
    assert next(rule for rule in rules if rule.value is None).dash


def test_the_definition_of_uncovered_is_told_with_its_three_reasons() -> None:
    told = LAYERS["uncovered_communities"].description
    assert [words for words in ("5 无物管", "问题类别 19", "现行", "已核准边界", "一半") if words in told] == [
        "5 无物管",
        "问题类别 19",
        "已核准边界",
        "一半",
    ]


@pytest.mark.parametrize(
    ("layer", "figures"),
    [
        ("fire_lanes", ("4.0 m", "10 %", "5 m", "12 m", "GB 50016 7.1.8", "GB 55037 3.4.5", "GB 50016 7.1.9")),
        ("ebike_charging", ("2.2 m²", "20 m", "0.8 m", "2 个")),
        ("manholes", ("24 小时",)),
    ],
)
def test_a_hazard_layer_tells_the_figures_it_is_judged_by(layer: str, figures: tuple[str, ...]) -> None:
    assert [figure for figure in figures if figure not in LAYERS[layer].description] == []


def test_the_four_maps_are_published() -> None:
    assert set(MAPS) == {"coverage", "hazards", "boundaries", "service"}
    assert {file.stem for file in Path(shared("maps")).iterdir()} == set(MAPS)


@each_map
def test_a_map_speaks_chinese_and_tells_the_definition_in_use(map_: Map) -> None:
    words = [map_.title, map_.short_title, map_.description, map_.readers, map_.definition]
    assert [text for text in words if not CHINESE_OR_SHARE.search(text)] == []


@each_map
def test_whoever_a_map_is_for_may_see_its_layers(map_: Map) -> None:
    unseen = [(role, name) for role in map_.audience for name in map_.data_layers if role not in LAYERS[name].audience]
    assert unseen == []
    assert set(map_.audience) <= set(Role)


@each_map
def test_a_style_that_a_map_gives_a_layer_rests_on_fields_that_everyone_sees(map_: Map) -> None:
    for name, style in map_.styles.items():
        for field in (style.field, style.label_field):
            assert field is None or not LAYERS[name].fields[field].audience


@each_map
def test_unknown_keys_of_a_map_are_refused(map_: Map, tmp_path: Path) -> None:
    declared = (shared("maps") / f"{map_.id}.toml").read_text(encoding="utf-8")
    (tmp_path / f"{map_.id}.toml").write_text(f'sql = "select 1"\n{declared}', encoding="utf-8")
    with pytest.raises(DeclarationError, match=rf"{map_.id}\.toml.*sql"):
        load_maps(tmp_path, LAYERS)


@each_layer
def test_unknown_keys_of_a_layer_are_refused(layer: Layer, tmp_path: Path) -> None:
    declared = (shared("layers") / f"{layer.id}.toml").read_text(encoding="utf-8")
    (tmp_path / f"{layer.id}.toml").write_text(f'sql = "select 1"\n{declared}', encoding="utf-8")
    with pytest.raises(DeclarationError, match=rf"{layer.id}\.toml：sql：不认识的键"):
        load_layers(tmp_path)
