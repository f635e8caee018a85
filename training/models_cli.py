"""``pagesieve models``: the releases in a folder, and which of them is current."""

from __future__ import annotations

import functools
import sys
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

import click

from pagesieve.errors import BadInput, PagesieveError
from pagesieve.model import MODELS_VARIABLE, load_release, releases_folder
from training.corpora import YARDSTICK
from training.gates import Finding, check_gates
from training.releases import Listed, current_name, list_releases, named, promote, rollback


def _reported(command: Callable[..., None]) -> Callable[..., None]:
    """Errors as one line and an exit code."""

    @functools.wraps(command)
    def run(**given: Any) -> None:
        try:
            command(**given)
        except PagesieveError as error:
            click.echo(f"Error: {error}", err=True)
            sys.exit(error.exit_code)
        except OSError as error:
            click.echo(
                f"Error: {error.filename or 'models'}: {error.strerror}; nothing was changed", err=True
            )
            sys.exit(1)

    return run


_folder = click.option(
    "--models",
    type=click.Path(file_okay=False, path_type=Path),
    envvar=MODELS_VARIABLE,
    show_envvar=True,
    help="Folder of releases.  [default: where the shipped one is]",
)


@click.group()
def models() -> None:
    """List, check and change releases.

    \b
    A folder of releases holds one folder for each, `current` with the name of the one
    that is served, and `history.jsonl`. A running service follows `current` by itself.
      pagesieve models list
      pagesieve models verify
      pagesieve models promote blocks-1a2b3c4d
      pagesieve models rollback
    """


@models.command("list")
@_folder
@_reported
def list_command(models: Path | None) -> None:
    """Print every release, with a star before the current one."""
    folder = models or releases_folder()
    found = list_releases(folder)
    if not found:
        raise BadInput(f"there are no releases in {folder}; train one with `pagesieve train`")
    for release in found:
        click.echo(_line(release))


def _line(release: Listed) -> str:
    manifest, star = release.manifest, "*" if release.current else " "
    if not manifest:
        return f"{star} {release.name}  has no manifest"
    parts = [f"{release.bytes / 2**20:.1f} MB"]
    groups = manifest.get("figures", {}).get("groups", {})
    parts += [f"word F1 {groups[YARDSTICK]['f1']:.3f} on {YARDSTICK}"] if YARDSTICK in groups else []
    parts += [name for name in ("roles", "verdict") if name in manifest]
    if sites := manifest.get("sites"):
        parts.append(f"adapted to {len(sites['sites'])} sites")
    if forced := manifest.get("forced"):
        parts.append(f"forced, although {len(forced['although'])} gates failed")
    return f"{star} {release.name}  {', '.join(parts)}"


@models.command("verify")
@click.argument("names", nargs=-1)
@click.option(
    "--cache",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    help="Compare with the estimators too that `pagesieve train` kept there. They are pickles: one is "
    "loaded, and so executed, only if its hash is the one in the manifest.",
)
@_folder
@_reported
def verify_command(names: tuple[str, ...], cache: Path | None, models: Path | None) -> None:
    """Check releases against every gate, changing nothing: NAMES, or the current one.

    Every file is compared with its hash in the manifest, the release is loaded, and it is tried on the golden
    pages, beside the current release. The exit code is 1 when a gate fails.
    """
    folder = models or releases_folder()
    failed = False
    for name in names or (_current(folder),):
        click.echo(name)
        findings = check_gates(named(folder, name), _beside(folder, name))
        failed |= _print([*findings, *(_estimators(folder / name, cache) if cache else [])])
    sys.exit(1 if failed else 0)


def _estimators(folder: Path, cache: Path) -> Iterator[Finding]:
    from training.estimators import difference, kept_parts, load_estimators

    for part in kept_parts(load_release(folder).manifest):
        for name, estimator in load_estimators(folder, cache, part).items():
            found, most = difference(folder, part, name, estimator)
            message = f"probabilities differ by {found:.1e}, at most {most:.0e}"
            yield Finding(f"estimators of {part}, {name}", found <= most, message)


@models.command("promote")
@click.argument("name")
@click.option(
    "--force", is_flag=True, help="Promote it although gates fail. The manifest will say so, and why."
)
@_folder
@_reported
def promote_command(name: str, force: bool, models: Path | None) -> None:
    """Make a release the current one, if it passes every gate.

    The gates: every file is as its manifest says; the size; the golden pages, all together, each and by page
    type, beside the current release; the out-of-fold figures by page type; calibration; for an adapted
    release the labelled pages; the time a page takes. Margins are in docs/retraining.md.
    """
    folder = models or releases_folder()
    if not promote_checked(folder, name, force=force):
        sys.exit(1)


@models.command("rollback")
@_folder
@_reported
def rollback_command(models: Path | None) -> None:
    """Make the release current again that was so before; repeat to go further back."""
    folder = models or releases_folder()
    click.echo(f"{rollback(folder)} is the current release again")


def promote_checked(folder: Path, name: str, *, force: bool = False) -> bool:
    """Promote a release if it passes the gates, printing what they found; whether it was promoted.

    Raises
    ------
    BadInput
        There is no such release.
    """
    findings = check_gates(named(folder, name), _beside(folder, name))
    failed = _print(findings)
    reasons = [str(finding) for finding in findings if not finding.passed]
    if failed and not (force and findings[0].passed):
        advice = "repair or remove it" if not findings[0].passed else "train again, or overrule with --force"
        click.echo(
            f"{name} is not promoted, {current_name(folder) or 'nothing'} stays current; {advice}", err=True
        )
        return False
    promote(folder, name, forced=reasons)
    click.echo(f"{name} is the current release{', forced' if reasons else ''}")
    return True


def _beside(folder: Path, name: str) -> Path | None:
    current = current_name(folder)
    return folder / current if current and current != name else None


def _current(folder: Path) -> str:
    name = current_name(folder)
    if name is None:
        raise BadInput(f"{folder} has no current release; name one: pagesieve models verify NAME")
    return name


def _print(findings: Iterable[Finding]) -> bool:
    failed = False
    for finding in findings:
        failed |= not finding.passed
        click.echo(f"  {finding}")
    return failed
