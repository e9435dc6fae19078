"""Hazards know their area, what the survey says of their community, and e-bike places their clauses."""

from __future__ import annotations

from alembic import op

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None

_HAZARDS = ("fire_lanes", "ebike_charging", "manholes")
_COLUMNS = """
alter table {table}
  add area_id bigint references management_areas on delete set null,
  add community_said text not null default '';
create index on {table} (area_id);
update {table} h set community_said = c.code from communities c where c.id = h.community_id;
"""
_REST = """
alter table ebike_charging add clause text not null default '';
create table joined_boundaries (
  area_id bigint primary key references management_areas on delete cascade,
  revision_id bigint not null);
create function raise_renamed_revision() returns trigger language plpgsql as $$
begin
  if exists (select 1 from before join after using (id)
             where (before.code, before.name) is distinct from (after.code, after.name)) then
    update layer_revisions set revision = revision + 1, changed_at = now()
    where source in ('fire_lanes', 'ebike_charging', 'manholes');
  end if;
  return null;
end $$;
create trigger raise_renamed_revision after update on communities
  referencing old table as before new table as after for each statement execute function raise_renamed_revision();
create trigger raise_renamed_revision after update on management_areas
  referencing old table as before new table as after for each statement execute function raise_renamed_revision();
"""


def upgrade() -> None:
    """Add the columns; areas are found with the next write, when boundaries are joined."""
    for table in _HAZARDS:
        op.execute(_COLUMNS.format(table=table))
    op.execute(_REST)


def downgrade() -> None:
    """Drop them."""
    for table in ("communities", "management_areas"):
        op.execute(f"drop trigger raise_renamed_revision on {table}")
    op.execute("drop function raise_renamed_revision()")
    op.execute("drop table joined_boundaries")
    op.execute("alter table ebike_charging drop clause")
    for table in _HAZARDS:
        op.execute(f"alter table {table} drop area_id, drop community_said")
