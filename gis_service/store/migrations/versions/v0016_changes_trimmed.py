"""The change feed keeps so many days, and knows up to which number it was trimmed; subscriptions can be paused."""

from __future__ import annotations

from alembic import op

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None

_KEEP = """
create or replace function keep_change() returns trigger language plpgsql as $$
begin
  if tg_op = 'UPDATE' and old.seq is null and to_jsonb(old) - 'seq' = to_jsonb(new) - 'seq' then
    return new;
  end if;
  {trimmed}
  raise exception '变更流水只能新增' using errcode = 'restrict_violation';
end $$;
"""
_TRIMMED = """if tg_op = 'DELETE' and old.seq <= (select trimmed_to from change_feed) then
    return old;
  end if;"""
_NUMBERING = """
create or replace function number_changes(most bigint) returns void language plpgsql as $$
declare last bigint;
begin
  perform pg_advisory_xact_lock(4490008);
  select {last} into last;
  update changes c set seq = last + w.turn
  from (select id, row_number() over (order by id) as turn from
    (select id from changes where seq is null order by id limit most) waiting) w where w.id = c.id;
end $$;
"""
_NEWEST = "coalesce((select max(seq) from changes), 0)"
_NEWEST_EVER = "greatest((select max(seq) from changes), (select trimmed_to from change_feed))"
# The oldest go first and without a gap: what is left is everything after `trimmed_to`.
_TRIMMING = """
create function trim_changes(before timestamptz, most bigint) returns bigint language plpgsql as $$
declare first bigint; cut bigint; gone bigint;
begin
  perform pg_advisory_xact_lock(4490008);
  select min(seq), max(seq) into first, cut from changes;
  cut := coalesce((select seq - 1 from changes where seq is not null and at >= before order by seq limit 1), cut);
  cut := least(cut, first + most - 1);
  if first is null or cut < first then
    return 0;
  end if;
  update change_feed set trimmed_to = cut;
  delete from changes where seq <= cut;
  get diagnostics gone = row_count;
  return gone;
end $$;
"""


def upgrade() -> None:
    """Add what trimming and pausing need."""
    op.execute("create table change_feed (trimmed_to bigint primary key default 0)")
    op.execute("create unique index change_feed_one on change_feed ((true))")
    op.execute("insert into change_feed default values")
    op.execute(_KEEP.format(trimmed=_TRIMMED))
    op.execute(_NUMBERING.format(last=_NEWEST_EVER))
    op.execute(_TRIMMING)
    op.execute("alter table webhooks add paused_at timestamptz")


def downgrade() -> None:
    """Drop it; what was trimmed stays away."""
    op.execute("alter table webhooks drop paused_at")
    op.execute("drop function trim_changes(timestamptz, bigint)")
    op.execute(_NUMBERING.format(last=_NEWEST))
    op.execute(_KEEP.format(trimmed=""))
    op.execute("drop table change_feed")
