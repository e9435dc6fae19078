"""Annotated sentences of street and county staff: the share of anchors, sentences and unusable ones read right."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.abuttal_scores import TEXTS, read_lines, score

DATA = Path(__file__).parent / "data"
# Annotated by reading before the parser was tuned; the second file was never looked at while tuning: leave it so.
ANNOTATIONS = {"调试用过": "abuttals_annotations.jsonl", "调试没有见过": "abuttals_held_out.jsonl"}
needs_texts = pytest.mark.skipif(not TEXTS.is_file(), reason="../shared/data/boundary_texts/texts.jsonl is absent")


@needs_texts
@pytest.mark.parametrize("kind", ANNOTATIONS)
def test_the_annotated_sentences_are_read_as_people_read_them(kind: str, capsys: pytest.CaptureFixture[str]) -> None:
    texts = {int(record["id"]): str(record["text"]) for record in read_lines(TEXTS)}
    found = score(read_lines(DATA / ANNOTATIONS[kind]), texts)
    with capsys.disabled():
        print(f"\n四至标注（{kind}，{len(found.sentences)} 句）：{found}")
    assert found.f1 >= 0.97
    assert found.sentences_right >= 0.90
    assert found.unusable_flagged >= 0.95


def test_a_wrong_side_a_missed_anchor_and_an_invented_one_lower_the_score() -> None:
    text = "东至甲路（合店路），南至乙小区北围墙，西至丙路、丁路"
    right = {"E": ["甲路（合店路）"], "S": ["乙小区北围墙"], "W": ["丙路", "丁路"]}
    annotation = {"id": 1, "text": text, "parts": [{"label": None, "sides": right}], "usable": True}
    assert (score([annotation], {}).f1, score([annotation], {}).sentences) == (1.0, [True])
    turned = {**annotation, "parts": [{"label": None, "sides": {"N": ["甲路"], "S": ["乙小区"], "W": ["丙路"]}}]}
    found = score([turned], {})
    assert (found.right, found.missed, found.invented, found.sentences) == (2, 1, 2, [False])


def test_words_and_spans_of_an_annotation_score_alike() -> None:
    text = "一期：东至甲路；二期：东至乙路一线"
    words = [{"label": "一期", "sides": {"E": ["甲路"]}}, {"label": "二期", "sides": {"E": ["乙路一线"]}}]
    spans = [{"label": "一期", "sides": {"E": [[5, 7]]}}, {"label": "二期", "sides": {"E": [[13, 15]]}}]
    for parts in (words, spans):
        found = score([{"id": 1, "parts": parts, "usable": False}], {1: text})
        assert (found.f1, found.unusable_flagged) == (1.0, 1.0)
