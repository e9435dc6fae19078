"""Questions and ids of features in; pages and features out, from memory where they were read since the last write."""

from __future__ import annotations

from collections.abc import Sequence

from gis_service import clock
from gis_service.access import Reader
from gis_service.api.kept import Kept
from gis_service.layers import Layer
from gis_service.store.feature_texts import FeatureId, feature_texts
from gis_service.store.features import FeatureQuery
from gis_service.store.quick import QuickReads
from gis_service.store.short_pages import ShortPage, short_page

_SHARE = 8  # of the memory for features goes to pages, which hold only ids
_ID_BYTES, _PAGE_BYTES = 64, 1_500


class KeptPages:
    """Pages of one process, each under the tag of the answer, which a write changes as all that the page depends on."""

    def __init__(self, quick: QuickReads, most_bytes: int) -> None:
        self._quick = quick
        self._kept = Kept[str, ShortPage](most_bytes // _SHARE)

    async def of(self, tag: str, query: FeatureQuery, *, counted: bool) -> ShortPage:
        """The page that the query means, no older than its tag; errors as of `short_page`."""
        found = self._kept.get(tag)
        if found is None:
            found = await short_page(self._quick, query, counted=counted)
            self._kept.put(tag, found, _PAGE_BYTES + _ID_BYTES * len(found.ids))
        return found


class KeptFeatures:
    """Features of one process, as texts, each under the revision of its source in which it was read."""

    def __init__(self, quick: QuickReads, most_bytes: int) -> None:
        self._quick = quick
        self._kept = Kept[tuple[str, FeatureId], bytes](most_bytes)

    async def of(
        self, asks: tuple[Layer, Reader], query: FeatureQuery, ids: Sequence[FeatureId], revised: int
    ) -> list[bytes]:
        """The features in the order of the ids, all of one state, no older than `revised`; none for an id of none.

        The query says columns, day and reference system, and must be plain (`is_plain`).
        """
        form = _form(asks, query)
        known = f"{form} {revised}"
        held = {key: told for key in ids if (told := self._kept.get((known, key))) is not None}
        lacking = [key for key in ids if key not in held]
        if lacking:
            found = await feature_texts(self._quick, query, lacking)
            if held and found.revision not in (revised, None):  # somebody wrote meanwhile
                found, held = await feature_texts(self._quick, query, ids), {}
            held |= found.told
            for key, told in found.told.items():
                self._kept.put((f"{form} {found.revision}", key), told, len(told))
        return [held[key] for key in ids if key in held]


def _form(asks: tuple[Layer, Reader], query: FeatureQuery) -> str:
    """All that the text of a feature depends on, beside the feature and the state it is in."""
    layer, reader = asks
    day, where = query.as_of or clock.today(), query.reference
    return f"{layer.id} {layer.rights(reader)} {day} {query.only} {where.epsg} {where.north_first}"
