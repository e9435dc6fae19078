"""Who may see and change which rows, role by role."""

from __future__ import annotations

import pytest

from gis_service.access import (
    PLANNER,
    Reader,
    Role,
    may_decide,
    may_edit,
    may_see_unmasked,
    require_decide,
    require_edit,
)
from gis_service.errors import ForbiddenError

HUAINING = {"county_code": "340822", "street_code": "340822100", "reporting_unit": "怀宁县"}
GAOHE = {"county_code": "340822", "street_code": "340822100", "reporting_unit": "怀宁县"}
ELSEWHERE = {"county_code": "340802", "street_code": "340802001", "reporting_unit": "迎江区"}
HIGH_TECH = {"county_code": "340803", "street_code": "340803402", "reporting_unit": "高新区"}
COUNTY = Reader(Role.COUNTY, "huaining", divisions=frozenset({"340822", "怀宁县"}))
DAGUAN = Reader(Role.COUNTY, "daguan", divisions=frozenset({"340803", "大观区"}))
ZONE = Reader(Role.COUNTY, "gaoxin", divisions=frozenset({"高新区"}))
STREET = Reader(Role.STREET, "gaohe", divisions=frozenset({"340822100"}))
CITY = Reader(Role.CITY, "city")


@pytest.mark.parametrize("rule", [may_edit, may_see_unmasked])
def test_county_and_street_staff_work_in_their_own_division_only(rule: object) -> None:
    assert callable(rule)
    assert rule(COUNTY, **HUAINING)
    assert rule(STREET, **GAOHE)
    assert not rule(COUNTY, **ELSEWHERE)
    assert not rule(STREET, **ELSEWHERE)
    assert not rule(STREET, **{**HUAINING, "street_code": "340822101"})


def test_what_reports_to_a_zone_belongs_to_the_zone_and_not_to_the_county_around_it() -> None:
    assert may_edit(ZONE, **HIGH_TECH)
    assert not may_edit(DAGUAN, **HIGH_TECH)
    assert may_edit(DAGUAN, **{**HIGH_TECH, "reporting_unit": "大观区"})
    assert not may_edit(ZONE, **{**HIGH_TECH, "reporting_unit": "大观区"})


def test_a_row_of_unknown_division_belongs_to_nobody_but_the_city() -> None:
    nowhere = {"county_code": None, "street_code": None, "reporting_unit": ""}
    assert may_edit(CITY, **nowhere)
    assert not may_edit(COUNTY, **nowhere)
    assert not may_edit(Reader(Role.COUNTY), **nowhere)


@pytest.mark.parametrize("role", [Role.PUBLIC, Role.PLANNER, Role.FIRE, Role.ADMIN])
def test_other_roles_neither_edit_nor_see_names_even_where_they_have_a_division(role: Role) -> None:
    reader = Reader(role, divisions=frozenset({"340822", "怀宁县"}))
    assert not may_edit(reader, **HUAINING)
    assert not may_see_unmasked(reader, **HUAINING)
    assert not may_decide(reader, **HUAINING)


def test_a_street_does_not_decide_and_a_county_decides_in_its_own() -> None:
    assert may_decide(CITY, **ELSEWHERE)
    assert may_decide(COUNTY, **HUAINING)
    assert not may_decide(COUNTY, **ELSEWHERE)
    assert not may_decide(STREET, **GAOHE)


def test_who_may_not_is_told_whom_to_ask() -> None:
    require_edit(COUNTY, **HUAINING)
    require_decide(CITY, **HUAINING)
    with pytest.raises(ForbiddenError, match="不在您所属的区划内"):
        require_edit(PLANNER, **HUAINING)
    with pytest.raises(ForbiddenError, match="不能核准或退回"):
        require_decide(STREET, **GAOHE)
