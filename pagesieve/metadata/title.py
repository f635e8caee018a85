"""The page's title, without the name of its site."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from urllib.parse import urlsplit

from pagesieve.blocks import Document
from pagesieve.metadata.head import linked, meta_values, plain
from pagesieve.metadata.jsonld import main_objects

_WORD = re.compile(r"\w+")
# What stands between a headline and a site's name. They are only cut where another source agrees,
# so this may be generous.
_SEPARATOR = re.compile(r"\s*[|»«·•]\s*|\s+(?:[-–—~/<>]|::?|--)\s+|:\s+")
# More is not a title, and trying its separators one by one is not worth the time.
_LONGEST_TITLE = 500
# "Section - Headline - Site | Site" takes as many steps as names to come off.
_MOST_NAMES = 3
_H1_ELEMENTS, _H1_BLOCKS = 8, 8


def read_title(document: Document) -> str:
    """The headline as ``<title>`` has it, less a site's name, or as another source has it; may be empty.

    A part of ``<title>`` is the headline if ``og:title``, JSON-LD or an ``<h1>`` says the same words; else
    what is left of it without a name that ``og:site_name`` or the page's canonical host gives.
    """
    meta = meta_values(document)
    linked_headlines = (item.get("headline") for item in main_objects(document))
    stated = map(plain, (meta.get("og:title"), *linked_headlines, meta.get("twitter:title")))
    headlines = [headline for headline in (*stated, *_h1_texts(document)) if headline]
    title = document.title or next(iter(headlines), "")
    if len(title) > _LONGEST_TITLE:
        return title
    host = linked(document, "canonical") or meta.get("og:url") or ""
    return _without_site(title, headlines, _site_names(plain(meta.get("og:site_name")) or "", host))


def _without_site(title: str, headlines: Iterable[str], sites: set[str]) -> str:
    """The part of a title that is the headline.

    >>> _without_site("Rain in May - Weather - The Daily", [], {"thedaily"})
    'Rain in May - Weather'
    >>> _without_site("The Daily: Rain in May", ["Rain in May"], set())
    'Rain in May'
    """
    keys = {_key(headline) for headline in headlines} - sites
    for _ in range(_MOST_NAMES):
        splits = [(title[: cut.start()], title[cut.end() :]) for cut in _SEPARATOR.finditer(title)]
        shorter = next(filter(None, _headlines(splits, keys - {_key(title), ""}, sites)), title)
        if shorter == title or _key(shorter) in keys:
            return shorter
        title = shorter
    return title


def _headlines(splits: list[tuple[str, str]], known: set[str], sites: set[str]) -> Iterator[str]:
    """Candidates, best founded first."""
    yield from (head for head, _ in splits if _key(head) in known)
    yield from (head for head, tail in splits if _key(tail) in sites)
    yield from (tail for head, tail in splits if _key(head) in sites)
    # The words at the end may also be the site's name in an <h1> around its logo, which is the shorter part.
    yield from (tail for head, tail in splits if _key(tail) in known and len(tail) > len(head))


def _site_names(site: str, address: str) -> set[str]:
    """Keys of the site's name, of its beginnings, and of the labels of its host.

    >>> sorted(_site_names("Green Hill University Online", "https://www.green-hill.edu/"))
    ['edu', 'greenhill', 'greenhilledu', 'greenhilluniversity', 'greenhilluniversityonline', 'www']
    """
    words = _WORD.findall(site.casefold())
    beginnings = {"".join(words[:length]) for length in range(2, len(words))}
    try:
        labels = [_key(label) for label in (urlsplit(address).hostname or "").split(".")]
    except ValueError:
        labels = []
    return {"".join(words), *beginnings, *labels, "".join(labels[-2:])} - {""}


def _key(text: str) -> str:
    """The words alone, run together as in the name of a host."""
    return "".join(_WORD.findall(text.casefold()))


def _h1_texts(document: Document) -> Iterator[str]:
    elements, texts = document.elements, document.blocks.text
    headings = [element for element, tag in enumerate(elements.tag) if tag == "h1"]
    for element in headings[:_H1_ELEMENTS]:
        first, end = elements.first[element], elements.end[element]
        yield " ".join(texts[first : min(end, first + _H1_BLOCKS)])
