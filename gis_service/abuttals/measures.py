"""Folded characters in, the area and the lengths that the sentence states out; they serve as checks."""

from __future__ import annotations

import re
from dataclasses import replace

from gis_service.abuttals.numerals import AREA, LENGTH, metres, square_metres
from gis_service.abuttals.reading import Reading

_AREA = re.compile(f"(?<!建筑)(?:面积|占地)(?:约为|约|共计|共|合计|为|达|是|[：])*{AREA}")
_LENGTH = re.compile(f"(?P<axis>东西|南北)(?:方向|向)?[各]?(?:长度|长|宽度|宽)?(?:约为|约|各约|为)?{LENGTH}")
_BOTH = re.compile(f"东西、南北(?:长|宽)?各?(?:约|为)?{LENGTH}")


def read_measures(reading: Reading) -> Reading:
    """The reading with the first stated area of the land in m² and the lengths by axis in m."""
    area = next((square_metres(found) for found in _AREA.finditer(reading.chars)), None)
    lengths = [(found["axis"], metres(found)) for found in _LENGTH.finditer(reading.chars)]
    for found in _BOTH.finditer(reading.chars):
        lengths = [("东西", metres(found)), ("南北", metres(found))]
    stated = tuple((axis, value) for axis, value in lengths if value is not None)
    return replace(reading, area_m2=area, lengths_m=stated)
