"""A statement in; its text with numbered places and what belongs in them, as psycopg sends it without more ado, out."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Dialect, Select
from sqlalchemy.dialects.postgresql.psycopg import PGDialect_psycopg

_DIALECT: Dialect = PGDialect_psycopg(paramstyle="numeric_dollar")  # type: ignore[no-untyped-call]


@dataclass(frozen=True)
class Compiled:
    """SQL with `$1`, `$2` …; `names` says what stands where, `values` what was given as the statement was made."""

    text: str
    names: tuple[str, ...]
    values: Mapping[str, Any]
    processors: Mapping[str, Callable[[Any], Any]]

    def arguments(self, values: Mapping[str, Any]) -> list[Any]:
        """What stands in each place: the value of that name, or else the one the statement was made with."""
        return [self._sent(name, values[name] if name in values else self.values[name]) for name in self.names]

    def _sent(self, name: str, value: Any) -> Any:
        process = self.processors.get(name)
        return value if process is None else process(value)


def compiled(statement: Select[*tuple[Any, ...]]) -> Compiled:
    """The statement as text."""
    found: Any = statement.compile(dialect=_DIALECT, compile_kwargs={"render_postcompile": True})
    return Compiled(found.string, tuple(found.positiontup), found.params, found._bind_processors)
