"""A database in; what a coverage page that stands alone must know, today and by every reason of 失管, out."""

from __future__ import annotations

from sqlalchemy import Connection

from gis_service import clock
from gis_service.access import Reader
from gis_service.analysis.coverage import EVERY_REASON, LEVELS
from gis_service.api.behind import rows_told
from gis_service.api.coverage import figures_told, reasons_told
from gis_service.api.inquiry import Inquiry
from gis_service.api.publication import Publication

_MOST_ROWS = 5_000


def written_answers(published: Publication, connection: Connection, reader: Reader) -> dict[str, object]:
    """The answers by what asks for them, `path#level`, as the scripts of the page look them up."""
    asked = {level: Inquiry(clock.today(), EVERY_REASON, level, "") for level in LEVELS}
    return {
        **{f"#{level}": figures_told(published, connection, one) for level, one in asked.items()},
        "/reasons#": reasons_told(published, connection, asked["county"]),
        "/rows#": rows_told(published, connection, reader, {"figure": "uncovered"}, limit=_MOST_ROWS),
    }
