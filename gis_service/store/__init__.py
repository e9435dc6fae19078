"""Tables, sessions, every read as a query, every write as a function, and the steps of the schema."""

from __future__ import annotations

from gis_service.store.opening import open_store

__all__ = ["open_store"]
