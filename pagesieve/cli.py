"""The command ``pagesieve``: ``clean`` is here, other rooms add theirs as entry points."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from dataclasses import asdict
from importlib.metadata import EntryPoint, entry_points
from typing import Any

import click

from pagesieve.clean import PLAIN_TEXT, clean
from pagesieve.errors import BadInput, PagesieveError
from pagesieve.options import DROP_BELOW, KEEP_FROM, Focus, Kind, Options
from pagesieve.page import Page

_GROUP = "pagesieve.commands"
_JSON = "json"
_PRINTED = (Kind.TEXT, Kind.MARKDOWN, Kind.HTML, Kind.BLOCKS)
# Everything but the signals of a page, one for each of the 89 rules, which --verdict gives.
_EVERYTHING = tuple(kind for kind in Kind if kind is not Kind.SIGNALS)


class _Commands(click.Group):
    """Subcommands named by entry points, imported only when called."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return sorted({*super().list_commands(ctx), *_plugins()})

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        plugin = _plugins().get(cmd_name)
        return _load(plugin) if plugin else super().get_command(ctx, cmd_name)


def _plugins() -> dict[str, EntryPoint]:
    return {plugin.name: plugin for plugin in entry_points(group=_GROUP)}


def _load(plugin: EntryPoint) -> click.Command:
    try:
        command = plugin.load()
    except ModuleNotFoundError as error:
        return _unavailable(plugin.name, error.name or "a library")
    assert isinstance(command, click.Command)
    return command


def _unavailable(command: str, missing: str) -> click.Command:
    extra = "service" if command in ("serve", "labels") else "train"
    advice = f"`pagesieve {command}` needs {missing}; in the project's folder run: pip install '.[{extra}]'"

    @click.command(
        command, help=f"(not installed) {advice}", context_settings={"ignore_unknown_options": True}
    )
    @click.argument("ignored", nargs=-1, type=click.UNPROCESSED)
    def complain(ignored: tuple[str, ...]) -> None:
        raise click.ClickException(advice)

    return complain


@click.group(cls=_Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="pagesieve")
def main() -> None:
    """Tell a scraped page's own content from boilerplate, advertising and unrelated blocks."""


@main.command("clean")
@click.argument("files", nargs=-1, type=click.Path(allow_dash=True))
@click.option(
    "--to",
    "output",
    default="text",
    show_default=True,
    type=click.Choice([*map(str, _PRINTED), _JSON]),
    help="What to print: one output, or everything as JSON, one page a line.",
)
@click.option(
    "--focus",
    default="balanced",
    show_default=True,
    type=click.Choice([*map(str, Focus)]),
    help="Which mistake costs more: text kept wrongly (precision) or lost (recall).",
)
@click.option(
    "--threshold", type=click.FloatRange(0, 1), help="Keep the blocks of at least this probability instead."
)
@click.option("--keep", metavar="ROLES", help="Roles that the text is to have as well: --keep title,comment.")
@click.option("--drop", metavar="ROLES", help="Roles that the text is not to have: --drop meta,comment.")
@click.option("--reasons", is_flag=True, help="With --to blocks or json: say why a block was stripped.")
@click.option(
    "--text", "plain", is_flag=True, help="The input is text without mark-up: every line is a block."
)
@click.option(
    "--url",
    help="Address of the page: resolves relative addresses, and tells the site to a release that was "
    "adapted to some. Nothing is fetched.",
)
@click.option(
    "--verdict",
    "verdict",
    is_flag=True,
    help="Print whether the page is worth keeping, and why, instead of it; with --to json every signal too.",
)
@click.option(
    "--keep-from",
    type=click.FloatRange(0, 1),
    default=KEEP_FROM,
    show_default=True,
    help="Score from which the verdict is to keep a page.",
)
@click.option(
    "--drop-below",
    type=click.FloatRange(0, 1),
    default=DROP_BELOW,
    show_default=True,
    help="Score below which the verdict is to drop a page.",
)
@click.option("--any-state", is_flag=True, help="Give the text of errors, walls, placeholders and forms too.")
def clean_command(
    files: tuple[str, ...], output: str, plain: bool, url: str | None, verdict: bool, **given: Any
) -> None:
    """Print the content of pages: FILES, or standard input when there are none or for "-".

    \b
    Examples:
      curl -s https://example.org/ | pagesieve clean
      pagesieve clean --to markdown page.html
      pagesieve clean --to json pages/*.html > pages.jsonl
      pagesieve clean --to blocks page.html        every block with its probability and role
      pagesieve clean --to blocks --reasons page.html
      pagesieve clean --keep comment page.html     an article with its comments
      pagesieve clean --verdict page.html          keep, review or drop, and the reasons

    A page that cannot be cleaned is reported on standard error; the others are still printed, and the
    exit code is 1.
    """
    try:
        options = Options(kinds=_EVERYTHING if output == _JSON else (Kind(output),), **given)
    except BadInput as error:
        raise click.UsageError(str(error)) from None
    failures = 0
    for name in files or ("-",):
        try:
            with click.open_file(name, "rb") as file:
                source = file.read()
            page = clean(source, url=url, content_type=PLAIN_TEXT if plain else None, options=options)
            lines = list(_verdict_lines(page, name, output) if verdict else _lines(page, output))
        except (OSError, PagesieveError) as error:
            failures += 1
            click.echo(f"{name}: {error.strerror if isinstance(error, OSError) else error}", err=True)
            continue
        for line in lines:
            click.echo(line)
    sys.exit(1 if failures else 0)


def _verdict_lines(page: Page, name: str, output: str) -> Iterator[str]:
    if output == _JSON:
        yield json.dumps(
            {"file": name, **page.to_score(), "signals": list(map(asdict, page.signals))}, ensure_ascii=False
        )
        return
    found = page.verdict
    yield (
        f"{name}: {found.decision} (score {found.score:.2f}, state {found.state}, "
        f"quality {found.quality:.2f}, spam {found.spam:.2f}, confidence {page.confidence:.2f})"
    )
    for reason in found.reasons:
        yield f"  {reason.effect:+.2f}  {reason.code}: {reason.message}"


def _lines(page: Page, output: str) -> Iterator[str]:
    if output == _JSON:
        yield json.dumps(page.to_dict(), ensure_ascii=False)
    elif output == Kind.BLOCKS:
        for block in page.blocks:
            sign = "+" if block.keep else "-"
            why = f"  [{block.reason}]" if block.reason else ""
            text = " ".join(block.text.split())
            yield f"{sign} {block.probability:.3f}  {block.role:9} {block.role_probability:.2f}  {text}{why}"
    else:
        yield str(getattr(page, output))
