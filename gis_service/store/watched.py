"""Which tables the audit log does not watch, and what else answers who changed them."""

from __future__ import annotations

UNWATCHED = {
    "accounts": "pages and commands note each change (account, password); failures to log in are nobody's change",
    "sessions": "logging in and out are noted (login, logout)",
    "api_tokens": "making and revoking are noted (token)",
    "import_jobs": "sending and committing are noted (import); the rest is progress, and what it writes is watched",
    "drawing_imports": "somebody's preview for two hours; what is kept of it is in area_revisions",
    "import_issues": "written with import_batches, never changed",
    "coverage": "computed from other tables, rewritten whole",
    "tallies": "computed from other tables, rewritten row by row",
    "uncovered_communities": "computed from other tables, rewritten whole",
    "area_communities": "computed from boundaries and communities, rewritten whole",
    "joined_boundaries": "which boundaries hazards were joined with, computed",
    "said_again": "the last day of a survey that said the same; the file is noted with import_batches",
    "changes": "written by triggers beside what is watched, numbered by readers",
    "change_feed": "how far the change feed was trimmed, by the service itself",
    "webhooks": "each step of a person is noted (webhook); the rest is how far deliveries are",
    "webhook_attempts": "a log of its own",
    "layer_revisions": "how often a layer changed, counted by triggers",
    "alembic_version": "the step of the schema",
}
