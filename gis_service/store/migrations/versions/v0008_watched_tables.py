"""Every table that somebody's write changes is watched by the audit log; `store/watched.py` says why others are not."""

from __future__ import annotations

from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

_WATCHED = {
    "places": "id",
    "area_steps": "area_id",
    "judgements": "id",
    "area_successions": "id",
    "area_succession_parts": "succession_id",
    "import_batches": "id",
    "sent_files": "sha256",
    "ledger_frames": "batch_id",
    "area_facts": "area_id",
    "area_names": "area_id",
}


def upgrade() -> None:
    """Watch what was not watched."""
    for table, key in _WATCHED.items():
        op.execute(f"select audit.watch('{table}', '{key}')")


def downgrade() -> None:
    """Watch it no longer."""
    for table in _WATCHED:
        for event in ("insert", "update", "delete"):
            op.execute(f"drop trigger audit_{event} on {table}")
