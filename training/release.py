"""A fitted model → a folder in ``models/``, written whole or not at all."""

from __future__ import annotations

import gzip
import hashlib
import json
import shutil
import tempfile
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.ensemble import HistGradientBoostingClassifier

from pagesieve.errors import ModelError
from pagesieve.model import CARD, FIRST, FORMAT, LEXICONS, PAGE_TYPES, RELIABILITY, SECOND
from pagesieve.page_type import PageTypeModel
from training.card import write_card
from training.corpora import CORPORA
from training.export import to_onnx
from training.fit import Recipe
from training.pictures import reliability_picture

MOST_BYTES = 5 * 2**20
_LIBRARIES = ("pagesieve", "scikit-learn", "numpy", "onnx", "selectolax", "beautifulsoup4")


@dataclass(frozen=True, slots=True)
class Fitted:
    """Both stages, the lexicons, the page-type model, and the feature names of each stage."""

    first: HistGradientBoostingClassifier
    second: HistGradientBoostingClassifier
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
    models: Path, fitted: Fitted, recipe: Recipe, figures: dict[str, Any], *, name: str | None = None
) -> Path:
    """Write a release and make it the current one.

    The default name comes from the files' content, so the same training gives the same release.

    Raises
    ------
    ModelError
        The release is larger than ``MOST_BYTES``.
    """
    files = {
        FIRST: to_onnx(fitted.first),
        SECOND: to_onnx(fitted.second),
        LEXICONS: packed({"words": dict(fitted.words), "names": dict(fitted.names)}),
        PAGE_TYPES: packed(fitted.page_types.to_dict()),
        RELIABILITY: reliability_picture(
            figures["reliability"]["predicted"],
            figures["reliability"]["observed"],
            "predicted probability of content",
            "share that is content",
        ),
    }
    _check_size(files)
    name = name or _name_of(files)
    manifest: dict[str, Any] = {
        "format": FORMAT,
        "name": name,
        "files": {key: _entry(body) for key, body in files.items()},
        "versions": {library: version(library) for library in _LIBRARIES},
        "recipe": asdict(recipe),
        "features": {"first": list(fitted.first_features), "second": list(fitted.second_features)},
        "decision": "blocks that maximise the page's expected word F1; a fixed threshold on request",
        "threshold": None,
        "data": [asdict(corpus) for corpus in CORPORA if corpus.name in figures["groups"]],
        "figures": figures,
    }
    files[CARD] = write_card(manifest).encode()
    manifest["files"][CARD] = _entry(files[CARD])
    files["manifest.json"] = _json(manifest)
    return _place(models, name, files)


def add_to_release(models: Path, release: Path, extra: Mapping[str, bytes], entry: dict[str, Any]) -> Path:
    """Write a release that holds what ``release`` does and more, and make it the current one.

    ``entry`` goes into the manifest.

    Raises
    ------
    ModelError
        It would be larger than ``MOST_BYTES``.
    """
    manifest = json.loads((release / "manifest.json").read_bytes())
    files = {name: (release / name).read_bytes() for name in manifest["files"] if name != CARD}
    files |= extra
    _check_size(files)
    kept = {key: value for key, value in manifest.items() if key not in ("files", "name")}
    manifest = {
        "format": FORMAT,
        "name": _name_of(files),
        "files": {key: _entry(body) for key, body in files.items()},
        **kept,
        **entry,
    }
    files[CARD] = write_card(manifest).encode()
    manifest["files"][CARD] = _entry(files[CARD])
    files["manifest.json"] = _json(manifest)
    return _place(models, manifest["name"], files)


def _check_size(files: Mapping[str, bytes]) -> None:
    size = sum(map(len, files.values()))
    if size > MOST_BYTES:
        raise ModelError(f"the release would hold {size:,} bytes, more than {MOST_BYTES:,}; fit fewer trees")


def _name_of(files: Mapping[str, bytes]) -> str:
    """A name from the content, so that the same training gives the same release."""
    digest = hashlib.sha256(b"".join(files[key] for key in sorted(files))).hexdigest()
    return f"blocks-{digest[:8]}"


def _entry(body: bytes) -> dict[str, Any]:
    return {"sha256": hashlib.sha256(body).hexdigest(), "bytes": len(body)}


def packed(value: object) -> bytes:
    """Compressed JSON, the same bytes for the same value."""
    body = json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()
    return gzip.compress(body, mtime=0)


def _json(value: object) -> bytes:
    return (json.dumps(value, ensure_ascii=False, indent=1) + "\n").encode()


def _place(models: Path, name: str, files: dict[str, bytes]) -> Path:
    """Write beside, then rename: a crash at any moment leaves the old release current."""
    models.mkdir(parents=True, exist_ok=True)
    target = models / name
    beside = Path(tempfile.mkdtemp(prefix=".new-", dir=models))
    try:
        beside.chmod(0o755)
        for key, body in files.items():
            (beside / key).write_bytes(body)
        _swap(beside, target)
    except BaseException:
        shutil.rmtree(beside, ignore_errors=True)
        raise
    pointer = models / ".current"
    pointer.write_text(f"{name}\n", encoding="utf-8")
    pointer.replace(models / "current")
    return target


def _swap(new: Path, target: Path) -> None:
    """Put ``new`` in the place of ``target``, which is back if that fails."""
    if not target.exists():
        new.rename(target)
        return
    aside = target.with_name(f".old-{target.name}")
    shutil.rmtree(aside, ignore_errors=True)
    target.replace(aside)
    try:
        new.rename(target)
    except BaseException:
        aside.replace(target)
        raise
    shutil.rmtree(aside)
