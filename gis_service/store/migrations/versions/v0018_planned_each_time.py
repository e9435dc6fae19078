"""Triggers that compare rows before and after are planned each time, for as many rows as there are.

A connection keeps the plan of the first write: made for one row, it took 57 s for 8,000, and
four times as long for twice as many.
"""

from __future__ import annotations

from alembic import op

from gis_service.store.migrations.versions import v0011_changes as before

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None

_AREAS = f"""
create or replace function note_area_change() returns trigger language plpgsql as $$
begin
  if tg_op = 'INSERT' then
    insert into changes (kind, part, subject, row_id, change) select 'area', 'facts', code, id, 'new' from new_rows;
  else
    execute 'insert into changes (kind, part, subject, row_id, change)
      select ''area'', ''facts'', n.code, n.id,
        case when n.retired_on is not null and o.retired_on is null then ''gone'' else ''changed'' end
      from new_rows n join old_rows o using (id)
      where row({before._columns("n")}) is distinct from row({before._columns("o")})';
  end if;
  return null;
end $$
"""  # noqa: S608 - put together from fixed texts
_BOUNDARIES = """
create or replace function note_boundary_change() returns trigger language plpgsql as $$
begin
  if tg_op = 'INSERT' then
    insert into changes (kind, part, subject, row_id, change)
    select 'area', 'boundary', a.code, a.id, 'changed'
    from new_rows n join management_areas a on a.id = n.area_id where n.state = 'approved';
  else
    execute 'insert into changes (kind, part, subject, row_id, change)
      select ''area'', ''boundary'', a.code, a.id, ''changed''
      from new_rows n join old_rows o using (id) join management_areas a on a.id = n.area_id
      where ''approved'' in (n.state, o.state) and row(n.state, n.effective_from, n.effective_to)
        is distinct from row(o.state, o.effective_from, o.effective_to)';
  end if;
  return null;
end $$
"""
_ROWS = """
create or replace function note_row_change() returns trigger language plpgsql as $$
begin
  if tg_op = 'INSERT' then
    insert into changes (kind, subject, row_id, change) select tg_argv[0], code, id, 'new' from new_rows;
  elsif tg_op = 'DELETE' then
    insert into changes (kind, subject, row_id, change) select tg_argv[0], code, id, 'gone' from old_rows;
  else
    execute 'insert into changes (kind, subject, row_id, change)
      select $1, n.code, n.id, ''changed'' from new_rows n join old_rows o using (id) where n is distinct from o'
      using tg_argv[0];
  end if;
  return null;
end $$
"""
_RENAMED = """
create or replace function raise_renamed_revision() returns trigger language plpgsql as $$
declare renamed boolean;
begin
  execute 'select exists (select from before join after using (id)
    where (before.code, before.name) is distinct from (after.code, after.name))' into renamed;
  if renamed then
    update layer_revisions set revision = revision + 1, changed_at = now()
    where source in ('fire_lanes', 'ebike_charging', 'manholes');
  end if;
  return null;
end $$
"""


def upgrade() -> None:
    """What is noted stays the same."""
    for statement in (_AREAS, _BOUNDARIES, _ROWS, _RENAMED):
        op.execute(statement)


def downgrade() -> None:
    """Nothing: the functions did the same before."""
