"""Where a block's links lead: to another site, to a share dialogue, to the terms, to a form.

The address says what the words often do not, and in every language the same way. Nothing is fetched.
"""

from __future__ import annotations

import re
from collections import Counter
from functools import lru_cache
from typing import Any
from urllib.parse import urlsplit

import numpy as np
from numpy.typing import NDArray

from pagesieve.blocks import Attributes, Document
from pagesieve.features.structure import Ladder
from pagesieve.features.text import Columns
from pagesieve.metadata.head import linked, meta_values

Floats = NDArray[np.floating[Any]]

_SOCIAL_HOSTS = (
    r"(?:facebook|twitter|instagram|linkedin|pinterest|youtube|tiktok|reddit|tumblr|threads|flipboard|weibo|vk|"
    r"whatsapp|snapchat|discord|bsky|xing|telegram|douban|flickr)\.(?:com|net|app|gg|me|org)|"
    r"^(?:www\.)?(?:x\.com|t\.me|wa\.me|youtu\.be|plus\.google\.com)$|mastodon"
)
# What an address speaks of: the whole of it on another site, what follows the host on the page's own.
_SPEAKS = {
    name: re.compile(pattern)
    for name, pattern in {
        "social_host": _SOCIAL_HOSTS,
        "share": r"sharer|/share\b|[?&/]share|intent/|/submit\?|pin/create|addtoany|^mailto:\?|"
        r"/send\?text|sharearticle",
        "legal": r"privacy|terms|cookie|legal|impress?um|imprint|datenschutz|\bagb\b|disclaimer|gdpr|"
        r"ccpa|polic[yi]|conditions|copyright|accessib|do-not-sell|confidential|privacidad|"
        r"privacidade|mentions|condiciones|nutzung|beian|consent|licens",
        "account": r"log-?in|sign-?in|log-?out|register|account|\bcart|checkout|basket|wishlist|profile|"
        r"anmeld",
        "ask": r"subscri|newsletter|donat|sign-?up|demo\b|pricing|trial|quote|get-started|\bjoin|"
        r"download|/abo|spende|apps\.apple|play\.google|itunes|coupon|promo|offer|schedule|"
        r"calendly|amzn|affiliate|contact-sales",
        "tagged": r"/(?:tags?|categor(?:y|ies)|topics?|authors?|thema|themen|keyword|autor|search)\b|"
        r"[?&](?:tag|q|s)=",
        "comment": r"#(?:comment|respond|reply|disqus)|replytocom|/comments?\b|/reply",
        "tracked": r"utm_|[?&](?:aff|ref|tag|clickid|partner|icid|cmp)\w*=|doubleclick|/click|redirect|"
        r"outbrain|taboola",
    }.items()
}
_NAMES = (*_SPEAKS, "external", "anchor", "script", "paid", "new_window", "neighbour", "dated", "deep")
_BIT = {name: number for number, name in enumerate(_NAMES)}
_AROUND = ("external", "social_host", "legal", "account", "ask", "tagged", "comment", "neighbour", "deep")
_HEIGHTS = (1, 2, 4)
_PAID = frozenset(["sponsored", "ugc", "nofollow"])
_DATED = re.compile(r"/20\d\d/|20\d\d[-/]?[01]\d|\d{6,}")
# Words in the last step of a path: titles of articles have many.
_SLUG = re.compile(r"[-_]+")
_DEEP = 4
_LONGEST_ADDRESS = 500
_REMEMBERED = 4_096
# A link around a whole list speaks for its first blocks; more cost time and say the same.
_MOST_BLOCKS = 50


def link_features(document: Document, ladder: Ladder) -> Columns:
    """One row a block: what its links speak of, and what share of the linking blocks around it does."""
    n_blocks = len(document.blocks)
    home, section = _home(document)
    flags = np.zeros((n_blocks, len(_NAMES)))
    slug, count = np.zeros(n_blocks), np.zeros(n_blocks)
    elements = document.elements
    for number, tag in enumerate(elements.tag):
        first, end = elements.first[number], min(elements.end[number], n_blocks)
        if tag != "a" or end <= first:
            continue
        spoken, words = _spoken(elements.attributes[number], home, section)
        rows = slice(first, min(end, first + _MOST_BLOCKS))
        flags[rows, spoken] = 1
        slug[rows] = np.maximum(slug[rows], words)
        count[rows] += 1
    columns: Columns = {f"link_{name}": flags[:, number] for name, number in _BIT.items()}
    columns |= {"link_slug": np.log1p(slug), "link_count": np.log1p(count)}
    around = [_BIT[name] for name in _AROUND]
    rungs = ladder.rungs[list(_HEIGHTS)]
    held = ladder.over(rungs, np.column_stack((flags[:, around], np.log1p(slug), count > 0)))
    shares = held[..., :-1] / np.maximum(held[..., -1:], 1)
    for height, of_height in zip(_HEIGHTS, shares, strict=True):
        for name, values in zip((*_AROUND, "slug"), of_height.T, strict=True):
            columns[f"links{height}_{name}"] = values
    return {name: np.asarray(values, dtype=np.float32) for name, values in columns.items()}


def _home(document: Document) -> tuple[str, str]:
    """Host of the page, without ``www.``, and the first step of its path.

    As declared; else the host that most links name in full.
    """
    declared = linked(document, "canonical") or meta_values(document).get("og:url") or ""
    host, path = _parts(declared)
    if not host:
        elements = document.elements
        named = Counter(
            _parts(attributes.get("href") or "")[0]
            for tag, attributes in zip(elements.tag, elements.attributes, strict=True)
            if tag == "a"
        )
        del named[""]
        host = named.most_common(1)[0][0] if named else ""
    return host, _first_step(path)


def _first_step(path: str) -> str:
    return path.strip("/").partition("/")[0]


@lru_cache(maxsize=_REMEMBERED)
def _parts(address: str) -> tuple[str, str]:
    try:
        parts = urlsplit(address[:_LONGEST_ADDRESS].strip())
        return (parts.hostname or "").removeprefix("www."), parts.path
    except ValueError:
        return "", ""


def _spoken(attributes: Attributes, home: str, section: str) -> tuple[list[int], float]:
    """What a link speaks of, as columns, and the words of its slug."""
    address = (attributes.get("href") or "").strip()[:_LONGEST_ADDRESS].lower()
    spoken = [_BIT["paid"]] if _PAID & set((attributes.get("rel") or "").lower().split()) else []
    if attributes.get("target") == "_blank":
        spoken.append(_BIT["new_window"])
    found, words = _address_speaks(address, home, section)
    return spoken + list(found), words


@lru_cache(maxsize=_REMEMBERED)
def _address_speaks(address: str, home: str, section: str) -> tuple[tuple[int, ...], float]:
    if not address or address.startswith("javascript:"):
        return (_BIT["script"],), 0.0
    host, path = _parts(address)
    own = not host or not home or host == home or host.endswith("." + home) or home.endswith("." + host)
    said = address.partition(host)[2] if own and host else address
    spoken = [_BIT[name] for name, pattern in _SPEAKS.items() if pattern.search(said)]
    if address.startswith("#"):
        return (*spoken, _BIT["anchor"]), 0.0
    if not own:
        spoken.append(_BIT["external"])
    elif section and _first_step(path) == section:
        spoken.append(_BIT["neighbour"])
    if _DATED.search(path):
        spoken.append(_BIT["dated"])
    words = len(_SLUG.split(path.strip("/").rpartition("/")[2]))
    if words >= _DEEP:
        spoken.append(_BIT["deep"])
    return tuple(spoken), float(words)
