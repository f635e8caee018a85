"""The trained release: tree ensembles, networks and lexicons, checked against the manifest before use.

Serving needs neither scikit-learn nor pickle: ensembles are ONNX files, networks arrays, lexicons JSON.
"""

from __future__ import annotations

import gzip
import hashlib
import json
import os
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from threading import Lock
from typing import Any

import numpy as np
import onnxruntime
from numpy.typing import NDArray

from pagesieve.blocks import Document, segment
from pagesieve.copies import Copies, find_copies
from pagesieve.drift import DRIFT, Reference
from pagesieve.errors import ModelError
from pagesieve.features import context_features, describe, learned_features, stack
from pagesieve.features.lexicon import NAME_KINDS, WORD_KINDS, Lexicon
from pagesieve.features.lines import line_columns
from pagesieve.limits import checkpoint, not_counted
from pagesieve.lines import outline
from pagesieve.network import Network
from pagesieve.onnx import open_session, run
from pagesieve.page_type import PageTypeModel
from pagesieve.quality.model import VERDICT_FILES, VerdictModel
from pagesieve.roles.model import ROLE_FILES, Evidence, RoleModel
from pagesieve.sites import SITES, SiteModel
from pagesieve.trailers import TrailerModel
from pagesieve.wording import grams_of, read_weights, wording_features

Floats = NDArray[np.float32]
Features = dict[str, list[str]]

MODELS_VARIABLE = "PAGESIEVE_MODELS"
FORMAT = 6
FIRST, SECOND, LEXICONS, CARD = "first.onnx", "second.onnx", "lexicons.json.gz", "card.md"
NETWORK, PAGE_TYPES = "network.npz", "page_types.json.gz"
FILES = (FIRST, SECOND, NETWORK, LEXICONS, PAGE_TYPES, CARD)
# What a release may hold besides; the pictures of the card are for people.
LINES_FIRST, LINES_SECOND = "lines_first.onnx", "lines_second.onnx"
LINES_NETWORK, LINES_WORDING, TRAILERS = "lines_network.npz", "lines_wording.npz", "trailers.onnx"
LINE_FILES = (LINES_FIRST, LINES_SECOND, LINES_NETWORK, LINES_WORDING, TRAILERS)
RELIABILITY = "reliability.png"
SITES_PICTURE = "sites.png"
PICTURES = (RELIABILITY, "confidence.png", "spam.png", "roles.png", SITES_PICTURE)
# What an adaptation to labelled pages did.
REPORT = "report.md"
EXTRA_FILES = (*LINE_FILES, *VERDICT_FILES, *ROLE_FILES, DRIFT, SITES, REPORT, *PICTURES)
_HERE = Path(__file__).parent
_loading = Lock()
# By folder, the latest last; the current one and the one before, with which pages in hand are finished.
_loaded: dict[Path, Release] = {}
_MOST_LOADED = 2
# The current one of each folder of releases.
_current: dict[Path, Release] = {}


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
    """Two ensembles and the columns they see, the second those made of the first one's probabilities.

    The network sees the first one's columns.
    """

    first: onnxruntime.InferenceSession
    second: onnxruntime.InferenceSession
    network: Network
    first_columns: tuple[str, ...]
    second_columns: tuple[str, ...]
    wording: Floats | None
    """Weights of grams, where the trees see how blocks are worded."""

    @classmethod
    def build(
        cls, first: bytes, second: bytes, network: bytes, features: Features, wording: Floats | None = None
    ) -> Stages:
        """From two ONNX files, the network's and the names that the manifest gives."""
        return cls(
            first=open_session(first),
            second=open_session(second),
            network=Network.read(network),
            first_columns=tuple(features["first"]),
            second_columns=tuple(features["second"]),
            wording=wording,
        )


@dataclass(frozen=True, slots=True, eq=False)
class Release:
    """A loaded release; verdict and roles are loaded when first asked for."""

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
    sites: SiteModel | None = None
    """What labelled pages taught of their sites, if the release was adapted to any."""
    _parts: dict[str, Any] = field(default_factory=dict, repr=False)
    _lock: Lock = field(default_factory=Lock, repr=False)

    @property
    def has_verdict(self) -> bool:
        return set(VERDICT_FILES) <= set(self.manifest["files"])

    @property
    def verdict(self) -> VerdictModel:
        """The models of the verdict.

        Raises
        ------
        ModelError
            The release has none, or a file of them differs from what the manifest says.
        """
        found: VerdictModel = self._part("verdict", self._read_verdict)
        return found

    @property
    def has_roles(self) -> bool:
        return set(ROLE_FILES) <= set(self.manifest["files"])

    @property
    def roles(self) -> RoleModel:
        """The role classifier.

        Raises
        ------
        ModelError
            The release has none, or a file of it differs from what the manifest says.
        """
        found: RoleModel = self._part("roles", self._read_roles)
        return found

    @property
    def reference(self) -> Reference | None:
        """What the pages of the training were like, to know drift by; None where the release does not say.

        Raises
        ------
        ModelError
            The file differs from what the manifest says.
        """
        found: Reference | None = self._part("reference", self._read_reference)
        return found

    def load_parts(self) -> None:
        """Load now what would be loaded when first asked for.

        Raises
        ------
        ModelError
            A file differs from what the manifest says.
        """
        if self.has_verdict:
            _ = self.verdict
        if self.has_roles:
            _ = self.roles
        _ = self.reference

    def _part(self, name: str, read: Callable[[], Any]) -> Any:
        with not_counted(), self._lock:
            if name not in self._parts:
                self._parts[name] = read()
            return self._parts[name]

    def _read_verdict(self) -> VerdictModel:
        if not self.has_verdict:
            raise ModelError(f"{self.name} has no verdict; add it with `pagesieve train --only verdict`")
        model = VerdictModel.read(_files(self.folder, self.manifest, VERDICT_FILES))
        model.try_out()
        return model

    def _read_roles(self) -> RoleModel:
        if not self.has_roles:
            raise ModelError(f"{self.name} has no roles; add them with `pagesieve train --only roles`")
        files = _files(self.folder, self.manifest, ROLE_FILES)
        return RoleModel.read(files, self.words.numbers, self.names.numbers)

    def _read_reference(self) -> Reference | None:
        if DRIFT not in self.manifest["files"]:
            return None
        return Reference.read(_files(self.folder, self.manifest, (DRIFT,))[DRIFT])

    def judge(self, document: Document, url: str | None = None) -> Judgement:
        """Probability of content for every block of a page; ``url`` tells its site, else the page does."""
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
        if stages.wording is not None:
            worded = grams_of(document.blocks.text).scores(stages.wording)
            learned |= wording_features(worded, same_page)
        self._check(stages.first_columns, [*fixed, *learned])
        matrix = np.concatenate((stack(fixed), stack(learned)), axis=1)
        probability = run(stages.first, matrix)[:, 0]
        checkpoint()
        context = context_features(probability, page.around)
        self._check(stages.second_columns, context)
        probability = run(stages.second, stack(context))[:, 0]
        probability = stages.network.blend(probability, matrix, page.around)
        if self.sites:
            probability = self.sites.adapt(document, url, probability)
        return Judgement(
            probability=probability,
            copies=find_copies(document, page.n_words, page.shared),
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
    """The release in ``folder``, by default the current one, which stays so until ``adopt`` is called.

    Raises
    ------
    ModelError
        There is no release, or a file of it is missing or differs from what the manifest says.
    """
    if folder is None:
        return _current_in(releases_folder())
    if known := _loaded.get(folder):
        return known
    with not_counted(), _loading:
        return _known_or_read(folder)


def _current_in(home: Path) -> Release:
    if known := _current.get(home):
        return known
    with not_counted(), _loading:
        if home not in _current:
            _current[home] = _known_or_read(current_release(home))
        return _current[home]


def adopt(folder: Path, check: Callable[[Release], None]) -> Release:
    """Make the release in ``folder`` the current one of this process, from one page to the next.

    All of it is read from disk, also if it is known, and then looked at by ``check``, which raises what is
    wrong with it; until that has returned, and if it does not, the one before answers. A page that was begun
    with one release is finished with it.

    Raises
    ------
    ModelError
        A file of the release is missing or differs from what the manifest says.
    """
    folder, home = folder.resolve(), releases_folder()
    before = _loaded.get(folder)
    release = _read(folder)
    release.load_parts()
    with _loading:
        _remember(release)
    try:
        check(release)
    except BaseException:
        with _loading:
            _forget(release, before)
        raise
    _current[home] = release
    return release


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


def _known_or_read(folder: Path) -> Release:
    folder = folder.resolve()
    if folder not in _loaded:
        _remember(_read(folder))
    return _loaded[folder]


def _remember(release: Release) -> None:
    _loaded.pop(release.folder, None)
    _loaded[release.folder] = release
    while len(_loaded) > _MOST_LOADED:
        kept = [release, *_current.values()]
        spare = [folder for folder, known in _loaded.items() if known not in kept]
        del _loaded[next(iter(spare or _loaded))]


def _forget(release: Release, before: Release | None) -> None:
    del _loaded[release.folder]
    if before:
        _remember(before)


def forget_releases() -> None:
    """As if the process had just begun."""
    _loaded.clear()
    _current.clear()


def _read(folder: Path) -> Release:
    manifest = _read_manifest(folder)
    with_lines = set(LINE_FILES) <= set(manifest["files"])
    files = _files(folder, manifest, (*FILES, *LINE_FILES) if with_lines else FILES)
    lexicons = json.loads(gzip.decompress(files[LEXICONS]))
    words = Lexicon.build(lexicons["words"], len(WORD_KINDS))
    release = Release(
        name=manifest["name"],
        manifest=manifest,
        card=files[CARD].decode(),
        stages=Stages.build(files[FIRST], files[SECOND], files[NETWORK], manifest["features"]),
        line_stages=_line_stages(files, manifest) if with_lines else None,
        trailers=_trailers(files, manifest, words) if with_lines else None,
        words=words,
        names=Lexicon.build(lexicons["names"], len(NAME_KINDS)),
        page_types=PageTypeModel.build(json.loads(gzip.decompress(files[PAGE_TYPES]))),
        folder=folder,
        sites=_read_sites(folder, manifest),
    )
    for document in (segment("<p>A page.</p>"), outline("A page.")):
        release.judge(document)  # features that differ are found now, not at the first request
    return release


def _read_sites(folder: Path, manifest: Mapping[str, Any]) -> SiteModel | None:
    if SITES not in manifest["files"]:
        return None
    return SiteModel.read(_files(folder, manifest, (SITES,))[SITES])


def _line_stages(files: dict[str, bytes], manifest: dict[str, Any]) -> Stages:
    features, wording = manifest["lines"]["features"], read_weights(files[LINES_WORDING])
    return Stages.build(files[LINES_FIRST], files[LINES_SECOND], files[LINES_NETWORK], features, wording)


def _trailers(files: dict[str, bytes], manifest: dict[str, Any], words: Lexicon) -> TrailerModel:
    unknown = len(words.numbers)
    odds = words.weights[0].tolist()
    return TrailerModel(
        session=open_session(files[TRAILERS]),
        threshold=manifest["lines"]["trailers"]["threshold"],
        log_odds=lambda token: odds[words.numbers.get(token, unknown)],
    )


def _files(folder: Path, manifest: Mapping[str, Any], names: Iterable[str]) -> dict[str, bytes]:
    return {name: _verified(folder / name, manifest["files"][name]["sha256"]) for name in names}


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
