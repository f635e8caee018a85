"""The trained release: two tree ensembles and their lexicons, checked against the manifest before use.

Serving needs neither scikit-learn nor pickle: ensembles are ONNX files, lexicons JSON.
"""

from __future__ import annotations

import gzip
import hashlib
import json
import os
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from threading import Lock
from typing import Any

import numpy as np
import onnxruntime
from numpy.typing import NDArray

from pagesieve.blocks import Document, segment
from pagesieve.copies import Copies, find_copies
from pagesieve.errors import ModelError
from pagesieve.features import context_features, describe, learned_features, stack
from pagesieve.features.lexicon import NAME_KINDS, WORD_KINDS, Lexicon
from pagesieve.features.lines import line_columns
from pagesieve.limits import checkpoint, not_counted
from pagesieve.lines import outline
from pagesieve.onnx import open_session, run
from pagesieve.page_type import PageTypeModel
from pagesieve.quality.model import VERDICT_FILES, VerdictModel
from pagesieve.roles.model import ROLE_FILES, Evidence, RoleModel
from pagesieve.trailers import TrailerModel

Floats = NDArray[np.float32]

MODELS_VARIABLE = "PAGESIEVE_MODELS"
FORMAT = 3
FIRST, SECOND, LEXICONS, CARD = "first.onnx", "second.onnx", "lexicons.json.gz", "card.md"
PAGE_TYPES = "page_types.json.gz"
FILES = (FIRST, SECOND, LEXICONS, PAGE_TYPES, CARD)
# What a release may hold besides; the pictures of the card are for people.
LINES_FIRST, LINES_SECOND = "lines_first.onnx", "lines_second.onnx"
TRAILERS = "trailers.onnx"
LINE_FILES = (LINES_FIRST, LINES_SECOND, TRAILERS)
RELIABILITY = "reliability.png"
PICTURES = (RELIABILITY, "confidence.png", "spam.png", "roles.png")
EXTRA_FILES = (*LINE_FILES, *VERDICT_FILES, *ROLE_FILES, *PICTURES)
_HERE = Path(__file__).parent
_loading = Lock()


@dataclass(frozen=True, slots=True)
class Judgement:
    """Per block: the probability (0..1) of being content; and which blocks repeat others.

    ``evidence`` is what it was judged by; None for a page without blocks.
    """

    probability: Floats
    copies: Copies
    evidence: Evidence | None = None


@dataclass(frozen=True, slots=True)
class Stages:
    """Two ensembles and the columns they see, the second those made of the first one's probabilities."""

    first: onnxruntime.InferenceSession
    second: onnxruntime.InferenceSession
    first_columns: tuple[str, ...]
    second_columns: tuple[str, ...]

    @classmethod
    def build(cls, first: bytes, second: bytes, features: dict[str, list[str]]) -> Stages:
        """From two ONNX files and the names that the manifest gives."""
        sessions = open_session(first), open_session(second)
        return cls(*sessions, tuple(features["first"]), tuple(features["second"]))


@dataclass(frozen=True, slots=True)
class Release:
    """A loaded release."""

    name: str
    manifest: dict[str, Any]
    card: str
    stages: Stages
    line_stages: Stages | None
    """For text without mark-up; a release without judges it as if it were HTML."""
    trailers: TrailerModel | None
    words: Lexicon
    names: Lexicon
    page_types: PageTypeModel
    folder: Path

    @property
    def has_verdict(self) -> bool:
        return set(VERDICT_FILES) <= set(self.manifest["files"])

    @property
    def verdict(self) -> VerdictModel:
        """The models of the verdict, loaded when first asked for.

        Raises
        ------
        ModelError
            The release has none, or a file of them differs from what the manifest says.
        """
        with not_counted(), _loading:
            return _load_verdict(self.folder)

    @property
    def has_roles(self) -> bool:
        return set(ROLE_FILES) <= set(self.manifest["files"])

    @property
    def roles(self) -> RoleModel:
        """The role classifier, loaded when first asked for.

        Raises
        ------
        ModelError
            The release has none, or a file of it differs from what the manifest says.
        """
        with not_counted(), _loading:
            return _load_roles(self.folder)

    def judge(self, document: Document) -> Judgement:
        """Probability of content for every block of a page."""
        if not len(document.blocks):
            nothing, none = np.zeros(0, dtype=np.float32), np.zeros(0, dtype=np.int64)
            return Judgement(nothing, Copies(none, none, nothing))
        page = describe(document, (self.words.number, self.names.number))
        checkpoint()
        same_page = np.zeros(len(page.n_words), dtype=np.int64)
        learned = learned_features(page.tokens, self.words.weights, self.names.weights, same_page)
        stages, fixed = self.stages, page.fixed
        if document.plain and self.line_stages:
            stages, fixed = self.line_stages, line_columns(document, page.fixed)
        self._check(stages.first_columns, [*fixed, *learned])
        matrix = np.concatenate((stack(fixed), stack(learned)), axis=1)
        probability = run(stages.first, matrix)[:, 0]
        checkpoint()
        context = context_features(probability, page.around)
        self._check(stages.second_columns, context)
        return Judgement(
            probability=run(stages.second, stack(context))[:, 0],
            copies=find_copies(document, page.n_words, page.said),
            evidence=Evidence(page, page.fixed | learned | context),
        )

    def _check(self, trained_on: tuple[str, ...], names: Iterable[str]) -> None:
        if tuple(names) != trained_on:
            raise ModelError(
                f"release {self.name} was trained on other features than this version of pagesieve computes; "
                "install the version named in its manifest, or train a release with `pagesieve train`"
            )


def releases_folder() -> Path:
    """``$PAGESIEVE_MODELS``, else the releases inside the installed package, else those of the checkout."""
    if named := os.environ.get(MODELS_VARIABLE):
        return Path(named)
    packaged = _HERE / "releases"
    return packaged if packaged.is_dir() else _HERE.parent / "models"


def load_release(folder: Path | None = None) -> Release:
    """The release in ``folder``, by default the current one; loaded once per process.

    Raises
    ------
    ModelError
        There is no release, or a file of it is missing or differs from what the manifest says.
    """
    with not_counted(), _loading:
        return _load(folder.resolve()) if folder else _load_current(releases_folder())


@lru_cache(maxsize=4)
def _load_current(folder: Path) -> Release:
    return _load(current_release(folder).resolve())


def current_release(folder: Path) -> Path:
    """Folder of the release that ``models/current`` names."""
    try:
        name = (folder / "current").read_text(encoding="utf-8").strip()
    except OSError:
        raise ModelError(
            f"no current release in {folder}; run `pagesieve train`, "
            f"or point ${MODELS_VARIABLE} to a folder of releases"
        ) from None
    return folder / name


@lru_cache(maxsize=4)
def _load(folder: Path) -> Release:
    manifest = _read_manifest(folder)
    listed = manifest["files"]
    with_lines = set(LINE_FILES) <= set(listed)
    wanted = (*FILES, *LINE_FILES) if with_lines else FILES
    files = {name: _verified(folder / name, listed[name]["sha256"]) for name in wanted}
    lexicons = json.loads(gzip.decompress(files[LEXICONS]))
    words = Lexicon.build(lexicons["words"], len(WORD_KINDS))
    release = Release(
        name=manifest["name"],
        manifest=manifest,
        card=files[CARD].decode(),
        stages=Stages.build(files[FIRST], files[SECOND], manifest["features"]),
        line_stages=_line_stages(files, manifest) if with_lines else None,
        trailers=_trailers(files, manifest, words) if with_lines else None,
        words=words,
        names=Lexicon.build(lexicons["names"], len(NAME_KINDS)),
        page_types=PageTypeModel.build(json.loads(gzip.decompress(files[PAGE_TYPES]))),
        folder=folder,
    )
    for document in (segment("<p>A page.</p>"), outline("A page.")):
        release.judge(document)  # features that differ are found now, not at the first request
    return release


def _line_stages(files: dict[str, bytes], manifest: dict[str, Any]) -> Stages:
    return Stages.build(files[LINES_FIRST], files[LINES_SECOND], manifest["lines"]["features"])


def _trailers(files: dict[str, bytes], manifest: dict[str, Any], words: Lexicon) -> TrailerModel:
    unknown = len(words.numbers)
    odds = words.weights[0].tolist()
    return TrailerModel(
        session=open_session(files[TRAILERS]),
        threshold=manifest["lines"]["trailers"]["threshold"],
        log_odds=lambda token: odds[words.numbers.get(token, unknown)],
    )


@lru_cache(maxsize=4)
def _load_verdict(folder: Path) -> VerdictModel:
    listed = _read_manifest(folder)["files"]
    if not set(VERDICT_FILES) <= set(listed):
        raise ModelError(f"{folder.name} has no verdict; add it with `pagesieve train --only verdict`")
    model = VerdictModel.read(
        {name: _verified(folder / name, listed[name]["sha256"]) for name in VERDICT_FILES}
    )
    model.try_out()
    return model


@lru_cache(maxsize=4)
def _load_roles(folder: Path) -> RoleModel:
    listed = _read_manifest(folder)["files"]
    if not set(ROLE_FILES) <= set(listed):
        raise ModelError(f"{folder.name} has no roles; add them with `pagesieve train --only roles`")
    release = _load(folder)
    return RoleModel.read(
        {name: _verified(folder / name, listed[name]["sha256"]) for name in ROLE_FILES},
        release.words.numbers,
        release.names.numbers,
    )


def _read_manifest(folder: Path) -> dict[str, Any]:
    try:
        manifest = json.loads((folder / "manifest.json").read_bytes())
    except (OSError, ValueError) as error:
        raise ModelError(f"no readable manifest in {folder} ({error}); run `pagesieve train`") from None
    if not isinstance(manifest, dict) or manifest.get("format") != FORMAT:
        raise ModelError(
            f"{folder} is not a release in format {FORMAT}; train one with this version of pagesieve"
        )
    listed = set(manifest.get("files", ()))
    if not {"name", "features"} <= set(manifest) or not set(FILES) <= listed <= {*FILES, *EXTRA_FILES}:
        raise ModelError(
            f"the manifest in {folder} is incomplete; restore the release or run `pagesieve train`"
        )
    return manifest


def _verified(path: Path, expected: str) -> bytes:
    """Content of a file, which is used only if it is what the manifest describes."""
    try:
        body = path.read_bytes()
    except OSError as error:
        raise ModelError(
            f"the release lacks {path.name} ({error.strerror}); restore it or train again"
        ) from None
    if hashlib.sha256(body).hexdigest() != expected:
        raise ModelError(
            f"{path.name} is not the file that the manifest describes; restore the release or train again"
        )
    return body
