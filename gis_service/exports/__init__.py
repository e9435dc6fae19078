"""A layer and a reader come in; text, piece by piece, or a finished file in any of nine formats goes out."""

from __future__ import annotations

from gis_service.exports.extracting import Extract, Wishes, Written, extract
from gis_service.exports.formats import FORMATS, Format, Pieces, by_suffix, format_named
from gis_service.exports.geojson import collection_around, feature_collection
from gis_service.exports.systems import SYSTEMS, System, system_named
from gis_service.exports.writing import export_layer

__all__ = [
    "FORMATS",
    "SYSTEMS",
    "Extract",
    "Format",
    "Pieces",
    "System",
    "Wishes",
    "Written",
    "by_suffix",
    "collection_around",
    "export_layer",
    "extract",
    "feature_collection",
    "format_named",
    "system_named",
]
