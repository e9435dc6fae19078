"""What a reader says it can unpack (`Accept-Encoding`) in; whether it takes a coding out (RFC 9110, 12.5.3)."""

from __future__ import annotations

import re

_CODING = re.compile(r"\s*(?P<name>[\w*-]+)\s*(;\s*q\s*=\s*(?P<weight>\d(\.\d*)?)\s*)?", re.ASCII)
_OTHER_NAMES = {"x-gzip": "gzip"}


def takes(accept_encoding: str, coding: str) -> bool:
    """True where the coding is named, or all are, with a weight above 0.

    >>> takes("gzip;q=0.5, br;q=0", "gzip"), takes("gzip;q=0.5, br;q=0", "br"), takes("*", "br"), takes("", "gzip")
    (True, False, True, False)
    """
    for part in accept_encoding.lower().split(","):
        found = _CODING.fullmatch(part)
        if found is not None and _OTHER_NAMES.get(found["name"], found["name"]) in (coding, "*"):
            return float(found["weight"] or 1) > 0
    return False
