"""A page of features as the store found it in; its links to the next one and the one before out."""

from __future__ import annotations

from urllib.parse import urlencode

from fastapi import Request
from sqlalchemy import Connection

from gis_service.api.asking import Asked
from gis_service.api.links import link
from gis_service.api.publication import entity_tag
from gis_service.api.tokens import Token
from gis_service.layers import Layer
from gis_service.store.features import count_features
from gis_service.store.paging import Page

UNCOUNTED = -1  # more than are counted (`short_pages.COUNTED`)
_NOT_THE_QUESTION = ("limit", "offset", "cursor", "f", "crs", "properties", "sortby")  # how many match is the same


def state_of(revision: int, layer: Layer, request: Request) -> str:
    """A mark that changes when the layer does, or the question that is asked of it."""
    asked = sorted(one for one in request.query_params.multi_items() if one[0] not in _NOT_THE_QUESTION)
    return entity_tag(revision, layer.digest, asked)[3:19]


def known_count(asked: Asked, mark: str) -> int | None:
    """How many features match, or UNCOUNTED, as a page before has found, if nothing has changed since."""
    token = asked.token
    return token.matched if token is not None and token.mark == mark and token.matched >= UNCOUNTED else None


def matched(connection: Connection, asked: Asked, mark: str) -> int:
    """How many features match; counted once for all pages of a layer that does not change meanwhile."""
    known = known_count(asked, mark)
    return count_features(connection, asked.query) if known in (None, UNCOUNTED) else known


def paging_links(
    request: Request, asked: Asked, page: Page, token: tuple[int, str], media_type: str
) -> list[dict[str, str]]:
    """`next` while features are left, `prev` where some came before."""
    found = []
    if page.followed and page.last is not None:
        after = Token(page.last, "after", *token)
        found.append(link("next", _at(request, asked.limit, after), media_type, "下一页"))
    if page.preceded and page.first is not None:
        before = Token(page.first, "before", *token)
        found.append(link("prev", _at(request, asked.limit, before), media_type, "上一页"))
    return found


def _at(request: Request, limit: int, token: Token) -> str:
    kept = [
        (name, value) for name, value in request.query_params.multi_items() if name not in ("limit", "offset", "cursor")
    ]
    return str(request.url.replace(query=urlencode([*kept, ("limit", limit), ("cursor", token.text())])))
