"""Alembic's entry: runs the steps on the connection that `schema` handed over."""

from __future__ import annotations

from alembic import context

from gis_service.store.tables import Table

context.configure(connection=context.config.attributes["connection"], target_metadata=Table.metadata)
with context.begin_transaction():
    context.run_migrations()
