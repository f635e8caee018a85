"""Author, date, site, canonical address and image, each from the first source that states it well."""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any
from urllib.parse import quote, urljoin, urlsplit

from pagesieve.blocks import Document
from pagesieve.decode import clean_text
from pagesieve.metadata.dates import iso_date
from pagesieve.metadata.head import linked, meta_values, plain
from pagesieve.metadata.jsonld import linked_data, main_objects, schema_types
from pagesieve.metadata.visible import headline_date, visible_dates

_AUTHOR_NAMES = (
    "author",
    "article:author",
    "og:article:author",
    "parsely-author",
    "sailthru.author",
    "citation_author",
    "dc.creator",
    "dcterms.creator",
    "byl",
)
_DATE_NAMES = (
    "article:published_time",
    "og:article:published_time",
    "og:published_time",
    "datepublished",
    "parsely-pub-date",
    "sailthru.date",
    "publish-date",
    "publish_date",
    "publication_date",
    "pubdate",
    "citation_publication_date",
    "citation_date",
    "dc.date.issued",
    "dcterms.issued",
    "dc.date",
    "dcterms.date",
    "date",
    "published-date",
    "ms.date",
)
_TIME_MARKS = frozenset(["datepublished", "published", "entry-date"])
_SITE_NAMES = ("og:site_name", "application-name")
_IMAGE_NAMES = ("og:image:secure_url", "og:image", "og:image:url", "twitter:image", "twitter:image:src")
# These have an author and a date that are the page's; other objects may be a shop's goods or reviews.
_WRITING = re.compile(r"Article$|Posting$|Report$|^(?:Recipe|HowTo|CreativeWork|WebPage|VideoObject|Book)$")
_BY = re.compile(r"^(?:(?:written|posted)\s+)?by\b:?\s+", re.IGNORECASE)
_LONGEST_NAME = 100
_MOST_AUTHORS = 10
# Objects may name each other in a circle.
_MOST_STEPS = 50
_LONGEST_URL = 2_048
_UNSAFE = re.compile(r"[\s\x00-\x20\"'<>`{|}\\^]")


@dataclass(frozen=True, slots=True)
class Metadata:
    """What a page states about itself; None where it states nothing usable.

    ``published`` is ISO 8601, with a time of day and offset where the page gives them. ``canonical_url`` and
    ``image`` are absolute http or https addresses. Several authors are joined by commas.
    """

    author: str | None = None
    published: str | None = None
    site: str | None = None
    canonical_url: str | None = None
    image: str | None = None


def read_metadata(
    document: Document, url: str | None = None, facts: Callable[[], Collection[int]] = tuple
) -> Metadata:
    """Metadata of a page; ``url`` is where it was found, to complete relative addresses.

    ``facts`` gives the numbers of the blocks whose role is ``meta``: where the page states no date, they are
    the first to be asked for one. It is called only then.
    """
    stated = _Stated.by(document)
    base = _base(document, url)
    return Metadata(
        author=_first(map(_joined, stated.authors())),
        published=_published(
            _first(iso_date(plain(moment) or "") for moment in stated.dates(document)), document
        )
        or _first(visible_dates(document, facts())),
        site=_first(map(plain, stated.sites())),
        canonical_url=_first(
            _http_url(address, base) for address in (linked(document, "canonical"), stated.meta.get("og:url"))
        ),
        image=_first(_http_url(address, base) for address in stated.images()),
    )


@dataclass(frozen=True, slots=True)
class _Stated:
    """What the page states, before any of it is checked. Each method yields the best source first."""

    meta: dict[str, str]
    main: list[dict[str, Any]]
    writings: list[dict[str, Any]]
    by_id: dict[str, dict[str, Any]]

    @classmethod
    def by(cls, document: Document) -> _Stated:
        main = main_objects(document)
        return cls(
            meta=meta_values(document),
            main=main,
            writings=[item for item in main if any(map(_WRITING.search, schema_types(item)))],
            by_id={
                item["@id"]: item
                for item in linked_data(document)
                if isinstance(item.get("@id"), str) and "name" in item
            },
        )

    def authors(self) -> Iterator[list[str]]:
        yield from (self._names(item.get("author")) for item in self.writings)
        yield from ([self.meta[name]] for name in _AUTHOR_NAMES if name in self.meta)

    def dates(self, document: Document) -> Iterator[Any]:
        yield from (item.get("datePublished") for item in self.writings)
        yield from (self.meta[name] for name in _DATE_NAMES if name in self.meta)
        yield from (item.get("dateCreated") for item in self.writings)
        elements = document.elements
        times = (number for number, tag in enumerate(elements.tag) if tag == "time")
        for attributes in map(elements.attributes.__getitem__, times):
            marks = {
                (attributes.get("itemprop") or "").lower(),
                *(attributes.get("class") or "").lower().split(),
            }
            if "pubdate" in attributes or not marks.isdisjoint(_TIME_MARKS):
                yield attributes.get("datetime")

    def sites(self) -> Iterator[str]:
        yield from (self.meta[name] for name in _SITE_NAMES if name in self.meta)
        yield from (
            name for item in self.main if "WebSite" in schema_types(item) for name in self._names(item)
        )
        yield from (name for item in self.writings for name in self._names(item.get("publisher")))

    def images(self) -> Iterator[Any]:
        yield from (self.meta[name] for name in _IMAGE_NAMES if name in self.meta)
        for item in self.writings:
            image = item.get("image")
            image = image[0] if isinstance(image, list) and image else image
            yield image.get("url") if isinstance(image, dict) else image

    def _names(self, value: Any) -> list[str]:
        """Names of a person or organisation, or several, given by name, as an object or by ``@id``."""
        names: list[str] = []
        queue = deque([value])
        for _ in range(_MOST_STEPS):
            if not queue:
                break
            value = queue.popleft()
            if isinstance(value, str):
                names.append(value)
            elif isinstance(value, list):
                queue.extend(value)
            elif isinstance(value, dict):
                named = value if "name" in value else self.by_id.get(str(value.get("@id")), {})
                queue.append(named.get("name"))
        return names


def _published(stated: str | None, document: Document) -> str | None:
    """What the page states, unless its headline bears an earlier date.

    Content systems state the day on which a page was put up again; one day is the difference of time zones.
    """
    shown = headline_date(document) if stated else None
    if (
        stated
        and shown
        and date.fromisoformat(stated[:10]) - date.fromisoformat(shown[:10]) > timedelta(days=1)
    ):
        return shown
    return stated


def _first(values: Iterable[str | None]) -> str | None:
    return next(filter(None, values), None)


def _joined(names: list[str]) -> str | None:
    """The names that are names, each once; pages also give addresses of profiles and whole biographies."""
    clean = (_BY.sub("", plain(name) or "").strip(" ,;|-") for name in names)
    usable = {name.casefold(): name for name in clean if 0 < len(name) <= _LONGEST_NAME and "://" not in name}
    return ", ".join(list(usable.values())[:_MOST_AUTHORS]) or None


def _base(document: Document, url: str | None) -> str | None:
    """The address that relative ones start from: ``<base href>``, else the page's own."""
    elements = document.elements
    if "base" not in elements.tag:
        return url
    return _http_url(elements.attributes[elements.tag.index("base")].get("href"), url) or url


def _http_url(address: Any, base: str | None) -> str | None:
    """An absolute http or https address that can stand in text and mark-up, else None."""
    if not isinstance(address, str) or not address.strip() or len(address) > _LONGEST_URL:
        return None
    address = _UNSAFE.sub(lambda found: quote(found[0]), clean_text(address).strip())
    try:
        absolute = urljoin(base or "", address)
        parts = urlsplit(absolute)
    except ValueError:
        return None
    return absolute if parts.scheme in ("http", "https") and parts.hostname else None
