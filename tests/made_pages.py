"""Pages made up to train on, with all that people could say of them."""

from __future__ import annotations

import json
import lzma
from collections.abc import Iterable
from pathlib import Path
from random import Random
from typing import Any

from pagesieve.blocks import segment

_WORDS = (
    "rain river bridge council field engine letter garden winter market school harbour stone bread".split()
)
_PILLS = "cheap pills casino bonus viagra slots winner claim".split()
_ROLES = {"li": "nav", "h1": "title", "p": "content", "h3": "related", "div": "related", "footer": "legal"}


def made_page(number: int) -> dict[str, object]:
    """A small article on a site of its own, with a menu, a rail and a footer."""
    rng = Random(number)

    def sentence() -> str:
        # Words of its own, without which one paragraph would be a copy of another.
        own = [f"place{rng.getrandbits(40)}" for _ in range(6)]
        return " ".join([*rng.choices(_WORDS, k=rng.randint(8, 16)), *own]).capitalize() + "."

    body = [sentence() + " " + sentence() for _ in range(rng.randint(3, 7))]
    title = " ".join(rng.choices(_WORDS, k=4)).capitalize()
    menu = "".join(f"<li><a href=/{word}>{word.title()}</a></li>" for word in rng.sample(_WORDS, 6))
    rail = "".join(f'<div class="teaser"><a href=#>{sentence()}</a></div>' for _ in range(4))
    html = (
        f"<title>{title} | Site</title><body><nav class=menu><ul>{menu}</ul></nav><article><h1>{title}</h1>"
        + "".join(f"<p>{paragraph}</p>" for paragraph in body)
        + f"</article><aside class=related><h3>You may also like</h3>{rail}</aside><footer>© Site</footer>"
    )
    url = f"https://site{number}.example/{number}"
    return {
        "id": str(number),
        "url": url,
        "html": html,
        "gold_text": "\n\n".join(body),
        "page_type": "article",
    }


def write_corpus(folder: Path, n_pages: int) -> None:
    """The first made pages as the corpus by which releases are judged."""
    _write(folder / "wcxb_dev.jsonl.xz", map(made_page, range(n_pages)))


def role_rows(n_pages: int) -> list[dict[str, Any]]:
    """Annotations of roles: those of the pages' own elements."""
    from training.role_pages import block_hash

    rows = []
    for number in range(n_pages):
        document = segment(str(made_page(number)["html"]))
        tags = [document.elements.tag[owner] for owner in document.blocks.owner]
        entries = zip(document.blocks.text, tags, strict=True)
        blocks = [f"{block_hash(text)}:{_ROLES[tag]}" for text, tag in entries]
        rows.append({"corpus": "wcxb_dev", "id": str(number), "pass": 1, "blocks": blocks})
    return rows


def judged_page(number: int) -> tuple[str, str, str, int]:
    """HTML, state, spam and quality of a page: articles, errors, sign-in forms, spam."""
    rng = Random(number)
    kind = number % 4
    words = _PILLS if kind == 3 else _WORDS[:-2]
    text = "".join(
        f"<p>{' '.join(rng.choices(words, k=14)).capitalize()}.</p>" for _ in range(rng.randint(4, 9))
    )
    if kind == 1:
        return "<title>404 Not Found</title><p>Sorry, this page was not found.", "error", "ham", 0
    if kind == 2:
        form = "<form><input name=user><input type=password><button>Sign in</button></form>"
        return f"<title>Sign in {number}</title><p>Password{form}", "login", "ham", 0
    return f"<title>Page</title><article><h1>News</h1>{text}", "ok", "spam" if kind == 3 else "ham", 3 - kind


def write_pool(folder: Path, n_pages: int) -> None:
    """The first judged pages as a pool to annotate."""
    rows = (
        {
            "id": str(number),
            "html": judged_page(number)[0],
            "url": None,
            "pool": f"p{number % 3}",
            "group": f"site {number}",
        }
        for number in range(n_pages)
    )
    _write(folder / "pages.jsonl.xz", rows)


def verdict_rows(n_pages: int) -> list[dict[str, Any]]:
    """Annotations of the judged pages."""
    rows = []
    for number in range(n_pages):
        _, state, spam, quality = judged_page(number)
        rows.append({"id": str(number), "pass": 1, "state": state, "spam": spam, "quality": quality})
    return rows


def _write(path: Path, rows: Iterable[dict[str, Any]]) -> None:
    with lzma.open(path, "wt", encoding="utf-8") as file:
        file.writelines(json.dumps(row) + "\n" for row in rows)
