"""Titles and dates beside trafilatura's, on the same pages: ``python -m bench.metadata``.

The corpora say what a page's title and date of publication are (fields ``title``, ``publish_date``). A title
agrees when it is the same text, apart from white space, case, and the shape of quotes and dashes; a date when
it is the same day. Block roles, which may fill gaps, are left out, since the release has seen these pages.
"""

from __future__ import annotations

import argparse
import json
import lzma
import unicodedata
from collections import defaultdict
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from tqdm import tqdm

from pagesieve.blocks import segment
from pagesieve.decode import clean_text
from pagesieve.errors import PagesieveError
from pagesieve.metadata import read_metadata, read_title
from training.corpora import corpora_folder

CORPUS = "wcxb_dev"
Found = tuple[str, str]
"""Title and date of publication, empty where there is none."""
_SHAPES = str.maketrans("‘’“”–—", "''\"\"--")


def ours(html: str, url: str | None) -> Found:
    try:
        document = segment(clean_text(html))
    except PagesieveError:
        return "", ""
    return read_title(document), read_metadata(document, url).published or ""


def trafilaturas(html: str, url: str | None) -> Found:
    from trafilatura.metadata import extract_metadata

    try:
        found = extract_metadata(html, default_url=url)
    except Exception:
        return "", ""
    return (found.title or "", found.date or "") if found else ("", "")


SYSTEMS: dict[str, Callable[[str, str | None], Found]] = {"pagesieve": ours, "trafilatura": trafilaturas}


def same_title(one: str, other: str) -> bool:
    """
    >>> same_title("It’s  raining", "it's raining"), same_title("Rain", "Rain | News")
    (True, False)
    """
    return _plain(one) == _plain(other)


def _plain(text: str) -> str:
    return " ".join(unicodedata.normalize("NFKC", text).translate(_SHAPES).split()).casefold()


def same_day(one: str, other: str) -> bool:
    return bool(one) and one[:10] == other[:10]


def rows(path: Path) -> Iterator[dict[str, Any]]:
    with lzma.open(path, "rt", encoding="utf-8") as lines:
        yield from map(json.loads, lines)


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--corpora", type=Path, help="folder of the corpora (default: ../shared/corpora)")
    parser.add_argument("--system", choices=SYSTEMS, action="append", help="default: all")
    parser.add_argument("--limit", type=int, help="only so many pages")
    given = parser.parse_args()
    systems = given.system or list(SYSTEMS)
    hits: dict[str, dict[tuple[str, str], list[bool]]] = {name: defaultdict(list) for name in systems}
    pages = list(rows(corpora_folder(given.corpora) / f"{CORPUS}.jsonl.xz"))[: given.limit]
    for row in tqdm(pages, unit="page"):
        kinds = (row.get("page_type") or "", "all")
        for name in systems:
            title, date = SYSTEMS[name](row["html"], row.get("url"))
            for kind in kinds:
                if row.get("title"):
                    hits[name]["title", kind].append(same_title(title, row["title"]))
                if row.get("publish_date"):
                    hits[name]["date", kind].append(same_day(date, row["publish_date"]))
    print("| | pages | " + " | ".join(systems) + " |\n" + "|---" * (len(systems) + 2) + "|")
    for what, kind in sorted(hits[systems[0]], key=lambda key: (key[0], key[1] != "all", key[1])):
        found = [hits[name][what, kind] for name in systems]
        figures = " | ".join(f"{sum(flags) / len(flags):.3f}" for flags in found)
        print(f"| {what}, {kind} | {len(found[0])} | {figures} |")


if __name__ == "__main__":
    main()
