"""What a far tile says of an area is in an index: the rows themselves are wide, and thousands lie in one tile."""

from __future__ import annotations

from alembic import op

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the index."""
    op.execute(
        "create index management_areas_drawn_idx on management_areas (id)"
        " include (name, service_form, sample, established_on, retired_on)"
    )


def downgrade() -> None:
    """Drop the index."""
    op.execute("drop index management_areas_drawn_idx")
