"""What day it is: that of the city, whatever zone the machine's own clock is set to."""

from __future__ import annotations

import datetime as dt

BEIJING = dt.timezone(dt.timedelta(hours=8))


def today() -> dt.date:
    """The day in the city, which is also `current_date` of the database."""
    return now().date()


def now() -> dt.datetime:
    """The moment, told in the time of the city."""
    return dt.datetime.now(BEIJING)


def moment_of(day: dt.date) -> dt.datetime:
    """The moment by which things are told of a day: now of today, of any other day its end."""
    if day == today():
        return now()
    return dt.datetime.combine(day + dt.timedelta(days=1), dt.time.min, BEIJING)
