"""The command line: standard input to standard output, and exit codes."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from pagesieve.cli import main


@pytest.fixture
def run() -> CliRunner:
    return CliRunner()


def test_a_page_from_standard_input(run: CliRunner, news_page: str) -> None:
    result = run.invoke(main, ["clean"], input=news_page)
    assert result.exit_code == 0
    assert len(result.stdout) > 200


@pytest.mark.parametrize("output", ["text", "markdown", "html", "blocks", "json"])
def test_every_output(run: CliRunner, news_page: str, output: str) -> None:
    result = run.invoke(main, ["clean", "--to", output, "-"], input=news_page)
    assert result.exit_code == 0
    assert result.stdout.strip()


def test_json_is_one_page_a_line(run: CliRunner, tmp_path: Path, news_page: str) -> None:
    paths = [tmp_path / "a.html", tmp_path / "b.html"]
    for path in paths:
        path.write_text(news_page, encoding="utf-8")
    result = run.invoke(main, ["clean", "--to", "json", *map(str, paths)])
    assert [set(json.loads(line)) >= {"text", "blocks", "model"} for line in result.stdout.splitlines()] == [
        True
    ] * 2


def test_a_bad_page_is_reported_and_the_others_are_printed(
    run: CliRunner, tmp_path: Path, news_page: str
) -> None:
    bad, good = tmp_path / "bad.html", tmp_path / "good.html"
    bad.write_bytes(b"%PDF-1.7")
    good.write_text(news_page, encoding="utf-8")
    result = run.invoke(main, ["clean", str(bad), str(good)])
    assert result.exit_code == 1
    assert "bad.html: this is a PDF file" in result.stderr
    assert len(result.stdout) > 200


@pytest.mark.parametrize(
    "arguments", [["clean", "--focus", "speed"], ["clean", "--threshold", "2"], ["nothing"]]
)
def test_wrong_usage_exits_with_2(run: CliRunner, arguments: list[str]) -> None:
    assert run.invoke(main, arguments, input="<p>x").exit_code == 2


@pytest.mark.parametrize("command", ["clean", "serve", "train", "evaluate", "models"])
def test_every_command_teaches(run: CliRunner, command: str) -> None:
    result = run.invoke(main, [command, "--help"])
    assert result.exit_code == 0
    assert len(result.stdout) > 400


def test_evaluate_scores_labelled_pages(run: CliRunner, tmp_path: Path, news_page: str) -> None:
    path = tmp_path / "mine.jsonl"
    path.write_text(json.dumps({"html": news_page, "gold_text": "rain"}) + "\n", encoding="utf-8")
    result = run.invoke(main, ["evaluate", str(path)])
    assert result.exit_code == 0
    assert "| mine | 1 |" in result.stdout


def test_evaluate_names_what_is_wrong(run: CliRunner, tmp_path: Path) -> None:
    path = tmp_path / "mine.jsonl"
    path.write_text("{}\n")
    result = run.invoke(main, ["evaluate", str(path)])
    assert result.exit_code == 1
    assert "line 1" in result.stderr
