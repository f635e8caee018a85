"""Text pages written for the tests, with a mark before every line and around what is glued to one."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

FOLDER = Path(__file__).parent / "plain"
_GLUED = re.compile(r"⟦(.*?)⟧")


@dataclass(frozen=True, slots=True)
class Line:
    """A line as a scraper gives it, what of it is content ("" if nothing), and the kind of noise it is."""

    text: str
    content: str
    kind: str


@dataclass(frozen=True, slots=True)
class PlainPage:
    name: str
    text: str
    lines: tuple[Line, ...]

    @property
    def trailers(self) -> int:
        return sum(line.content not in ("", line.text) for line in self.lines)


def read_page(path: Path) -> PlainPage:
    shown: list[str] = []
    lines: list[Line] = []
    for row in path.read_text(encoding="utf-8").splitlines():
        mark, _, text = row.partition("\t")
        whole = _GLUED.sub(r"\1", text)
        shown.append(whole)
        if mark:
            content = _GLUED.sub("", text) if mark == "+" else ""
            lines.append(Line(" ".join(whole.split()), " ".join(content.split()), mark[1:] or "content"))
    return PlainPage(path.stem, "\n".join(shown), tuple(lines))


PAGES = tuple(read_page(path) for path in sorted(FOLDER.glob("*.txt")))
