"""An extract comes in; a GeoPackage, FlatGeobuf or KML file goes out, drawn batch by batch by GDAL."""

from __future__ import annotations

import errno
import warnings
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import pyogrio
from sqlalchemy import Connection

from gis_service.exports.arrow import GEOMETRY, Feed, FileColumn, coded_columns, readable_columns
from gis_service.exports.extracting import Batch, Extract, Written, batches
from gis_service.exports.readable import titles
from gis_service.layers import Layer
from gis_service.store.features import has_shapeless

# GCJ-02 and BD-09 have no reference system that a file could claim, on purpose
warnings.filterwarnings("ignore", message="'crs' was not provided", category=UserWarning)
_OF_ANY_KIND = "Unknown"


@dataclass(frozen=True)
class Sink:
    """Where GDAL puts the features: file, driver, layer, and what the driver is told beside."""

    path: Path
    driver: str
    layer: str
    geometry: str
    authority: str | None
    encoding: str | None = None
    dataset: Mapping[str, str] = field(default_factory=dict)
    options: Mapping[str, str] = field(default_factory=dict)
    metadata: Mapping[str, str] | None = None


def write_gpkg(connection: Connection, taken: Extract, out: Path) -> Written:
    """One layer with a spatial index; titles are aliases of the fields, the definition stands in the contents."""
    sink = Sink(
        out,
        *("GPKG", taken.name, geometry_type(taken.layer), taken.system.authority),
        dataset={"DATETIME_FORMAT": "UTC"},  # the only one that the standard has
        options={"IDENTIFIER": taken.title, "DESCRIPTION": taken.layer.description, "GEOMETRY_NAME": "geom"},
        metadata={"coordinate_system": f"{taken.system.id}，{taken.system.title}"},
    )
    return Written(drawn(sink, coded_columns(taken), batches(connection, taken)))


def write_flatgeobuf(connection: Connection, taken: Extract, out: Path) -> Written:
    """One layer; with a spatial index wherever every feature has a shape, since the index has no room for others."""
    indexed = "NO" if has_shapeless(connection, taken.query) else "YES"
    about = f"{taken.layer.description}坐标系：{taken.system.id}，{taken.system.title}"
    sink = Sink(
        out,
        *("FlatGeobuf", taken.name, geometry_type(taken.layer), taken.system.authority),
        options={"SPATIAL_INDEX": indexed, "TITLE": taken.title, "DESCRIPTION": about},
    )
    return Written(drawn(sink, coded_columns(taken), batches(connection, taken)))


def write_kml(connection: Connection, taken: Extract, out: Path) -> Written:
    """Placemarks under the name of each feature; the other columns by their titles, codes in words."""
    sink = Sink(
        out,
        *("KML", taken.title, _OF_ANY_KIND, "EPSG:4326"),  # the only one that KML has, and the driver wants it told
        dataset={"NameField": titles(taken)[_named_by(taken)], "DescriptionField": ""},
    )
    return Written(drawn(sink, readable_columns(taken), batches(connection, taken)))


def drawn(sink: Sink, columns: list[FileColumn], features: Iterable[Batch]) -> int:
    """How many features GDAL has put into the sink, one batch at a time in memory; OSError where it could not."""
    feed = Feed(columns, features)
    try:
        pyogrio.write_arrow(
            feed.reader(),
            sink.path,
            layer=sink.layer,
            driver=sink.driver,
            geometry_name=GEOMETRY,
            geometry_type=sink.geometry,
            crs=sink.authority,
            encoding=sink.encoding,
            dataset_options=dict(sink.dataset),
            layer_options=dict(sink.options),
            layer_metadata=dict(sink.metadata) if sink.metadata else None,
        )
    except RuntimeError as error:
        if feed.error is not None:
            raise feed.error from None
        raise OSError(errno.EIO, f"GDAL：{error}") from error
    return feed.count


def geometry_type(layer: Layer) -> str:
    """The type that GDAL declares for a layer."""
    return _OF_ANY_KIND if layer.geometry == "Geometry" else str(layer.geometry)


def _named_by(taken: Extract) -> str:
    wanted = (taken.layer.style.label_field or "name", "name", taken.layer.id_field, *taken.columns)
    return next(name for name in wanted if name in taken.columns)
