"""Kept blocks as text, Markdown and HTML: what they look like, and what no page can put into them."""

from __future__ import annotations

import re
import sys
from collections.abc import Callable
from itertools import count

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from selectolax.lexbor import LexborHTMLParser

from pagesieve.blocks import Document, segment
from pagesieve.lines import flat, outline
from pagesieve.render import to_html, to_markdown, to_text
from pagesieve.render.html import TAGS, sanitised
from pagesieve.render.inline import Inlines, safe_href

Render = Callable[[Document, list[int]], str]


def everything(render: Render, html: str) -> str:
    document = segment(html)
    return render(document, list(range(len(document.blocks))))


RECIPE = """
<nav><ul><li><a href="/">Home</a></li><li><a href="/soups">Soups</a></li></ul></nav>
<h1>Leek <em>and</em> potato soup</h1>
<p>A soup for <strong>cold days</strong>, after
<a href="https://cook.example/a_b?x=(1)&amp;y=2">an old recipe</a>.</p>
<h2>Ingredients</h2>
<ul><li>3 leeks</li><li>potatoes<ul><li>waxy ones</li><li>or floury ones</li></ul></li></ul>
<h2>Method</h2>
<ol start="3"><li>Wash the leeks.</li><li><p>Cut them.</p><p>Not too fine.</p></li></ol>
<blockquote><p>Soup is patience.</p><p>And salt.</p></blockquote>
<table><caption>Per serving</caption><tr><th>Energy<th>Salt</tr><tr><td>850 kJ<td></tr></table>
<p>Serves four.<br>Keeps two days.<br><br>Freezes well.</p>
<pre><code class="hljs language-python">for leek in leeks:
    cut(leek)
</code></pre>
"""

RECIPE_TEXT = """\
Home
Soups

Leek and potato soup

A soup for cold days, after an old recipe.

Ingredients

3 leeks
potatoes
waxy ones
or floury ones

Method

Wash the leeks.

Cut them.

Not too fine.

Soup is patience.

And salt.

Per serving

Energy\tSalt
850 kJ

Serves four.
Keeps two days.

Freezes well.

for leek in leeks:
    cut(leek)"""

RECIPE_MARKDOWN = """\
- [Home](/)
- [Soups](/soups)

# Leek *and* potato soup

A soup for **cold days**, after [an old recipe](https://cook.example/a_b?x=%281%29&y=2).

## Ingredients

- 3 leeks
- potatoes
  - waxy ones
  - or floury ones

## Method

3. Wash the leeks.

4. Cut them.

   Not too fine.

> Soup is patience.
>
> And salt.

Per serving

| Energy | Salt |
| --- | --- |
| 850 kJ |  |

Serves four.\x20\x20
Keeps two days.

Freezes well.

```python
for leek in leeks:
    cut(leek)
```"""

RECIPE_HTML = """\
<ul>
<li><a href="/" rel="noopener noreferrer">Home</a></li>
<li><a href="/soups" rel="noopener noreferrer">Soups</a></li>
</ul>
<h1>Leek <em>and</em> potato soup</h1>
<p>A soup for <strong>cold days</strong>, after \
<a href="https://cook.example/a_b?x=%281%29&amp;y=2" rel="noopener noreferrer">an old recipe</a>.</p>
<h2>Ingredients</h2>
<ul>
<li>3 leeks</li>
<li>potatoes<ul>
<li>waxy ones</li>
<li>or floury ones</li>
</ul>
</li>
</ul>
<h2>Method</h2>
<ol start="3">
<li>Wash the leeks.</li>
<li><p>Cut them.</p>
<p>Not too fine.</p>
</li>
</ol>
<blockquote>
<p>Soup is patience.</p>
<p>And salt.</p>
</blockquote>
<p>Per serving</p>
<table><tbody><tr><th>Energy</th><th>Salt</th></tr>
<tr><td>850 kJ</td><td></td></tr>
</tbody></table>
<p>Serves four.<br>Keeps two days.</p>
<p>Freezes well.</p>
<pre><code class="language-python">for leek in leeks:
    cut(leek)</code></pre>"""


@pytest.mark.parametrize(
    ("render", "expected"), [(to_text, RECIPE_TEXT), (to_markdown, RECIPE_MARKDOWN), (to_html, RECIPE_HTML)]
)
def test_a_page_with_everything(render: Render, expected: str) -> None:
    assert everything(render, RECIPE) == expected


@pytest.mark.parametrize(("render"), [to_text, to_markdown, to_html])
def test_nothing_kept(render: Render) -> None:
    assert render(segment(RECIPE), []) == render(segment(""), []) == ""


def test_only_kept_blocks_show() -> None:
    document = segment("<ol><li>a<li>b<li>c</ol><table><tr><td>1<td>2<tr><td>3<td>4</table>")
    kept = [0, 2, 4, 5, 6]
    assert to_text(document, kept) == "a\nc\n\n2\n3\t4"
    assert to_markdown(document, kept) == "1. a\n2. c\n\n|  |  |\n| --- | --- |\n|  | 2 |\n| 3 | 4 |"


def test_lines_of_plain_text() -> None:
    document = flat(outline("# Not a heading\n\n1. Not an item\nA line."))
    assert to_text(document, [0, 1, 2]) == "# Not a heading\n\n1. Not an item\n\nA line."
    assert to_markdown(document, [0, 1, 2]) == "\\# Not a heading\n\n1\\. Not an item\n\nA line."


@pytest.mark.parametrize(
    ("html", "text"),
    [
        ("<div>a<p>b</p>c</div>", "a\n\nb\n\nc"),
        ("<dl><dt>a<dd>b<dt>c<dd>d</dl>", "a\nb\nc\nd"),
        ("<ul><li>a</ul><ul><li>b</ul>", "a\n\nb"),
        ("<pre><div>a\n  b</div><div>c</div></pre>", "a\n  b\nc"),
        ("<table><tr><td>a<br>b<td>c</table>", "a b\tc"),
        ("<table><tr><td><h2>a</h2>b<td>c</table>", "a\n\nb\n\nc"),
        ("<table role=presentation><tr><td>a<td>b</table>", "a\n\nb"),
        (f"<table><tr><td>{'long ' * 250}<td>b</table>", f"{'long ' * 250}".strip() + "\n\nb"),
        ("<table><tr><td>a<td><table><tr><td>b<td>c</table></table>", "a\n\nb\tc"),
        ("<h1>a<br>b</h1>", "a\nb"),
    ],
)
def test_text_between_blocks(html: str, text: str) -> None:
    assert everything(to_text, html) == text


@pytest.mark.parametrize(
    ("html", "markdown"),
    [
        # Characters that mean something
        ("<p>5 * 3 [x](y) `z` \\ ~a~", "5 \\* 3 \\[x\\](y) \\`z\\` \\\\ \\~a\\~"),
        ("<p>snake_case _x_ __init__", "snake_case \\_x\\_ \\_\\_init\\_\\_"),
        ("<p>&lt;script&gt; AT&amp;T &amp;lt; &amp;#60;", "&lt;script> AT&T &amp;lt; &amp;#60;"),
        ("<p>&amp;<b>lt;</b> AT&amp;T", "&amp;**lt;** AT&T"),
        # Beginnings of lines
        ("<p># a<br>## b", "\\# a  \n\\## b"),
        ("<p>- a<br>+ b<br>* c<br>&gt; d", "\\- a  \n\\+ b  \n\\* c  \n\\> d"),
        ("<p>1. a<br>2) b<br>1.5 c<br>3.", "1\\. a  \n2\\) b  \n1.5 c  \n3\\."),
        ("<p>a<br>---<br>===<br>~~~<br>```", "a  \n\\---  \n\\===  \n\\~\\~\\~  \n\\`\\`\\`"),
        ("<p>a | b<br>:-: | --", "a | b  \n\\:-: | --"),
        ("<h2># a #</h2>", "## # a \\#"),
        # Emphasis
        ("<p>a <b> b </b> c", "a **b** c"),
        ("<p>a<b>b</b>c <i>d</i>.", "a**b**c *d*."),
        ("<p>a<b>(b)</b>c", "a(b)c"),
        ("<p><b>a</b><i>b</i>", "**a**b"),
        ("<p><b><i>a</i></b>", "***a***"),
        ("<h1><b>a</b> b</h1>", "# a b"),
        # Code
        ("<p><code>a_b &lt;c></code>", "`a_b <c>`"),
        ("<p><code>`a` ``</code>", "``` `a` `` ```"),
        ("<p><code>a</code><b><code>b</code></b>", "`a`**b**"),
        ("<pre>a\n```\n````", "`````\na\n```\n````\n`````"),
        ("<blockquote><pre>a&#13;b\n\nc", "> ```\n> a\n> b\n>\n> c\n> ```"),
        ("<pre class='lang-c++ x'>a", "```c++\na\n```"),
        ("<pre class='language-<b>'>a", "```\na\n```"),
        # Links
        ("<p>Look!<a href=/x>here</a>!", "Look\\![here](/x)!"),
        ("<a href=/x><div>a</div><div><b>b</b> c</div></a>", "[a](/x)\n\n[**b** c](/x)"),
        ("<p><a href='/a b(c)\"&lt;'>x</a>", "[x](/a%20b%28c%29%22%3C)"),
        ("<p><a href='javascript&amp;colon;alert(1)'>x</a>", "[x](javascript%26colon;alert%281%29)"),
        ("<p><a href=/x>a]<code>b]: c</code></a>", "[a\\]b\\]: c](/x)"),
        ("<p><a href='#'>a</a> <a href=''>b</a> <a>c</a>", "a b c"),
        # Lists
        ("<ul><li>a</ul><ul><li>b</ul><ul><li>c</ul>", "- a\n\n* b\n\n- c"),
        ("<ol><li>a</ol><ol><li>b</ol>", "1. a\n\n1) b"),
        ("<ul><li>a<ol start=7><li>b<li>c</ol></ul>", "- a\n\n  7. b\n  8. c"),
        ("<ul><li><ul><li>a</ul></ul>", "- - a"),
        ("<ol><li>" + "<li>".join("abcdefghij") + "<p>k</ol>", None),
        ("<li>a<li>b", "- a\n- b"),
        ("<ul><li>a<blockquote>b</blockquote></ul>", "- a\n\n  > b"),
        ("<blockquote>a</blockquote><blockquote>b</blockquote>", "> a\n\n> b"),
        # Tables
        ("<table><tr><th>a<tr><td>b<td>c|d", "| a |  |\n| --- | --- |\n| b | c\\|d |"),
        ("<table><tr><td>a<td><code>b|c</code>", "|  |  |\n| --- | --- |\n| a | b\\|c |"),
        ("<table><tr><td>- a<td># b", "|  |  |\n| --- | --- |\n| - a | # b |"),
    ],
)
def test_markdown(html: str, markdown: str | None) -> None:
    if markdown is None:
        items = [f"{number}. {letter}" for number, letter in enumerate("abcdefghi", 1)]
        markdown = "\n".join(items) + "\n\n10. j\n\n    k"
    assert everything(to_markdown, html) == markdown


@pytest.mark.parametrize(
    ("href", "safe"),
    [
        ("https://a.example/x?y=1&z=2#w", "https://a.example/x?y=1&z=2#w"),
        ("HTTP://a.example", "HTTP://a.example"),
        ("//a.example/x", "//a.example/x"),
        ("mailto:a@b.example", "mailto:a@b.example"),
        ("../x:y", "../x:y"),
        ("?a=b:c", "?a=b:c"),
        ("https://пример.example/é", "https://пример.example/é"),
        ("  /a\n b\t", "/a%20b"),
        ("/a\\b|c`d^{e}[f]", "/a%5Cb%7Cc%60d%5E%7Be%7D%5Bf%5D"),
        ("javascript&colon;x", "javascript%26colon;x"),
        ("/x?a=1&b=2&copy;&#60", "/x?a=1&b=2%26copy;%26#60"),
        ("javascript:alert(1)", ""),
        ("JaVa\tScRiPt:alert(1)", ""),
        ("\x01javascript:alert(1)", ""),
        ("javascript\\:alert(1)", ""),
        ("java\u200bscript:alert(1)", ""),
        ("data:text/html,x", ""),
        ("vbscript:x", ""),
        ("file:///etc/passwd", ""),
        ("tel:1", ""),
        ("x:y", ""),
        ("/" + "x" * 5_000, ""),
        ("##", ""),
        ("", ""),
        (None, ""),
    ],
)
def test_safe_href(href: str | None, safe: str) -> None:
    assert safe_href(href) == safe


# Bits that have a meaning in Markdown or HTML, alone or when two of them meet.
TOKENS = (
    "a b1 * ** _ __ ` `` ``` ~~~ # ## - + 1. 2) --- === | a|b :-: \\ \\| [x](y) ![i](j) [x]: ] [ ( ) ! > "
    "&amp;lt; &amp; lt; #60; &lt;b> &lt;!-- --> &lt;script>alert(1)&lt;/script> javascript: onload='x' \" ' "
    "word é 日本 😀 http://x.example/a_b foo_bar \u200b \u00a0 &#13; &#10; &nbsp; <br> <br><br>"
).split(" ")
HREFS = (
    "/x",
    "javascript:alert(1)",
    "javascript&amp;colon;alert(1)",
    "&amp;#106;avascript:x",
    "/a b)c](d",
    "data:,x",
    "//e",
)
INLINE_TAGS = ["b", "i", "strong", "code", "span", "script", *(f'a href="{href}"' for href in HREFS)]
BLOCK_TAGS = (
    "p div ul ol li blockquote pre h1 h6 table tr td th caption dl dt dd template style svg textarea".split()
)

inline = st.recursive(
    st.lists(st.sampled_from(TOKENS), max_size=5).map(" ".join) | st.sampled_from(TOKENS),
    lambda inner: st.builds(
        lambda tag, parts: f"<{tag}>{''.join(parts)}</{tag.split()[0]}>",
        st.sampled_from(INLINE_TAGS),
        st.lists(inner, max_size=3),
    ),
    max_leaves=6,
)
pages = st.recursive(
    inline,
    lambda inner: st.builds(
        lambda tag, parts: f"<{tag}>{''.join(parts)}</{tag}>",
        st.sampled_from(BLOCK_TAGS),
        st.lists(inner, max_size=4),
    ),
    max_leaves=12,
)
documents = st.lists(pages, max_size=4).map("".join).map(segment)
NESTED_IN_TABLE = "<table><tr><td>a<template><tr><td>b</td></tr></template>c</td><td>d</td></tr></table>"


def words(text: str) -> list[str]:
    return text.split()


def kept_words(document: Document, kept: list[int]) -> list[str]:
    return [word for block in kept for word in words(document.blocks.text[block])]


@given(documents, st.data())
def test_text_has_exactly_the_kept_words(document: Document, data: st.DataObject) -> None:
    numbers = range(len(document.blocks))
    kept = [number for number in numbers if data.draw(st.booleans())]
    assert words(to_text(document, kept)) == kept_words(document, kept)


@given(documents)
@example(segment(NESTED_IN_TABLE))
def test_pieces_join_to_the_text_of_their_block(document: Document) -> None:
    inlines = Inlines(document)
    for block, text in enumerate(document.blocks.text):
        pieces = inlines.pieces(block)
        joined = "".join(" " * piece.spaced + piece.text for piece in pieces)
        assert words(joined) == words(text)


@given(documents)
@example(segment(NESTED_IN_TABLE))
def test_html_is_sanitised_and_has_the_kept_words(document: Document) -> None:
    kept = list(range(len(document.blocks)))
    html = to_html(document, kept)
    assert sanitised(html) == html
    tree = LexborHTMLParser(html)
    assert tree.body is not None
    assert {node.tag for node in tree.body.traverse()} <= {"body", *TAGS}
    assert all(node.attributes.keys() <= {"href", "rel", "class", "start"} for node in tree.body.traverse())
    assert not [
        link for link in tree.css("a") if (link.attributes["href"] or "").lower().startswith("javascript:")
    ]
    assert "".join(words(tree.body.text())) == "".join(kept_words(document, kept))


def without_code(markdown: str) -> str:
    """Markdown without its fenced code and code spans, read as CommonMark reads them."""
    lines: list[str] = []
    fence = ""
    for line in markdown.split("\n"):
        bare = re.sub(r"^(?:> ?| +|[-*] |\d+[.)] )*", "", line)
        opened = re.match(r"(`{3,})[^`]*$", bare)
        if fence:
            fence = "" if bare == fence else fence
        elif opened:
            fence = opened[1]
        else:
            lines.append(re.sub(r"(?<!\\)((?:\\\\)*)(?<!`)(`+)(?!`)(.*?)(?<!`)\2(?!`)", r"\1", line))
    return "\n".join(lines)


@given(documents)
@example(segment(NESTED_IN_TABLE))
def test_markdown_has_no_html_and_no_scripts(document: Document) -> None:
    prose = without_code(to_markdown(document, list(range(len(document.blocks)))))
    assert "<" not in prose
    targets = re.findall(r"(?<!\\)\]\(([^)]*)\)", prose)
    assert not [target for target in targets if re.match(r"(?:javascript|data):", target, re.IGNORECASE)]
    assert not re.search(r"&(?!amp;|lt;)#?\w+;", prose)


# Hostile pages of a size.
HOSTILE: list[Callable[[int], str]] = [
    lambda n: "<p>x</p>" * n,
    lambda n: "<p>" + "<b>x</b>y" * n,
    lambda n: "<p>" + "x<span>y</span>" * n,
    lambda n: "<h1>" + "#" * 5 * n + "x",
    lambda n: "<p>" + "_" * 5 * n + "&amp;" * 5 * n,
    lambda n: "<p><code>" + "`a" * 3 * n,
    lambda n: "<ul>" + "<li>x" * n,
    lambda n: "<ul><li>a" * 50 + "<p>x</p>" * n,
    lambda n: "<blockquote>" * 100 + "<p>x</p>" * n,
    lambda n: "<table>" + "<tr><td>a<td>b" * n,
    lambda n: "<table>" + "<tr><td>a<td>b</td></tr><caption>c</caption>" * n,
    lambda n: "<table><tr>" + "<td>a<template><tr><td>b</td></tr></template></td>" * n,
    lambda n: "<table><tr><td>a" * 50 + "<p>x</p>" * n,
]


def calls(render: Render, html: str) -> int:
    """How many functions are called, Python's own included, to render a page."""
    document = segment(html)
    everything = list(range(len(document.blocks)))
    events = count()
    sys.setprofile(lambda *_: next(events))
    try:
        render(document, everything)
    finally:
        sys.setprofile(None)
    return next(events) // 2


@pytest.mark.parametrize("render", [to_text, to_markdown, to_html])
@pytest.mark.parametrize("page", HOSTILE, ids=range(len(HOSTILE)))
def test_twice_the_page_is_twice_the_work(render: Render, page: Callable[[int], str]) -> None:
    calls(render, page(10))  # what is made once and remembered
    assert calls(render, page(400)) < 2.2 * calls(render, page(200)) + 100
