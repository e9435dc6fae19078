"""The two ledgers: workbook → rows as facts and issues; and back to the official form."""

from __future__ import annotations

from gis_service.ledger.columns import (
    ANNEX1_COLUMNS,
    ANNEX1_TITLE,
    ANNEX2_COLUMNS,
    ANNEX2_TITLE,
    Annex,
)
from gis_service.ledger.entries import LedgerEntry, LedgerReading, ProblemEntry, SheetFrame
from gis_service.ledger.reading import OpenLedger, annex_of, read_annex1, read_annex2
from gis_service.ledger.writing import write_annex1, write_annex2

__all__ = [
    "ANNEX1_COLUMNS",
    "ANNEX1_TITLE",
    "ANNEX2_COLUMNS",
    "ANNEX2_TITLE",
    "Annex",
    "LedgerEntry",
    "LedgerReading",
    "OpenLedger",
    "ProblemEntry",
    "SheetFrame",
    "annex_of",
    "read_annex1",
    "read_annex2",
    "write_annex1",
    "write_annex2",
]
