"""`/changes`: a number in; what changed after it, and the number to ask with next, out."""

from __future__ import annotations

from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse, Response

from gis_service.access import Reader
from gis_service.api.declared import OBJECT, query
from gis_service.api.indicators import NO_STORE
from gis_service.api.links import JSON
from gis_service.api.parameters import parse_limit, parse_names, parse_offset, single_values
from gis_service.api.problems import REFUSALS
from gis_service.api.publication import Publication, Published
from gis_service.api.readers import Following as FollowingRule
from gis_service.errors import BadRequestError
from gis_service.notifying import Following, entries
from gis_service.store.changes import changes_since, number_changes
from gis_service.store.tables.changes import CHANGE_KINDS

router = APIRouter(responses=REFUSALS)
_LAYERS = {"area": "management_areas", "community": "communities", "problem": "problems"}
_USUAL, _MOST = 500, 5_000


@router.get(
    "/changes",
    summary="变更流水",
    description="since 之后的变更，按序号；下次用 next 来问，不漏、不重。只说什么变了，内容到 href 去读。",
    response_class=Response,
    responses={200: {"description": "变更", "content": {JSON: {"schema": OBJECT}}}},
    openapi_extra={
        "parameters": [
            query("since", {"type": "integer", "minimum": 0, "default": 0}, "上次读到的序号（回答里的 next）"),
            query("limit", {"type": "integer", "minimum": 1, "maximum": _MOST, "default": _USUAL}, "至多几条"),
            query("kinds", {"type": "array", "items": {"type": "string", "enum": [*CHANGE_KINDS]}}, "只要这几类"),
        ]
    },
)
def changes(request: Request, published: Published, reader: FollowingRule) -> Response:
    """A page of changes; what is being written meanwhile comes with a later page."""
    given = single_values(request.query_params, ("since", "limit", "kinds"))
    since = parse_offset(given.get("since", "0"), "since")
    limit = parse_limit(given["limit"], _MOST) if "limit" in given else _USUAL
    follows = may_follow(published, reader)
    kinds = follows.kinds & set(parse_kinds(given.get("kinds")))
    with published.engine.connect().execution_options(postgresql_readonly=False) as connection, connection.begin():
        number_changes(connection)
        page = changes_since(connection, (since, None), kinds, follows.indicators, limit)
    told = {"since": since, "next": page.next, "more": page.more, "changes": entries(page.rows)}
    return JSONResponse(told, headers=NO_STORE)


def may_follow(published: Publication, reader: Reader) -> Following:
    """What the reader may be told of: as the layers and indicators that they may see."""
    seen = published.layers_for(reader)
    indicators = frozenset(published.indicators_for(reader))
    kinds = {kind for kind, layer in _LAYERS.items() if layer in seen}
    return Following(frozenset(kinds | ({"indicator"} if indicators else set())), indicators)


def parse_kinds(text: str | None) -> tuple[str, ...]:
    """The kinds that are named, all where none is; BadRequestError for one that there is not."""
    names = parse_names(text) if text is not None else CHANGE_KINDS
    if not names or not set(names) <= set(CHANGE_KINDS):
        raise BadRequestError(f"kinds 应为 {'、'.join(CHANGE_KINDS)} 中的一种或几种，逗号分开")
    return names
