"""Issues of data in, lines that a clerk can act on out (stderr)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gis_service.cli.wording import say

if TYPE_CHECKING:
    from gis_service.issues import Issue

MOST_SHOWN = 200
_WORDS = {"error": "错误", "warning": "警告", "note": "提示"}


def list_issues(issues: tuple[Issue, ...], *, title: str, most: int = MOST_SHOWN) -> None:
    """Every issue with its place, the grave ones first; past `most` only their number is said."""
    if not issues:
        return
    gravest_first = sorted(issues, key=lambda issue: list(_WORDS).index(issue.severity.value))
    say(f"{title}（{len(issues)} 条）：")
    for issue in gravest_first[:most]:
        say(f"  [{_WORDS[issue.severity.value]}] {issue}")
    if len(issues) > most:
        say(f"  … 另有 {len(issues) - most} 条未列出")
