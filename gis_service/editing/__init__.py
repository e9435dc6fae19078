"""How boundaries come to be agreed: drafted, checked, judged, decided, split and merged; nothing is ever lost."""

from gis_service.editing.revisions import SAMPLE_PERSON, draft
from gis_service.editing.workflow import MOVES, approve, discard, restore, send_back, submit, withdraw

__all__ = ["MOVES", "SAMPLE_PERSON", "approve", "discard", "draft", "restore", "send_back", "submit", "withdraw"]
