"""Names of county, street and 社区 as clerks write them → division codes; nothing where two would fit."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from sqlalchemy import Connection, select

from gis_service.codes import DivisionLevel
from gis_service.store.tables import Division

_TAILS = {
    DivisionLevel.COUNTY: re.compile(r"(?<=..)[市县区]$"),
    DivisionLevel.STREET: re.compile(r"(街道办事处|办事处|街道|镇|乡)$"),
    DivisionLevel.NEIGHBORHOOD: re.compile(r"(社区居民委员会|社区居委会|居民委员会|村民委员会|居委会|村委会|社区|村)$"),
}


@dataclass(frozen=True)
class Codes:
    """Where a row lies: codes where they are certain, and the unit it reports to."""

    county_code: str | None = None
    street_code: str | None = None
    neighborhood_code: str | None = None
    reporting_unit: str = ""


@dataclass(frozen=True)
class DivisionFact:
    """A division without its ground."""

    code: str
    name: str
    level: DivisionLevel
    parent_code: str | None
    reporting_unit: str | None


class Divisions:
    """The divisions, found by name from large to small."""

    def __init__(self, facts: Iterable[DivisionFact]) -> None:
        self._facts = tuple(facts)
        self.by_code = {fact.code: fact for fact in self._facts}
        self._named_so: dict[tuple[DivisionLevel, str], list[DivisionFact]] = defaultdict(list)
        for fact in self._facts:
            for name in {fact.name, _stem(fact.level, fact.name)}:
                self._named_so[fact.level, name].append(fact)

    @classmethod
    def read(cls, connection: Connection) -> Divisions:
        """All divisions of the store."""
        columns = (Division.code, Division.name, Division.level, Division.parent_code, Division.reporting_unit)
        rows = connection.execute(select(*columns).order_by(Division.code))
        return cls(DivisionFact(row[0], row[1], DivisionLevel(row[2]), row[3], row[4]) for row in rows)

    def name(self, code: str | None) -> str:
        """The name of a division, empty when it is unknown."""
        return self.by_code[code].name if code in self.by_code else ""

    def unit(self, *codes: str | None) -> str:
        """The reporting unit of the smallest division among the codes, empty when none is known."""
        known = [self.by_code[code] for code in codes if code in self.by_code]
        smallest = max(known, key=lambda fact: len(fact.code), default=None)
        return (smallest.reporting_unit or "") if smallest else ""

    def locate(self, county: str, street: str, neighborhood: str) -> Codes:
        """Codes of the three names; a level stays None where no division, or more than one, fits."""
        own = self._named(DivisionLevel.COUNTY, county)
        unit = own.reporting_unit or own.name if own else county
        found_street = self._named(DivisionLevel.STREET, street, lambda fact: self._within(fact, own, unit))
        home = found_street or own

        def near(fact: DivisionFact) -> bool:
            return self._within(fact, home, unit)

        found = self._named(DivisionLevel.NEIGHBORHOOD, neighborhood, near)
        smallest = found or found_street
        county_code = own.code if own else smallest.code[:6] if smallest else self._county_of_unit(unit)
        return Codes(
            county_code=county_code,
            street_code=found_street.code if found_street else found.parent_code if found else None,
            neighborhood_code=found.code if found else None,
            reporting_unit=unit,
        )

    def _within(self, fact: DivisionFact, home: DivisionFact | None, unit: str) -> bool:
        if home is None:
            return bool(unit) and fact.reporting_unit == unit
        return fact.parent_code == home.code or fact.code.startswith(home.code)

    def _county_of_unit(self, unit: str) -> str | None:
        counties = {fact.code[:6] for fact in self._facts if unit and fact.reporting_unit == unit}
        return counties.pop() if len(counties) == 1 else None

    def _named(
        self, level: DivisionLevel, name: str, fits: Callable[[DivisionFact], bool] = lambda _fact: True
    ) -> DivisionFact | None:
        if not name:
            return None
        exact = [fact for fact in self._named_so.get((level, name), ()) if fact.name == name and fits(fact)]
        found = exact or [fact for fact in self._named_so.get((level, _stem(level, name)), ()) if fits(fact)]
        return found[0] if len(found) == 1 else None


def _stem(level: DivisionLevel, name: str) -> str:
    return _TAILS[level].sub("", name)
