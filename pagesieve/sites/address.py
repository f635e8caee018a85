"""Document → the hosts under which its site may be known."""

from __future__ import annotations

from urllib.parse import urlsplit

from pagesieve.blocks import Document
from pagesieve.metadata.head import linked, meta_values


def hosts_of(document: Document, url: str | None) -> list[str]:
    """The page's host and the domains above it, the longest first.

    The address given decides; without one, what the page states as canonical.

    >>> from pagesieve.blocks import segment
    >>> hosts_of(segment("<p>x"), "https://www.news.example.org/a")
    ['www.news.example.org', 'news.example.org', 'example.org']
    """
    address = url or linked(document, "canonical") or meta_values(document).get("og:url") or ""
    try:
        host = urlsplit(address.strip()).hostname or ""
    except ValueError:
        return []
    labels = host.rstrip(".").split(".")
    return [".".join(labels[start:]) for start in range(max(len(labels) - 1, 1))] if host else []
