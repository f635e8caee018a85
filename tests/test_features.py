"""Features: the right numbers on small pages, and finite ones on every page."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pagesieve.blocks import segment
from pagesieve.features import context_features, describe, learned_features, stack
from pagesieve.features.context import neighbours
from pagesieve.features.lexicon import Lexicon, Ragged, name_tokens
from pagesieve.features.lines import run_features, telling_words, topic_features
from pagesieve.features.structure import build_ladder

LISTING = """<title>Second hand bicycles</title><body><nav><a href=/>Home</a></nav><main><h1>Bicycles</h1>
<ul class="cards"><li class="card"><b>Red one</b><p>Rides well. 120 EUR</p></li>
<li class="card"><b>Blue one</b><p>Needs a chain. 80 EUR</p></li></ul></main><p>Copyright 2020</p></body>"""


def columns(html: str) -> dict[str, np.ndarray]:
    nothing = Lexicon.build({}, 3)
    return describe(segment(html), (nothing.number, nothing.number)).fixed


def column(html: str, name: str) -> list[float]:
    return [round(float(value), 3) for value in columns(html)[name]]


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        # Home, Bicycles, Red one, Rides well…, Blue one, Needs a chain…, Copyright
        ("link_density", [1, 0, 0, 0, 0, 0, 0]),
        ("sentences", [0, 0, 0, 1, 0, 1, 0]),
        ("heading", [0, 1, 0, 0, 0, 0, 0]),
        ("in_main", [0, 1, 1, 1, 1, 1, 0]),
        ("in_list", [0, 0, 1, 1, 1, 1, 0]),
        ("in_nav", [1, 0, 0, 0, 0, 0, 0]),
        ("in_title", [0, 1, 0, 0, 0, 0, 0]),
        ("of_title", [0, 0.333, 0, 0, 0, 0, 0]),
        ("heading_above", [0, 0, 1, 1, 1, 1, 1]),
        ("from_main_heading", [-0.693, 0, 0.693, 1.099, 1.386, 1.609, 1.792]),
        ("copies", [1] * 7),
        ("commas", [0] * 7),
        ("upper_share", [0.25, 0.125, 0.143, 0.211, 0.125, 0.19, 0.071]),
        ("has_price", [0, 0, 0, 1, 0, 1, 0]),
        ("has_date", [0, 0, 0, 0, 0, 0, 1]),
        ("up1_pictures", [0] * 7),
        ("run1_place", [0, 0, 0, 0, 0.693, 0.693, 0]),
        ("apart", [2, 0, 1, 1, 1, 1, 2]),
        ("in_panel", [0, 1, 1, 1, 1, 1, 0]),
    ],
)
def test_values_on_a_small_listing(name: str, expected: list[float]) -> None:
    assert column(LISTING, name) == expected


def test_the_ladder_skips_wrappers_that_hold_the_same_blocks() -> None:
    document = segment("<body><section><div><div><p>a</p></div><p>b</p></div></section><p>c</p></body>")
    ladder = build_ladder(document)
    held = [(int(ladder.first[rung[0]]), int(ladder.end[rung[0]])) for rung in ladder.rungs]
    assert held[:3] == [(0, 1), (0, 2), (0, 3)]


def test_cards_of_one_list_form_a_run() -> None:
    members = columns(LISTING)["run1_members"]
    red, blue = 3, 5
    assert members[red] == members[blue] == pytest.approx(np.log1p(2))


def test_neighbours_stop_at_the_end_of_a_page() -> None:
    page = np.array([0, 0, 1, 1])
    found = neighbours({"x": np.array([1.0, 2.0, 3.0, 4.0])}, ("x",), page, 1)
    assert found["before1_x"].tolist() == [0, 1, 0, 3]
    assert found["after1_x"].tolist() == [2, 0, 4, 0]


def test_name_tokens_split_class_names() -> None:
    assert name_tokens("site-header__navMenu2") == ("site-header__navmenu2", "site", "header", "nav", "menu")


def test_ragged_rows_may_be_empty() -> None:
    lexicon = Lexicon.build({"a": [1.0], "b": [-2.0]}, 1)
    rows = Ragged.build([["a", "b"], [], ["b", "unknown"]], lexicon.number)
    assert rows.sums(lexicon.weights[0]).tolist() == [-1, 0, -2]
    low, high = rows.extremes(lexicon.weights[0])
    assert low.tolist() == [-2, 0, -2]
    assert high.tolist() == [1, 0, 0]


def test_class_names_above_a_block_add_up() -> None:
    document = segment('<body><div class="related"><p class="teaser">a</p></div><p>b</p></body>')
    nothing, names = Lexicon.build({}, 3), Lexicon.build({"related": [-2, 0, -5], "teaser": [-1, 0, -1]}, 3)
    page = describe(document, (nothing.number, names.number))
    found = learned_features(page.tokens, nothing.weights, names.weights, np.zeros(2, dtype=np.int64))
    assert found["names_path"].tolist() == [-3, 0]
    assert found["names_path_low"].tolist() == [-2, 0]
    assert found["alike_path"].tolist() == [-6, 0]


def test_declared_types_are_read_with_and_without_a_vocabulary() -> None:
    data = (
        '{"@type": "NewsArticle"}{"@type": ["https://schema.org/Product"]}{"@type": "a:' + "/" * 50_000 + '"}'
    )
    found = columns(f'<script type="application/ld+json">{data}</script><p>x</p>')
    assert (found["ld_Article"][0], found["ld_Product"][0]) == (1, 1)


def test_a_second_copy_knows_that_it_was_said_before() -> None:
    story = "The ferry to the island stops running in October."
    html = f"<p>{story}</p><p>Other news of the day follow here.</p><div>Again: {story}</div><p>{story}</p>"
    found = columns(html)
    assert found["copies_before"].tolist() == [0, 0, 0, 1]
    assert found["said_before"][0] == 0
    assert found["said_after"][0] == 1
    assert 0.8 < found["said_before"][2] < 1
    assert found["said_before"][3] == 1


def test_a_button_in_every_card_says_the_same() -> None:
    cards = "".join(f"<li><b>Bicycle {n}</b><i class=q><p>Quick view</p></i></li>" for n in "abcd")
    found = columns(f"<ul>{cards}</ul>")
    assert found["shape_same_text"].tolist() == [0.25, 1] * 4


def test_blocks_know_their_place_in_their_card() -> None:
    cards = "".join(f"<li class=c><b>Bicycle {n}</b><div>Rides well on every road.</div></li>" for n in "abc")
    html = f"<ul>{cards}</ul>"
    assert column(html, "card_place") == [0, 0.693] * 3
    assert column(html, "card_longest") == [0, 1] * 3
    assert column(html, "card_number") == [0, 0, 0.693, 0.693, 1.099, 1.099]


def test_words_of_headings_count_for_what_stands_under_them() -> None:
    reviews = "<h2>Reviews</h2><h3>Great!</h3><p>I like it.</p>"
    html = f"<h1>A lamp</h1><p>Bright.</p>{reviews}<h2>Details</h2><p>Red.</p>"
    nothing, words = Lexicon.build({}, 3), Lexicon.build({"##reviews": [-2], "#reviews": [-1]}, 1)
    page = describe(segment(html), (words.number, nothing.number))
    found = learned_features(page.tokens, words.weights, nothing.weights, np.zeros(7, dtype=np.int64))
    assert found["heading_mean"].tolist() == [0, 0, 0, -1.5, 0, 0, 0]
    assert found["outer_heading_mean"].tolist() == [0, 0, 0, 0, -1.5, 0, 0]
    assert found["headings_low"].tolist() == [0, 0, 0, -2, -2, 0, 0]
    assert found["headings_passed"].tolist() == [0, 0, 0, -1.5, -1.5, -1.5, -1.5]


def test_short_texts_are_known_as_a_whole() -> None:
    words = Lexicon.build({"=share this 0": [-3]}, 1)
    nothing = Lexicon.build({}, 3)
    page = describe(segment("<p>Share this 7</p><p>Share</p>"), (words.number, nothing.number))
    found = learned_features(page.tokens, words.weights, nothing.weights, np.zeros(2, dtype=np.int64))
    assert found["phrase"].tolist() == [-3, 0]


@given(st.text(alphabet="<>divpabh1u/ =\"'\n.世0", max_size=80))
def test_features_of_any_page_are_finite(html: str) -> None:
    document = segment("<p>x</p>" + html)
    nothing = Lexicon.build({"x": [0.5]}, 1)
    page = describe(document, (nothing.number, nothing.number))
    first = stack(page.fixed)
    context = stack(context_features(np.full(len(page.n_words), 0.5, np.float32), page.around))
    assert first.shape[0] == context.shape[0] == len(document.blocks)
    assert np.isfinite(first).all()
    assert np.isfinite(context).all()


def test_a_page_without_blocks_has_columns_without_rows() -> None:
    words, names = (lambda found: np.zeros(len(found), dtype=np.int64) for _ in range(2))
    page, full = (describe(segment(html), (words, names)) for html in ("<title>x</title>", "<p>x</p>"))
    assert list(page.fixed) == list(full.fixed)
    assert stack(page.fixed).shape == (0, len(full.fixed))


def test_a_headline_speaks_of_what_follows_and_a_teaser_of_nothing() -> None:
    lines = [
        "Ferry to run until Harlow bridge reopens",
        "The ferry at Harlow will run twice an hour until the bridge is open again. It is free.",
        "The bridge was closed in March. The ferry carried 1,200 passengers on Friday.",
        "Library swaps seeds on Saturday",
    ]
    columns = topic_features(lines, np.array([False, True, True, False]))
    assert columns["told"][0] > 0.5
    assert columns["told_after"][0] > 0.5
    assert columns["told_before"][0] == 0
    assert columns["told"][3] == 0
    assert columns["untold"][3] == columns["telling"][3] > 0
    assert 0 < columns["told"][1] < 1


def test_words_of_a_paragraph_do_not_count_for_itself() -> None:
    columns = topic_features(["Bridges, bridges and bridges of Harlow."], np.array([True]))
    assert columns["told"].tolist() == [0]


@pytest.mark.parametrize("line", ["渡船将继续运行", "フェリーは橋"])
def test_scripts_without_spaces_have_telling_words(line: str) -> None:
    assert telling_words(line) == {line[start : start + 2] for start in range(len(line) - 1)}


def test_runs_of_unfinished_lines_are_counted() -> None:
    columns = run_features(np.array([True, False, False, False, True, False]))
    assert np.expm1(columns["run_unfinished"]).round().tolist() == [0, 3, 3, 3, 0, 1]
    assert np.expm1(columns["run_unfinished_place"]).round().tolist() == [0, 0, 1, 2, 0, 0]
