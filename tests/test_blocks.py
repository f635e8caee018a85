"""Segmentation: every text node in exactly one block, and where blocks begin and end."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st
from selectolax.lexbor import LexborNode

from pagesieve.blocks import Document, segment
from pagesieve.errors import TooLarge
from pagesieve.lines import outline
from pagesieve.tree import TEXT, first_child, parse

_NAMES = [
    "div",
    "p",
    "span",
    "a",
    "b",
    "ul",
    "li",
    "table",
    "tr",
    "td",
    "pre",
    "br",
    "noscript",
    "template",
    "h2",
]


def texts(html: str) -> list[str]:
    return segment(html).blocks.text


def page_text(html: str) -> str:
    """All text of the body outside scripts and styles, without white space."""
    root = parse(html).root
    assert root is not None
    return "".join("".join(text_below(root)).split())


def text_below(node: LexborNode) -> Iterator[str]:
    tag = node.tag or "-"
    if tag == TEXT:
        yield node.text_content or ""
    elif tag not in {"script", "style", "title"}:
        child = first_child(node, tag)
        while child is not None:
            yield from text_below(child)
            child = child.next


def assert_intervals_nest(document: Document) -> None:
    elements = document.elements
    for number, parent in enumerate(elements.parent):
        assert 0 <= elements.first[number] <= elements.end[number] <= len(document.blocks)
        if parent >= 0:
            assert elements.first[parent] <= elements.first[number]
            assert elements.end[number] <= elements.end[parent]
    for number, element in enumerate(document.blocks.element):
        assert elements.first[element] <= number < elements.end[element]


@pytest.mark.parametrize(
    ("html", "expected"),
    [
        ("bare text", ["bare text"]),
        ("<p>one <b>bold</b> line</p>", ["one bold line"]),
        ("<p>un<i>broken</i></p>", ["unbroken"]),
        ("<div>before<p>inside</p>after</div>", ["before", "inside", "after"]),
        ("<p>first<br>second<br><br>third</p>", ["first", "second", "third"]),
        ("<ul><li>a<ul><li>b</ul><li>c</ul>", ["a", "b", "c"]),
        ("<table><tr><td>1<td>2<tr><th>3</table>", ["1", "2", "3"]),
        ("<pre>\n  x = 1\n    y = 2\n</pre>", ["  x = 1\n    y = 2"]),
        ("<pre>a<br>b</pre>", ["a\nb"]),
        ("<noscript><p>no script</p></noscript>", ["no script"]),
        ("<template><p>streamed</p></template>", ["streamed"]),
        ("<div hidden id=S:0><p>streamed</p></div>", ["streamed"]),
        ("<details><summary>more</summary>text</details>", ["more", "text"]),
        ("<a href=/>Home</a><a href=/a>About</a>", ["Home About"]),
        ("<span>ISBN</span><span>0544</span><small>new</small>", ["ISBN 0544 new"]),
        ("<p>H<sub>2</sub><b>O</b> <em>be</em><strong>low</strong></p>", ["H2O below"]),
        ("<code><span>x</span><span>=1</span></code>", ["x=1"]),
        ("<pre><span>x</span><span>=1</span></pre>", ["x=1"]),
        ("<p>see <svg><g><path d=M0/></g></svg> there</p>", ["see there"]),
        ("<p>if <math><mi>a</mi><mo>=</mo><mn>1</mn></math> then</p>", ["if a=1 then"]),
        ("<span>card <div>body</div> foot</span>", ["card", "body", "foot"]),
        ("<my-card>one</my-card><my-card>two</my-card>", ["one", "two"]),
        ("<select><option>de<option>en</select>", ["de", "en"]),
        ("<textarea>typed <b></textarea>", ["typed <b>"]),
        ("<script>var a = '<p>no</p>'</script><style>p{}</style><p>yes", ["yes"]),
        ("<svg><title>icon</title></svg>label", ["icon", "label"]),
        ("<!-- no --><p>&lt;tag&gt; &amp; &nbsp; space</p>", ["<tag> & space"]),
        (" \n <p> \t </p> ", []),
        ("", []),
    ],
)
def test_where_blocks_begin_and_end(html: str, expected: list[str]) -> None:
    assert texts(html) == expected


def test_every_text_node_is_in_exactly_one_block(any_page: str) -> None:
    document = segment(any_page)
    assert "".join("".join(document.blocks.text).split()) == page_text(any_page)
    assert_intervals_nest(document)


@given(st.lists(st.one_of(
    st.sampled_from([f"<{name}>" for name in _NAMES] + [f"</{name}>" for name in _NAMES]),
    st.text(alphabet="ab \n\u200bé世", max_size=6),
)))  # fmt: skip
def test_no_text_is_lost_or_doubled_in_broken_mark_up(pieces: list[str]) -> None:
    html = "".join(pieces)
    document = segment(html)
    assert "".join("".join(document.blocks.text).split()) == page_text(html)
    assert_intervals_nest(document)


def test_blocks_know_their_links_owner_and_runs() -> None:
    document = segment('<p>See <a href="/x">the <em>list</em></a> now</p>')
    blocks, elements = document.blocks, document.elements
    assert blocks.text == ["See the list now"]
    assert list(blocks.link_chars) == [len("the") + len("list")]
    assert elements.tag[blocks.owner[0]] == "p"
    assert [(text, elements.tag[element]) for text, element in blocks.runs[0]] == [
        ("See ", "p"), ("the ", "a"), ("list", "em"), (" now", "p"),
    ]  # fmt: skip


def test_paths_select_the_element_of_the_block(any_page: str) -> None:
    document = segment(any_page)
    tree = parse(any_page)
    for text, path in zip(document.blocks.text, document.paths(), strict=True):
        found = tree.css(path)
        assert len(found) == 1
        assert "".join(text.split()) in "".join((found[0].text() or "").split())


def test_paths_of_tags_with_odd_names_are_valid_selectors() -> None:
    html = "<p>a <o:p>word</o:p></p>"
    document = segment(html)
    assert document.blocks.text == ["a", "word"]
    assert [parse(html).css(path)[0].tag for path in document.paths()] == ["p", "o:p"]


def test_misnested_formatting_cannot_make_millions_of_elements() -> None:
    opened = "".join(f"<b id={number}>" for number in range(600))
    with pytest.raises(TooLarge, match="elements"):
        segment(f"<p>{opened}</p>" + "<p>x</p>" * 600)


def test_deep_pages_have_short_paths() -> None:
    assert all(len(path) < 5_000 for path in segment("<div>" * 900 + "<p>x" * 9).paths())


def test_the_head_is_read_apart() -> None:
    document = segment(
        "<title>Rain | Post</title><meta name=author content=Ada><link rel=canonical href=/r>"
        '<script type="application/ld+json">{"@type": "Article"}</script><p>Rain fell.'
    )
    assert document.title == "Rain | Post"
    assert document.meta == [{"name": "author", "content": "Ada"}]
    assert document.links == [{"rel": "canonical", "href": "/r"}]
    assert document.linked_data == ['{"@type": "Article"}']
    assert document.blocks.text == ["Rain fell."]


def test_lines_of_plain_text_are_blocks() -> None:
    document = outline("First line\n\n  second   line \r\nthird")
    assert document.blocks.text == ["First line", "second line", "third"]
    assert_intervals_nest(document)
