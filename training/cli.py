"""``pagesieve train`` and ``pagesieve evaluate``."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import click
from tqdm import tqdm

from pagesieve import PagesieveError, clean
from pagesieve.errors import BadInput
from pagesieve.model import MODELS_VARIABLE, current_release, load_release, releases_folder
from training.annotated import PAGES_VARIABLE, pages_folder
from training.corpora import (
    CORPORA_VARIABLE,
    LabelledPage,
    corpora_folder,
    present,
    read_pages,
)
from training.evaluate import Result, judge_text, summarise
from training.labels import Labels, Problem, read_labels
from training.models_cli import promote_checked
from training.releases import begin, current_name, discard, named
from training.report import figures_table

_CACHE = Path(".cache") / "training"


@click.command()
@click.option(
    "--labels",
    type=click.Path(exists=True, path_type=Path),
    multiple=True,
    help="Your labelled pages: a .jsonl file, or a folder of marked HTML files. May be given more than once.",
)
@click.option(
    "--base",
    default="current",
    show_default=True,
    help="With --labels: the release to adapt; none trains from scratch, on the labels and the corpora.",
)
@click.option(
    "--corpora",
    type=click.Path(path_type=Path),
    envvar=CORPORA_VARIABLE,
    show_envvar=True,
    help="Folder of labelled pages, one .jsonl.xz file a corpus.  [default: ../shared/corpora]",
)
@click.option(
    "--out",
    type=click.Path(file_okay=False, path_type=Path),
    help="Folder of releases; a new one begins with the release in use.  [default: where that is]",
)
@click.option(
    "--cache",
    type=click.Path(path_type=Path),
    default=_CACHE,
    show_default=True,
    help="Where aligned pages, out-of-fold texts and fitted estimators are kept. It holds page text: do not "
    "publish it. An interrupted run goes on from here.",
)
@click.option(
    "--pages",
    type=click.Path(path_type=Path),
    envvar=PAGES_VARIABLE,
    show_envvar=True,
    help="Folder of the annotated pages, for the verdict.  [default: ../shared/page_pool]",
)
@click.option(
    "--only",
    type=click.Choice(["blocks", "lines", "roles", "verdict", "drift"]),
    help="Without --labels: fit the block classifier alone; or lines (text without mark-up), roles or a "
    "verdict to the current release, or add the reference for drift to it.  [default: all]",
)
@click.option("--promote/--no-promote", default=True, show_default=True, help="Make the release current.")
@click.option("--force", is_flag=True, help="Promote it although gates fail. Its manifest will say so.")
@click.option("--name", help="Name of the release.  [default: made from its content]")
@click.option("--seed", default=7, show_default=True, help="The same seed and data give the same release.")
@click.option("--jobs", default=os.cpu_count() or 1, show_default="cores", help="Cores to use.")
def train(labels: tuple[Path, ...], base: str, promote: bool, force: bool, **given: Any) -> None:
    """Make a release from labelled pages, and the current one if it passes the gates.

    \b
    With --labels the current release learns about the sites of your pages, in a minute or two; how it reads
    other sites stays as it is. It needs nothing but your pages. docs/retraining.md has the formats:
      pagesieve train --labels mine.jsonl --out models
      pagesieve train --labels marked/ --labels from_service.jsonl --no-promote
      pagesieve models promote NAME

    \b
    Without --labels a release is trained from corpora, which takes about an hour on two cores the first
    time. The block classifier is cross-validated and fitted, then the models for text without mark-up, the
    roles, the verdict and the confidence, and the reference for drift:
      pagesieve train --corpora FOLDER --pages FOLDER
      pagesieve train --only verdict

    The figures are of pages that took no part in what judged them. The exit code is 1 if the release was not
    to be promoted; it is kept, and `pagesieve models promote NAME --force` overrules.
    """
    try:
        found = read_labels(labels, lambda pages: tqdm(pages, "reading", unit="page"))
        _tell(found.problems)
        if labels:
            click.echo(found.summary())
        written = _adapt(found, base, **given) if labels and base != "none" else _train(found, **given)
        size = sum(path.stat().st_size for path in written.iterdir())
        click.echo(f"\nwrote {written} ({size / 2**20:.1f} MB)")
        if promote and not promote_checked(written.parent, written.name, force=force):
            sys.exit(1)
        if written.parent.resolve() != releases_folder().resolve():
            click.echo(f"to use this folder of releases: export {MODELS_VARIABLE}={written.parent.resolve()}")
    except PagesieveError as error:
        _fail(error)
    except OSError as error:
        hint = "; name a folder of your own with --out" if isinstance(error, PermissionError) else ""
        what = f"{error.filename or 'disk'}: {error.strerror}"
        click.echo(f"Error: {what}; the current release stays{hint}", err=True)
        sys.exit(1)


def _tell(problems: Sequence[Problem]) -> None:
    for problem in problems:
        click.echo(str(problem), err=True)


def _adapt(
    labels: Labels,
    base: str,
    out: Path | None,
    cache: Path,
    name: str | None,
    seed: int,
    jobs: int,
    **_: Any,
) -> Path:
    from training.adapt import adapt

    models = out or releases_folder()
    source = _base(base, models)
    adapted = adapt(labels, models, source, cache, jobs, seed, name=name)
    if not current_name(models) and source.parent != models:
        begin(models, source)
    _tell(adapted.problems)
    click.echo(f"\n{adapted.report}")
    return adapted.folder


def _base(name: str, models: Path) -> Path:
    """Folder of the release to adapt; a new folder of releases begins with the one in use."""
    if name != "current":
        return named(models, name)
    return current_release(models if current_name(models) else releases_folder())


def _train(
    labels: Labels,
    corpora: Path | None,
    out: Path | None,
    cache: Path,
    pages: Path | None,
    only: str | None,
    name: str | None,
    seed: int,
    jobs: int,
) -> Path:
    folder, models = _corpora(corpora, labels), out or releases_folder()
    if only in (None, "verdict"):
        pages = pages_folder(pages)  # found missing now, not after an hour
    steps: dict[str, Callable[[Path], Path]] = {
        "lines": lambda base: _train_lines(folder, base, cache, seed, jobs),
        "roles": lambda base: _train_roles(folder, base, cache, seed, jobs),
        "verdict": lambda base: _train_verdict(folder, pages_folder(pages), base, cache, seed, jobs),
        "drift": lambda base: _train_drift(folder, base, cache, jobs),
    }
    if only in (None, "blocks"):
        written = _train_blocks(labels, folder, models, cache, name, seed, jobs)
    else:
        written = steps[only](current_release(models))
    for step in steps.values() if only is None else ():
        before, written = written, step(written)
        discard(models, before.name)
    return written


def _corpora(given: Path | None, labels: Labels) -> Path:
    try:
        return corpora_folder(given)
    except BadInput as error:
        if not labels.pages:
            raise
        raise BadInput(f"{error}; without --base none your labels are all that is needed") from None


def _train_blocks(
    labels: Labels, corpora: Path, models: Path, cache: Path, name: str | None, seed: int, jobs: int
) -> Path:
    from training.fit import Recipe
    from training.own import own_examples
    from training.train import judge, release

    recipe = Recipe(seed=seed)
    own, problems = own_examples(labels.pages, cache, jobs)
    _tell(problems)
    judged = judge(corpora, cache, recipe, jobs, own)
    click.echo(figures_table(judged.figures["groups"], judged.figures["ceiling"]))
    return release(judged, models, cache, recipe, name)


def _train_drift(corpora: Path, base: Path, cache: Path, jobs: int) -> Path:
    from training.drift import train_drift

    return train_drift(corpora, base, cache, jobs)


def _train_lines(corpora: Path, base: Path, cache: Path, seed: int, jobs: int) -> Path:
    from training.line_card import line_section
    from training.lines import LINE_RECIPE, train_lines

    written, entry = train_lines(corpora, base, cache, jobs, replace(LINE_RECIPE, seed=seed))
    click.echo(line_section(entry))
    return written


def _train_roles(corpora: Path, base: Path, cache: Path, seed: int, jobs: int) -> Path:
    from training.role_card import role_section
    from training.role_release import train_roles
    from training.roles import RoleRecipe

    written, entry = train_roles(corpora, base, cache, jobs, RoleRecipe(seed=seed))
    click.echo(role_section(entry))
    return written


def _train_verdict(corpora: Path, pages: Path, base: Path, cache: Path, seed: int, jobs: int) -> Path:
    from training.verdict import VerdictRecipe
    from training.verdict_card import verdict_section
    from training.verdict_release import train_verdict

    written, entry = train_verdict(corpora, pages, base, cache, jobs, VerdictRecipe(seed=seed))
    click.echo(verdict_section(entry))
    return written


@click.command()
@click.argument("files", nargs=-1, type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option(
    "--corpora",
    type=click.Path(path_type=Path),
    envvar=CORPORA_VARIABLE,
    show_envvar=True,
    help="Without FILES: folder of the corpora.  [default: ../shared/corpora]",
)
def evaluate(files: tuple[Path, ...], corpora: Path | None) -> None:
    """Score the current release on labelled pages: FILES, or every corpus.

    A file holds one JSON object a line, {"html": …, "gold_text": …} and optionally "id", "url", "page_type",
    "must_have", "must_not_have"; it may be compressed with xz. The word F1 of an extraction is the harmonic
    mean of word precision and recall.

    Pages that the release was trained on score too well. For honest figures on the training corpora see the
    model card: there every page is judged by models that never saw its site.
    """
    try:
        manifest = load_release().manifest
        folder = None if files else corpora_folder(corpora)
        paths = [corpus.file(folder) for corpus in present(folder)] if folder else files
        results = list(_score(page for path in paths for page in read_pages(path)))
        if not results:
            raise BadInput("there are no pages to score in these files")
    except PagesieveError as error:
        _fail(error)
    click.echo(f"release {manifest['name']}")
    seen = sorted(
        {result.page.corpus for result in results} & {corpus["name"] for corpus in manifest["data"]}
    )
    if seen:
        click.echo(f"trained on, so the figures flatter: {', '.join(seen)}")
    click.echo(figures_table(summarise(results)))


def _score(pages: Iterator[LabelledPage]) -> Iterator[Result]:
    for page in tqdm(pages, "evaluating", unit="page"):
        try:
            text = clean(page.html, url=page.url).text
        except PagesieveError as error:
            click.echo(f"{page.corpus}/{page.id}: {error}", err=True)
            text = ""
        yield judge_text(page, text)


def _fail(error: PagesieveError) -> None:
    click.echo(f"Error: {error}", err=True)
    sys.exit(error.exit_code)
