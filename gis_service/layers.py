"""Declarations in layers/*.toml come in; layers, and what of them each role may read, go out."""

from __future__ import annotations

import datetime as dt
import re
import tomllib
from collections.abc import Iterator, Mapping
from enum import Enum, StrEnum
from pathlib import Path
from typing import Annotated, Any, Literal, TypedDict, Unpack

from pydantic import BaseModel, ConfigDict, StrictBool, StrictFloat, StrictInt, StrictStr, ValidationError
from pydantic import Field as Key
from pydantic_core import ErrorDetails
from shapely.geometry.base import BaseGeometry

from gis_service import codes
from gis_service.crs import Reference
from gis_service.errors import BadRequestError, DeclarationError, NotFoundError
from gis_service.filtering import Filter
from gis_service.store.features import SOURCES, Column, ColumnType, FeatureQuery, SortKey, Start
from gis_service.store.tiles import TileQuery

Bbox = tuple[float, float, float, float]
Colour = Annotated[str, Key(pattern=r"^#[0-9a-f]{6}$")]
Marker = Literal[
    "circle", "ring", "square", "diamond", "triangle", "triangle-down", "pentagon", "hexagon", "check", "cross", "plus"
]
Hatch = Literal["diagonal", "back", "horizontal", "vertical", "cross"]
Words = Annotated[str, Key(min_length=1)]
_ID = re.compile(r"[a-z][a-z0-9_]*")


class Role(StrEnum):
    """Who looks: the public, a desk, or whoever runs the service; seeing more is never implied by rank."""

    PUBLIC = "public"
    PLANNER = "planner"
    COUNTY = "county"
    STREET = "street"
    FIRE = "fire"
    CITY = "city"
    ADMIN = "admin"


class _Declared(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Rule(_Declared):
    """How one value is drawn; without `value`, everything that no other rule names."""

    value: StrictBool | StrictInt | StrictFloat | StrictStr | None = None
    title: Words
    fill: Colour | None = None
    stroke: Colour | None = None
    width: float | None = Key(default=None, gt=0, le=20)  # pixels
    dash: str | None = Key(default=None, pattern=r"^\d+(\.\d+)?( \d+(\.\d+)?)*$")
    hatch: Hatch | None = None
    hatch_color: Colour | None = None
    marker: Marker | None = None
    opacity: float | None = Key(default=None, ge=0, le=1)


class Style(_Declared):
    """Drawn alike (`simple`), by value (`categories`), or by the highest value that is reached (`ramp`)."""

    type: Literal["simple", "categories", "ramp"]
    field: str | None = None
    rule: tuple[Rule, ...] = Key(min_length=1)
    label_field: str | None = None
    min_zoom: StrictInt | None = Key(default=None, ge=0, le=22)


class Field(_Declared):
    """A column as people read it; `audience` empty: whoever sees the layer."""

    title: Words
    description: str = ""
    unit: str = ""
    mask: Literal["name", "phone"] | None = None
    audience: tuple[Role, ...] = ()
    words: str | None = None  # an enum of `codes`
    values: dict[str, Words] = Key(default_factory=dict)  # words for values that no enum of `codes` has

    @property
    def labels(self) -> dict[str, str]:
        """What is shown in place of each value, the value as text."""
        if self.words is None:
            return self.values
        return {str(member.value): str(getattr(member, "words", member.value)) for member in _enum(self.words) or ()}


class Layer(_Declared):
    """One published layer, an OGC collection; `description` says the definition that is in use."""

    id: str
    title: Words
    description: Words
    source: str
    geometry: Literal["Point", "LineString", "Polygon", "MultiPolygon", "Geometry"]
    id_field: str
    audience: tuple[Role, ...] = Key(min_length=1)
    sample_note: str = "示例数据（虚构）"  # shown beside every feature with sample = true
    order: StrictInt
    fields: dict[str, Field] = Key(min_length=1)
    style: Style

    def visible_fields(self, role: str) -> dict[str, Field]:
        """The fields that the role may see, in declared order; none where the layer is not for it."""
        if role not in self.audience:
            return {}
        return {name: field for name, field in self.fields.items() if not field.audience or role in field.audience}


class Filters(TypedDict, total=False):
    """What may narrow a reading down."""

    bbox: Bbox | BaseGeometry | None
    limit: int | None
    offset: int
    ids: tuple[str, ...] | None
    as_of: dt.date | None
    equals: tuple[tuple[str, str], ...]
    filter: Filter | None
    only: tuple[str, ...] | None
    order: tuple[SortKey, ...]
    start: Start | None
    reference: Reference


def feature_query(layer: Layer, role: str, **filters: Unpack[Filters]) -> FeatureQuery:
    """The reading of a layer that the role may do: its fields only, masked as declared.

    A field that is hidden or masked cannot be filtered by either, since the answer would tell its value.
    """
    visible = layer.visible_fields(role)
    if not visible:
        raise NotFoundError(f"没有名为“{layer.id}”的图层")
    for name, _ in filters.get("equals", ()):
        if name not in visible or visible[name].mask:
            raise BadRequestError(f"图层“{layer.title}”不能按“{name}”筛选", field=name)
    columns = tuple(Column(name, field.mask) for name, field in visible.items())
    return FeatureQuery(layer.source, columns, **filters)


def tile_query(layer: Layer, role: str, day: dt.date | None = None) -> TileQuery:
    """What of a layer may stand in a tile for the role, today or on a day: its fields, but none that is masked or JSON.

    Where there is no room for all, those stay by which the layer is drawn, labelled and told apart.
    """
    visible = layer.visible_fields(role)
    if not visible:
        raise NotFoundError(f"没有名为“{layer.id}”的图层")
    types = SOURCES[layer.source].columns  # of JSON, values within values, a tile can hold nothing
    plain = (name for name, field in visible.items() if field.mask is None)
    columns = tuple(name for name in plain if types[name] is not ColumnType.JSON)
    drawn = (layer.id_field, layer.style.field, layer.style.label_field, "sample")
    essential = tuple(name for name in columns if name in drawn)
    return TileQuery(
        layer.source, layer.id, columns, essential, layer.geometry in ("Point", "Geometry"), day or dt.date.today()
    )


def load_layers(folder: Path) -> dict[str, Layer]:
    """Every layer declared in the folder, by id, in drawing order; DeclarationError names file and key."""
    files = sorted(folder.glob("*.toml"))
    if not files:
        raise DeclarationError(f"目录“{folder.name}”中没有图层声明（*.toml）")
    layers = [_read(file) for file in files]
    return {layer.id: layer for layer in sorted(layers, key=lambda layer: (layer.order, layer.id))}


def _read(file: Path) -> Layer:
    place = f"{file.parent.name}/{file.name}"
    if not _ID.fullmatch(file.stem):
        raise DeclarationError(f"{place}：文件名只能用小写字母、数字和下划线")
    layer = _parsed(place, {"id": file.stem, **_toml(place, file)})
    wrong = [f"{place}：{key}：{words}" for key, words in _contradictions(layer)]
    if layer.id != file.stem:
        wrong.append(f"{place}：id：应与文件名相同，不必填写")
    if wrong:
        raise DeclarationError("\n".join(wrong))
    return layer


def _toml(place: str, file: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(file.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as problem:
        raise DeclarationError(f"{place}：不是有效的 TOML（{problem}）") from problem


def _parsed(place: str, declared: Mapping[str, Any]) -> Layer:
    try:
        return Layer.model_validate(declared)
    except ValidationError as problem:
        wrong = [f"{place}：{_key(error)}：{_complaint(error)}" for error in problem.errors()]
        raise DeclarationError("\n".join(dict.fromkeys(wrong))) from problem


def _key(error: ErrorDetails) -> str:
    """The key as a person finds it in the file, such as `style.rule[2].fill`."""
    path = "".join(f"[{part + 1}]" if isinstance(part, int) else f".{part}" for part in error["loc"])
    return re.sub(r"\.(bool|int|float|str)$", "", path.removeprefix("."))


def _complaint(error: ErrorDetails) -> str:
    given = str(error["input"])[:40]
    match error["type"]:
        case "extra_forbidden":
            return "不认识的键"
        case "missing":
            return "缺少这个键"
        case "literal_error" | "enum":
            return f"填写了“{given}”，可填 {error['ctx']['expected']}".replace(" or ", "、")
        case "string_pattern_mismatch":
            return f"“{given}”的写法不对，应符合 {error['ctx']['pattern']}"
        case "string_too_short" | "too_short":
            return "不能为空"
        case _:
            return f"“{given}”的类型或范围不对"


def _contradictions(layer: Layer) -> Iterator[tuple[str, str]]:
    """What is well-formed but not true: of the source, of the code lists, or of the declaration itself."""
    source = SOURCES.get(layer.source)
    if source is None:
        yield "source", f"没有名为“{layer.source}”的数据源，可填 {'、'.join(SOURCES)}"
        return
    if layer.id_field != source.id_column:
        yield "id_field", f"数据源“{layer.source}”以“{source.id_column}”为编号"
    for name, field in layer.fields.items():
        yield from ((f"fields.{name}{key}", words) for key, words in _untrue(field, source.columns.get(name), layer))
    yield from _style_contradictions(layer)


def _untrue(field: Field, column: ColumnType | None, layer: Layer) -> Iterator[tuple[str, str]]:
    if column is None:
        yield "", f"数据源“{layer.source}”没有这一列"
    elif field.mask and column is not ColumnType.TEXT:
        yield ".mask", "只有文字列可以遮盖"
    if field.words is not None and _enum(field.words) is None:
        yield ".words", f"代码表中没有“{field.words}”"
    if field.words is not None and field.values:
        yield ".values", "已有 words，不能再写 values"
    if not set(field.audience) <= set(layer.audience):
        yield ".audience", "不能超出图层的 audience"


def _style_contradictions(layer: Layer) -> Iterator[tuple[str, str]]:
    style = layer.style
    for key, name in (("style.field", style.field), ("style.label_field", style.label_field)):
        if name is not None and name not in layer.fields:
            yield key, f"fields 中没有“{name}”"
        elif name is not None and layer.fields[name].audience:
            yield key, f"“{name}”并非人人可见，不能用来绘图"
    if (style.type == "simple") != (style.field is None):
        yield "style.field", "type 为 simple 时不填，否则必填"
    if style.type == "simple" and len(style.rule) != 1:
        yield "style.rule", "type 为 simple 时只有一条"
    values = [rule.value for rule in style.rule]
    if len(set(map(repr, values))) != len(values):
        yield "style.rule", "value 重复"
    if None in values[:-1]:
        yield "style.rule", "没有 value 的一条（其余）应放在最后"
    if style.type == "ramp" and not _ascending(values):
        yield "style.rule", "type 为 ramp 时 value 应为从小到大的数字"
    field = layer.fields.get(style.field or "")
    if field is not None and field.labels:
        strange = [str(value) for value in values if value is not None and str(value) not in field.labels]
        yield from (("style.rule", f"“{style.field}”没有“{value}”这个值") for value in strange)


def _ascending(values: list[Any]) -> bool:
    numbers = [value for value in values if value is not None]
    return all(isinstance(value, int | float) for value in numbers) and numbers == sorted(numbers)


def _enum(name: str) -> type[Enum] | None:
    found = getattr(codes, name, None)
    public = isinstance(found, type) and issubclass(found, Enum) and not name.startswith("_")
    return found if public and found is not StrEnum else None
