"""The web door: declared layers and maps in, pages and GeoJSON over HTTP out."""

from gis_service.api.app import create_app

__all__ = ["create_app"]
