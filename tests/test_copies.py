"""What counts as said twice."""

from __future__ import annotations

import numpy as np
import pytest

from pagesieve import clean
from pagesieve.blocks import segment
from pagesieve.copies import Copies, find_copies
from pagesieve.features.words import read_words
from pagesieve.lines import outline

STORY = (
    "The city council voted on Tuesday to rebuild the old harbour bridge, which engineers closed in March "
    "after they had found cracks in two of its pillars, and to open a ferry until the work is done."
)
EDITED = STORY.replace("on Tuesday ", "").replace("the work is done", "the work is finished")
QUOTE = (
    "engineers closed in March after they had found cracks in two of its pillars, and to open a ferry until"
)
LONG_CELL = "Not sold in this country at present, please ask the makers for a dealer near you"


def copies_of(source: str) -> Copies:
    document = segment(source) if source.startswith("<") else outline(source)
    words, _ = read_words(document.blocks.text)
    return find_copies(document, words.counts.astype(np.float32), words.repetition()[0].astype(np.float32))


@pytest.mark.parametrize("first", [STORY, EDITED])
def test_of_a_story_with_small_edits_the_fuller_version_is_known(first: str) -> None:
    second = EDITED if first is STORY else STORY
    expected = [1, -1] if first is EDITED else [-1, 0]
    assert copies_of(f"{first}\n{second}").fuller.tolist() == expected


def test_a_pull_quote_is_a_copy_of_its_paragraph() -> None:
    assert copies_of(f"<blockquote>{QUOTE}</blockquote><p>{STORY}</p>").fuller.tolist() == [1, -1]


def test_exact_copies_share_the_first_ones_number() -> None:
    found = copies_of(f"<p>{STORY}</p><p>Between.</p><p>{STORY}</p>")
    assert found.same.tolist() == [0, 1, 0]


@pytest.mark.parametrize(
    "page",
    [
        "<p>Row, row, row your boat</p><p>Gently down the stream</p><p>Row, row, row your boat</p>",
        f"<table><tr><td>{LONG_CELL}</td><td>{LONG_CELL}</td></tr></table>",
        "<pre>if value is None: return the default of the field and say so</pre>" * 2,
    ],
    ids=["refrain", "equal cells", "code"],
)
def test_what_repeats_for_a_reason_is_no_copy(page: str) -> None:
    found = copies_of(page)
    assert found.same.tolist() == list(range(len(found.same)))
    assert (found.fuller == -1).all()


def test_a_quoted_reply_is_given_once() -> None:
    answer = "I have the same boat and I would not sail it in the winter without new ropes."
    page = (
        f"<html><title>Ropes</title><body><h1>Ropes</h1><div class=post><p>{STORY}</p></div>"
        f"<div class=post><p>{answer}</p></div>"
        f"<div class=post><blockquote>{answer}</blockquote><p>That is what my uncle says as well, and he "
        "has sailed for thirty years on every lake of the country.</p></div></body></html>"
    )
    assert clean(page).text.count(answer) == 1


def test_many_repeats_cost_little() -> None:
    """All blocks share their n-grams; comparing every pair would be fifty million comparisons."""
    lines = "\n".join(f"{STORY} Number {number} of the list." for number in range(10_000))
    found = copies_of(lines)
    assert (found.fuller[1:] >= 0).all()
