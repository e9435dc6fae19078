"""A reader's filter (CQL2, OGC 21-065r2) in, a condition for the database out, every value a bound parameter."""

from gis_service.filtering.filters import LANGUAGES, Filter, condition, parse_filter
from gis_service.filtering.limits import LONGEST
from gis_service.filtering.model import FilterError, Kind, Queryable

__all__ = ["LANGUAGES", "LONGEST", "Filter", "FilterError", "Kind", "Queryable", "condition", "parse_filter"]
