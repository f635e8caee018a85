"""Metadata and titles from pages as sites really write them, and from pages that are broken."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pagesieve.blocks import Document, segment
from pagesieve.metadata import Metadata, linked_data, read_metadata, read_title, schema_types
from pagesieve.metadata.dates import iso_date

URL = "https://valley.example/news/2024/flood?ref=home"

NEWS = """<!DOCTYPE html><html lang="en"><head>
<meta charset="utf-8"><title>River floods the valley | The Valley Post</title>
<link rel="shortcut icon" href="/favicon.ico"><link rel="canonical" href="/news/2024/flood">
<meta property="og:site_name" content="The Valley Post">
<meta property="og:title" content="River floods the valley">
<meta property="og:image" content="/media/flood wide.jpg">
<meta name="author" content="Desk">
<script type="application/ld+json">
{"@context": "https://schema.org", "@graph": [
  {"@type": "NewsArticle", "headline": "River floods the valley", "datePublished": "2024-05-01T10:30:00.000Z",
   "author": [{"@id": "#jane"}, {"@type": "Person", "name": "By Ama Boateng"}],
   "publisher": {"@type": "Organization", "name": "Valley Media"}},
  {"@type": "Person", "@id": "#jane", "name": "Jane Roe"},
  {"@type": "ItemList", "itemListElement": [{"@type": "Article", "author": "Somebody Else"}]}
]}
</script></head><body><h1>River floods<br>the valley</h1><p>The water rose overnight.</p></body></html>"""


def head(*tags: str) -> Document:
    return segment(f"<html><head>{''.join(tags)}</head><body><p>Text.</p></body></html>")


def script(data: Any) -> str:
    text = data if isinstance(data, str) else json.dumps(data)
    return f'<script type="application/ld+json">{text}</script>'


def article(facts: dict[str, Any]) -> str:
    return script({"@type": "Article", **facts})


def meta(name: str, content: str) -> str:
    return f'<meta property="{name}" content="{content}">'


def canonical(href: str) -> str:
    return f'<link rel="canonical" href="{href}">'


def test_a_news_page_states_everything() -> None:
    assert read_metadata(segment(NEWS), URL) == Metadata(
        author="Jane Roe, Ama Boateng",
        published="2024-05-01T10:30:00+00:00",
        site="The Valley Post",
        canonical_url="https://valley.example/news/2024/flood",
        image="https://valley.example/media/flood%20wide.jpg",
    )


def test_relative_addresses_need_the_url_of_the_page() -> None:
    found = read_metadata(segment(NEWS))
    assert (found.canonical_url, found.image) == (None, None)


def test_a_page_that_states_nothing() -> None:
    assert read_metadata(segment("<p>Hello."), URL) == Metadata()
    assert read_title(segment("<p>Hello.")) == ""


@pytest.mark.parametrize(
    ("tags", "author"),
    [
        (['<meta name="author" content="  Jane\n Roe ">'], "Jane Roe"),
        (['<meta name="AUTHOR" content="Roe &amp;amp; Sons">'], "Roe & Sons"),
        (['<meta property="article:author" content="https://social.example/jane">'], None),
        ([meta("article:author", "https://social.example/jane"), meta("byl", "By Jane Roe")], "Jane Roe"),
        ([script({"@type": "BlogPosting", "author": "Jane Roe"})], "Jane Roe"),
        ([script([{"@type": ["A", "Article"], "author": {"name": ["Jane", "Ama Roe"]}}])], "Jane, Ama Roe"),
        ([article({"author": [{"name": "Jane Roe"}, {"name": "JANE ROE"}]})], "JANE ROE"),
        ([article({"author": {"name": "x" * 400}})], None),
        ([article({"author": 7}), '<meta name="author" content="Jane Roe">'], "Jane Roe"),
        ([script({"@type": "Product", "review": {"@type": "Review", "author": "A Customer"}})], None),
        ([script({"mainEntity": {"@type": "Article", "author": "Jane Roe"}})], "Jane Roe"),
        ([article({"author": {"@id": "#a"}, "@id": "#a", "name": {"@id": "#a"}})], None),
    ],
)
def test_author(tags: list[str], author: str | None) -> None:
    assert read_metadata(head(*tags)).author == author


@pytest.mark.parametrize(
    ("tags", "published"),
    [
        ([meta("article:published_time", "2024-05-01T10:30:00+02:00")], "2024-05-01T10:30:00+02:00"),
        (['<meta itemprop="datePublished" content="2024-05-01">'], "2024-05-01"),
        ([meta("date", "yesterday"), meta("dc.date", "2024-05-01")], "2024-05-01"),
        (['<meta name="parsely-pub-date" content="0001-01-01T00:00:00Z">'], None),
        ([script({"@type": "WebPage", "datePublished": "2024-05-01"})], "2024-05-01"),
        ([article({"datePublished": {"@value": "2024-05-01"}})], None),
        ([article({"dateCreated": "2024-05-01"})], "2024-05-01"),
        (["</head><time>noon</time><time class='date published' datetime=2024-05-01>"], "2024-05-01"),
    ],
)
def test_published(tags: list[str], published: str | None) -> None:
    assert read_metadata(head(*tags)).published == published


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2024-05-01", "2024-05-01"),
        ("20240501", "2024-05-01"),
        ("2024-05-01T10:30:00.0000000Z", "2024-05-01T10:30:00+00:00"),
        ("2024-05-01 10:30:00 +0200", "2024-05-01T10:30:00+02:00"),
        ("2024-05-01 10:30 UTC", "2024-05-01T10:30:00+00:00"),
        ("2024/5/1 10:30 AM", "2024-05-01"),
        ("Wed, 01 May 2024 10:30:00 GMT", "2024-05-01T10:30:00+00:00"),
        ("1714559400", "2024-05-01T10:30:00+00:00"),
        ("1714559400000", "2024-05-01T10:30:00+00:00"),
        ("May 1st, 2024", "2024-05-01"),
        ("Published 1 May 2024", "2024-05-01"),
        ("Sept. 3, 2021", "2021-09-03"),
        ("2024 Jan 7", "2024-01-07"),
        ("Thu, 09/25/2025 - 11:38", "2025-09-25"),
        ("05/05/2024", "2024-05-05"),
        ("03/10/2023", None),
        ("le 1er août 2024", "2024-08-01"),
        ("3. März 2020, 10:15 Uhr", "2020-03-03"),
        ("04-ago-2021 5:11:10", "2021-08-04"),
        ("12 мая 2023 г.", "2023-05-12"),
        ("2023年5月4日", "2023-05-04"),
        ("1.2.2024", "2024-02-01"),
        ("5 \u017fep 2022", "2022-09-05"),
        ("2024-13-45", None),
        ("31 Febtember 2024", None),
        ("9999999999", None),
        ("Tue, nonsense", None),
        ("", None),
        ("2024-05-01" * 20, None),
    ],
)
def test_dates(text: str, expected: str | None) -> None:
    assert iso_date(text) == expected


@given(st.text(max_size=70))
def test_any_text_may_stand_for_a_date(text: str) -> None:
    iso_date(text)


@given(st.datetimes())
def test_iso_dates_are_read_back(moment: datetime) -> None:
    expected = moment.replace(microsecond=0).isoformat() if 1700 <= moment.year <= 2100 else None
    assert iso_date(moment.isoformat()) == expected


@pytest.mark.parametrize(
    ("tags", "url", "expected"),
    [
        ([canonical("https://a.example/x")], None, "https://a.example/x"),
        (
            ['<link rel="alternate canonical" href="../x?y=1">'],
            "https://a.example/b/c",
            "https://a.example/x?y=1",
        ),
        (['<base href="//b.example/d/">', canonical("x")], "https://a.example/", "https://b.example/d/x"),
        ([canonical("javascript:x"), meta("og:url", "//a.example/")], URL, "https://a.example/"),
        ([canonical("")], URL, None),
        (["<link rel=canonical>"], URL, None),
        ([canonical("http://")], URL, None),
        ([canonical("http://[::1")], URL, None),
        ([canonical("/x")], "file:///etc/passwd", None),
        ([canonical("/x")], "http://[::1", None),
        ([canonical("//a.example/&quot;><script>")], URL, "https://a.example/%22%3E%3Cscript%3E"),
        ([canonical("https://a.example/" + "x" * 5_000)], URL, None),
    ],
)
def test_canonical_url(tags: list[str], url: str | None, expected: str | None) -> None:
    assert read_metadata(head(*tags), url).canonical_url == expected


@pytest.mark.parametrize(
    ("tags", "image"),
    [
        (
            ['<meta property="og:image:secure_url" content="https://a.example/i.jpg">'],
            "https://a.example/i.jpg",
        ),
        (['<meta name="twitter:image" content="i.jpg">'], "https://valley.example/news/2024/i.jpg"),
        (['<meta property="og:image" content="data:image/png;base64,AAAA">'], None),
        ([article({"image": ["https://a.example/i.jpg", "j.jpg"]})], "https://a.example/i.jpg"),
        ([article({"image": {"url": "/i.jpg"}})], "https://valley.example/i.jpg"),
        ([article({"image": [[]]})], None),
    ],
)
def test_image(tags: list[str], image: str | None) -> None:
    assert read_metadata(head(*tags), URL).image == image


@pytest.mark.parametrize(
    ("tags", "site"),
    [
        (['<meta name="application-name" content="The Valley Post">'], "The Valley Post"),
        ([script({"@type": "WebSite", "name": "The Valley Post"})], "The Valley Post"),
        ([article({"publisher": {"name": "The Valley Post"}})], "The Valley Post"),
        ([article({"publisher": []})], None),
    ],
)
def test_site(tags: list[str], site: str | None) -> None:
    assert read_metadata(head(*tags)).site == site


@pytest.mark.parametrize(
    ("title", "headline", "site", "expected"),
    [
        ("Floods in the valley | The Valley Post", "Floods in the valley", "", "Floods in the valley"),
        ("The Valley Post: Floods in the valley", "Floods in the valley", "", "Floods in the valley"),
        ("Floods - Weather - The Valley Post", "", "The Valley Post", "Floods - Weather"),
        ("Weather - Floods in May - The Valley Post", "Floods in May", "The Valley Post", "Floods in May"),
        ("Floods | Post | Post", "", "Post", "Floods"),
        ("Post » Floods", "", "Post", "Floods"),
        ("Floods - The Valley Post", "The Valley Post", "The Valley Post", "Floods"),
        ("River floods the valley - Post", "Post", "", "River floods the valley - Post"),
        ("Floods - a chronicle", "", "", "Floods - a chronicle"),
        ("Floods - a chronicle", "Something else", "Other", "Floods - a chronicle"),
        ("Spider-Man: No Way Home", "", "Film", "Spider-Man: No Way Home"),
        ("The Valley Post", "", "The Valley Post", "The Valley Post"),
        (" - ", "", "", "-"),
        ("", "River floods", "Post", "River floods"),
        ("", "River floods | Post", "Post", "River floods"),
        (
            "How floods start: a guide | Post",
            "How floods start: a guide",
            "How floods start: a guide | Post",
            "How floods start: a guide",
        ),
        ("Floods in May | Post", "3 May 2024 Floods in May", "Post", "Floods in May"),
        ("Floods in May | Post", "Floods in May | Post", "Post", "Floods in May"),
    ],
)
def test_title_without_the_name_of_the_site(title: str, headline: str, site: str, expected: str) -> None:
    names = f'<meta property="og:site_name" content="{site}">' if site else ""
    by_heading = segment(f"<head><title>{title}</title>{names}</head><h1>{headline}</h1>")
    by_meta = head(f'<title>{title}</title>{names}<meta property="og:title" content="{headline}">')
    assert read_title(by_heading) == read_title(by_meta) == expected


@pytest.mark.parametrize(
    ("title", "headlines", "expected"),
    [
        ("History of tea | The Shop", ["The rich history of tea"], "The rich history of tea"),
        ("RIVER FLOODS! – Post", ["River floods"], "River floods"),
        ("Loading files - Handbook", ["Handbook", "Loading files¶"], "Loading files"),
        ("Average cost of a boat: yearly fees", ["Average cost of a boat"], "Average cost of a boat"),
        ("A chronicle of floods", ["Subscribe to our newsletter"], "A chronicle of floods"),
        ("A chronicle of floods", ["Floods"], "A chronicle of floods"),
    ],
)
def test_the_headline_shown_is_the_title_where_both_agree(
    title: str, headlines: list[str], expected: str
) -> None:
    shown = "".join(f"<h1>{headline}</h1>" for headline in headlines)
    assert read_title(segment(f"<title>{title}</title>{shown}")) == expected


def test_a_title_block_stands_in_for_a_missing_heading() -> None:
    whole = segment("<title>History of tea | Shop</title><div>Menu</div><div>The rich history of tea</div>")
    assert read_title(whole, lambda: [1]) == "The rich history of tea"
    with_heading = segment("<title>Tea</title><h1>Tea</h1>")
    assert read_title(with_heading, lambda: pytest.fail("not needed")) == "Tea"


@pytest.mark.parametrize(
    ("html", "date"),
    [
        ("<h1>Rain</h1><p>By Ann, May 2, 2024</p>", "2024-05-02"),
        ("<h1>Rain</h1><p>Updated 3 June 2024</p><p>Published 02.05.2024</p>", "2024-05-02"),
        ("<h1>Rain</h1><time datetime=2024-05-02>yesterday</time>", "2024-05-02"),
        ("<p>2024-05-02</p><h1>Rain</h1>", "2024-05-02"),
        ("<h1>Rain</h1><p>Text.</p><p>© May 2, 2024 The Post</p>", None),
        ("<h1>Rain</h1>" + "<p>Text.</p>" * 40 + "<p>May 2, 2024</p>", None),
        ("<h1>Rain</h1><p>" + "It rained for days. " * 10 + "On May 2, 2024 it ended.</p>", None),
        ("<h1>Rain</h1><p>version 99.99.2024</p>", None),
    ],
)
def test_a_date_by_the_headline_is_read_where_none_is_declared(html: str, date: str | None) -> None:
    assert read_metadata(segment(html)).published == date


@pytest.mark.parametrize(
    ("shown", "date"),
    [
        ("January 31, 2022", "2022-01-31"),
        ("Updated January 31, 2022", "2024-05-03"),
        ("May 2, 2024", "2024-05-03"),
        ("May 9, 2024", "2024-05-03"),
        ("2024", "2024-05-03"),
    ],
)
def test_an_earlier_date_that_the_headline_bears_is_the_publication(shown: str, date: str) -> None:
    tag = meta("article:published_time", "2024-05-03")
    assert read_metadata(head(tag, f"</head><h1>Rain</h1><p>{shown}</p>")).published == date


def test_a_line_may_call_a_date_the_publication_from_afar() -> None:
    far = "<h1>Rain</h1>" + "<p>Text.</p>" * 40
    assert read_metadata(segment(far + "<p>Posted on May 2, 2024</p>")).published == "2024-05-02"
    assert read_metadata(segment(far + "<p>Visited on May 2, 2024</p>")).published is None
    marked = "<p>Post 1 <time datetime=2024-05-02>May</time></p>"
    assert read_metadata(segment(far + marked)).published == "2024-05-02"
    assert read_metadata(segment(far * 3 + marked)).published is None


def test_facts_about_the_page_are_asked_for_a_date_first() -> None:
    document = segment("<h1>Rain</h1><p>The flood of May 2, 2020</p><p>May 3, 2024</p>")
    assert read_metadata(document).published == "2020-05-02"
    assert read_metadata(document, None, lambda: [2]).published == "2024-05-03"
    stated = segment("<meta property=article:published_time content=2023-01-01><h1>Rain</h1>")
    assert read_metadata(stated, None, lambda: pytest.fail("not needed")).published == "2023-01-01"


def test_title_without_the_name_of_the_host() -> None:
    document = head(
        "<title>Floods - Valley Post</title>", canonical("https://www.valley-post.example/floods")
    )
    assert read_title(document) == "Floods"


def test_title_agrees_with_linked_data() -> None:
    assert read_title(head("<title>Floods - Post</title>", article({"headline": "Floods"}))) == "Floods"


def test_long_titles_stay_as_they_are() -> None:
    title = "a | " * 50_000 + "b"
    assert read_title(segment(f"<head><title>{title}</title></head><h1>a</h1>")) == title


def test_linked_data_is_flat_and_outer_objects_come_first() -> None:
    objects = linked_data(segment(NEWS))
    types = [schema_types(item) for item in objects]
    assert types[:4] == [[], ["NewsArticle"], ["Person"], ["ItemList"]]
    assert sorted(types[4:]) == [[], ["Article"], ["Organization"], ["Person"]]


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ('{"name": "a"}', ["a"]),
        ('[{"name": "a"}, [{"name": "b"}]]', ["a", "b"]),
        ('<!-- {"name": "a"} -->', ["a"]),
        ('//<![CDATA[\n{"name": "a"};\n//]]>', ["a"]),
        ('{"name": "a",}', ["a"]),
        ('{"name": "a"}\n{"name": "b"}', ["a", "b"]),
        ('{"name": "line\nbreak"}', ["line\nbreak"]),
        ('{"name": "\\ud83d\\ude00\\ud800"}', ["😀\ufffd"]),
        ('{"name": "a"} and {broken', ["a"]),
        ("{broken", []),
        ('"text"', []),
        ("", []),
        ("[" * 100_000, []),
        ("[" * 300 + '{"name": "a"}' + "]" * 300, ["a"]),
        ('{"name": ' + "9" * 10_000 + "}", []),
    ],
)
def test_linked_data_of_broken_scripts(text: str, names: list[str]) -> None:
    assert [item["name"] for item in linked_data(head(script(text)))] == names


def test_linked_data_is_bounded() -> None:
    assert len(linked_data(head(script([{}] * 5_000)))) == 1_000
    assert linked_data(head(script([{"name": "x" * 600_000}]), script({"name": "late"}))) == []


KEYS = ["@type", "@id", "@graph", "name", "author", "image", "url", "headline", "publisher"]
json_values = st.recursive(
    st.none() | st.booleans() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.sampled_from(KEYS), inner),
    max_leaves=12,
)


@given(json_values, st.none() | st.text(max_size=20), st.text(max_size=20))
def test_nothing_a_page_states_raises(data: Any, url: str | None, content: str) -> None:
    article = {"@type": "Article", "author": data, "image": data, "datePublished": data, "headline": data}
    document = head(script(json.dumps([data, article]).replace("<", "\\u003c")))
    names = ["author", "og:image", "og:url", "date", "og:site_name", "og:title"]
    document.meta.extend({"property": name, "content": content} for name in names)
    found = read_metadata(document, url)
    for address in (found.canonical_url, found.image):
        assert address is None or address.startswith(("http://", "https://"))
    read_title(document).encode()
