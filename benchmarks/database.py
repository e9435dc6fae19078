"""A database of its own for a benchmark, with all tables and no rows, gone when the benchmark ends."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import Engine

from gis_service.store.cluster import private_cluster
from gis_service.store.opening import make_engine
from gis_service.store.schema import upgrade


@contextmanager
def empty_database() -> Iterator[tuple[str, Engine]]:
    """The address and an engine of a database with all tables and no rows, in a cluster that ends with the block."""
    folder = Path(tempfile.mkdtemp(prefix="gis-service-bench-"))
    folder.chmod(0o755)  # as root, the cluster belongs to another account, which must get in
    try:
        with private_cluster(folder, durable=False) as url:
            engine = make_engine(url, statement_timeout_ms=600_000)
            try:
                upgrade(engine)
                yield url, engine
            finally:
                engine.dispose()
    finally:
        shutil.rmtree(folder)
