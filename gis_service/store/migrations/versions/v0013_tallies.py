"""What each community, ledger row and problem counts for is kept: one approval counts anew only what it touches."""

from __future__ import annotations

from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None

_COUNTS = (
    *("communities", "declared", "lost", "spatial", "area_rows"),
    *("form_1", "form_2", "form_3", "form_4", "form_5", "form_6", "form_unknown"),
    *("committee_yes", "committee_known", "party_yes", "party_known", "fee_known", "problems_open", "problems_closed"),
)
_MEASURES = ("community_area_m2", "inside_m2", "fee_sum")
_TABLE = f"""
create table tallies (
  kind text not null check (kind in ('community', 'area', 'problem')), id bigint not null,
  county_code text not null, street_code text not null, neighborhood_code text not null, reporting_unit text not null,
  {", ".join(f"{name} integer not null" for name in _COUNTS)},
  {", ".join(f"{name} double precision not null" for name in _MEASURES)},
  sample boolean not null default false,
  primary key (kind, id));
"""


def upgrade() -> None:
    """Make the table; the next write fills it."""
    op.execute(_TABLE)


def downgrade() -> None:
    """Drop what `upgrade` made."""
    op.execute("drop table tallies")
