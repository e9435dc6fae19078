"""A server and addresses, or a script of SQL, in; answers a second, as wrk and pgbench count them, out."""

from __future__ import annotations

import json
import os
import re
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path

from sqlalchemy import make_url

from benchmarks.servers import Server
from gis_service.store.postgres_binaries import find_binaries

CLIENTS = 8  # requests at a time, as many as one reader may have
_SCRIPT = Path(__file__).with_name("ask.lua")


def by_wrk(server: Server, lines: Sequence[str], headers: Mapping[str, str], seconds: float, folder: Path) -> float:
    """Answers a second; RuntimeError where one is refused. A line is an address, or an address, a tab and an ETag."""
    listed = folder / "addresses.txt"
    listed.write_text("\n".join(lines))
    told = [part for name, value in {**server.headers, **headers}.items() for part in ("-H", f"{name}: {value}")]
    command = ["wrk", "-t1", f"-c{CLIENTS}", f"-d{seconds:.0f}s", "--timeout", "60s", "-s", str(_SCRIPT), *told]
    command += [server.address, "--", str(listed)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)  # noqa: S603
    counted = json.loads(done.stdout.rsplit("\n", 2)[-2])
    if counted["failed"]:
        raise RuntimeError(f"{server.name} refused {counted['failed']} of {counted['answers']}: {lines[0]}")
    return float(counted["answers"]) / float(counted["seconds"])


def by_pgbench(database: str, script: str, seconds: float, folder: Path) -> float:
    """Transactions a second of the script, prepared."""
    url = make_url(database)
    file = folder / "raw.sql"
    file.write_text(script)
    command = [find_binaries().program("pgbench"), "--no-vacuum", "--protocol=prepared", f"--client={CLIENTS}"]
    command += [f"--time={seconds:.0f}", f"--file={file}", f"--host={url.host}", f"--port={url.port}"]
    told = os.environ | {"PGPASSWORD": str(url.password), "PGUSER": str(url.username)}
    done = subprocess.run(  # noqa: S603
        [*command, str(url.database)], env=told, capture_output=True, text=True, check=True
    )
    found = re.search(r"tps = ([\d.]+)", done.stdout)
    if found is None:
        raise RuntimeError(done.stdout + done.stderr)
    return float(found[1])
