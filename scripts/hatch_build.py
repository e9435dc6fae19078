"""Build hook: the wheel carries what a clone keeps beside the package; an editable install has the clone itself."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface


class CustomBuildHook(BuildHookInterface):  # type: ignore[type-arg]
    """Reads `carry` (path in the clone = path in the wheel) from pyproject.toml."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """The wheel includes every carried path; a missing one stops the build, saying how to get it."""
        if version == "editable":
            return
        for source, target in self.config["carry"].items():
            path = Path(self.root, source)
            if not path.exists():
                raise FileNotFoundError(f"{source} is missing; `make wheel` fetches what npm brings (npm ci)")
            build_data["force_include"][str(path)] = target
