"""The verdict as users meet it: in Python, as a filter, on the command line."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path

import pytest
from click.testing import CliRunner

from pagesieve import BadInput, Decision, Kind, Options, State, accept, clean
from pagesieve.cli import main

NOT_FOUND = (
    "<html lang=en><head><title>404 Not Found</title></head><body><h1>Not Found</h1>"
    "<p>The requested URL /rain was not found on this server.</p><hr><address>Apache/2.4 Server</address>"
)


def test_an_article_is_kept(news_page: str) -> None:
    page = clean(news_page)
    assert page.state is State.OK
    assert page.verdict.decision is Decision.KEEP
    assert page.verdict.spam < 0.5
    assert 0.5 < page.confidence <= 1
    assert page.language == "en"
    assert page.verdict.reasons


def test_an_error_page_says_so_and_gives_no_text() -> None:
    page = clean(NOT_FOUND)
    assert page.state is State.ERROR
    assert page.verdict.decision is Decision.DROP
    assert page.verdict.reasons[0].code == "state_error"
    assert len(page.verdict.reasons) > 1
    assert page.text == page.markdown == page.html == ""
    assert not any(block.keep for block in page.blocks)


def test_its_text_is_there_for_who_asks() -> None:
    page = clean(NOT_FOUND, options=Options(any_state=True))
    assert "not found on this server" in page.text
    assert page.verdict == clean(NOT_FOUND).verdict


def test_the_same_page_has_the_same_reasons(any_page: str) -> None:
    assert clean(any_page).verdict == clean(any_page).verdict


def test_thresholds_move_decisions_and_no_score(news_page: str) -> None:
    strict = clean(news_page, options=Options(keep_from=1.0, drop_below=1.0)).verdict
    plain = clean(news_page).verdict
    assert strict.decision is Decision.DROP
    assert (strict.score, strict.quality, strict.spam) == (plain.score, plain.quality, plain.spam)
    assert strict.reasons


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"keep_from": 2}, "keep_from is a number"),
        ({"drop_below": "x"}, "drop_below is a number"),
        ({"any_state": "perhaps"}, "any_state is true or false"),
        ({"keep_from": 0.2, "drop_below": 0.4}, "is above keep_from"),
    ],
)
def test_bad_thresholds_are_named(options: dict[str, object], message: str) -> None:
    with pytest.raises(BadInput, match=message):
        Options.from_mapping(options)


def test_the_filter(news_page: str) -> None:
    assert accept(news_page) == (True, "")
    assert accept(NOT_FOUND) == (False, "state_error")
    assert accept(b"%PDF-1.7") == (False, "unreadable")
    assert accept("") == (False, "unreadable")


def test_kinds_of_the_verdict(news_page: str) -> None:
    kinds = (Kind.VERDICT, Kind.SIGNALS, Kind.CONFIDENCE, Kind.LANGUAGE)
    page = clean(news_page, options=Options(kinds=kinds))
    answer = json.loads(json.dumps(page.to_dict()))
    assert answer["verdict"] == json.loads(json.dumps(asdict(page.verdict)))
    assert answer["signals"][0].keys() == {"code", "value", "threshold", "passed", "source", "message"}
    assert answer["confidence"] == page.confidence


def test_a_short_article_keeps_its_text() -> None:
    story = "After a break of four years, sleeper trains will again connect Lisbon with Madrid from May."
    page = f"<nav><a href=/>Home</a></nav><h1>Night trains return</h1><p>{story}</p><footer>© 2024</footer>"
    assert story in clean(page).text


def test_plain_text_has_a_verdict_and_keeps_its_text(news_page: str) -> None:
    page = clean(clean(news_page).text, content_type="text/plain")
    assert 0 <= page.verdict.score <= 1
    assert "nine-page decision" in page.text


def test_verdicts_on_the_command_line(tmp_path: Path, news_page: str) -> None:
    good, bad = tmp_path / "good.html", tmp_path / "bad.html"
    good.write_text(news_page, encoding="utf-8")
    bad.write_text(NOT_FOUND, encoding="utf-8")
    result = CliRunner().invoke(main, ["clean", "--verdict", str(good), str(bad)])
    assert result.exit_code == 0
    assert "good.html: keep (score 0." in result.stdout
    assert "bad.html: drop (score 0.00, state error" in result.stdout
    assert "state_error: The page is an error message" in result.stdout


def test_verdicts_as_json(news_page: str) -> None:
    result = CliRunner().invoke(main, ["clean", "--verdict", "--to", "json"], input=news_page)
    answer = json.loads(result.stdout)
    assert answer["verdict"]["decision"] == "keep"
    assert {"file", "state", "confidence", "language", "model", "signals"} < answer.keys()


def test_thresholds_on_the_command_line(news_page: str) -> None:
    run = CliRunner().invoke
    arguments = ["clean", "--verdict", "--keep-from", "1", "--drop-below", "1"]
    assert ": drop (" in run(main, arguments, input=news_page).stdout
    wrong = run(main, ["clean", "--keep-from", "0.1", "--drop-below", "0.9"], input=news_page)
    assert wrong.exit_code == 2
    assert "is above keep_from" in wrong.stderr
