"""``pagesieve labels``: what people said of pages, out of the store."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, TextIO

import click

if TYPE_CHECKING:
    from pagesieve.model import Release
    from service.label_store import Store
    from service.labels import PostedPage
    from service.suggest import Suggestion

_PAGES = (".html", ".htm", ".xhtml")
_LONGEST_ADDRESS = 70


@click.group()
@click.option(
    "--store",
    metavar="URL",
    envvar="PAGESIEVE_LABELS",
    show_envvar=True,
    help="SQLAlchemy URL of the store.  [default: the file that the service uses without it]",
)
@click.pass_context
def labels(context: click.Context, store: str | None) -> None:
    """Corrections that were posted to /v1/labels: get them out, count them, choose pages for more.

    \b
    Examples:
      pagesieve labels stats
      pagesieve labels export > labels.jsonl       then: pagesieve train --labels labels.jsonl
      pagesieve labels suggest --limit 20          pages worth labelling, of those the service kept
      pagesieve labels suggest --to jsonl crawl/ > to_label.jsonl
    """
    context.obj = store


@labels.command()
@click.option("--out", type=click.File("w", encoding="utf-8", lazy=True), default="-", help="Write there.")
@click.pass_obj
def export(store: str | None, out: TextIO) -> None:
    """Print the labels as JSON, one page a line.

    \b
    {"html": …, "url": …, "page_hash": …, "blocks": [{"text": …, "role": …}, …], "who": …, "when": …}

    What later corrections of a page say goes before earlier ones. "html" (or "text") is there when the
    service was allowed to keep the page (PAGESIEVE_KEEP_LABELLED_PAGES); training needs it.
    """
    total = without = 0
    with _opened(store) as opened:
        for row in opened.labelled_pages():
            total += 1
            without += not ({"html", "text"} & set(row))
            out.write(json.dumps(row, ensure_ascii=False) + "\n")
    click.echo(f"{total} labelled pages, {without} of them without the page itself", err=True)


@labels.command()
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@click.pass_obj
def stats(store: str | None, as_json: bool) -> None:
    """Print how many labels there are, of which roles, and by whom."""
    with _opened(store) as opened:
        found = opened.statistics()
    if as_json:
        click.echo(json.dumps(found, ensure_ascii=False))
        return
    click.echo(f"{found['labels']} labels of {found['labelled_pages']} pages, {found['bytes']:,} bytes")
    click.echo(f"{found['stored_pages']} pages kept")
    if found["labels"]:
        click.echo(f"first {found['first']}, last {found['last']}")
    for title, counts in (("blocks by role", found["roles"]), ("labels by whom", found["who"])):
        for name, count in counts.items():
            click.echo(f"{title}: {name or '(nobody named)'} {count}")


@labels.command()
@click.argument("files", nargs=-1, type=click.Path(exists=True, path_type=Path))
@click.option("--limit", default=20, show_default=True, type=click.IntRange(1), help="Pages to suggest.")
@click.option(
    "--to",
    "output",
    default="table",
    show_default=True,
    type=click.Choice(["table", "jsonl"]),
    help="A table for people, or the pages with the roles predicted, to be corrected.",
)
@click.pass_obj
def suggest(store: str | None, files: tuple[Path, ...], limit: int, output: str) -> None:
    """List the pages from whose labelling the classifier would learn most.

    They are chosen from FILES (pages as .html, folders of them, or JSON lines {"html" or "text", "url"}), or
    without FILES from the pages that the service kept (PAGESIEVE_KEEP_SHARE, PAGESIEVE_KEEP_LABELLED_PAGES).
    Labelled ones are left out. A page counts by the words that the release is expected to get wrong; sites
    take turns.
    """
    from pagesieve.model import load_release
    from service.suggest import spread, to_label

    with _opened(store) as opened:
        release = load_release()
        given = _read(files) if files else opened.pages_to_label()
        with click.progressbar(given, label="judging pages", file=sys.stderr) as pages:
            found = list(spread(_judged(pages, release, opened.labelled_hashes()), limit))
        if not found:
            raise click.ClickException(
                "there are no pages to choose from; name files, or let the service keep some "
                "(PAGESIEVE_KEEP_SHARE=0.01)"
            )
        for one in found:
            click.echo(
                _line(one)
                if output == "table"
                else json.dumps(to_label(one.page, release), ensure_ascii=False)
            )


def _judged(pages: Iterable[PostedPage], release: Release, seen: set[str]) -> Iterator[Suggestion]:
    from pagesieve.errors import PagesieveError
    from service.suggest import judge

    for page in pages:
        if page.hash in seen:
            continue
        seen.add(page.hash)
        try:
            yield judge(page, release)
        except PagesieveError as error:
            click.echo(f"{page.url or page.hash}: {error}", err=True)


def _line(one: Suggestion) -> str:
    name = (one.page.url or "(no address)")[:_LONGEST_ADDRESS]
    return f"{one.doubtful:8.1f} of {one.n_words:6} words  {one.page.hash[:12]}  {name}"


def _read(files: tuple[Path, ...]) -> Iterator[PostedPage]:
    for path in files:
        found = sorted(path.rglob("*")) if path.is_dir() else [path]
        for file in found:
            if path.is_dir() and file.suffix.lower() not in (*_PAGES, ".jsonl"):
                continue
            yield from _pages_in(file)


def _pages_in(file: Path) -> Iterator[PostedPage]:
    from pagesieve.decode import clean_text, decode
    from pagesieve.errors import PagesieveError
    from service.labels import HTML, PostedPage, posted_page

    if file.suffix.lower() != ".jsonl":
        yield PostedPage(clean_text(decode(file.read_bytes(), None)), HTML, None)
        return
    with file.open("rb") as lines:
        for number, line in enumerate(lines, 1):
            try:
                if line.strip():
                    yield posted_page(line)
            except PagesieveError as error:
                click.echo(f"{file}:{number}: {error}", err=True)


@contextmanager
def _opened(url: str | None) -> Iterator[Store]:
    if any(find_spec(name) is None for name in ("flask", "sqlalchemy")):
        raise click.ClickException(
            "the label store is not installed; in the project's folder run: pip install '.[service]'"
        )
    from pagesieve.errors import PagesieveError
    from service.errors import StoreFailed
    from service.label_store import Store
    from service.settings import Settings

    try:
        settings = Settings.from_environment()
        yield Store(url or settings.labels, settings.max_stored_bytes)
    except StoreFailed as error:
        raise click.ClickException(f"{error}: {error.__cause__}") from None
    except PagesieveError as error:
        raise click.ClickException(str(error)) from None
