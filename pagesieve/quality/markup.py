"""Measures of a page's mark-up: what is hidden, linked, asked for and announced.

No corpus tool has these, because it starts from text.
"""

from __future__ import annotations

import math
import re
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise

from pagesieve.blocks import Document
from pagesieve.quality import markers
from pagesieve.quality.prose import Measures
from pagesieve.quality.stopwords import STOP_WORDS
from pagesieve.words import tokens

# Text in which phrases are looked for: what is wrong with a page is said at its beginning.
_MOST_CHARS = 3_000
# Words over which the vocabulary and a keyword's density are counted, and the fewest a share is taken of.
_MOST_WORDS = 2_000
_LEAST_WORDS = 50
# Characters of an address or an attribute that are looked at.
_MOST_VALUE = 300
_MOST_NAME = 150
_LEAST_KEYWORD = 4
# Characters of what a page's maker named that are looked at, and of one file's name.
_MOST_NAMED, _MOST_FILE = 12_000, 40
_COUNTED_TAGS = (
    "p li img table iframe frame h1 h2 h3 script form input select article nav video button".split()
)
_SECRET_NAMES = ("pass", "pwd", "cvv", "card", "ssn", "pin", "cvc")
_NO_FORM = -1
_TYPED = frozenset(["text", "email", "password", "tel", "number", "search", "url"])
# Second-level names that registries sell under, so that the label before them is the site's.
_PUBLIC_SECOND = frozenset("ac co com edu gov go net ne or org".split())
_AFTER_PATH = re.compile(r"[?#].*", re.DOTALL)
_HOST = re.compile(r"\s*(?:https?:)?//([^/?#\s]+)", re.IGNORECASE)
_BARE_HOST = re.compile(r"(?:https?://)?(?:[\w-]+\.)+[^\W\d_]{2,}/?")
_LATIN = re.compile(r"[a-zA-Z]+")
_NOT_LATIN = re.compile(r"[^\W\d_\u0000-\u024f]+")
_ADDRESSED = {"a": "href", "link": "href", "script": "src", "img": "src", "iframe": "src", "frame": "src"}
Attributes = dict[str, str | None]
Tagged = dict[str, list[int]]
# What an element, or one around it, is: hidden, an advertisement, a pointer to other pages, part of a form.
_HIDDEN, _ADVERT, _RELATED, _FORM = 1, 2, 4, 8


def measure_markup(
    document: Document, keep: Sequence[bool], text: str, url: str | None, language: str
) -> Measures:
    """Measures of a page's elements, links and phrases.

    ``text`` is its clean text, and ``language`` the one it is in.
    """
    tagged = _by_tag(document)
    addresses = _addresses(document, tagged)
    own = host_of(url) or _declared_host(document)
    flags = _flags(document)
    everything = "\n".join(document.blocks.text)
    words = tokens(everything[: 8 * _MOST_WORDS])[:_MOST_WORDS]
    counts = Counter(words)
    phrases = _phrases(document, text or everything, everything)
    return (
        _shares(document, flags)
        | _counts(document, tagged)
        | _links(document, keep, addresses, flags, own)
        | phrases
        | _forms(document, tagged, addresses, own, phrases)
        | _vocabulary(document, counts, flags)
        | _title(document, words, counts, own)
        | _languages(document, language, everything)
    )


@dataclass(frozen=True, slots=True)
class _Address:
    """An address in the page: of which element, and the registered name in it ("" when relative)."""

    element: int
    tag: str
    value: str
    host: str


def _by_tag(document: Document) -> Tagged:
    """Numbers of the elements of each tag."""
    tagged: Tagged = defaultdict(list)
    for number, tag in enumerate(document.elements.tag):
        tagged[tag].append(number)
    return tagged


def _addresses(document: Document, tagged: Tagged) -> list[_Address]:
    attributes = document.elements.attributes
    return [
        _Address(number, tag, value[:_MOST_VALUE], host_of(value))
        for tag, name in _ADDRESSED.items()
        for number in tagged.get(tag, ())
        if (value := attributes[number].get(name))
    ]


def _flags(document: Document) -> list[int]:
    """Flags of every element, inherited downwards."""
    elements = document.elements
    found: list[int] = []
    for tag, parent, attributes in zip(elements.tag, elements.parent, elements.attributes, strict=True):
        flags = found[parent] if parent >= 0 else 0
        if tag == "form":
            flags |= _FORM
        if attributes:
            style = attributes.get("style")
            hides = "hidden" in attributes or (style and _hides(style[:_MOST_VALUE]))
            if hides and tag not in markers.POLITE:
                flags |= _HIDDEN
            name, identifier = attributes.get("class"), attributes.get("id")
            if name or identifier:
                flags |= _named(f"{name or ''} {identifier or ''}"[:_MOST_NAME])
        found.append(flags)
    return found


@lru_cache(maxsize=5_000)
def _hides(style: str) -> bool:
    return markers.HIDING_STYLE.search(style) is not None


@lru_cache(maxsize=20_000)
def _named(names: str) -> int:
    names = names.lower()
    parts = names.replace("-", " ").replace("_", " ").split()
    return (0 if markers.AD_NAMES.isdisjoint(parts) else _ADVERT) | (
        _RELATED if any(part in names for part in markers.RELATED_NAMES) else 0
    )


def _shares(document: Document, flags: list[int]) -> Measures:
    """Shares of the page's characters."""
    sizes: dict[int, int] = defaultdict(int)
    for runs in document.blocks.runs:
        for piece, element in runs:
            sizes[flags[element]] += len(piece) if len(piece) < 3 else len(piece.strip())
    total = max(sum(sizes.values()), 1)

    def share(flag: int) -> float:
        return sum(size for held, size in sizes.items() if held & flag) / total

    return {
        "page_chars": math.log1p(total),
        "hidden_share": share(_HIDDEN),
        "advert_share": share(_ADVERT),
        "advert_elements": math.log1p(sum(flag & _ADVERT != 0 for flag in flags)),
        "related_share": share(_RELATED),
        "form_share": share(_FORM),
        "link_share": min(sum(document.blocks.link_chars) / total, 1.0),
    }


def _counts(document: Document, tagged: Tagged) -> Measures:
    names = {(meta.get("name") or meta.get("property") or "").lower() for meta in document.meta}
    keywords = " ".join(
        meta.get("content") or "" for meta in document.meta if (meta.get("name") or "").lower() == "keywords"
    )
    return {f"n_{tag}": math.log1p(len(tagged.get(tag, ()))) for tag in _COUNTED_TAGS} | {
        "n_blocks": math.log1p(len(document.blocks)),
        "n_elements": math.log1p(len(document.elements)),
        "depth": float(max(document.elements.depth, default=0)),
        "linked_data": float(bool(document.linked_data)),
        "open_graph": float(any(name.startswith("og:") for name in names)),
        "described": float("description" in names),
        "meta_keywords": float(len(tokens(keywords[:_MOST_CHARS]))),
        "refresh": float(any((meta.get("http-equiv") or "").lower() == "refresh" for meta in document.meta)),
    }


def _links(
    document: Document, keep: Sequence[bool], addresses: list[_Address], flags: list[int], own: str
) -> Measures:
    elements = document.elements
    links = [address for address in addresses if address.tag == "a"]
    sources = [address for address in addresses if address.tag != "a"]
    hosts = Counter(link.host for link in links if link.host)
    elsewhere = [count for host, count in hosts.items() if host != own]
    n_links = max(len(links), 1)
    inside = sum(
        elements.first[link.element] < len(keep) and keep[elements.first[link.element]] for link in links
    )
    return {
        "n_links": math.log1p(len(links)),
        "content_links": math.log1p(inside),
        "bare_links": sum(link.value.startswith(("#", "javascript:")) for link in links) / n_links,
        "absolute_links": hosts.total() / n_links,
        "foreign_hosts": math.log1p(len(elsewhere)),
        "one_host_links": max(elsewhere, default=0) / n_links,
        "hidden_links": float(sum(bool(flags[link.element] & _HIDDEN and link.host) for link in links)),
        "affiliate_links": float(sum(map(_is_affiliate, links))),
        "nofollow_links": sum("nofollow" in (rel or "") for rel in _values(document, links, "rel")) / n_links,
        "advert_sources": float(sum(_label(source.host) in markers.AD_SITES for source in sources)),
        "parking_sources": float(sum(map(_is_parking, addresses))),
    }


def _is_parking(address: _Address) -> bool:
    framed = address.tag in ("iframe", "frame", "script")
    return _label(address.host) in markers.PARKING_SITES or (framed and "/park" in address.value.lower())


def _values(document: Document, addresses: list[_Address], name: str) -> Iterator[str | None]:
    return (document.elements.attributes[address.element].get(name) for address in addresses)


def _is_affiliate(link: _Address) -> bool:
    if link.host and _label(link.host) in markers.AFFILIATE_SITES:
        return True
    return "?" in link.value and markers.AFFILIATE_QUERY.search(link.value) is not None


def _phrases(document: Document, text: str, everything: str) -> Measures:
    """How many different phrases of each kind the text, the whole page (at their beginnings) and the title
    have."""
    title = document.title[:_MOST_VALUE].lower()
    start, page = text[:_MOST_CHARS].lower(), everything[:_MOST_CHARS].lower()
    measures: Measures = {}
    for kind, phrases in markers.PHRASES.items():
        measures[f"{kind}_phrases"] = float(sum(phrase in start for phrase in phrases))
        measures[f"{kind}_on_page"] = float(sum(phrase in page for phrase in phrases))
        measures[f"{kind}_in_title"] = float(sum(phrase in title for phrase in phrases))
    brands = [brand for brand in markers.BRANDS if brand in title or brand in start[:_MOST_VALUE]]
    return measures | {"brands": float(len(brands)), "brand_in_title": float(any(b in title for b in brands))}


def _forms(
    document: Document, tagged: Tagged, addresses: list[_Address], own: str, phrases: Measures
) -> Measures:
    attributes = document.elements.attributes
    hosts = Counter(address.host for address in addresses if address.host)
    commonest = hosts.most_common(1)[0][0] if hosts else ""
    passwords = typed = secrets = scripts = stolen = bare = 0
    elsewhere = False
    asking: set[int] = set()
    forms = _enclosing_forms(document) if tagged.get("form") else [_NO_FORM] * len(document.elements)
    for number in tagged.get("input", ()):
        kind = (attributes[number].get("type") or "text").lower()
        name = f"{attributes[number].get('name') or ''} {attributes[number].get('id') or ''}".lower()
        passwords += kind == "password"
        typed += kind in _TYPED
        secret = kind == "password" or (kind in _TYPED and any(part in name for part in _SECRET_NAMES))
        secrets += secret
        if secret:
            asking.add(forms[number])
    for number in tagged.get("form", ()):
        action = (attributes[number].get("action") or "").strip()
        target = host_of(action) or own
        elsewhere |= bool(commonest) and commonest != target
        loose = not host_of(action) and not action.startswith("/") and ".php" in action
        scripts += loose
        stolen += loose and (number in asking or _NO_FORM in asking)
        bare += not action or action == "#"
    asks = bool(passwords or secrets)
    sources = [address for address in addresses if address.tag != "a"]
    return {
        "password_fields": float(passwords),
        "typed_fields": float(typed),
        "secret_fields": float(secrets),
        "form_scripts": float(scripts),
        "secret_scripts": float(stolen),
        "bare_forms": float(bare),
        "saved_sources": sum("_files/" in source.value for source in sources) / max(len(sources), 1),
        "own_sources": sum(not source.host for source in sources) / max(len(sources), 1),
        "password_elsewhere": float(asks and elsewhere),
        "password_for_brand": float(asks and phrases["brands"] > 0 and not _is_brand(own)),
    }


def _enclosing_forms(document: Document) -> list[int]:
    """Number of the form around each element; -1 outside of forms."""
    found: list[int] = []
    for number, (tag, parent) in enumerate(zip(document.elements.tag, document.elements.parent, strict=True)):
        found.append(number if tag == "form" else found[parent] if parent >= 0 else _NO_FORM)
    return found


def _is_brand(host: str) -> bool:
    label = _label(host)
    return bool(label) and any(label == brand.strip().replace(" ", "") for brand in markers.BRANDS)


def _vocabulary(document: Document, counts: Counter[str], flags: list[int]) -> Measures:
    """Occurrences a hundred words of vocabularies that get injected into other people's pages.

    In the title, and in what is hidden, they are counted.
    """
    n_words = max(counts.total(), _LEAST_WORDS)
    titled = Counter(tokens(document.title[:_MOST_VALUE]))
    hidden = Counter(tokens(_hidden_text(document, flags)))
    blocks = document.blocks
    linked = Counter(
        tokens(
            " ".join(
                text
                for text, chars in zip(blocks.text, blocks.link_chars, strict=True)
                if 2 * chars > len(text)
            )[:_MOST_CHARS]
        )
    )
    n_linked = max(linked.total(), _LEAST_WORDS)
    measures: Measures = {}
    for kind, vocabulary in markers.WORDS.items():
        measures[f"{kind}_words"] = 100 * sum(counts[word] for word in vocabulary) / n_words
        measures[f"{kind}_links"] = 100 * sum(linked[word] for word in vocabulary) / n_linked
        measures[f"{kind}_titled"] = float(sum(titled[word] for word in vocabulary))
        measures[f"{kind}_hidden"] = float(sum(hidden[word] for word in vocabulary))
    return measures


def _hidden_text(document: Document, flags: list[int]) -> str:
    """The beginning of what no reader sees."""
    pieces = (piece for runs in document.blocks.runs for piece, element in runs if flags[element] & _HIDDEN)
    return " ".join(pieces)[:_MOST_CHARS]


def _title(document: Document, words: list[str], counts: Counter[str], own: str) -> Measures:
    """The title against the text (how often it and its commonest word are repeated) and the address."""
    title = tokens(document.title[:500])
    pairs = Counter(pairwise(words))
    content = {word for word in title if len(word) >= _LEAST_KEYWORD and word not in STOP_WORDS["en"]}
    n_words = max(len(words), _LEAST_WORDS)
    return {
        "title_words": float(len(title)),
        "title_marks": float(sum(document.title[:500].count(mark) for mark in ",|")),
        "title_repeats": float(len(title) - len(set(title))),
        "title_density": max((counts[word] for word in content), default=0) / n_words,
        "title_pair_density": max((pairs[pair] for pair in pairwise(title)), default=0) / n_words,
        "title_found": sum(word in counts for word in content) / max(len(content), 1),
        "keyword_density": max((n for word, n in counts.items() if len(word) >= _LEAST_KEYWORD), default=0)
        / n_words,
        "pair_density": max(pairs.values(), default=0) / n_words,
        "title_is_host": float(_BARE_HOST.fullmatch(document.title.strip()[:_MOST_VALUE]) is not None),
        "title_names_host": float(bool(own) and any(word in own for word in content)),
    }


def _languages(document: Document, language: str, text: str) -> Measures:
    """Declared against found language, and how far the text mixes scripts."""
    attributes = document.elements.attributes[0] if len(document.elements) else {}
    declared = (attributes.get("lang") or "").lower()[:2]
    sample = text[:_MOST_CHARS]
    latin, other = (sum(map(len, script.findall(sample))) for script in (_LATIN, _NOT_LATIN))
    return {
        "language_differs": float(bool(declared and language) and declared != language),
        "language_unknown": float(not language),
        "english": float(language == "en"),
        "script_mix": min(latin, other) / max(latin + other, 1),
    }


def markup_text(document: Document) -> str:
    """The title, and what a page's maker named: files, fields and buttons, without any address."""
    named = []
    for tag, attributes in zip(document.elements.tag, document.elements.attributes, strict=True):
        if tag in _NAMED:
            named.append(_NAMED[tag](attributes))
    declared = " ".join(
        f"M:{meta.get('name') or meta.get('property') or meta.get('http-equiv') or ''}"
        for meta in document.meta
    )
    names = "\n".join(named)[:_MOST_NAMED]
    return f"{document.title}\n{names}{declared}"


def _form_named(given: Attributes) -> str:
    name = given.get("name") or given.get("id") or ""
    return f"F:{_file_of(given.get('action') or '-')} {given.get('method') or ''} {name}"


def _field_named(given: Attributes) -> str:
    kind = given.get("type") or ""
    value = (given.get("value") or "")[:_MOST_FILE] if kind in ("submit", "button") else ""
    names = (given.get(name) or "" for name in ("name", "id", "placeholder"))
    return f"I:{kind} {' '.join(names)} {value}"


def _source_named(given: Attributes) -> str:
    return f"S:{_file_of(given.get('src') or '')}"


def _link_named(given: Attributes) -> str:
    return f"L:{given.get('rel') or ''} {_file_of(given.get('href') or '')}"


def _file_of(address: str) -> str:
    """Last part of an address's path."""
    return _AFTER_PATH.sub("", address[:_MOST_VALUE]).rstrip("/").rpartition("/")[2][:_MOST_FILE]


_NAMED = {
    "form": _form_named,
    "input": _field_named,
    "script": _source_named,
    "img": _source_named,
    "iframe": _source_named,
    "frame": _source_named,
    "link": _link_named,
}


def error_cues(title: str) -> int:
    """How many phrases of error messages a title has."""
    title = title[:_MOST_VALUE].lower()
    return sum(phrase in title for phrase in markers.PHRASES["error"])


def _declared_host(document: Document) -> str:
    """Host that the page itself names as its own."""
    for link in document.links:
        if (link.get("rel") or "").lower() == "canonical" and (host := host_of(link.get("href"))):
            return host
    for meta in document.meta:
        if (meta.get("property") or "").lower() == "og:url" and (host := host_of(meta.get("content"))):
            return host
    return ""


def host_of(address: str | None) -> str:
    """Registered name of an absolute http address; "" for every other.

    >>> host_of("https://www.shop.example.co.uk/a?b")
    'example.co.uk'
    """
    found = _HOST.match(address[:_MOST_VALUE]) if address else None
    return _registered(found[1]) if found else ""


@lru_cache(maxsize=20_000)
def _registered(authority: str) -> str:
    labels = authority.rpartition("@")[2].partition(":")[0].lower().rstrip(".").split(".")
    short = len(labels) > 2 and len(labels[-1]) == 2 and labels[-2] in _PUBLIC_SECOND
    return ".".join(labels[-3:] if short else labels[-2:])


def _label(host: str) -> str:
    return host.partition(".")[0]
