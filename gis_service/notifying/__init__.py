"""What changed, told to whoever follows: as a feed that is asked, and sent, signed, to addresses that were allowed."""

from __future__ import annotations

from gis_service.notifying.delivering import TOO_LATE, Courier, deliver_due, try_out
from gis_service.notifying.feed import Following, entries

__all__ = ["TOO_LATE", "Courier", "Following", "deliver_due", "entries", "try_out"]
