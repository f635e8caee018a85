"""Labelled pages as lines, and the noise put between them."""

from __future__ import annotations

import random
from dataclasses import replace

import numpy as np
import pytest

from pagesieve.blocks import segment
from pagesieve.lines import outline
from training.corpora import LabelledPage
from training.noise import Noise, Teaser, add_noise, adverts, teaser
from training.renderings import Rendering, render, with_headline

PAGE = (
    "<title>Rain in May - The Herald</title><nav><a>Home</a><a>Sport</a></nav><h1>Rain in May</h1>"
    "<p>It rained <b>all</b> week.<sup>[2]</sup> The river rose.</p><div>Share</div><pre>a\nb</pre>"
)
CONTENT = [False, False, True, False, True]
LENT = Noise(
    [Teaser(f"Headline {number}", f"Summary {number} of it.", ("Start", "Kontakt")) for number in range(12)],
    [("Boots for wet days", "Now 20 % off"), ("Half price",)],
)


@pytest.mark.parametrize(
    ("rendering", "lines", "content"),
    [
        (
            Rendering.BLOCKS,
            ["Home Sport", "Rain in May", "It rained all week.[2] The river rose.", "Share", "a", "b"],
            [0, 0, 1, 0, 1, 1],
        ),
        (
            Rendering.NODES,
            [
                "Home",
                "Sport",
                "Rain in May",
                "It rained",
                "all",
                "week.",
                "[2]",
                "The river rose.",
                "Share",
                "a",
                "b",
            ],
            [0, 0, 0, 1, 1, 1, 0, 1, 0, 1, 1],
        ),
        (Rendering.RAW, ["HomeSportRain in MayIt rained all week.[2] The river rose.Sharea", "b"], [1, 1]),
    ],
)
def test_lines_and_labels(rendering: Rendering, lines: list[str], content: list[int]) -> None:
    found = render(PAGE, segment(PAGE), np.array(CONTENT), rendering)
    assert outline(found.text).blocks.text == lines
    assert found.content.tolist() == [bool(flag) for flag in content]


def test_the_headline_above_the_text_is_content() -> None:
    document = segment(PAGE)
    assert with_headline(document, np.array(CONTENT)).tolist() == [False, True, True, False, True]
    without_title = segment(PAGE.replace("Rain in May - ", ""))
    assert with_headline(without_title, np.array(CONTENT)).tolist() == CONTENT


def test_noise_is_never_content_and_loses_nothing() -> None:
    sentence = "The river rose by two metres in a night, and the lower road was closed for a week"
    rows = [("Menu", False), (f"{sentence}. {sentence}. {sentence}.", True), ("Bye", False)]
    alone = 0
    for seed in range(50):
        noisy = add_noise(rows, LENT, "", random.Random(seed))
        kept = " ".join(text for text, content in noisy if content)
        assert kept.replace(" .", ".") == rows[1][0]
        noise = {text for text, content in noisy if not content}
        assert ("Menu" in noise) == ("Bye" in noise)
        alone += "Menu" not in noise
    assert 0 < alone < 50


def test_a_headline_is_put_back_once() -> None:
    story = ("The river rose by two metres in a night.", True)
    found = [add_noise([story], LENT, "Rain in May", random.Random(seed)) for seed in range(20)]
    assert any(("Rain in May", True) in noisy for noisy in found)
    titled = [("Rain falls in May", True), story]
    for seed in range(20):
        assert ("Rain in May", True) not in add_noise(titled, LENT, "Rain in May", random.Random(seed))


def test_adverts_are_short_lines_of_pages_that_sell() -> None:
    page = LabelledPage("1", "shop", "", "", None, "product", None, (), ())
    texts = ["Menu of the shop", "Boots for wet days", "Now 20 % off", "x", "Waterproof. " * 20]
    found = adverts(page, texts, [False, True, True, True, True])
    assert found
    assert all(set(lines) <= {"Boots for wet days", "Now 20 % off"} for lines in found)
    assert adverts(replace(page, page_type="article"), texts, [True] * 5) == []


def test_a_teaser_is_made_of_title_and_first_paragraph() -> None:
    long = "It rained all week, and the river rose by two metres, so that the lower road was closed."
    found = teaser("<title>Rain in May - The Herald</title>", ["Home", long], [False, True])
    assert found == Teaser("Rain in May", long, ("Home",))
    assert teaser("<p>no title</p>", ["Home", long], [False, True]) is None
