"""A fitted model → a folder in ``models/``."""

from __future__ import annotations

import gzip
import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.ensemble import HistGradientBoostingClassifier

from pagesieve.errors import ModelError
from pagesieve.model import CARD, FIRST, FORMAT, LEXICONS, NETWORK, PAGE_TYPES, RELIABILITY, SECOND
from pagesieve.network import Network
from pagesieve.page_type import PageTypeModel
from pagesieve.sites import SITES
from training.card import write_card
from training.corpora import CORPORA
from training.export import to_onnx
from training.fit import Recipe
from training.pictures import reliability_picture
from training.releases import MANIFEST, MOST_BYTES, MOST_SITE_BYTES, json_bytes, place

_LIBRARIES = ("pagesieve", "scikit-learn", "numpy", "onnx", "selectolax", "beautifulsoup4")
# What a manifest says of its own release alone.
_OWN = ("format", "name", "files", "forced")


@dataclass(frozen=True, slots=True)
class Fitted:
    """Both stages, the network, the lexicons, the page-type model, and the feature names of each stage."""

    first: HistGradientBoostingClassifier
    second: HistGradientBoostingClassifier
    network: Network
    words: Mapping[str, list[float]]
    names: Mapping[str, list[float]]
    page_types: PageTypeModel
    first_features: tuple[str, ...]
    second_features: tuple[str, ...]


def lexicon(tokens: tuple[str, ...], weights: NDArray[np.float32]) -> dict[str, list[float]]:
    """The tokens that say something, by name (shape of ``weights``: n_kinds, n_tokens)."""
    telling = np.flatnonzero(weights.any(axis=0))
    table = weights[:, telling].T.astype(np.float64).round(3).tolist()
    return dict(sorted(zip([tokens[number] for number in telling.tolist()], table, strict=True)))


def write_release(
    models: Path,
    fitted: Fitted,
    recipe: Recipe,
    figures: dict[str, Any],
    estimators: dict[str, Any],
    *,
    name: str | None = None,
) -> Path:
    """Write a release; which one is current stays as it is.

    The default name comes from the content, so the same training gives the same release. ``estimators`` is
    what ``keep_estimators`` gave.

    Raises
    ------
    ModelError
        The release is larger than ``MOST_BYTES``.
    BadInput
        Another release has that name.
    """
    files = {
        FIRST: to_onnx(fitted.first),
        SECOND: to_onnx(fitted.second),
        NETWORK: fitted.network.packed(),
        LEXICONS: packed({"words": dict(fitted.words), "names": dict(fitted.names)}),
        PAGE_TYPES: packed(fitted.page_types.to_dict()),
        RELIABILITY: reliability_picture(
            figures["reliability"]["predicted"],
            figures["reliability"]["observed"],
            "predicted probability of content",
            "share that is content",
        ),
    }
    manifest: dict[str, Any] = {
        "versions": {library: version(library) for library in _LIBRARIES},
        "recipe": asdict(recipe),
        "features": {"first": list(fitted.first_features), "second": list(fitted.second_features)},
        "decision": "blocks that maximise the page's expected word F1; a fixed threshold on request",
        "threshold": None,
        "data": [asdict(corpus) for corpus in CORPORA if corpus.name in figures["groups"]],
        "figures": figures,
        "estimators": estimators,
    }
    return _write(models, files, manifest, name)


def add_to_release(
    models: Path,
    release: Path,
    extra: Mapping[str, bytes],
    entry: dict[str, Any],
    *,
    name: str | None = None,
) -> Path:
    """Write a release that holds what ``release`` does and more; ``entry`` goes into the manifest.

    Raises
    ------
    ModelError
        It would be larger than ``MOST_BYTES``.
    BadInput
        Another release has that name.
    """
    manifest = json.loads((release / MANIFEST).read_bytes())
    files = {key: (release / key).read_bytes() for key in manifest["files"] if key != CARD}
    kept = {key: value for key, value in manifest.items() if key not in _OWN}
    return _write(models, {**files, **extra}, kept | entry, name)


def _write(models: Path, files: dict[str, bytes], described: dict[str, Any], name: str | None) -> Path:
    _check_size(files)
    entries = {key: _entry(body) for key, body in files.items()}
    name = name or _name_of({"files": entries, **described})
    manifest: dict[str, Any] = {"format": FORMAT, "name": name, "files": entries, **described}
    card = write_card(manifest).encode()
    manifest["files"][CARD] = _entry(card)
    return place(models, name, {**files, CARD: card, MANIFEST: json_bytes(manifest)})


def _name_of(described: dict[str, Any]) -> str:
    """A name from the content, so that the same training gives the same release."""
    card = write_card({"name": "", **described}).encode()
    return f"blocks-{hashlib.sha256(json_bytes(described) + card).hexdigest()[:8]}"


def _check_size(files: Mapping[str, bytes]) -> None:
    sites = len(files.get(SITES, b""))
    if sites > MOST_SITE_BYTES:
        raise ModelError(
            f"the evidence on sites takes {sites:,} bytes, more than {MOST_SITE_BYTES:,}; label fewer sites"
        )
    size = sum(map(len, files.values())) - sites
    if size > MOST_BYTES:
        raise ModelError(f"the release would hold {size:,} bytes, more than {MOST_BYTES:,}; fit fewer trees")


def _entry(body: bytes) -> dict[str, Any]:
    return {"sha256": hashlib.sha256(body).hexdigest(), "bytes": len(body)}


def packed(value: object) -> bytes:
    """Compressed JSON, the same bytes for the same value."""
    body = json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()
    return gzip.compress(body, mtime=0)
