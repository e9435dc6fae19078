"""The names and phones that somebody is about to see in; an entry of the audit log, before they are sent, out."""

from __future__ import annotations

from fastapi import Request

from gis_service.access import Reader
from gis_service.api.admission import client_of
from gis_service.api.logs import request_id
from gis_service.api.publication import Publication
from gis_service.layers import Layer
from gis_service.store import audit
from gis_service.store.audit import READ_UNMASKED, Origin
from gis_service.store.features import Seen

_LONGEST = 500


def origin_of(request: Request) -> Origin:
    """From where the request comes, for the audit log."""
    return Origin(client_of(request.scope), request_id.get())


def disclose(request: Request, published: Publication, asked: tuple[Layer, Reader], seen: Seen) -> None:
    """It is noted, for good, that the reader sees these rows unmasked; without the note nothing may be sent.

    For a moment the request holds a second connection: one of those that no reader gets, and it waits for nobody.
    """
    if seen.ids:
        layer, reader = asked
        note_seen(request, published, reader, layer.source, seen)


def note_seen(request: Request, published: Publication, reader: Reader, subject: str, seen: Seen) -> None:
    """It is noted that the reader sees these rows, and these names and phones, of the subject."""
    with audit.writing(published.engine, reader) as connection:
        audit.note(
            connection,
            reader,
            READ_UNMASKED,
            subject=subject,
            row_ids=seen.ids,
            marks=published.persons.of(seen.texts),
            detail=f"{request.url.path}?{request.url.query}"[:_LONGEST].rstrip("?"),
            origin=origin_of(request),
        )
