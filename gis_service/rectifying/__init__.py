"""The way of a problem from its discovery to 销号: what people do is appended; closing needs proof and two people."""

from __future__ import annotations

from gis_service.rectifying.evidence import Evidence, clean
from gis_service.rectifying.moves import MOVES, Step, add_evidence, take, ways_on
from gis_service.rectifying.reporting import SpotReport, report

__all__ = ["MOVES", "Evidence", "SpotReport", "Step", "add_evidence", "clean", "report", "take", "ways_on"]
