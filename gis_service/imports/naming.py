"""Names as they are compared, in the same way as the function `bare_name` of the database does."""

from __future__ import annotations

import re
from functools import lru_cache

_BLANK = re.compile(r"\s")
_TAIL = re.compile(r"(物业管理区域|物业服务区域|物业区域|物业项目|项目)$")
_BRACKETS = str.maketrans("（）", "()")


@lru_cache(maxsize=4096)
def bare(name: str) -> str:
    """The name without blanks and without a tail that only says what it is; small letters, brackets of one width.

    >>> bare("阳光 花园（一期）物业管理区域")
    '阳光花园(一期)'
    """
    return _TAIL.sub("", _BLANK.sub("", name.lower()).translate(_BRACKETS))
