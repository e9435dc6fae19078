"""Who asks comes in; what that reader may see and change, rule by rule, goes out."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, replace
from enum import StrEnum

from gis_service.codes import FIRE_CATEGORIES, REPORTING_UNITS
from gis_service.errors import ForbiddenError


class Role(StrEnum):
    """Who looks: the public, a desk, or whoever runs the service; seeing more is never implied by rank."""

    PUBLIC = "public"
    PLANNER = "planner"
    COUNTY = "county"
    STREET = "street"
    FIRE = "fire"
    CITY = "city"
    ADMIN = "admin"


FEED = "indicator:"  # a scope of a token: and the id of an indicator, whose values it may send
EVERY_INDICATOR = "*"
LOCAL = frozenset({Role.COUNTY, Role.STREET})  # these work inside their own divisions
_ZONES = frozenset(REPORTING_UNITS.values())


@dataclass(frozen=True)
class Reader:
    """Who asks: a role, the account behind it (empty: nobody logged in), and the divisions it belongs to.

    `divisions` are codes (county 6, street 9 digits) and reporting units (怀宁县, 经开区, 高新区). A token that was not
    given the right to see names and phones reads with `unmasked` False, whatever its account's role. `feeds` are the
    indicators whose values the reader may send, `subscribes` says whether it may have changes sent to an address.
    """

    role: Role
    login: str = ""
    name: str = ""
    divisions: frozenset[str] = frozenset()
    unmasked: bool = True
    feeds: frozenset[str] = frozenset()
    subscribes: bool = False


PUBLIC = Reader(Role.PUBLIC)
PLANNER = Reader(Role.PLANNER)  # what the command line reads as: nothing personal


def belongs(
    reader: Reader, *, county_code: str | None, street_code: str | None, reporting_unit: str | None = None
) -> bool:
    """True of a row in the reader's own divisions; what reports to 经开区 or 高新区 is not its county's.

    >>> huaining = Reader(Role.COUNTY, divisions=frozenset({"340822", "怀宁县"}))
    >>> [belongs(huaining, county_code=code, street_code=None) for code in ("340822", "340802")]
    [True, False]
    """
    own = reader.divisions
    if reporting_unit in own or street_code in own:
        return True
    return reporting_unit not in _ZONES and county_code in own


def may_see_unmasked(
    reader: Reader, *, county_code: str | None, street_code: str | None, reporting_unit: str | None = None
) -> bool:
    """True where names and phones of a row are shown: to the city everywhere, to county and street in their own."""
    if not reader.unmasked:
        return False
    if reader.role in LOCAL:
        return belongs(reader, county_code=county_code, street_code=street_code, reporting_unit=reporting_unit)
    return reader.role is Role.CITY


def may_edit(
    reader: Reader, *, county_code: str | None, street_code: str | None, reporting_unit: str | None = None
) -> bool:
    """True where the reader may draft, draw and fill in: the city everywhere, county and street in their own."""
    if reader.role in LOCAL:
        return belongs(reader, county_code=county_code, street_code=street_code, reporting_unit=reporting_unit)
    return reader.role is Role.CITY


def may_decide(
    reader: Reader, *, county_code: str | None, street_code: str | None, reporting_unit: str | None = None
) -> bool:
    """True where the reader may approve or send back: the city everywhere, a county in its own, a street nowhere."""
    if reader.role is Role.STREET:
        return False
    return may_edit(reader, county_code=county_code, street_code=street_code, reporting_unit=reporting_unit)


def require_edit(
    reader: Reader, *, county_code: str | None, street_code: str | None, reporting_unit: str | None = None
) -> None:
    """ForbiddenError unless the reader may edit there."""
    if not may_edit(reader, county_code=county_code, street_code=street_code, reporting_unit=reporting_unit):
        raise ForbiddenError("这一处不在您所属的区划内，不能修改；请联系所在区县或市级部门")


def require_decide(
    reader: Reader, *, county_code: str | None, street_code: str | None, reporting_unit: str | None = None
) -> None:
    """ForbiddenError unless the reader may decide there."""
    if not may_decide(reader, county_code=county_code, street_code=street_code, reporting_unit=reporting_unit):
        raise ForbiddenError("您不能核准或退回这一处的边界；请由所在区县或市级部门办理")


def may_work_on(
    reader: Reader,
    category: int,
    *,
    county_code: str | None,
    street_code: str | None,
    reporting_unit: str | None = None,
) -> bool:
    """True where the reader may report, comment, bring evidence: as for edits; the fire brigade in its categories."""
    if reader.role is Role.FIRE:
        return category in FIRE_CATEGORIES
    return may_edit(reader, county_code=county_code, street_code=street_code, reporting_unit=reporting_unit)


def acting(reader: Reader, scopes: Collection[str] | None) -> Reader:
    """The reader as a token with these scopes, or (None) as a person who logged in, may act.

    The right to write brings with it what the role may do: the city sends any indicator, the administrator subscribes.
    """
    given = scopes if scopes is not None else ("write", "unmasked")
    own = {scope.removeprefix(FEED) for scope in given if scope.startswith(FEED)}
    if reader.role is Role.CITY and "write" in given:
        own.add(EVERY_INDICATOR)
    subscribes = "webhooks" in given or (reader.role is Role.ADMIN and "write" in given)
    return replace(reader, unmasked="unmasked" in given, feeds=frozenset(own), subscribes=subscribes)


def require_feed(reader: Reader, indicator_id: str) -> None:
    """ForbiddenError unless the reader may send values of the indicator: the city, and the token of its own system."""
    if not reader.feeds & {indicator_id, EVERY_INDICATOR}:
        raise ForbiddenError(f"不能报送这个指标：令牌应有权限 indicator:{indicator_id}，或由市级账户报送")


def require_subscribe(reader: Reader) -> None:
    """ForbiddenError unless the reader may have changes sent to an address."""
    if not reader.subscribes:
        raise ForbiddenError("不能订阅变更：令牌应有权限 webhooks，或由管理员办理")


def may_verify(
    reader: Reader,
    category: int,
    *,
    county_code: str | None,
    street_code: str | None,
    reporting_unit: str | None = None,
) -> bool:
    """True where the reader may close a problem, send it back or open it again; a street nowhere."""
    if reader.role is Role.FIRE:
        return category in FIRE_CATEGORIES
    return may_decide(reader, county_code=county_code, street_code=street_code, reporting_unit=reporting_unit)
