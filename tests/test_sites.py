"""Sites: known again by their keys, followed as far as their pages bear out, and nothing else changed."""

from __future__ import annotations

import json
import random
import shutil
import subprocess
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner

from pagesieve import ModelError, Options, clean
from pagesieve.blocks import segment
from pagesieve.clean import clean_with
from pagesieve.cli import main
from pagesieve.lines import outline
from pagesieve.model import SITES_PICTURE, Release, current_release, load_release, releases_folder
from pagesieve.roles import ROLES, Role
from pagesieve.sites import (
    FAMILIES,
    FEATURES,
    SITES,
    Evidence,
    SiteModel,
    evidence_features,
    hosts_of,
    site_keys,
)
from pagesieve.sites.evidence import log_odds
from pagesieve.words import tokens
from tests.bare import bare_environment
from training.adapt import adapt
from training.bags import Bags
from training.labels import CONTENT, REST, read_labels
from training.releases import current_name
from training.site_weights import fit_both
from training.sites import (
    Observed,
    best_strength,
    count_site,
    fit_site,
    fit_weights,
    observe,
    shares_of,
    shipped_weights,
)

_WORDS = "rain river bridge council field engine letter garden winter market school harbour stone".split()
HOST = "notes.example"


def made_page(number: int) -> tuple[str, str]:
    """A page and its gold text: short lines of a list, while the long paragraphs are a house advertisement.

    A classifier that knows other sites takes one for the other.
    """
    rng = random.Random(number)

    def line(least: int, most: int) -> str:
        return " ".join(rng.choices(_WORDS, k=rng.randint(least, most))).capitalize()

    entries = [line(3, 6) for _ in range(8)]
    listed = "".join(f'<li class="entry"><a href="/{number}">{entry}</a></li>' for entry in entries)
    promise = ". ".join(line(12, 20) for _ in range(4)) + "."
    html = (
        f'<title>{line(3, 3)}</title><link rel="canonical" href="https://www.{HOST}/{number}">'
        "<body><nav><ul><li><a href=/a>Home</a><li><a href=/b>About</a></ul></nav><h1>Notes of the day</h1>"
        f'<ul class="log">{listed}</ul>'
        f'<div class="house-promise"><p>{promise}</p><p>{promise[::-1]}</p></div><footer>Imprint</footer>'
    )
    return html, "\n".join(entries)


@pytest.fixture(scope="module")
def release() -> Release:
    return replace(load_release(current_release(releases_folder())), sites=None)


def observed(release: Release, number: int) -> Observed:
    html, gold = made_page(number)
    document = segment(html)
    wanted = set(gold.splitlines())
    known = np.array([CONTENT if text in wanted else REST for text in document.blocks.text], dtype=np.int8)
    bags = Bags.of([tokens(text) for text in document.blocks.text])
    return observe(HOST, document, known, release.judge(document).probability, bags)


@pytest.fixture(scope="module")
def pages(release: Release) -> list[Observed]:
    return [observed(release, number) for number in range(5)]


@pytest.fixture(scope="module")
def adapted(release: Release, pages: list[Observed]) -> Release:
    weights = shipped_weights()
    return replace(release, sites=SiteModel(weights, {HOST: fit_site(pages, weights)}))


def test_unseen_pages_of_the_site_are_read_better(release: Release, adapted: Release) -> None:
    before, after = [], []
    for number in range(100, 106):
        html, gold = made_page(number)
        for one, scores in ((release, before), (adapted, after)):
            found = set(clean_with(one, html, options=Options(any_state=True)).text.splitlines())
            wanted = set(gold.splitlines())
            scores.append(2 * len(found & wanted) / max(len(found) + len(wanted), 1))
    assert np.mean(after) > np.mean(before) + 0.2
    assert min(after) > 0.9


@pytest.mark.parametrize("url", [None, "https://other.example/1", "not an address", "https://[broken"])
def test_other_sites_are_read_as_before(
    release: Release, adapted: Release, any_page: str, url: str | None
) -> None:
    one, two = (clean_with(which, any_page, url=url) for which in (release, adapted))
    assert one.probability == two.probability
    assert one.text == two.text


def test_the_address_given_decides_about_the_site(release: Release, adapted: Release) -> None:
    html, _ = made_page(200)
    base = release.judge(segment(html)).probability
    for url, changed in ((None, True), (f"https://{HOST}/x", True), ("https://other.example/", False)):
        assert np.array_equal(adapted.judge(segment(html), url).probability, base) != changed


def test_what_is_written_is_read_back_the_same(adapted: Release) -> None:
    assert adapted.sites
    again = SiteModel.read(adapted.sites.write())
    document = segment(made_page(300)[0])
    base = np.linspace(0, 1, len(document.blocks), dtype=np.float32)
    assert np.array_equal(again.adapt(document, None, base), adapted.sites.adapt(document, None, base))
    assert again.write() == adapted.sites.write()
    assert b"harbour" not in adapted.sites.write()


def test_another_version_s_sites_are_refused(adapted: Release, monkeypatch: pytest.MonkeyPatch) -> None:
    assert adapted.sites
    body = adapted.sites.write()
    monkeypatch.setattr("pagesieve.sites.model.FEATURES", FEATURES[:-1])
    with pytest.raises(ModelError, match="train --labels"):
        SiteModel.read(body)


def test_contradicting_labels_are_not_followed(pages: list[Observed]) -> None:
    rng = np.random.default_rng(3)
    noise = [rng.integers(0, 2, len(page.known)).astype(np.int8) for page in pages]
    turned = [
        replace(page, known=known, shares=_shares(page, known))
        for page, known in zip(pages, noise, strict=True)
    ]
    assert best_strength(pages, shipped_weights()) == 1.0
    assert best_strength(turned, shipped_weights()) < 1.0


def _shares(page: Observed, known: np.ndarray) -> np.ndarray:
    return shares_of(page.keys, known, page.probability, page.weight)


def test_unknown_blocks_say_nothing(pages: list[Observed]) -> None:
    nothing = np.full(len(pages[0].known), -1, dtype=np.int8)
    assert _shares(pages[0], nothing).shape == (3, 0)
    site = count_site([replace(pages[0], known=nothing, shares=_shares(pages[0], nothing))])
    found = evidence_features(pages[1].keys, site.evidence, log_odds(pages[1].probability))
    assert not found[:, 1:-1].any()


def test_learned_weights_follow_evidence_that_is_right(pages: list[Observed]) -> None:
    episodes = [(page, [other for other in pages if other is not page]) for page in pages]
    weights = fit_weights(episodes, penalty=0.1)
    as_lines = fit_both(episodes).lines
    used = {FEATURES[number] for number in np.flatnonzero(as_lines)}
    assert {"base", "text_odds"} <= used
    assert all(name.startswith(("base", "text_", "heading_")) and "place" not in name for name in used)
    site = count_site(pages[:4])
    base = log_odds(pages[4].probability)
    found = evidence_features(pages[4].keys, site.evidence, base) @ weights > 0
    assert np.array_equal(found, pages[4].known == CONTENT)


def test_a_role_that_was_marked_is_known_again(release: Release, pages: list[Observed]) -> None:
    roles = tuple(Role.AD if known == REST else None for known in pages[0].known)
    site = count_site([replace(page, roles=roles) for page in pages if len(page.known) == len(roles)])
    model = SiteModel(shipped_weights(), {HOST: site})
    document = segment(made_page(400)[0])
    chances = np.full((len(document.blocks), len(ROLES)), 1 / len(ROLES), dtype=np.float32)
    found = model.adapt_roles(document, None, chances)
    np.testing.assert_allclose(found.sum(axis=1), 1, atol=1e-5)
    named = dict(zip(document.blocks.text, found.argmax(axis=1).tolist(), strict=True))
    assert ROLES[named["Imprint"]] is Role.AD
    assert model.adapt_roles(document, "https://other.example", chances) is chances


RAIL = ["Read also", "Forty more stories of the valley", "Follow us on every bridge", "Imprint and garden"]


def made_lines(number: int) -> tuple[str, str]:
    """Lines that a scraper made of a page, and those of them that are its text."""
    rng = random.Random(number)
    story = [" ".join(rng.choices(_WORDS, k=rng.randint(10, 20))).capitalize() + "." for _ in range(6)]
    return "\n".join([*RAIL[2:], *story[:3], *RAIL, *story[3:]]), "\n".join(story)


def marked_lines(release: Release, number: int) -> Observed:
    text, gold = made_lines(number)
    document = outline(text)
    known = np.array([CONTENT if line in gold else REST for line in document.blocks.text], dtype=np.int8)
    bags = Bags.of([tokens(line) for line in document.blocks.text])
    return observe(HOST, document, known, release.judge(document).probability, bags)


def test_lines_that_come_again_are_known_again(release: Release) -> None:
    weights = shipped_weights()
    site = fit_site([marked_lines(release, number) for number in range(4)], weights)
    adapted = replace(release, sites=SiteModel(weights, {HOST: site}))
    document = outline(made_lines(10)[0])
    known = np.array([line in RAIL for line in document.blocks.text])
    before, after = (one.judge(document, f"https://{HOST}/").probability for one in (release, adapted))
    assert (after[known] < before[known]).all()
    assert after[known].max() < 0.5
    assert (after[~known] > before[~known] - 1e-6).all()  # under known headings stories follow
    assert np.array_equal(adapted.judge(document).probability, before)  # a text tells no site
    other = outline("Nothing of this was seen before\nNeither was this, which is a sentence of some length.")
    before, after = (one.judge(other, f"https://{HOST}/").probability for one in (release, adapted))
    np.testing.assert_allclose(after, before, atol=1e-5)


def test_lines_of_a_page_with_mark_up_are_known_again_in_text(release: Release) -> None:
    html = "<body><p>{}</p><div class=r>" + "".join(f"<p>{line}</p>" for line in RAIL) + "</div>"
    documents = [segment(html.format(made_lines(number)[1])) for number in range(3)]
    pages = []
    for document in documents:
        known = np.array([REST if line in RAIL else CONTENT for line in document.blocks.text], dtype=np.int8)
        bags = Bags.of([tokens(text) for text in document.blocks.text])
        pages.append(observe(HOST, document, known, release.judge(document).probability, bags))
    site = count_site(pages)
    lines = outline(made_lines(11)[0])
    base = np.full(len(lines.blocks), 0.6, dtype=np.float32)
    found = SiteModel(shipped_weights(), {HOST: site}).adapt(lines, f"https://{HOST}/", base)
    known = np.array([line in RAIL for line in lines.blocks.text])
    assert found[known].max() < 0.5 < found[~known].min()


def test_keys_have_one_row_a_family_and_never_fail() -> None:
    for html in (
        "<p>x",
        "<table><tr><td>1<td>2</table>",
        "<h2>A</h2><p class='a b'>x<p class='b a'>x",
        "text",
    ):
        document = segment(html)
        keys = site_keys(document)
        assert keys.blocks.shape == (len(FAMILIES), len(document.blocks))
    place = FAMILIES.index("place")
    keys = site_keys(segment("<p class='a1 b'>x<p class='b a2'>y<p class=c>y"))
    assert keys.blocks[place, 0] == keys.blocks[place, 1] != keys.blocks[place, 2]


@pytest.mark.parametrize(
    ("url", "first"),
    [
        ("https://a.b.example:8080/x", "a.b.example"),
        ("http://localhost/x", "localhost"),
        ("x", None),
        ("", None),
    ],
)
def test_hosts(url: str, first: str | None) -> None:
    assert (hosts_of(segment("<p>x"), url) or [None])[0] == first


def test_evidence_of_nothing_is_nothing() -> None:
    empty = Evidence.build(np.zeros(0, np.uint32), np.zeros(0), np.zeros(0), np.zeros(0))
    document = segment("<div><p>x</p></div>")
    found = evidence_features(site_keys(document), empty, np.array([0.5]))
    assert found[0, 0] == 0.5
    assert found[0, -1] == 1


@pytest.fixture(scope="module")
def mine(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("labels") / "mine.jsonl"
    rows = [dict(zip(("html", "gold_text"), made_page(number), strict=True)) for number in range(5)]
    rows.append({"html": "<p>Without an address.</p>", "gold_text": "Without an address."})
    path.write_text("".join(json.dumps(row) + "\n" for row in [*rows, {"html": ""}]), encoding="utf-8")
    return path


def test_the_whole_loop(mine: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Label, adapt, report, promote, serve, roll back."""
    run, models = CliRunner(), tmp_path / "models"
    source = current_release(releases_folder())
    shutil.copytree(source, models / source.name)
    (models / "current").write_text(f"{source.name}\n")
    old = current_name(models)
    arguments = [
        "train",
        "--labels",
        str(mine),
        "--out",
        str(models),
        "--cache",
        str(tmp_path),
        "--jobs",
        "1",
    ]
    result = run.invoke(main, arguments)
    assert result.exit_code == 0, result.output
    assert "mine.jsonl, line 7: html: has no text; skipped" in result.stderr
    assert "mine.jsonl, line 6: url: is missing" in result.stderr
    assert "**It is better on your sites**" in result.stdout
    assert "pass  labelled pages" in result.stdout
    name = current_name(models)
    assert name != old
    folder = models / str(name)
    assert {SITES, SITES_PICTURE, "report.md"} <= {path.name for path in folder.iterdir()}
    entry = load_release(folder).manifest["sites"]
    assert entry["sites"] == {HOST: {"pages": 5, "strength": 1.0}}
    assert entry["figures"]["adapted"]["f1"] > entry["figures"]["base"]["f1"]
    monkeypatch.setenv("PAGESIEVE_MODELS", str(models))
    listed = run.invoke(main, ["models", "list"]).stdout
    assert f"* {name}" in listed
    assert "adapted to 1 sites" in listed
    html, gold = made_page(500)
    page = clean_with(load_release(folder), html, options=Options(any_state=True))
    assert set(gold.splitlines()) <= set(page.text.splitlines())
    again = run.invoke(main, [*arguments, "--base", str(old), "--no-promote"])
    assert again.exit_code == 0, again.output
    assert f"wrote {folder}" in again.stdout  # the same labels and base give the same release
    assert run.invoke(main, ["models", "rollback"]).stdout == f"{old} is the current release again\n"
    assert clean(html).model == old


def test_a_new_user_has_a_release_and_labels_and_nothing_else(
    mine: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No corpora, no cache, a new folder of releases; what is wrong with it all is said."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PAGESIEVE_CORPORA", str(tmp_path / "nowhere"))
    monkeypatch.setenv("PAGESIEVE_PAGES", str(tmp_path / "nowhere"))
    run, shipped = CliRunner(), current_release(releases_folder()).name
    arguments = ["train", "--labels", str(mine), "--out", "models", "--jobs", "1"]
    result = run.invoke(main, arguments)
    assert result.exit_code == 0, result.output
    assert "| collection-en | " in result.stdout  # the golden pages, old and new
    assert f"export PAGESIEVE_MODELS={tmp_path / 'models'}" in result.stdout
    monkeypatch.setenv("PAGESIEVE_MODELS", "models")
    assert clean(made_page(700)[0]).model == current_name(tmp_path / "models") != shipped
    rolled_back = run.invoke(main, ["models", "rollback"])
    assert rolled_back.stdout == f"{shipped} is the current release again\n", rolled_back.output
    from_scratch = run.invoke(main, [*arguments, "--base", "none"])
    assert from_scratch.exit_code == 1
    assert "without --base none your labels are all" in from_scratch.stderr


def test_labels_of_which_nothing_can_be_used(tmp_path: Path) -> None:
    path = tmp_path / "bad.jsonl"
    path.write_text("{}\n")
    result = CliRunner().invoke(main, ["train", "--labels", str(path), "--cache", str(tmp_path)])
    assert result.exit_code == 1
    assert "bad.jsonl, line 1: html: is missing" in result.stderr


def test_another_environment_without_training_s_libraries_says_the_same(mine: Path, tmp_path: Path) -> None:
    """An adapted release loads there, passes the gates, and gives the same probabilities to 1e-6."""
    models, python = tmp_path / "models", bare_environment(tmp_path / "bare")
    labels = read_labels([mine])
    written = adapt(labels, models, current_release(releases_folder()), tmp_path / "cache", 1, 7, name="mine")
    page = tmp_path / "page.html"
    page.write_text(made_page(600)[0], encoding="utf-8")

    def run(*command: str) -> str:
        environment = {"PAGESIEVE_MODELS": str(models), "PATH": ""}
        return subprocess.run(
            [str(python), *command], capture_output=True, text=True, check=True, env=environment
        ).stdout

    missing = (
        "import importlib.util as u; print(any(map(u.find_spec, ('sklearn', 'scipy', 'joblib', 'onnx'))))"
    )
    assert run("-c", missing) == "False\n"
    call = ("-c", "import sys; from pagesieve.cli import main; main(sys.argv[1:])")
    assert "mine is the current release" in run(*call, "models", "promote", "mine")
    there = json.loads(run(*call, "clean", "--to", "json", str(page)))
    here = clean_with(load_release(written.folder), page.read_bytes())
    assert there["model"] == "mine"
    found = [block["probability"] for block in there["blocks"]]
    np.testing.assert_allclose(found, [block.probability for block in here.blocks], atol=1e-6)
