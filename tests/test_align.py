"""Gold text finds its blocks."""

from __future__ import annotations

import pytest

from training.align import align

MENU = ["Home", "Pros", "Cons", "Reviews"]
BODY = [
    "The bicycle arrived in a large box and took an hour to put together.",
    "Pros",
    "Light frame and quiet gears that shift without a sound on steep roads.",
    "Cons",
    "The saddle is hard and the bell fell off on the second day of riding.",
]
RAIL = ["You may also like", "Ten bicycles for the city", "Reviews"]


def kept(texts: list[str], gold: str) -> list[int]:
    return [number for number, content in enumerate(align(texts, gold).content) if content]


def test_short_lines_are_found_in_the_body_not_in_the_menu() -> None:
    assert kept(MENU + BODY + RAIL, "\n\n".join(BODY)) == [4, 5, 6, 7, 8]


def test_small_edits_do_not_lose_a_block() -> None:
    edited = "\n".join(BODY).replace("large box", "big box").replace("without a sound", "silently")
    assert kept(MENU + BODY + RAIL, edited) == [4, 5, 6, 7, 8]


def test_gold_in_another_order_is_found() -> None:
    assert kept(MENU + BODY, "\n".join([BODY[4], BODY[2], BODY[0]])) == [4, 6, 8]


def test_of_two_copies_only_one_is_content() -> None:
    assert len(kept(BODY[:1] + MENU + BODY[:1], BODY[0])) == 1


def test_a_block_that_is_mostly_something_else_is_not_content() -> None:
    assert kept([f"{BODY[1]} {BODY[0]} {BODY[2]} {BODY[4]}"], "Pros") == []


def test_languages_without_spaces_align_by_character() -> None:
    texts = ["首页", "今天上海下了大雨，街道上到处都是积水。", "相关新闻", "市民们纷纷打伞出行。"]
    assert kept(texts, "今天上海下了大雨，街道上到处是积水。\n市民们纷纷打伞出行。") == [1, 3]


@pytest.mark.parametrize(("texts", "gold"), [([], ""), ([], "words"), (["words"], ""), (["…"], "…")])
def test_nothing_to_align(texts: list[str], gold: str) -> None:
    assert kept(texts, gold) == []


def test_the_ceiling_is_the_score_of_the_chosen_blocks() -> None:
    assert align(MENU + BODY, "\n".join(BODY)).ceiling == 1.0
    assert (
        0.9
        < align(
            ["one two three four five six seven eight nine", "ten"], "one two three four five six seven eight"
        ).ceiling
        < 1.0
    )
