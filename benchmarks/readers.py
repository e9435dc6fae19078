"""The address of a database in; the header with which a benchmark asks our server on it, out."""

from __future__ import annotations

from gis_service.store import accounts, sessions
from gis_service.store.opening import make_engine
from gis_service.store.sample_accounts import add_sample_accounts


def asking(database: str, login: str = "planner") -> dict[str, str]:
    """Of a planner, who sees what the tables of the peers hold: nothing personal; or of another sample account."""
    engine = make_engine(database)
    with engine.begin() as connection:
        add_sample_accounts(connection)
        secret = sessions.issue_token(connection, accounts.named(connection, login).id, "bench", (), 1)
    engine.dispose()
    return {"Authorization": f"Bearer {secret}"}
