"""``pagesieve train`` and ``pagesieve evaluate``."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import click
from tqdm import tqdm

from pagesieve import PagesieveError, clean
from pagesieve.errors import BadInput
from pagesieve.model import load_release, releases_folder
from training.annotated import PAGES_VARIABLE, pages_folder
from training.corpora import (
    CORPORA_VARIABLE,
    LabelledPage,
    corpora_folder,
    present,
    read_pages,
)
from training.evaluate import Result, judge_text, summarise
from training.report import figures_table

_CACHE = Path(".cache") / "training"


@click.command()
@click.option(
    "--corpora",
    type=click.Path(path_type=Path),
    envvar=CORPORA_VARIABLE,
    show_envvar=True,
    help="Folder of labelled pages, one .jsonl.xz file a corpus.  [default: ../shared/corpora]",
)
@click.option(
    "--out", type=click.Path(path_type=Path), help="Folder of releases.  [default: where the current one is]"
)
@click.option(
    "--cache",
    type=click.Path(path_type=Path),
    default=_CACHE,
    show_default=True,
    help="Where aligned pages and out-of-fold texts are kept. It holds page text: do not publish it.",
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
    help="Fit the block classifier alone; or lines (text without mark-up), roles or a verdict to the current "
    "release, or add the reference for drift to it.  [default: all]",
)
@click.option("--name", help="Name of the release.  [default: made from its content]")
@click.option("--seed", default=7, show_default=True, help="The same seed and data give the same release.")
@click.option("--jobs", default=os.cpu_count() or 1, show_default="cores", help="Cores to use.")
def train(
    corpora: Path | None,
    out: Path | None,
    cache: Path,
    pages: Path | None,
    only: str | None,
    name: str | None,
    seed: int,
    jobs: int,
) -> None:
    """Train a release from labelled pages, cross-validate it, and make it the current one.

    Reads and aligns every corpus, fits the block classifier once for every fold left out, prints the
    out-of-fold figures, fits on everything, and writes the release with its manifest and model card. Then it
    does the same for the roles, and for the verdict and the confidence, and adds them to the release, with a
    reference for drift: what the pages of the training are like. About
    30 minutes on two cores the first time, 5 with --only; what was read is kept in the cache.
    """
    try:
        if only in (None, "verdict"):
            pages = pages_folder(pages)  # found missing now, not after half an hour
        folder, models = corpora_folder(corpora), out or releases_folder()
        if only in (None, "blocks"):
            written = _train_blocks(folder, models, cache, name, seed, jobs)
        if only in (None, "lines"):
            written = _train_lines(folder, models, cache, seed, jobs)
        if only in (None, "roles"):
            written = _train_roles(folder, models, cache, seed, jobs)
        if only in (None, "verdict"):
            assert pages
            written = _train_verdict(folder, pages, models, cache, seed, jobs)
        if only in (None, "drift"):
            from training.drift import train_drift

            written = train_drift(folder, models, cache, jobs)
    except PagesieveError as error:
        _fail(error)
    size = sum(path.stat().st_size for path in written.iterdir())
    click.echo(f"\nwrote {written} ({size / 2**20:.1f} MB), now the current release")


def _train_blocks(corpora: Path, models: Path, cache: Path, name: str | None, seed: int, jobs: int) -> Path:
    from training.fit import Recipe
    from training.train import judge, release

    recipe = Recipe(seed=seed)
    judged = judge(corpora, cache, recipe, jobs)
    click.echo(figures_table(judged.figures["groups"], judged.figures["ceiling"]))
    return release(judged, models, recipe, name)


def _train_lines(corpora: Path, models: Path, cache: Path, seed: int, jobs: int) -> Path:
    from training.line_card import line_section
    from training.lines import LINE_RECIPE, train_lines

    written, entry = train_lines(corpora, models, cache, jobs, replace(LINE_RECIPE, seed=seed))
    click.echo(line_section(entry))
    return written


def _train_roles(corpora: Path, models: Path, cache: Path, seed: int, jobs: int) -> Path:
    from training.role_card import role_section
    from training.role_release import train_roles
    from training.roles import RoleRecipe

    written, entry = train_roles(corpora, models, cache, jobs, RoleRecipe(seed=seed))
    click.echo(role_section(entry))
    return written


def _train_verdict(corpora: Path, pages: Path, models: Path, cache: Path, seed: int, jobs: int) -> Path:
    from training.verdict import VerdictRecipe
    from training.verdict_card import verdict_section
    from training.verdict_release import train_verdict

    written, entry = train_verdict(corpora, pages, models, cache, jobs, VerdictRecipe(seed=seed))
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
