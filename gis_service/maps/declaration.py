"""`maps/*.toml` in, `Map` declarations out: which layers a map shows, for whom, and what its status line says."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from gis_service.errors import DeclarationError
from gis_service.layers import Layer, Style

Control = Literal["legend", "search", "division", "print"]
Desk = Literal["coverage", "hazards", "boundaries", "service", "figures"]


class Number(BaseModel):
    """A live number on the card of the landing page: how many features a layer holds."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    title: str = Field(min_length=1)
    layer: str


class View(BaseModel):
    """Where the map opens: on the extent of `fit`; `center` (lon, lat) and `zoom` while that layer is empty."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    fit: str
    center: tuple[float, float] = (117.06, 30.53)
    zoom: float = Field(default=12, ge=3, le=20)


class Map(BaseModel):
    """One declared map; `id` is the stem of its file."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    id: str
    title: str = Field(min_length=1)
    short_title: str = Field(min_length=1, max_length=6)
    description: str = Field(min_length=1)
    readers: str = Field(min_length=1)
    audience: tuple[str, ...] = Field(min_length=1)
    order: int = 0
    desk: Desk
    definition: str = Field(min_length=1)
    source_note: str = ""
    base: str = ""
    layers: tuple[str, ...] = Field(min_length=1)
    hidden: tuple[str, ...] = ()
    controls: tuple[Control, ...] = ()
    view: View
    popup: dict[str, tuple[str, ...]] = Field(default_factory=dict)
    styles: dict[str, Style] = Field(default_factory=dict)  # where this map draws a layer differently
    numbers: tuple[Number, ...] = ()

    @property
    def data_layers(self) -> tuple[str, ...]:
        """Every layer whose features the page needs, the base map included."""
        return (*self.layers, self.base) if self.base and self.base not in self.layers else self.layers


def load_maps(folder: Path, layers: Mapping[str, Layer]) -> dict[str, Map]:
    """Every map declared in the folder, in their order; a DeclarationError names file and key of the first mistake."""
    declared = [_load_map(path, layers) for path in sorted(folder.glob("*.toml"))]
    return {found.id: found for found in sorted(declared, key=lambda found: (found.order, found.id))}


def _load_map(path: Path, layers: Mapping[str, Layer]) -> Map:
    try:
        declared = Map.model_validate({"id": path.stem} | tomllib.loads(path.read_text(encoding="utf-8")))
    except tomllib.TOMLDecodeError as error:
        raise DeclarationError(f"{path.name}：不是有效的 TOML（{error}）", file=path.name) from error
    except ValidationError as error:
        first = error.errors()[0]
        key = ".".join(str(step) for step in first["loc"])
        raise DeclarationError(f"{path.name}：“{key}”填写有误（{first['msg']}）", file=path.name, key=key) from error
    _check_layers(path, declared, layers)
    return declared


def _check_layers(path: Path, declared: Map, layers: Mapping[str, Layer]) -> None:
    named = [("layers", name) for name in declared.layers] + [("hidden", name) for name in declared.hidden]
    named += [("popup", name) for name in declared.popup] + [("styles", name) for name in declared.styles]
    named += [("numbers", number.layer) for number in declared.numbers]
    named += [("view.fit", declared.view.fit)] + ([("base", declared.base)] if declared.base else [])
    for key, name in named:
        if name not in layers:
            raise DeclarationError(f"{path.name}：“{key}”写了“{name}”，没有这个图层", file=path.name, key=key)
    for key, name, field in _named_fields(declared):
        if field not in layers[name].fields:
            words = f"{path.name}：“{key}”写了“{field}”，图层“{name}”没有这个字段"
            raise DeclarationError(words, file=path.name, key=key)


def _named_fields(declared: Map) -> Iterator[tuple[str, str, str]]:
    """Key in the file, layer and field of everything the map says about fields."""
    for name, fields in declared.popup.items():
        yield from ((f"popup.{name}", name, field) for field in fields)
    for name, style in declared.styles.items():
        for key, field in (("field", style.field), ("label_field", style.label_field)):
            if field is not None:
                yield f"styles.{name}.{key}", name, field
