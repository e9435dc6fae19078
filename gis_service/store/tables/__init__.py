"""Every table of the store."""

from __future__ import annotations

from gis_service.store.tables.accounts import Account, ApiToken, Session
from gis_service.store.tables.boundaries import (
    AreaStep,
    AreaSuccession,
    AreaSuccessionPart,
    DrawingImport,
    Judgement,
)
from gis_service.store.tables.changes import Change, ChangeFeed, Webhook, WebhookAttempt
from gis_service.store.tables.communities import Community
from gis_service.store.tables.derived import Coverage, Tally, UncoveredCommunity
from gis_service.store.tables.divisions import Division
from gis_service.store.tables.hazards import EbikeCharging, FireLane, JoinedBoundary, Manhole
from gis_service.store.tables.import_batches import ImportBatch, ImportIssue, LayerRevision
from gis_service.store.tables.indicators import IndicatorValue
from gis_service.store.tables.ledgers import AreaFact, AreaName, ImportJob, LedgerFrame, ProblemFact, SentFile
from gis_service.store.tables.management_areas import AreaCommunity, AreaRevision, ManagementArea
from gis_service.store.tables.mapping import Table
from gis_service.store.tables.places import PlaceRow
from gis_service.store.tables.problems import Problem, ProblemEvent, ProblemEvidence, ProblemName
from gis_service.store.tables.versions import EarlierVersion, SaidAgain

__all__ = [
    "Account",
    "ApiToken",
    "AreaCommunity",
    "AreaFact",
    "AreaName",
    "AreaRevision",
    "AreaStep",
    "AreaSuccession",
    "AreaSuccessionPart",
    "Change",
    "ChangeFeed",
    "Community",
    "Coverage",
    "Division",
    "DrawingImport",
    "EarlierVersion",
    "EbikeCharging",
    "FireLane",
    "ImportBatch",
    "ImportIssue",
    "ImportJob",
    "IndicatorValue",
    "JoinedBoundary",
    "Judgement",
    "LayerRevision",
    "LedgerFrame",
    "ManagementArea",
    "Manhole",
    "PlaceRow",
    "Problem",
    "ProblemEvent",
    "ProblemEvidence",
    "ProblemFact",
    "ProblemName",
    "SaidAgain",
    "SentFile",
    "Session",
    "Table",
    "Tally",
    "UncoveredCommunity",
    "Webhook",
    "WebhookAttempt",
]
