"""An HTML file in which a person marked elements with ``data-label`` → a labelled page.

What is marked is found with BeautifulSoup, which also tells the line of a wrong mark. The mark of a block is
that of the nearest marked element around most of its text.
"""

from __future__ import annotations

from collections import Counter
from pathlib import Path

from bs4 import BeautifulSoup, Tag

from pagesieve.blocks import Document
from pagesieve.decode import clean_text, decode
from pagesieve.roles import Role
from training.labels.marked import REST, UNKNOWN, Marked, known_of
from training.labels.rows import Unusable, document_of, key_of, role_of

MARK = "data-label"
MARKED_HTML = "with marked elements"


def marked_page(path: Path, root: Path) -> Marked:
    """The page in ``path``. Its address is the canonical one it states, else its sub-folder's name.

    Once an element is marked as content, what is not marked is not content; in a page where only other things
    are marked, nothing is known of the rest.

    Raises
    ------
    Unusable
        Nothing is marked, or with what is no role.
    """
    html = clean_text(decode(path.read_bytes(), None))
    soup = BeautifulSoup(html, "html.parser")
    marks = soup.find_all(lambda element: element.has_attr(MARK))
    if not marks:
        raise Unusable(MARK, "no element is marked")
    for element in marks:
        role_of(element[MARK], f"line {element.sourceline}, {MARK} of <{element.name}>")
    document = document_of(html)
    roles = _roles(document)
    known = known_of(roles)
    if Role.CONTENT in roles:
        known[[role is None for role in roles]] = REST
    elif not (known != UNKNOWN).any():
        raise Unusable(MARK, "no marked element has text")
    return Marked(
        str(path),
        MARKED_HTML,
        key_of(document, html),
        html,
        _address(soup, path, root),
        document,
        known,
        roles,
    )


def _roles(document: Document) -> tuple[Role | None, ...]:
    elements = document.elements
    mark: list[str | None] = []
    for attributes, parent in zip(elements.attributes, elements.parent, strict=True):
        mark.append(attributes.get(MARK) or (mark[parent] if parent >= 0 else None))
    found: list[Role | None] = []
    for runs in document.blocks.runs:
        chars: Counter[str | None] = Counter()
        for text, element in runs:
            chars[mark[element]] += len(text.strip())
        name = chars.most_common(1)[0][0]
        found.append(Role(name.strip().lower()) if name else None)
    return tuple(found)


def _address(soup: BeautifulSoup, path: Path, root: Path) -> str | None:
    for name, given, attribute in (
        ("link", {"rel": "canonical"}, "href"),
        ("meta", {"property": "og:url"}, "content"),
    ):
        element = soup.find(name, attrs=dict(given))
        if isinstance(element, Tag) and element.get(attribute):
            return str(element[attribute])
    folder = path.parent.name
    return f"https://{folder}/{path.name}" if path.parent != root and "." in folder else None
