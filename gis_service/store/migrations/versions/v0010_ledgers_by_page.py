"""Ledgers by page: who sent a file, what it said when it was read, and files that somebody gave up."""

from __future__ import annotations

from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

_STATES = "'waiting', 'previewing', 'previewed', 'committing', 'committed', 'failed'"


def upgrade() -> None:
    """Make what is missing; who sent the files that are there already is not known."""
    op.execute("alter table import_batches add column author text not null default '', add column outcome jsonb")
    _allow(f"{_STATES}, 'abandoned'")


def downgrade() -> None:
    """Drop what `upgrade` made."""
    op.execute("alter table import_batches drop author, drop outcome")
    op.execute("update import_jobs set state = 'failed' where state = 'abandoned'")
    _allow(_STATES)


def _allow(states: str) -> None:
    op.execute("alter table import_jobs drop constraint import_jobs_state_check")
    op.execute(f"alter table import_jobs add constraint import_jobs_state_check check (state in ({states}))")
