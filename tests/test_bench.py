"""The comparison with other extractors, on pages and systems made up here."""

from __future__ import annotations

import json
import lzma
from pathlib import Path

import pytest

pytest.importorskip("tqdm")

from bench import quality
from bench.extractors import SYSTEMS, Extraction, Loaded, System, measure, read_cache, run, write_cache
from bench.quality import Row, project_row, read_predictions, sample, score_page, section, table, types_table
from training.corpora import LabelledPage

HTML = """<html><head><title>Harvest</title></head><body>
<nav><a href="/">Home</a> <a href="/shop">Shop</a></nav>
<article><h1>The apple harvest begins</h1>
<p>Growers in the valley say that the apples are ready three weeks earlier than they were last year, and
that the fruit is smaller but sweeter than most of them can remember from any of the earlier seasons.</p>
<p>Pickers who came for the pears will stay until the last of the late apples is in the barn, which the
growers expect to be in the middle of the month if the rain that was forecast for Sunday does not come.</p>
</article><footer>All rights reserved</footer></body></html>"""


def page(number: int = 1, **given: object) -> LabelledPage:
    fields = {
        "id": str(number),
        "corpus": "fundus_evaluation",
        "html": HTML,
        "gold": "one two",
        "url": None,
        "page_type": None,
        "language": "en",
        "must_have": (),
        "must_not_have": (),
    }
    return LabelledPage(**(fields | given))  # type: ignore[arg-type]


def picky(html: str, language: str | None) -> str:
    if "bad" in html:
        raise ValueError("will not read this")
    return html


def ran(text: str, cpu_ms: float = 1.0, error: str | None = None) -> Extraction:
    return Extraction(text, cpu_ms, error)


def system(calls: list[str]) -> System:
    def extract(html: str, language: str | None) -> str:
        calls.append(html)
        return picky(html, language)

    return System("picky", lambda options: Loaded(extract, "1.0"))


def test_a_call_is_timed_and_what_it_raises_is_recorded() -> None:
    good, bad = measure(picky, "good", None), measure(picky, "bad", None)
    assert (good.text, good.error) == ("good", None)
    assert (bad.text, bad.error) == ("", "ValueError: will not read this")
    assert good.cpu_ms >= 0.0


def test_a_page_that_raises_scores_an_empty_text_and_is_counted() -> None:
    pages = [page(1, html="one two"), page(2, html="bad")]
    scored = [score_page(p, p.html, measure(picky, p.html, None)) for p in pages]
    cells = Row("picky", tuple(scored)).cells()
    assert [s.score.f1 for s in scored] == [1.0, 0.0]
    assert cells[:4] == ("picky", "0.500", "0.500", "0.500")
    assert cells[-1] == "1"


def test_snippet_rates_are_means_over_the_pages_that_have_snippets() -> None:
    pages = [page(1, must_have=("one two", "six")), page(2), page(3, must_have=("one",))]
    row = Row("x", tuple(score_page(p, "one two", ran("one two")) for p in pages))
    assert row.cells()[4:7] == ("0.750", "0.750", "n/a")


def test_cpu_times_show_median_and_mean_and_where_they_come_from() -> None:
    scored = tuple(score_page(page(), "", ran("", ms)) for ms in (1.0, 2.0, 9.0))
    assert Row("x", scored).cells()[7:9] == ("2.0", "4.0")
    assert Row("x", scored, remembered=True).cells()[7:9] == ("2.0*", "4.0*")


def test_a_system_that_did_not_run_has_no_time_and_no_errors() -> None:
    assert Row("x", (score_page(page(), "one", None),)).cells()[7:] == ("n/a", "n/a", "n/a")


def test_table() -> None:
    assert table(["system", "F1"], [["a", "0.5"], ["b", "n/a"]]).splitlines() == [
        "| system | F1 |",
        "| :-- | --: |",
        "| a | 0.5 |",
        "| b | n/a |",
    ]


def test_page_types_have_a_table_of_their_own_where_there_are_several() -> None:
    kinds = ["forum", "article", "article"]
    scored = [score_page(page(page_type=kind), "one two", ran("")) for kind in kinds]
    header, _, row = types_table([Row("x", tuple(scored))]).splitlines()
    assert header == "| word F1 by page type | article (2) | forum (1) |"
    assert row == "| x | 1.000 | 1.000 |"
    assert types_table([Row("x", tuple(scored[1:]))]) == ""


def test_a_section_without_rows_is_a_heading() -> None:
    assert section("empty", [page()], []) == "## empty (1 pages)"


@pytest.mark.parametrize(("limit", "numbers"), [(None, "123456"), (9, "123456"), (3, "135"), (1, "1")])
def test_a_sample_is_spread_evenly(limit: int | None, numbers: str) -> None:
    assert "".join(p.id for p in sample([page(n) for n in range(1, 7)], limit)) == numbers


def test_the_projects_quality_is_out_of_fold_and_its_time_real() -> None:
    row = project_row([page()], {"1": ran("seen in training", 7.0)}, {("fundus_evaluation", "1"): "one two"})
    assert row is not None
    assert (row.name, row.cells()[1], row.cells()[7]) == ("pagesieve", "1.000", "7.0")


def test_an_out_of_fold_text_does_not_hide_that_the_page_raises() -> None:
    row = project_row([page()], {"1": ran("", error="boom")}, {("fundus_evaluation", "1"): "one two"})
    assert row is not None
    assert (row.cells()[1], row.cells()[-1]) == ("0.000", "1")


def test_without_out_of_fold_texts_the_row_says_in_sample_or_is_left_out() -> None:
    row = project_row([page()], {"1": ran("one two")}, {})
    assert row is not None
    assert row.name == "pagesieve (in-sample)"
    assert project_row([page()], {}, {}) is None


def test_pages_without_an_out_of_fold_text_score_an_empty_one() -> None:
    row = project_row([page(1), page(2)], {}, {("fundus_evaluation", "1"): "one two"})
    assert row is not None
    assert (row.name, row.cells()[1]) == ("pagesieve (1 pages not predicted)", "0.500")


@pytest.mark.parametrize("name", ["oof.jsonl", "oof.jsonl.xz"])
def test_predictions_are_read_plain_or_compressed(tmp_path: Path, name: str) -> None:
    line = json.dumps({"corpus": "c", "id": 5, "text": "ünï"}).encode()
    (tmp_path / name).write_bytes(lzma.compress(line) if name.endswith("xz") else line)
    assert read_predictions(tmp_path / name) == {("c", "5"): "ünï"}
    assert read_predictions(tmp_path / "missing.jsonl") == {}


def test_results_are_kept_and_only_missing_pages_run_again(tmp_path: Path) -> None:
    calls: list[str] = []
    fake, cache = system(calls), tmp_path / "deep" / "x.jsonl.gz"
    loaded = fake.start()
    calls.clear()
    first, remembered = run(fake, loaded, [page(1, html="a")], cache, fresh=False)
    assert (first["1"].text, remembered) == ("a", False)
    second, remembered = run(fake, loaded, [page(1, html="a"), page(2, html="b")], cache, fresh=False)
    assert (second["1"], remembered, calls) == (first["1"], True, ["a", "b"])


def test_a_fresh_run_of_some_pages_keeps_the_results_of_the_others(tmp_path: Path) -> None:
    calls: list[str] = []
    fake, cache = system(calls), tmp_path / "x.jsonl.gz"
    write_cache(cache, [("1", ran("old")), ("2", ran("old"))])
    _, remembered = run(fake, fake.load({}), [page(1, html="new")], cache, fresh=True)
    assert not remembered
    assert {key: kept.text for key, kept in read_cache(cache).items()} == {"1": "new", "2": "old"}


def test_cache_names_change_with_version_options_and_corpus() -> None:
    plain, tuned = (s for s in SYSTEMS if s.name in ("trafilatura", "trafilatura-recall"))
    names = {plain.cache_name("1", "c"), plain.cache_name("2", "c"), plain.cache_name("1", "d")}
    assert len(names | {tuned.cache_name("1", "c")}) == 4
    assert plain.cache_name("1", "c") == plain.cache_name("1", "c")


@pytest.mark.parametrize(
    ("name", "package"),
    [
        ("trafilatura", "trafilatura"),
        ("readability-lxml", "readability"),
        ("resiliparse", "resiliparse"),
        ("justext", "justext"),
        ("keep-everything", "selectolax"),
    ],
)
def test_every_rival_reads_an_article(name: str, package: str) -> None:
    pytest.importorskip(package)
    loaded = next(s for s in SYSTEMS if s.name == name).start()
    lines = loaded.extract(HTML, "en").split("\n")
    assert "apples are ready three weeks earlier" in " ".join(" ".join(lines).split())
    assert not any("seasons." in line and "Pickers" in line for line in lines)
    assert ("All rights reserved" in lines) == (name == "keep-everything")


def test_justext_reads_languages_that_it_has_no_list_for() -> None:
    pytest.importorskip("justext")
    loaded = next(s for s in SYSTEMS if s.name == "justext").start()
    sentence = "山谷里的果农说今年的苹果比去年早三个星期成熟果实虽小却比他们记忆中的任何一年都要甜。" * 6
    assert sentence in loaded.extract(f"<html><body><p>{sentence}</p></body></html>", "zh-CN")


def test_the_command_writes_a_table_for_each_corpus(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    row = {"id": "1", "html": "one two", "gold_text": "one two"}
    with lzma.open(tmp_path / "fundus_evaluation.jsonl.xz", "wt", encoding="utf-8") as lines:
        lines.write(json.dumps(row) + "\n")
    missing = System("missing", lambda options: pytest.fail("not reached"))
    monkeypatch.setattr(quality, "SYSTEMS", (system([]), missing))
    folders = [f"--corpora={tmp_path}", f"--cache={tmp_path / 'cache'}", f"--predictions={tmp_path / 'none'}"]
    assert quality.main([*folders, "--corpus=fundus_evaluation", "--system=picky"]) == 0
    printed = capsys.readouterr().out
    assert "## fundus_evaluation (1 pages)" in printed
    assert "| picky | 1.000 | 1.000 | 1.000 | n/a | n/a |" in printed


def test_a_system_without_its_package_is_noted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def load(options: dict[str, object]) -> Loaded:
        raise ImportError("no module named absent")

    monkeypatch.setattr(quality, "SYSTEMS", (System("absent", load),))
    out = tmp_path / "table.md"
    arguments = [f"--corpora={tmp_path}", f"--predictions={tmp_path / 'none'}", f"--out={out}"]
    with lzma.open(tmp_path / "fundus_tests.jsonl.xz", "wt", encoding="utf-8") as lines:
        lines.write(json.dumps({"id": "1", "html": "x", "gold_text": ""}) + "\n")
    assert quality.main([*arguments, "--corpus", "fundus_tests"]) == 0
    assert "- absent was not run: no module named absent" in out.read_text(encoding="utf-8")


def test_a_missing_folder_is_bad_input(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert quality.main(["--corpora", str(tmp_path / "none")]) == 1
    assert "--corpora" in capsys.readouterr().err
