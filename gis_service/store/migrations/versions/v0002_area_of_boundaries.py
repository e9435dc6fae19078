"""The area of a boundary is kept with it: measuring it anew took half the time of a page of areas."""

from __future__ import annotations

from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Every boundary knows its area on the ellipsoid."""
    op.execute(
        "alter table area_revisions add column area_m2 numeric "
        "generated always as (round(st_area(geography(geom))::numeric, 1)) stored"
    )


def downgrade() -> None:
    """The area is forgotten; it can be measured again."""
    op.execute("alter table area_revisions drop column area_m2")
