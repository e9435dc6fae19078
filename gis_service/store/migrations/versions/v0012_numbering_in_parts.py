"""Changes are numbered some thousand at a time, so that a reader after a large import is answered within its limit."""

from __future__ import annotations

from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None

_NUMBERING = """
create function number_changes({parameter}) returns void language plpgsql as $$
declare last bigint;
begin
  perform pg_advisory_xact_lock(4490008);
  select coalesce(max(seq), 0) into last from changes;
  update changes c set seq = last + w.turn
  from (select id, row_number() over (order by id) as turn from
    (select id from changes where seq is null order by id {limit}) waiting) w where w.id = c.id;
end $$;
"""


def upgrade() -> None:
    """Number no more at once than is asked for, the oldest first."""
    op.execute("drop function number_changes()")
    op.execute(_NUMBERING.format(parameter="most bigint", limit="limit most"))


def downgrade() -> None:
    """Number everything at once again."""
    op.execute("drop function number_changes(bigint)")
    op.execute(_NUMBERING.format(parameter="", limit=""))
