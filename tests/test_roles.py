"""Roles agree with what is kept, whatever a caller asks for."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from pagesieve import BadInput, Options, Role
from pagesieve.blocks import segment
from pagesieve.features.structure import build_ladder
from pagesieve.roles import ROLES, assign
from pagesieve.roles.cues import cue_features, cues_of, name_cues, text_cues

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


def test_a_heading_speaks_for_what_follows() -> None:
    document = segment("<p>Text.</p><div><h3>Related posts</h3><p>Another page</p></div><p>End.</p>")
    columns = cue_features(document, build_ladder(document))
    assert columns["headed_related"].tolist() == [0, 0, 1, 1]
    assert columns["led_related"].tolist()[2] > columns["led_related"].tolist()[3] == 0


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
