"""What one page may cost: every limit refuses, and the next page is served."""

from __future__ import annotations

from contextlib import suppress

import pytest

import pagesieve
from pagesieve import Limits, TooLarge, TooSlow, limited, model
from pagesieve.cost import refuse_costly
from pagesieve.limits import checkpoint, current_limits

PROSE = "<p>The ferry will run all night from April, the council decided.</p>"


@pytest.mark.parametrize(
    ("limits", "html", "words"),
    [
        (Limits(max_elements=50), PROSE * 60, "more than 50 elements"),
        (Limits(max_elements=50), "<br>" * 500, "more than 50 elements"),
        (Limits(max_depth=20), "<div>" * 30 + PROSE, "nested deeper than 20 levels"),
        (Limits(max_attributes=5), "<p a b c d e f>x</p>", "more than 5 attributes on one element"),
        (Limits(max_blocks=20), PROSE * 30, "more than 20 blocks of text"),
    ],
)
def test_a_page_beyond_a_limit_is_refused_and_the_next_is_served(limits, html, words):
    with limited(limits):
        with pytest.raises(TooLarge, match=words):
            pagesieve.clean(html)
        assert "ferry" in pagesieve.clean(PROSE).text


def test_text_without_markup_has_a_limit_on_lines():
    with limited(Limits(max_blocks=3)):
        assert pagesieve.clean("one\n\ntwo\nthree", content_type="text/plain").blocks
        with pytest.raises(TooLarge, match="more than 3 lines"):
            pagesieve.clean("one\ntwo\nthree\nfour", content_type="text/plain")


def test_a_page_that_takes_too_long_ends_with_an_error():
    with (
        limited(Limits(max_seconds=0.001)),
        pytest.raises(TooSlow, match=r"more than 0.001 s of processor time"),
    ):
        pagesieve.clean(PROSE * 2_000)


@pytest.mark.parametrize("output", ["text", "markdown", "html", "blocks"])
def test_outputs_count_against_the_time_of_the_page(output):
    page = pagesieve.clean("".join(PROSE.replace("April", f"{year}") for year in range(1900, 2000)))
    with limited(Limits(max_seconds=0.0)), pytest.raises(TooSlow):
        getattr(page, output)


def test_loading_the_model_is_not_the_time_of_a_page():
    model.forget_releases()
    with limited(Limits(max_seconds=0.2)):
        assert pagesieve.clean(PROSE).text


def test_limits_end_with_their_block():
    with limited(Limits(max_blocks=7)), limited(Limits(max_blocks=8)):
        assert current_limits().max_blocks == 8
    assert current_limits() == Limits()
    checkpoint()


def many(number: int, form: str = "a{}") -> str:
    return " ".join(form.format(each) for each in range(number))


@pytest.mark.parametrize(
    "tag",
    [
        f"<p {many(300)}>",
        f"<p {many(300).replace(' ', '/')}>",
        "<p " + many(300, "a{}='>'") + ">",
        "<p " + many(300, 'a{}="<b"') + ">",
        "<p " + many(300, "a{}=<b") + ">",
        "<p " + many(300, "a{}\n=\n'v'") + ">",
        f'<p x" {many(300)}',
        f'<p ="x c="> y" {many(300)}">',
        f"<!--<p x='--><p {many(300)}>'",
        f"<script>a<b {'c ' * 600}</script><p {many(300)}>",
        f"<svg><style></style><p title='</style>' {many(300)}>",
        "".join(f"<body a{each}>" for each in range(300)),
    ],
)
def test_attributes_are_counted_as_the_parser_counts_them(tag):
    with pytest.raises(TooLarge, match="attributes"):
        refuse_costly(PROSE + tag + PROSE, Limits())


@pytest.mark.parametrize(
    "html",
    [
        f"<p {many(250)}>",
        f'<p a=b="x c="> {many(300)}">',
        "<script>if (a<b " + "&& c " * 600 + ") {}</script>",
        "<style>a<b " + "c " * 600 + "</style>",
        "<!-- <p " + "c " * 600 + "--> ",
        "<textarea><p " + "c " * 600 + "></textarea>",
    ],
)
def test_what_only_looks_like_attributes_is_not_counted(html):
    refuse_costly(html + PROSE, Limits())


def test_duplicate_attributes_are_refused_as_well():
    with pytest.raises(TooLarge, match="attributes"):
        pagesieve.clean("<p " + "class=x " * 100_000 + ">words</p>")


# Each of these leaves an element open, some behind what looks like its end.
LEFT_OPEN = [
    "<div>",
    "<!--><div>",
    "<!---><div>",
    "<!-- --!><div>",
    '<div title="</div>">',
    "<div a='\"'></div\"'><div>",
    "<span><div></span>",
    "<b><div></b>",
    "<dd><li>",
    "<optgroup>",
    "<svg><tr>",
    "<svg><foreignObject><div/>",
    "<svg><div/>",
    "<svg></svg><div/>",
    "<div><svg><style><!--</style></svg></div>--></style></svg>",
    "<div><svg><title></div></title></svg>",
    "<div><svg><![CDATA[></div>]]></svg>",
    "<div><script><!--<script></script></div></script>",
    "<script-x>",
    "<DIV></dIv><Div>",
    "<select><title></select><div>",
    "<button><p>",
    "<table><div>",
    "<template><div></template><div>",
    "<a><div></a>",
]


@pytest.mark.parametrize("html", LEFT_OPEN)
def test_nesting_is_refused_before_it_is_parsed(html):
    with pytest.raises(TooLarge):
        refuse_costly(html * 30_000, Limits())


@pytest.mark.parametrize(
    "html",
    [
        "<p>x",
        "<p>x</p>",
        "<div><p>x</div>",
        "<ul><li>a<li>b<p>c</ul>",
        "<table><tr><td>1<td>2<tr><th>3</table>",
        "<dl><dt>a<dd>b<dt>c</dl>",
        "<select><option>a<option>b</select>",
        "<b>x</b><i class=a>y</i>",
        "<svg viewBox='0 0 1 1'><path d='M0'/><g><use href='#a'/></g><title>x</title></svg>",
        "<svg><style><![CDATA[ .a{} ]]></style></svg>",
        "<div><br><img src=a><input></div>",
        '<div title="a > b"></div>',
        "<!-- <div> -->",
        "<script>document.write('<div>')</script>",
        "<textarea><div></textarea>",
        "<div><span>never closed</div>",
    ],
)
def test_what_real_pages_do_thousands_of_times_is_not_nesting(html):
    refuse_costly("<body><div>" + html * (4_000 if "never" in html or "option" in html else 10_000), Limits())


@pytest.mark.parametrize(
    "html",
    [
        "<p>" + many(2_000, "<b id={}>") + "<p>x" * 3_000,
        "<div>" + many(500, "<b id={}>") + "</div>" + "<div>x</div>" * 4_000,
        "<p>" + many(500, '<FONT title=">" id={}>') + "</p>" + "<p>x</p>" * 4_000,
        "<p>" + many(500, "<b id={}><table><td></b></table>") + "<p>x</p>" * 4_000,
        "<p>" + "<b><b><b><i><i><i><u><u><u><s><s><s>" * 3 + "<p>x" * 100_000,
        "<svg><b>" + many(500, "<i id={}>") + "<p>x" * 7_000,
    ],
)
def test_formatting_that_would_be_repeated_is_refused_before_it_is_parsed(html):
    with pytest.raises(TooLarge):
        refuse_costly(html, Limits())


@pytest.mark.parametrize(
    "html",
    [
        "<a" * 150_000,
        "<x/y=" * 150_000,
        "<a b='" * 150_000,
        "<a b=\"'" * 150_000,
        "<!--" * 150_000,
        "<a " * 190_000,
    ],
    ids=range(6),
)
def test_counting_is_linear_on_tags_that_never_end(html):
    with suppress(TooLarge):  # quadratic, it would take minutes
        refuse_costly(html + "x" * 3_000_000, Limits())


def test_long_lists_to_choose_from_are_refused_before_they_are_parsed():
    with pytest.raises(TooLarge, match="options"):
        refuse_costly("<select>" + "<option>x" * 10_001, Limits())
