"""What is to be reached: `targets/*.toml` and the figures of a place in; the share reached, and whether it suffices."""

from __future__ import annotations

from gis_service.targets.campaign import Campaign, Phase, load_campaigns
from gis_service.targets.declaration import FORMULAS, Formula, Target, load_targets
from gis_service.targets.measuring import Standing, standing

__all__ = [
    "FORMULAS",
    "Campaign",
    "Formula",
    "Phase",
    "Standing",
    "Target",
    "load_campaigns",
    "load_targets",
    "standing",
]
