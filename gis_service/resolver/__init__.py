"""Sentences become polygons: abuttals and a gazetteer in; a polygon, or what is still open, out."""

from gis_service.resolver.judgements import Judgements, NameMeans, SideAlong, SideIs
from gis_service.resolver.options import Edge, Hint, ResolverOptions
from gis_service.resolver.resolution import Resolution, ResolvedSide
from gis_service.resolver.resolving import resolve
from gis_service.resolver.runs import Row, resolve_all, row_of

__all__ = [
    "Edge",
    "Hint",
    "Judgements",
    "NameMeans",
    "Resolution",
    "ResolvedSide",
    "ResolverOptions",
    "Row",
    "SideAlong",
    "SideIs",
    "resolve",
    "resolve_all",
    "row_of",
]
