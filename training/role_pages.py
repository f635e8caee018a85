"""Pages with annotated roles → examples with a role for every block, and what role features need."""

from __future__ import annotations

import hashlib
import json
import lzma
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from difflib import SequenceMatcher
from pathlib import Path

import numpy as np
from joblib import Memory, Parallel, delayed
from numpy.typing import NDArray
from tqdm import tqdm

from pagesieve.blocks import segment
from pagesieve.errors import BadInput
from pagesieve.features import describe, stack
from pagesieve.features.lexicon import Lexicon
from pagesieve.roles import ROLES
from pagesieve.roles.model import role_columns
from training.agreement import read_annotations
from training.corpora import CORPORA, LabelledPage, present, read_pages
from training.dataset import Example, build_example, digest, part_of, site_of
from training.out_of_fold import FIRST, of_other_blocks, probabilities_file, read_probabilities

Floats = NDArray[np.float32]
Ints = NDArray[np.int64]

_ANNOTATIONS = "roles"
# Digits of the SHA-256 of a block's text by which an annotation names it.
_HASH_DIGITS = 10
UNLABELLED = -1
# People's block types of rkrzr_semantic_blocks that are roles by another name. Its lists of links, sidebars,
# footers, pictures and videos are several roles each and stay unlabelled.
BLOCK_TYPES = {
    "Menu": "nav", "Menu Sidebar": "nav", "Header": "nav", "Searchbar": "nav", "Logo": "nav", "Ad": "ad",
    "Comments": "comment", "Article": "content", "Content": "content", "Table": "content",
}  # fmt: skip
_TYPED = "rkrzr_semantic_blocks"
# Code that decides what a block is, and what else decides what a page with roles is.
_NOT_HTML = "lines.py"
_SEGMENTS = ("pagesieve/tree.py", "pagesieve/blocks.py", "training/dataset.py")
_SOURCES = (
    *_SEGMENTS, "pagesieve/words.py", "pagesieve/features/*.py", "pagesieve/roles/cues.py",
    "pagesieve/roles/links.py", "training/align.py", "training/role_pages.py",
    "training/annotations/roles.jsonl",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class RolePage:
    """A page whose blocks have roles: numbers into ``ROLES``, ``UNLABELLED`` where nobody said."""

    example: Example
    cues: Floats
    cue_names: tuple[str, ...]
    role: Ints
    judged: bool
    """Annotated under the guideline; other pages only help to train."""


def block_hash(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:_HASH_DIGITS]


def annotated_blocks() -> dict[tuple[str, str], list[str]]:
    """``hash:role`` of every block of each annotated page, by corpus and id."""
    rows = read_annotations(_ANNOTATIONS)
    return {(row["corpus"], row["id"]): row["blocks"] for row in rows if row["pass"] == 1}


def match_roles(texts: Sequence[str], annotated: Sequence[str]) -> Ints:
    """Roles of a page's blocks from ``hash:role`` entries, in order.

    Blocks that the annotation does not know, because segmentation has changed since, stay unlabelled.
    """
    hashes = [block_hash(text) for text in texts]
    known, roles = zip(*(entry.split(":") for entry in annotated), strict=True)
    found = np.full(len(texts), UNLABELLED, dtype=np.int64)
    matcher = SequenceMatcher(None, known, hashes, autojunk=False)
    for one, other, size in matcher.get_matching_blocks():
        found[other : other + size] = [ROLES.index(role) for role in roles[one : one + size]]
    return found


def match_types(texts: Sequence[str], typed: Sequence[Sequence[str | None]]) -> Ints:
    """Roles of a page's blocks from people's ``(type, text)`` entries, matched without white space."""
    known = [_squeezed(text) for _, text in typed]
    found = np.full(len(texts), UNLABELLED, dtype=np.int64)
    matcher = SequenceMatcher(None, known, [_squeezed(text) for text in texts], autojunk=False)
    for one, other, size in matcher.get_matching_blocks():
        for step in range(size):
            role = BLOCK_TYPES.get(typed[one + step][0] or "")
            if role:
                found[other + step] = ROLES.index(role)
    return found


def _squeezed(text: str | None) -> str:
    """The text's characters; the corpus has UTF-8 that was read as Windows-1252 in places."""
    text = text or ""
    with suppress(UnicodeError):
        text = text.encode("cp1252").decode("utf-8")
    return "".join(text.split())


def load_role_pages(corpora: Path, cache: Path, jobs: int) -> list[RolePage]:
    """Every page with roles, in the order of the corpora; cached until pages, labels or code change.

    Raises
    ------
    BadInput
        None of the corpora has an annotated page.
    """
    memory = Memory(cache, verbose=0)
    cached = memory.cache(_role_pages, ignore=["folder", "jobs"])
    wanted = sorted({row["corpus"] for row in read_annotations(_ANNOTATIONS)} | {_TYPED})
    names = tuple(name for name in wanted if name in {corpus.name for corpus in present(corpora)})
    files = [corpus.file(corpora) for corpus in CORPORA if corpus.name in names]
    found: list[RolePage] = cached(names, corpora, jobs, data=digest(files), code=_code(_SOURCES))
    if not any(page.judged for page in found):
        raise BadInput(
            f"no page in {corpora} has annotated roles; roles are annotated for {', '.join(wanted)}"
        )
    return found


def _role_pages(names: tuple[str, ...], folder: Path, jobs: int, data: str, code: str) -> list[RolePage]:
    annotated = annotated_blocks()
    pages = [
        (page, annotated.get((page.corpus, page.id)), typed)
        for name in names
        for page, typed in _with_types(folder / f"{name}.jsonl.xz")
        if typed is not None or (page.corpus, page.id) in annotated
    ]
    work = Parallel(n_jobs=jobs, return_as="generator", batch_size=4)(
        delayed(_role_page)(*row) for row in pages
    )
    return list(tqdm(work, "reading pages with roles", len(pages), unit="page"))


def _with_types(path: Path) -> list[tuple[LabelledPage, list[list[str | None]] | None]]:
    pages = list(read_pages(path))
    if path.name != f"{_TYPED}.jsonl.xz":
        return [(page, None) for page in pages]
    with lzma.open(path, "rt", encoding="utf-8") as lines:
        return [(page, json.loads(line)["blocks"]) for page, line in zip(pages, lines, strict=True)]


def _role_page(
    page: LabelledPage, annotated: list[str] | None, typed: list[list[str | None]] | None
) -> RolePage:
    example = build_example(page)
    document = segment(page.html)
    nothing = Lexicon.build({}, 1).number
    columns = role_columns(document, describe(document, (nothing, nothing)))
    role = match_roles(example.texts, annotated) if annotated else match_types(example.texts, typed or [])
    return RolePage(example, stack(columns), tuple(columns), role, annotated is not None)


def first_stage(pages: Sequence[RolePage], corpora: Path, cache: Path, jobs: int) -> list[Floats]:
    """Of each page the first stage's out-of-fold probabilities, as the last ``pagesieve train`` left them.

    Raises
    ------
    BadInput
        There are none in ``cache``, or they are of other pages or blocks.
    """
    path = probabilities_file(cache, FIRST)
    counted = Memory(cache, verbose=0).cache(_block_counts, ignore=["corpora", "jobs"])
    files = [corpus.file(corpora) for corpus in present(corpora)]
    counts = counted(corpora, jobs, data=digest(files), code=_code(_SEGMENTS))
    probability = read_probabilities(path, FIRST)
    if sum(count for _, count in counts) != len(probability):
        raise of_other_blocks(path)
    ends = np.cumsum([count for _, count in counts]).tolist()
    rows = {page: slice(end - count, end) for (page, count), end in zip(counts, ends, strict=True)}
    return [probability[rows[page.example.page.corpus, page.example.page.id]] for page in pages]


def _block_counts(corpora: Path, jobs: int, data: str, code: str) -> list[tuple[tuple[str, str], int]]:
    """Every page of the corpora and its number of blocks, in the order of the pool."""
    pages = [page for corpus in present(corpora) for page in read_pages(corpus.file(corpora))]
    pages.sort(key=lambda page: part_of(site_of(page)))
    work = Parallel(n_jobs=jobs, return_as="generator", batch_size=16)(
        delayed(_block_count)(page.html) for page in pages
    )
    counts = tqdm(work, "counting blocks", len(pages), unit="page")
    return [((page.corpus, page.id), count) for page, count in zip(pages, counts, strict=True)]


def _block_count(html: str) -> int:
    return len(segment(html).blocks)


def _code(sources: Sequence[str]) -> str:
    root = Path(__file__).parents[1]
    found = [path for pattern in sources for path in sorted(root.glob(pattern))]
    return digest(path for path in found if path.name != _NOT_HTML)
