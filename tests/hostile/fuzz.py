"""Coverage-guided fuzzing of the library: bytes in, and every output checked.

    pip install atheris
    python tests/hostile/fuzz.py -max_total_time=660 -max_len=4096 -timeout=10 FOLDER

``FOLDER`` collects the inputs that reach new code. A crash is written as ``crash-…``; make it a test.
"""

from __future__ import annotations

import re
import sys
from collections import Counter
from html.parser import HTMLParser
from pathlib import Path

import atheris

with atheris.instrument_imports(include=["pagesieve"]):
    from pagesieve import BadInput, Kind, Options, TooLarge, clean
    from pagesieve.render.html import SCHEMES, sanitised
    from pagesieve.words import tokens

CONTENT_TYPES = (None, "text/plain", "text/html; charset=utf-16", "text/html; charset=shift_jis", "text/html")
EVERYTHING = Options(kinds=tuple(Kind), threshold=0.0)
PAGES = Path(__file__).parent.parent / "pages"


class Links(HTMLParser):
    """Collects the schemes of the links."""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        for name, value in attrs:
            assert name in ("href", "rel", "class", "start"), name
            scheme = re.match(r"[a-zA-Z][a-zA-Z0-9+.-]*(?=:)", value or "")
            assert name != "href" or not scheme or scheme[0].lower() in SCHEMES, value


def check(data: bytes) -> None:
    if not data:
        return
    source, content_type = data[1:], CONTENT_TYPES[data[0] % len(CONTENT_TYPES)]
    url = "https://a.example/b/c" if data[0] & 0x80 else None
    try:
        page = clean(source, url=url, content_type=content_type, options=EVERYTHING)
    except (BadInput, TooLarge):
        return
    repr(page.to_dict()).encode()
    assert sanitised(page.html) == page.html
    Links().feed(page.html)
    everything = Counter(word for block in page.blocks for word in tokens(block.text))
    assert not Counter(tokens(page.text)) - everything


if __name__ == "__main__":
    folder = next((Path(word) for word in reversed(sys.argv[1:]) if not word.startswith("-")), None)
    if folder:
        folder.mkdir(parents=True, exist_ok=True)
        for page in PAGES.glob("*.html"):
            (folder / page.name).write_bytes(b"\0" + page.read_bytes()[:4_000])
    atheris.Setup(sys.argv, check)
    atheris.Fuzz()
