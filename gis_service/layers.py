"""Declarations in layers/*.toml come in; layers, and what of them each role may read, go out."""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Iterable, Iterator
from enum import Enum, StrEnum
from functools import cached_property
from pathlib import Path
from typing import Annotated, Any, Literal, TypedDict, Unpack

from pydantic import Field as Key
from pydantic import StrictBool, StrictFloat, StrictInt, StrictStr
from shapely.geometry.base import BaseGeometry

from gis_service import clock, codes
from gis_service.access import LOCAL, Reader, Role
from gis_service.crs import Reference
from gis_service.declaring import Declared, declared
from gis_service.errors import BadRequestError, DeclarationError, NotFoundError
from gis_service.filtering import Filter
from gis_service.store.features import SOURCES, Column, ColumnType, FeatureQuery, SortKey, Start
from gis_service.store.sources import is_past, source_named
from gis_service.store.territory import EVERYWHERE
from gis_service.store.tiles import AREA, LINE, POINT, Merging, TileQuery

Bbox = tuple[float, float, float, float]
Colour = Annotated[str, Key(pattern=r"^#[0-9a-f]{6}$")]
Marker = Literal[
    "circle", "ring", "square", "diamond", "triangle", "triangle-down", "pentagon", "hexagon", "check", "cross", "plus"
]
Hatch = Literal["diagonal", "back", "horizontal", "vertical", "cross"]
Words = Annotated[str, Key(min_length=1)]
_SHAPES = {"Point": {POINT}, "LineString": {LINE}, "Polygon": {AREA}, "MultiPolygon": {AREA}}


class Rule(Declared):
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


class Style(Declared):
    """Drawn alike (`simple`), by value (`categories`), or by the highest value that is reached (`ramp`)."""

    type: Literal["simple", "categories", "ramp"]
    field: str | None = None
    rule: tuple[Rule, ...] = Key(min_length=1)
    label_field: str | None = None
    min_zoom: StrictInt | None = Key(default=None, ge=0, le=22)
    worst: tuple[StrictStr, ...] = ()  # values of `field`: of points far away the first stands for the others
    soonest: str | None = None  # or the one that is due first, by this date
    apart: tuple[str, ...] = ()  # points that differ in these fields are never drawn as one
    breadth: str | None = None  # how wide lines are, in metres: far away the narrow ones are left out


class Field(Declared):
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


class Layer(Declared):
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

    def visible_fields(self, reader: Reader) -> dict[str, Field]:
        """The fields that the reader may see, in declared order; none where the layer is not for it."""
        role = reader.role
        if role not in self.audience:
            return {}
        return {name: field for name, field in self.fields.items() if not field.audience or role in field.audience}

    def rights(self, reader: Reader) -> str:
        """A mark that is the same for readers to whom the layer shows the same, and only for those."""
        key = (reader.role, unmasked_in(reader))
        if key not in self.marks:
            told = ((one.name, one.mask, sorted(one.shown_in)) for one in self.columns(reader))
            self.marks[key] = _mark(self.digest, *told)
        return self.marks[key]

    def tile_rights(self, reader: Reader) -> str:
        """The same of its tiles, which hold nothing personal for anybody."""
        if reader.role not in self.marks:
            self.marks[reader.role] = _mark(
                self.digest, *(one.name for one in self.columns(reader) if one.mask is None)
            )
        return self.marks[reader.role]

    def columns(self, reader: Reader) -> tuple[Column, ...]:
        """What is read of the layer for the reader: names and phones masked but where the reader may see them."""
        where = unmasked_in(reader)
        key = (reader.role, where)
        if key not in self.read:
            fields = self.visible_fields(reader).items()
            self.read[key] = tuple(Column(name, one.mask, where if one.mask else frozenset()) for name, one in fields)
        return self.read[key]

    @cached_property
    def read(self) -> dict[object, tuple[Column, ...]]:
        """What is read for whom, as far as somebody has asked."""
        return {}

    @cached_property
    def marks(self) -> dict[object, str]:
        """The marks that were made: a request would take longer to make one than to find its answer in memory."""
        return {}

    @cached_property
    def digest(self) -> str:
        """A mark of everything that is declared of the layer."""
        return _mark(self.model_dump_json())


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


def feature_query(layer: Layer, reader: Reader, **filters: Unpack[Filters]) -> FeatureQuery:
    """The reading of a layer that the reader may do: its fields only, masked as declared.

    A field that is hidden or masked cannot be filtered by either, since the answer would tell its value.
    """
    visible = layer.visible_fields(reader)
    if not visible:
        raise NotFoundError(f"没有名为“{layer.id}”的图层")
    for name, _ in filters.get("equals", ()):
        if name not in visible or visible[name].mask:
            raise BadRequestError(f"图层“{layer.title}”不能按“{name}”筛选", field=name)
    return FeatureQuery(layer.source, layer.columns(reader), **filters)


def tile_query(
    layer: Layer, reader: Reader, day: dt.date | None = None, only: tuple[str, ...] | None = None
) -> TileQuery:
    """What of a layer may stand in a tile for the reader on a day (today): its fields, none that is masked or JSON.

    Where there is no room for all, or `only` some are wished for, those by which the layer is drawn, labelled and told
    apart stay.
    """
    visible = layer.visible_fields(reader)
    if not visible:
        raise NotFoundError(f"没有名为“{layer.id}”的图层")
    return tiles_of(layer, [name for name, field in visible.items() if field.mask is None], day, only)


def tiles_of(
    layer: Layer, names: Iterable[str], day: dt.date | None = None, only: tuple[str, ...] | None = None
) -> TileQuery:
    """Tiles with these fields, but for those that are JSON."""
    types = SOURCES[layer.source].columns  # of JSON, values within values, a tile can hold nothing
    columns = tuple(name for name in names if types[name] is not ColumnType.JSON)
    style = layer.style
    drawn = (layer.id_field, style.field, style.label_field, style.soonest, *style.apart, "sample")
    essential = tuple(name for name in columns if name in drawn)
    if only is not None:
        columns = tuple(name for name in columns if name in only or name in essential)
    shapes = frozenset(_SHAPES.get(layer.geometry, {POINT, LINE, AREA}))
    own = (layer.source, layer.id, columns, essential, shapes, day or clock.today(), is_past(day))
    return TileQuery(
        *own, _merging(layer.style) if POINT in shapes else Merging(), only is not None, style.breadth or ""
    )


def _merging(style: Style) -> Merging:
    return Merging(style.field or "", style.worst, style.soonest or "", style.apart)


def unmasked_in(reader: Reader) -> frozenset[str]:
    """The divisions in whose rows the reader sees names and phones, as `access.may_see_unmasked` has it."""
    if not reader.unmasked:
        return frozenset()
    if reader.role in LOCAL:
        return reader.divisions
    return EVERYWHERE if reader.role is Role.CITY else frozenset()


def _mark(*parts: object) -> str:
    return hashlib.sha256(repr(parts).encode()).hexdigest()[:16]


def load_layers(folder: Path) -> dict[str, Layer]:
    """Every layer declared in the folder, by id, in drawing order; DeclarationError names file and key."""
    files = sorted(folder.glob("*.toml"))
    if not files:
        raise DeclarationError(f"目录“{folder.name}”中没有图层声明（*.toml）")
    layers = [_read(file) for file in files]
    return {layer.id: layer for layer in sorted(layers, key=lambda layer: (layer.order, layer.id))}


def _read(file: Path) -> Layer:
    return declared(Layer, file, _contradictions)


def _contradictions(layer: Layer) -> Iterator[tuple[str, str]]:
    """What is well-formed but not true: of the source, of the code lists, or of the declaration itself."""
    source = source_named(layer.source)
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
    yield from _thinning_contradictions(layer)
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


def _thinning_contradictions(layer: Layer) -> Iterator[tuple[str, str]]:
    style, types = layer.style, SOURCES[layer.source].columns
    if style.worst and (style.type != "categories" or style.soonest):
        yield "style.worst", "只用于 type 为 categories 的样式，不与 soonest 同用"
    if style.soonest is not None and types.get(style.soonest) is not ColumnType.DATE:
        yield "style.soonest", f"数据源“{layer.source}”没有日期列“{style.soonest}”"
    if style.breadth is not None and types.get(style.breadth) is not ColumnType.NUMBER:
        yield "style.breadth", f"数据源“{layer.source}”没有数值列“{style.breadth}”"
    strange = [name for name in style.apart if name not in layer.fields or layer.fields[name].mask]
    yield from (("style.apart", f"fields 中没有不遮盖的“{name}”") for name in strange)


def _ascending(values: list[Any]) -> bool:
    numbers = [value for value in values if value is not None]
    return all(isinstance(value, int | float) for value in numbers) and numbers == sorted(numbers)


def _enum(name: str) -> type[Enum] | None:
    found = getattr(codes, name, None)
    public = isinstance(found, type) and issubclass(found, Enum) and not name.startswith("_")
    return found if public and found is not StrEnum else None
