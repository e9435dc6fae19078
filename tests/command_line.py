"""What tests of the command line share: a command run in this process, what it printed, how it refused."""

from __future__ import annotations

import json
import sys
from typing import Any

from sqlalchemy import Engine
from typer.testing import CliRunner, Result

from gis_service.cli import app
from gis_service.resources import shared

SENTENCE = "东至龙山路，南至菱湖南路（湖滨路），西至公园路，北至湖心北路以南50米"
PROGRAM = (sys.executable, "-c", "from gis_service.cli import main; main()")
TOWN = shared("data") / "boundaries" / "sample_town"


def run(*arguments: object, stdin: bytes | None = None, database: Engine | None = None) -> Result:
    env = {"DATABASE_URL": None if database is None else database.url.render_as_string(hide_password=False)}
    return CliRunner(env=env).invoke(app, [str(argument) for argument in arguments], input=stdin)


def objects(result: Result) -> list[dict[str, Any]]:
    assert result.exit_code == 0, result.output
    return [json.loads(line) for line in result.stdout.split("\n")[:-1]]


def refused(result: Result) -> str:
    """What a person reads after misuse: exit code 2, nothing on stdout, no traceback."""
    assert result.exit_code == 2, result.output
    assert result.stdout == ""
    assert "Traceback" not in result.stderr
    assert result.stderr.startswith("错误：")
    return result.stderr
