"""The labelled pages: reading the corpora and naming their folds."""

from __future__ import annotations

import json
import lzma
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pagesieve.errors import BadInput

CORPORA_VARIABLE = "PAGESIEVE_CORPORA"
YARDSTICK = "wcxb_dev"


@dataclass(frozen=True, slots=True)
class Corpus:
    """A source of labelled pages: where it comes from, under which licence, and what it trusts."""

    name: str
    source: str
    licence: str
    weight: float
    """Weight of each of its pages in training."""

    def file(self, folder: Path) -> Path:
        return folder / f"{self.name}.jsonl.xz"


# Every corpus has a convention of its own about titles, bylines and captions. The yardstick's decides; at
# full weight the others cost it half a point of word F1, at half weight nothing, and they still gain.
CORPORA = (
    Corpus(
        "wcxb_dev", "Murrough-Foley/web-content-extraction-benchmark @ c039d5e, dev split", "CC-BY-4.0", 1.0
    ),
    Corpus("magic_html_bench", "opendatalab/magic-html @ 47d4a7f", "Apache-2.0", 0.5),
    Corpus("fundus_evaluation", "dobbersc/fundus-evaluation @ d43db54", "MIT", 0.5),
    Corpus("fundus_tests", "flairNLP/fundus @ 18da6e5", "MIT", 0.5),
    Corpus("harvest_webforum52", "fhgr/harvest @ f778b0a", "Apache-2.0", 0.5),
    Corpus(
        "zh_web_content_dataset",
        "immortal-autumn/Chinese-Web-Content-Extraction-Dataset @ 99d0ef0",
        "MIT",
        0.5,
    ),
    Corpus("rkrzr_semantic_blocks", "rkrzr/dataset-popular @ 4918045", "public domain", 0.25),
    Corpus("newspaper_tests", "AndyTheFactory/newspaper4k @ 540bff3", "MIT", 0.15),
)


@dataclass(frozen=True, slots=True)
class LabelledPage:
    """A page with the text that people say is its content; blocks of ``gold`` are split by blank lines."""

    id: str
    corpus: str
    html: str
    gold: str
    url: str | None
    page_type: str | None
    language: str | None
    must_have: tuple[str, ...]
    must_not_have: tuple[str, ...]


def corpora_folder(given: str | Path | None = None) -> Path:
    """The folder of corpora: the argument, ``$PAGESIEVE_CORPORA``, or ``../shared/corpora``.

    Raises
    ------
    BadInput
        There is no such folder.
    """
    folder = Path(
        given or os.environ.get(CORPORA_VARIABLE) or Path(__file__).parents[2] / "shared" / "corpora"
    )
    if not folder.is_dir():
        raise BadInput(f"no folder of corpora at {folder}; name one with --corpora or ${CORPORA_VARIABLE}")
    return folder


def present(folder: Path) -> list[Corpus]:
    """The corpora whose files are there.

    Raises
    ------
    BadInput
        The yardstick's is not.
    """
    found = [corpus for corpus in CORPORA if corpus.file(folder).is_file()]
    if YARDSTICK not in {corpus.name for corpus in found}:
        raise BadInput(f"{folder} lacks {YARDSTICK}.jsonl.xz, by which a release is judged; add it")
    return found


def read_pages(path: Path) -> Iterator[LabelledPage]:
    """Labelled pages of a JSONL file, plain or compressed with xz; its name is the corpus.

    Raises
    ------
    BadInput
        A line is not a JSON object with ``html`` and ``gold_text``; the message names it.
    """
    corpus = path.name.removesuffix(".xz").removesuffix(".jsonl")
    with (
        lzma.open(path, "rt", encoding="utf-8")
        if path.suffix == ".xz"
        else path.open(encoding="utf-8") as lines
    ):
        for number, line in enumerate(lines, 1):
            try:
                yield _page(json.loads(line), corpus, number)
            except (ValueError, TypeError, KeyError, AttributeError) as error:
                raise BadInput(f"{path}, line {number}: not a labelled page ({error!r})") from None


def _page(row: dict[str, Any], corpus: str, number: int) -> LabelledPage:
    if not isinstance(row["html"], str) or not isinstance(row["gold_text"], str | None):
        raise TypeError("html and gold_text are strings")
    return LabelledPage(
        id=str(row.get("id", number)),
        corpus=corpus,
        html=row["html"],
        gold=row["gold_text"] or "",
        url=row.get("url"),
        page_type=row.get("page_type"),
        language=row.get("lang"),
        must_have=tuple(row.get("must_have") or ()),
        must_not_have=tuple(row.get("must_not_have") or ()),
    )
