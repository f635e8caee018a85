"""Roles agree with what is kept, whatever a caller asks for."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from pagesieve import BadInput, Options, Role, clean
from pagesieve.blocks import segment
from pagesieve.features.structure import build_ladder
from pagesieve.roles import ROLES, assign
from pagesieve.roles.cues import cue_features, cues_of, name_cues, text_cues
from pagesieve.roles.links import link_features
from pagesieve.roles.repeats import repeat_features

_ROLE_SETS = st.sets(st.sampled_from(ROLES), max_size=4)


def chances(**given: float) -> list[float]:
    return [given.get(role, 0.0) for role in ROLES]


@given(
    probabilities=arrays(np.float32, (12, len(ROLES)), elements=st.floats(0, 1, width=32)),
    chosen=arrays(np.bool_, 12),
    keep=_ROLE_SETS,
    drop=_ROLE_SETS,
)
def test_keep_and_role_never_contradict_one_another(
    probabilities: np.ndarray, chosen: np.ndarray, keep: set[Role], drop: set[Role]
) -> None:
    keep -= drop
    found = assign(probabilities, chosen, keep, drop)
    for role, kept, sure in zip(found.role, found.keep, found.probability, strict=True):
        assert kept or role not in keep
        assert not (kept and role in drop)
        if kept:
            assert role in {Role.CONTENT, Role.TITLE, *keep}
        else:
            assert role is not Role.CONTENT or Role.CONTENT in drop
        assert 0 <= sure <= 1


@given(arrays(np.float32, (12, len(ROLES)), elements=st.floats(0, 1, width=32)), arrays(np.bool_, 12))
def test_without_wishes_the_choice_of_content_stands(probabilities: np.ndarray, chosen: np.ndarray) -> None:
    assert assign(probabilities, chosen).keep == tuple(chosen.tolist())


def test_wishes_go_by_the_likeliest_role() -> None:
    probabilities = np.array(
        [chances(content=0.9, nav=0.1), chances(comment=0.8, content=0.2), chances(meta=0.6, content=0.4)]
    )
    chosen = np.array([True, False, True])
    plain = assign(probabilities, chosen)
    assert plain.role == (Role.CONTENT, Role.COMMENT, Role.CONTENT)
    assert plain.probability == (1.0, 1.0, 1.0)
    assert assign(probabilities, chosen, keep=[Role.COMMENT]).keep == (True, True, True)
    without = assign(probabilities, chosen, drop=[Role.META])
    assert (without.role[2], without.keep[2]) == (Role.META, False)


def test_the_probability_is_among_the_possible_roles() -> None:
    found = assign(np.array([chances(content=0.6, nav=0.3, ad=0.1)]), np.array([False]))
    assert found.role == (Role.NAV,)
    assert found.probability == (0.75,)


@pytest.mark.parametrize(
    ("text", "role"),
    [
        ("You may also like", Role.RELATED),
        ("Leave a comment", Role.COMMENT),
        ("© 2024 The Company", Role.LEGAL),
        ("Sign up for our newsletter", Role.AD),
        ("Das könnte Sie auch interessieren", Role.RELATED),
        ("热门文章", Role.RELATED),
        ("Table of contents", Role.NAV),
    ],
)
def test_phrases_speak_of_roles(text: str, role: Role) -> None:
    assert role in cues_of(text_cues(text))


def test_words_inside_words_and_long_texts_say_nothing() -> None:
    assert not cues_of(text_cues("An advertiser in sharecroppers' country"))
    assert not text_cues("We share this table of contents with you. " * 8)


def test_names_near_a_block_count_more_than_those_far_away() -> None:
    document = segment(
        "<div class=share-bar><div><p>one</p><p>two</p></div><p>three</p></div><footer><p>four</p></footer>"
    )
    columns = cue_features(document, build_ladder(document))
    inner, _, outer, foot = columns["name_social"].tolist()
    assert 0 < inner < outer < 1
    assert foot == 0
    assert columns["name_legal"].tolist()[:3] == [0, 0, 0] < columns["name_legal"].tolist()[3:]
    assert name_cues("nav", {}) == name_cues("div", {"class": "main-nav"}) != 0


def test_every_class_name_is_read() -> None:
    assert name_cues("div", {"class": "wide comments"}) == name_cues("div", {"class": "comments"}) != 0


def test_a_heading_speaks_for_what_follows() -> None:
    document = segment("<p>Text.</p><div><h3>Related posts</h3><p>Another page</p></div><p>End.</p>")
    columns = cue_features(document, build_ladder(document))
    assert columns["headed_related"].tolist() == [0, 0, 1, 1]
    assert columns["led_related"].tolist()[2] > columns["led_related"].tolist()[3] == 0
    assert columns["since_related"].tolist() == [0, 1, 0.5, pytest.approx(1 / 3)]
    assert not columns["since_comment"].any()


def links(html: str) -> dict[str, list[float]]:
    document = segment(html)
    return {name: values.tolist() for name, values in link_features(document, build_ladder(document)).items()}


@pytest.mark.parametrize(
    ("address", "spoken"),
    [
        ("https://www.facebook.com/sharer.php?u=x", {"social_host", "share", "external"}),
        ("/privacy-policy", {"legal"}),
        ("https://post.example/news/floods-in-the-valley", {"neighbour", "deep"}),
        ("https://shop.example/?utm_source=post", {"external", "tracked"}),
        ("https://blog.post.example/2024/05/floods", {"dated"}),
        ("#respond", {"comment", "anchor"}),
        ("javascript:void(0)", {"script"}),
        ("", {"script"}),
        ("http://[broken", set()),
    ],
)
def test_addresses_speak(address: str, spoken: set[str]) -> None:
    found = links(
        "<link rel=canonical href=https://www.post.example/news/rain>"
        f'<p><a href="{address}">More</a></p><p>Text.</p>'
    )
    said = {
        name.removeprefix("link_")
        for name, (link, text) in found.items()
        if name.startswith("link_") and link and name not in ("link_slug", "link_count")
    }
    assert said == spoken
    assert not any(text for name, (_, text) in found.items() if name.startswith("link_"))


def test_addresses_around_a_block_are_shared() -> None:
    found = links(
        "<ul><li><a href=https://a.example/ rel=sponsored>One</a><li><a href=/two target=_blank>Two</a></ul>"
        "<a href=https://b.example/>B</a><a href=https://b.example/c>C</a><a href=/>Home</a>"
    )
    assert found["link_paid"][:2] == [1, 0]
    assert found["link_new_window"][:2] == [0, 1]
    assert found["links1_external"][:2] == [0.5, 0.5]


def test_the_page_without_an_address_of_its_own_is_at_the_one_it_names_most() -> None:
    found = links("<p><a href=https://a.example/x>One</a></p><p><a href=https://a.example/y>Two</a></p>")
    assert found["link_external"] == [0, 0]


def test_a_copy_bears_what_the_first_is_taken_for() -> None:
    columns = repeat_features(np.array([0.9, 0.2, 0.1]), ["Rain", "Snow", "rain"])
    assert columns["copied_first"].tolist() == pytest.approx([0, 0, 0.9])


def test_blocks_that_repeat_others_in_a_row_are_told_from_those_that_do_alone() -> None:
    texts = ["a", "bb", "c", "x", "A", "BB", "C", "y", "bb"]
    columns = repeat_features(np.zeros(len(texts)), texts)
    assert np.expm1(columns["earliest_row"]).round().tolist() == [0, 0, 0, 0, 3, 3, 3, 0, 1]
    assert np.expm1(columns["earliest_row_chars"]).round().tolist() == [0, 0, 0, 0, 4, 4, 4, 0, 2]
    assert np.expm1(columns["earliest_back"]).round().tolist() == [0, 0, 0, 0, 4, 4, 4, 0, 7]
    assert np.expm1(columns["latest_back"]).round().tolist() == [0, 0, 0, 0, 4, 4, 4, 0, 3]
    assert columns["repeats_near3"][5] == pytest.approx(4 / 7)


@given(st.lists(st.sampled_from(["a", "b", "cc", "D", "d"])))
def test_repeats_are_counted_for_any_page(texts: list[str]) -> None:
    columns = repeat_features(np.ones(len(texts)), texts)
    again = [text.lower() in [other.lower() for other in texts[:number]] for number, text in enumerate(texts)]
    for name, values in columns.items():
        assert len(values) == len(texts)
        assert np.isfinite(values).all()
        if not name.startswith("repeats_near"):
            assert (values > 0).tolist() == again


def test_roles_are_options() -> None:
    options = Options.from_mapping({"keep": "title, comment", "drop": ["meta"], "reasons": "true"})
    assert options.keep == (Role.TITLE, Role.COMMENT)
    assert options.drop == (Role.META,)
    assert options.reasons is True
    assert Options(keep="").keep == ()  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "wishes", [{"keep": "menu"}, {"drop": 3}, {"keep": "ad", "drop": "ad,nav"}, {"reasons": 2}]
)
def test_wishes_that_make_no_sense_are_refused(wishes: dict[str, object]) -> None:
    with pytest.raises(BadInput):
        Options.from_mapping(wishes)


def test_probabilities_of_roles_have_four_decimals() -> None:
    page = clean(
        "<nav><a href=/>Home</a></nav><p>The bridge is closed until spring, the council said on Friday."
    )
    assert all(block.role_probability == round(block.role_probability, 4) for block in page.blocks)
