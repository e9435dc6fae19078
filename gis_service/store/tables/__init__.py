"""Every table of the store."""

from __future__ import annotations

from gis_service.store.tables.communities import Community
from gis_service.store.tables.derived import Coverage, UncoveredCommunity
from gis_service.store.tables.divisions import Division
from gis_service.store.tables.hazards import EbikeCharging, FireLane, Manhole
from gis_service.store.tables.import_batches import ImportBatch, ImportIssue, LayerRevision
from gis_service.store.tables.management_areas import AreaCommunity, AreaRevision, ManagementArea
from gis_service.store.tables.mapping import Table
from gis_service.store.tables.places import PlaceRow
from gis_service.store.tables.problems import Problem

__all__ = [
    "AreaCommunity",
    "AreaRevision",
    "Community",
    "Coverage",
    "Division",
    "EbikeCharging",
    "FireLane",
    "ImportBatch",
    "ImportIssue",
    "LayerRevision",
    "ManagementArea",
    "Manhole",
    "PlaceRow",
    "Problem",
    "Table",
    "UncoveredCommunity",
]
