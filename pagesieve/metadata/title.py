"""The page's headline, without the name of its site."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
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
# Shares of words that a headline shown and one declared have in common when they are of one page.
_SHARED, _SHARED_OF_TITLE = 0.5, 0.35
_FEW_WORDS = 3
_LONGEST_LABEL = 20


def read_title(document: Document, titles: Callable[[], Sequence[int]] = tuple) -> str:
    """The page's own headline, without the name of its site; may be empty.

    The ``<h1>`` is the headline if half of its words are in ``<title>``, ``og:title`` or JSON-LD, or a third
    of theirs in it; of several the one that shares most. Else it is ``<title>`` without the site's name: the
    part of it that another source repeats, or what is left without a name that ``og:site_name`` or the
    canonical host gives. ``titles`` gives the numbers of blocks whose role is
    ``title``, and is called only where there is no ``<h1>``.
    """
    meta = meta_values(document)
    linked_headlines = (item.get("headline") for item in main_objects(document))
    stated = map(plain, (meta.get("og:title"), *linked_headlines, meta.get("twitter:title")))
    declared = [headline for headline in stated if headline]
    shown = list(map(_polished, _h1_texts(document))) or [document.blocks.text[number] for number in titles()]
    title = document.title or next(iter([*declared, *shown]), "")
    if len(title) > _LONGEST_TITLE:
        return title
    host = linked(document, "canonical") or meta.get("og:url") or ""
    headlines = [headline for headline in (*declared, *shown) if headline]
    sites = _site_names(_site_stated(plain(meta.get("og:site_name")) or "", [title, *headlines]), host)
    short = _polished(_without_site(title, headlines, sites))
    shown = [_without_site(headline, headlines, sites) for headline in shown if _key(headline) not in sites]
    found = _headline_shown(list(map(_polished, shown)), [document.title, *declared], short)
    return _without_label(found, [short, *declared]) if found else short


def _headline_shown(shown: Sequence[str], declared: Sequence[str], title: str) -> str | None:
    """The headline that the page shows, if what it declares agrees with it.

    >>> _headline_shown(["The rich history of tea", "Sign in"], ["History of tea | Shop"], "History of tea")
    'The rich history of tea'
    """
    known = {word for text in declared for word in _words(text)}
    found: str | None = None
    most = (0.0, 0)
    for headline in shown:
        own = set(_words(headline))
        if not own or len(headline) > _LONGEST_TITLE:
            continue
        agrees = (len(own & known) / len(own), len(own & known))
        if agrees > most:
            found, most = headline, agrees
    if not found:
        return None
    words = _words(found)
    if len(words) == 1 and len(_words(title)) > _FEW_WORDS:
        return None  # the site's name, or a heading such as "Blog"
    shared = len(set(words) & known) / max(len(set(_words(title))), 1)
    return found if most[0] >= _SHARED or (len(words) > _FEW_WORDS and shared >= _SHARED_OF_TITLE) else None


def _without_label(headline: str, declared: Iterable[str]) -> str:
    """The headline without a date, a section or a tag that stands in the same ``<h1>``.

    >>> _without_label("Tips Which kettle is best?", ["Which kettle is best?"])
    'Which kettle is best?'
    """
    whole = f" {headline.casefold()} "
    for text in declared:
        part = f" {text.casefold()} "
        over = len(whole) - len(part)
        if (
            0 < over <= _LONGEST_LABEL
            and len(_words(text)) >= _FEW_WORDS
            and (whole.startswith(part) or whole.endswith(part))
        ):
            return text
    return headline


def _polished(text: str) -> str:
    """Without soft hyphens and the sign that links a heading to itself.

    >>> _polished("Quick start¶")
    'Quick start'
    """
    return text.replace("\u00ad", "").rstrip("¶#§ ").strip()


def _words(text: str) -> list[str]:
    return _WORD.findall(text.casefold())


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


def _site_stated(site: str, headlines: Iterable[str]) -> str:
    """The stated name of the site, unless a page of some words states its own headline there."""
    own = {_key(headline) for headline in headlines}
    return "" if len(_words(site)) > _FEW_WORDS and _key(site) in own else site


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
