"""`campaigns/*.toml` in; campaigns out: phases one after another, and the targets by which their progress is told."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Iterator
from pathlib import Path
from typing import Annotated

from pydantic import Field as Key

from gis_service.declaring import Declared, declared

Words = Annotated[str, Key(min_length=1)]


class Phase(Declared):
    """A part of a campaign, both days included."""

    id: str
    title: Words
    start: dt.date = Key(alias="from")
    end: dt.date = Key(alias="to")
    words: str = ""

    @property
    def days(self) -> int:
        """How long it lasts."""
        return (self.end - self.start).days + 1

    def gone(self, day: dt.date) -> int:
        """How many of its days have begun by the day.

        >>> Phase.model_validate({"id": "x", "title": "摸底", "from": "2023-06-16", "to": "2023-07-15"}).gone(
        ...     dt.date(2023, 6, 17)
        ... )
        2
        """
        return min(max((day - self.start).days + 1, 0), self.days)


class Campaign(Declared):
    """A campaign: its phases in order of time, none upon another, and the ids of its targets."""

    id: str
    title: Words
    source: Words
    targets: tuple[str, ...] = Key(min_length=1)
    phases: tuple[Phase, ...] = Key(min_length=1)

    @property
    def start(self) -> dt.date:
        """Its first day."""
        return self.phases[0].start

    @property
    def end(self) -> dt.date:
        """Its last day."""
        return self.phases[-1].end

    def phase_on(self, day: dt.date) -> Phase | None:
        """The phase that the day lies in."""
        return next((phase for phase in self.phases if phase.start <= day <= phase.end), None)


def load_campaigns(folder: Path, targets: Collection[str]) -> dict[str, Campaign]:
    """Every campaign declared in the folder, by id; a DeclarationError names file and key."""

    def contradictions(found: Campaign) -> Iterator[tuple[str, str]]:
        for at, phase in enumerate(found.phases):
            if phase.end < phase.start:
                yield f"phases[{at + 1}].to", "早于 from"
            if at and phase.start <= found.phases[at - 1].end:
                yield f"phases[{at + 1}].from", "应在上一阶段结束之后"
        yield from (("targets", f"没有目标“{one}”") for one in found.targets if one not in targets)

    found = (declared(Campaign, file, contradictions) for file in sorted(folder.glob("*.toml")))
    return {one.id: one for one in found}
