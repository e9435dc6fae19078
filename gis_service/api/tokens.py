"""A place in a layer's order in, a short text for the `cursor` parameter out, and back."""

from __future__ import annotations

import base64
import binascii
import json
from dataclasses import asdict, dataclass
from typing import Literal

from pydantic import BaseModel, ConfigDict, ValidationError

from gis_service.errors import BadRequestError
from gis_service.store.features import Start


class _Told(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)

    place: list[str | None]
    side: Literal["after", "before"]
    matched: int
    mark: str


@dataclass(frozen=True)
class Token:
    """Where a page begins, and how many features matched when the state of the layer and the query was `mark`."""

    place: tuple[str | None, ...]
    side: Literal["after", "before"]
    matched: int
    mark: str

    @property
    def start(self) -> Start:
        """The place as the store knows it."""
        return Start(self.place, self.side)

    def text(self) -> str:
        """The token as a parameter's value."""
        written = json.dumps(asdict(self), ensure_ascii=False, separators=(",", ":"))
        return base64.urlsafe_b64encode(written.encode()).decode().rstrip("=")


def parse_token(text: str) -> Token:
    """The token that the text is; BadRequestError for anything that is none of ours.

    >>> parse_token(Token(("7",), "after", 9, "m").text()).place
    ('7',)
    """
    try:
        told = _Told.model_validate_json(base64.b64decode(text + "=" * (-len(text) % 4), b"-_", validate=True))
    except (binascii.Error, ValidationError, ValueError) as error:
        raise BadRequestError("cursor 只能取自 links 中的 next、prev，不能自拟；请从第一页开始") from error
    return Token(tuple(told.place), told.side, told.matched, told.mark)
