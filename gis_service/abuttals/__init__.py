"""四至 text → Abuttals (E, S, W, N, exclusions), every anchor with its span in the text."""

from gis_service.abuttals.form import as_json
from gis_service.abuttals.model import Abuttal, Abuttals, AbuttalsPart, Basis, Side
from gis_service.abuttals.parsing import parse

__all__ = ["Abuttal", "Abuttals", "AbuttalsPart", "Basis", "Side", "as_json", "parse"]
