"""The systems side by side: each one a function from a page to its text, and how one call is measured."""

from __future__ import annotations

import gzip
import hashlib
import importlib
import inspect
import json
import logging
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, dataclass, field
from importlib.metadata import version
from pathlib import Path
from typing import Any

from tqdm import tqdm

from training.corpora import LabelledPage

Extract = Callable[[str, str | None], str]
"""HTML and the page's language, if known, to plain text."""

PROJECT = "pagesieve"
# Called once before measuring, so that lazy imports and first-use caches are not timed.
_WARM_UP = "<html><body><p>One short paragraph.</p></body></html>"

# Names of jusText's lists by ISO 639-1 code, for the languages that the corpora name.
_STOPLISTS = {
    "ar": "Arabic", "cs": "Czech", "da": "Danish", "de": "German", "en": "English", "es": "Spanish",
    "fa": "Persian", "fr": "French", "hi": "Hindi", "id": "Indonesian", "is": "Icelandic", "it": "Italian",
    "ko": "Korean", "lt": "Lithuanian", "lv": "Latvian", "nl": "Dutch", "no": "Norwegian_Bokmal",
    "pl": "Polish", "pt": "Portuguese", "ro": "Romanian", "ru": "Russian", "sl": "Slovenian",
    "sv": "Swedish", "sw": "Swahili", "tr": "Turkish", "uk": "Ukrainian", "ur": "Urdu", "vi": "Vietnamese",
}  # fmt: skip
# Elements of readability's summary that start a line of their own.
_LINE_BREAKING = (
    "address article aside blockquote br caption dd details div dl dt figcaption figure footer form h1 h2 "
    "h3 h4 h5 h6 header hr li main nav ol p pre section summary table td th tr ul"
)


@dataclass(frozen=True, slots=True)
class Loaded:
    """A system ready to run, and the version that runs."""

    extract: Extract
    version: str


@dataclass(frozen=True, slots=True)
class System:
    """An extractor under comparison, ``options`` being the arguments it is called with.

    ``load`` raises ImportError where its package is missing. ``cached`` is False for code of this
    checkout, whose version says too little to keep results by.
    """

    name: str
    load: Callable[[dict[str, Any]], Loaded]
    options: dict[str, Any] = field(default_factory=dict)
    cached: bool = True

    @property
    def settings(self) -> str:
        return ", ".join(f"{name}={value}" for name, value in self.options.items()) or "default"

    def start(self) -> Loaded:
        """Load the system and call it once, unmeasured."""
        loaded = self.load(self.options)
        measure(loaded.extract, _WARM_UP, None)
        return loaded

    def cache_name(self, version: str, corpus_digest: str) -> str:
        """Changes with the system's version, its options, the code that calls it, and the corpus."""
        parts = (self.name, version, self.settings, inspect.getsource(self.load), corpus_digest)
        return f"{self.name}-{hashlib.sha256(repr(parts).encode()).hexdigest()[:16]}.jsonl.gz"


@dataclass(frozen=True, slots=True)
class Extraction:
    """One call: its text (empty where it raised), CPU time of the process in ms, and what it raised."""

    text: str
    cpu_ms: float
    error: str | None


def measure(extract: Extract, html: str, language: str | None) -> Extraction:
    """Call an extractor on one page; whatever it raises is recorded, never passed on."""
    started = time.process_time()
    text, error = "", None
    try:
        text = extract(html, language)
    except Exception as problem:
        error = f"{type(problem).__name__}: {problem}"
    return Extraction(text, 1000 * (time.process_time() - started), error)


def read_cache(path: Path) -> dict[str, Extraction]:
    """Extractions of an earlier run by page id; empty where there is none."""
    if not path.is_file():
        return {}
    with gzip.open(path, "rt", encoding="utf-8") as lines:
        rows = [json.loads(line) for line in lines]
    return {row.pop("id"): Extraction(**row) for row in rows}


def write_cache(path: Path, extractions: Iterable[tuple[str, Extraction]]) -> None:
    """Replace a cache file as a whole, so that an interrupted run leaves the earlier one."""
    path.parent.mkdir(parents=True, exist_ok=True)
    unfinished = path.with_suffix(".unfinished")
    with gzip.open(unfinished, "wt", encoding="utf-8") as lines:
        for page_id, extraction in extractions:
            lines.write(json.dumps({"id": page_id, **asdict(extraction)}) + "\n")
    unfinished.replace(path)


def run(
    system: System, loaded: Loaded, pages: Sequence[LabelledPage], cache: Path, fresh: bool
) -> tuple[dict[str, Extraction], bool]:
    """Extractions by page id, and whether some were read from ``cache``, where new ones are added."""
    known = read_cache(cache) if system.cached and not fresh else {}
    missing = [page for page in pages if page.id not in known]
    progress = tqdm(missing, desc=f"{pages[0].corpus}: {system.name}", unit="page", disable=not missing)
    found = known | {page.id: measure(loaded.extract, page.html, page.language) for page in progress}
    if system.cached and missing:
        write_cache(cache, (read_cache(cache) | found).items())
    return found, len(missing) < len(pages)


def _pagesieve(options: dict[str, Any]) -> Loaded:
    clean = getattr(importlib.import_module(PROJECT), "clean", None)
    if not callable(clean):
        raise ImportError("this checkout has no pagesieve.clean() yet")
    release = str(clean(_WARM_UP).model)
    return Loaded(lambda html, language: str(clean(html).text), release)


def _trafilatura(options: dict[str, Any]) -> Loaded:
    import trafilatura

    logging.getLogger("trafilatura").setLevel(logging.CRITICAL)
    return Loaded(lambda html, language: trafilatura.extract(html, **options) or "", version("trafilatura"))


def _readability(options: dict[str, Any]) -> Loaded:
    import lxml.html
    from readability import Document

    # It logs a traceback for every page it raises on, and raises all the same.
    logging.getLogger("readability").setLevel(logging.CRITICAL + 1)

    def extract(html: str, language: str | None) -> str:
        tree = lxml.html.fromstring(Document(html).summary())
        for element in tree.iter(*_LINE_BREAKING.split()):
            element.text = "\n" + (element.text or "")
            element.tail = "\n" + (element.tail or "")
        return str(tree.text_content())

    return Loaded(extract, version("readability-lxml"))


def _resiliparse(options: dict[str, Any]) -> Loaded:
    from resiliparse.extract.html2text import extract_plain_text

    return Loaded(lambda html, language: str(extract_plain_text(html, **options)), version("resiliparse"))


def _justext(options: dict[str, Any]) -> Loaded:
    import justext

    lists = {code: justext.get_stoplist(name) for code, name in _STOPLISTS.items()}

    def extract(html: str, language: str | None) -> str:
        words = lists.get((language or "en").partition("-")[0], frozenset())
        # Without stop words its command line sets both thresholds to 0: "language-independent mode".
        thresholds = {} if words else {"stopwords_low": 0, "stopwords_high": 0}
        paragraphs = justext.justext(html, words, **thresholds)
        return "\n".join(paragraph.text for paragraph in paragraphs if not paragraph.is_boilerplate)

    return Loaded(extract, version("jusText"))


def _everything(options: dict[str, Any]) -> Loaded:
    from pagesieve.blocks import segment

    return Loaded(lambda html, language: "\n".join(segment(html).blocks.text), "this checkout")


SYSTEMS = (
    System(PROJECT, _pagesieve, cached=False),
    System("trafilatura", _trafilatura),
    System("trafilatura-recall", _trafilatura, {"favor_recall": True}),
    System("trafilatura-precision", _trafilatura, {"favor_precision": True}),
    System("trafilatura-no-comments", _trafilatura, {"include_comments": False}),
    System("readability-lxml", _readability),
    System("resiliparse", _resiliparse, {"main_content": True}),
    System("justext", _justext),
    System("keep-everything", _everything, cached=False),
)
