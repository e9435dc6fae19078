"""Figures of other systems: `indicators/*.toml` and pushed rows in; declared indicators and kept values out."""

from __future__ import annotations

from gis_service.indicators.declaration import Indicator, load_indicators
from gis_service.indicators.taking import Outcome, take

__all__ = ["Indicator", "Outcome", "load_indicators", "take"]
