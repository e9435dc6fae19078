"""A request in; who asks, and whether the route is for them at all, out.

Every route declares its rule by the type of one parameter, `reader: Reading` and the like; `require_rules` refuses
an application with a route that does not.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from ipaddress import ip_address
from typing import Annotated

from fastapi import APIRouter, Depends, FastAPI, Request
from fastapi.dependencies.models import Dependant
from fastapi.routing import APIRoute
from starlette.routing import BaseRoute, Mount

from gis_service.access import PUBLIC, Reader, Role
from gis_service.api.visitors import NOBODY, Visitor, Visitors, is_write
from gis_service.errors import ForbiddenError, PasswordDueError, UnauthorizedError

_PASSED_ON = ("forwarded", "via", "x-forwarded-for", "x-forwarded-host", "x-real-ip")
_LOG_IN = "请先登录"
_NOT_PUBLIC = "请先登录；尚未填写审图号，地图和数据不对公众开放"


async def reader_of(request: Request) -> Reader:
    """Who asks: by bearer token, else by session, else the public."""
    visitors: Visitors = request.app.state.visitors
    request.state.visitor = found = await visitors.of(request)
    return found.reader


Asking = Annotated[Reader, Depends(reader_of)]


def visitor_of(request: Request) -> Visitor:
    """What `reader_of` found out about this request."""
    found: Visitor = getattr(request.state, "visitor", NOBODY)
    return found


@dataclass(frozen=True)
class Rule:
    """Which roles a route is for; layers, maps and rows have rules of their own beside it (`access`, `layers`).

    `always`: also before a first password was changed. `scoped`: a token needs a scope of its own for it instead of
    the right to write, which the route asks for (`access.require_feed`, `access.require_subscribe`).
    """

    name: str
    roles: frozenset[Role]
    always: bool = False
    scoped: bool = False

    async def __call__(self, request: Request, reader: Asking) -> Reader:
        """The reader; UnauthorizedError or ForbiddenError where the route is not for them."""
        if reader.role not in self.roles:
            raise UnauthorizedError(_LOG_IN) if reader.role is Role.PUBLIC else ForbiddenError("您的账户没有这项权限")
        if self.name == "reading" and reader.role is Role.PUBLIC:
            _require_public(request)
        visitor = visitor_of(request)
        if visitor.must_change_password and not self.always:
            raise PasswordDueError("请先修改初始密码")
        if is_write(request) and self.name != "anybody":
            await _require_own_write(request, visitor, self.scoped)
        return reader


def _require_public(request: Request) -> None:
    if not request.app.state.publication.settings.review_number:
        raise UnauthorizedError(_NOT_PUBLIC)


async def _require_own_write(request: Request, visitor: Visitor, scoped: bool) -> None:
    if not visitor.may_write and not scoped:
        raise ForbiddenError("这个令牌只能读取")
    if visitor.how == "session":
        await request.app.state.visitors.require_proof(request, visitor.proof)


def is_local(request: Request) -> bool:
    """True of a request from this machine itself, that no proxy passed on."""
    host = request.client.host if request.client else ""
    if any(name in request.headers for name in _PASSED_ON):
        return False
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False


_ALL = frozenset(Role)
_KNOWN = _ALL - {Role.PUBLIC}
_EDITORS = frozenset({Role.COUNTY, Role.STREET, Role.CITY})
_ADMIN = frozenset({Role.ADMIN})
Anybody = Annotated[Reader, Depends(Rule("anybody", _ALL, always=True))]  # tells nothing of what is stored
Reading = Annotated[Reader, Depends(Rule("reading", _ALL))]  # layers and maps then say who may see them
Working = Annotated[Reader, Depends(Rule("working", _KNOWN))]  # figures and rows of a desk, for whoever has an account
Belonging = Annotated[Reader, Depends(Rule("belonging", _KNOWN, always=True))]  # one's own account
Editing = Annotated[Reader, Depends(Rule("editing", _EDITORS))]  # then `access.require_edit` for the row
Deciding = Annotated[Reader, Depends(Rule("deciding", _EDITORS - {Role.STREET}))]  # then `access.require_decide`
Gathering = Annotated[Reader, Depends(Rule("gathering", frozenset({Role.CITY})))]  # what all units sent, unmasked
REPORTERS = _EDITORS | {Role.FIRE}
Reporting = Annotated[Reader, Depends(Rule("reporting", REPORTERS))]  # what somebody saw on the spot
Feeding = Annotated[Reader, Depends(Rule("feeding", _KNOWN, scoped=True))]  # then `access.require_feed`
Subscribing = Annotated[Reader, Depends(Rule("subscribing", _KNOWN, scoped=True))]  # then `access.require_subscribe`
Following = Annotated[Reader, Depends(Rule("following", _KNOWN))]  # what changed, of what the reader may see
Administering = Annotated[Reader, Depends(Rule("administering", _ADMIN))]


async def _overseer(request: Request) -> Reader:
    """Whoever asks from this machine, without a look into the database; else the administrator."""
    return PUBLIC if is_local(request) else await Rule("overseeing", _ADMIN)(request, await reader_of(request))


Overseeing = Annotated[Reader, Depends(_overseer)]  # how the service itself is


def _unasked() -> None:
    """The rule of routes that answer everybody alike and tell nothing: nobody is asked who they are."""


UNASKED = Depends(_unasked)


def rule_of(route: APIRoute) -> Rule | None:
    """The rule that a route declares, if it asks who asks."""
    return next(_rules(route.dependant), None)


def is_unasked(route: APIRoute) -> bool:
    """True of a route that declares that it need not know who asks, or not of whom on this machine."""
    return any(inner.call in (_unasked, _overseer) for inner in route.dependant.dependencies)


def routes_of(routes: Iterable[BaseRoute]) -> Iterator[BaseRoute]:
    """Every route, those of included routers in their place; mounted files are for all and stay out."""
    for route in routes:
        included = getattr(route, "original_router", None)
        if isinstance(included, APIRouter):
            yield from routes_of(included.routes)
        elif not isinstance(route, Mount):
            yield route


def require_rules(app: FastAPI) -> None:
    """AssertionError names a route that anybody could ask, since it declares no rule."""
    bare = [getattr(route, "path", route) for route in routes_of(app.routes) if not _is_ruled(route)]
    assert not bare, f"no rule (gis_service/api/readers.py): {bare}"  # noqa: S101 - a slip of ours, not of a reader


def _is_ruled(route: BaseRoute) -> bool:
    return isinstance(route, APIRoute) and (is_unasked(route) or rule_of(route) is not None)


def _rules(dependant: Dependant) -> Iterator[Rule]:
    if isinstance(dependant.call, Rule):
        yield dependant.call
    for inner in dependant.dependencies:
        yield from _rules(inner)
