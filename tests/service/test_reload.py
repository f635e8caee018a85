"""A release that is promoted answers soon, one that cannot be used never does, and no request is lost."""

from __future__ import annotations

import json
import os
import signal
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from threading import Event

import pytest

import pagesieve
from pagesieve import model
from pagesieve.errors import ModelError
from pagesieve.model import LEXICONS, load_release
from service import readiness, shared
from service.metrics import Metrics
from service.releases import Watch
from tests.service.releases import make_release, packed, promote, read_json, rewrite
from tests.service.running import Server, ask, ask_fully, running
from tests.service.test_operate import eventually, numbers

HTML = {"Content_Type": "text/html"}
KINDS = "/v1/clean?kinds=text,blocks,page_type,verdict"
Answers = Counter[tuple[int, str, str]]


@pytest.fixture
def models(tmp_path: Path) -> Path:
    """Two releases that call one page by different types; the first is current."""
    folder = tmp_path / "models"
    make_release(folder, "first")
    make_release(folder, "second", turned=1)
    promote(folder, "first")
    return folder


@pytest.fixture
def here(models: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """``models`` as the releases of this process."""
    monkeypatch.setenv("PAGESIEVE_MODELS", str(models))
    yield models
    model.forget_releases()
    shared.forget()
    readiness._faults_of.cache_clear()


def tampered(models: Path) -> None:
    path = make_release(models, "tampered") / LEXICONS
    path.write_bytes(path.read_bytes() + b" ")


def contrary(models: Path) -> None:
    """A release that is whole but takes every word for its opposite, and fails on the golden page."""
    folder = make_release(models, "contrary")
    lexicons = read_json(folder / LEXICONS)
    against = {
        kind: {token: [-9 * weight for weight in weights] for token, weights in tokens.items()}
        for kind, tokens in lexicons.items()
    }
    rewrite(folder, LEXICONS, packed(against), name="contrary")


def half(models: Path) -> None:
    (make_release(models, "half") / "second.onnx").unlink()


@contextmanager
def load(port: int, page: bytes, threads: int = 4) -> Iterator[Future[Answers]]:
    """Requests one after another from several clients; their answers by status, release and page type."""
    over = Event()
    total: Future[Answers] = Future()

    def send() -> Answers:
        found: Answers = Counter()
        while not over.is_set():
            status, text, headers = ask_fully(port, "POST", KINDS, page, **HTML)
            answer = json.loads(text)
            assert headers["Pagesieve-Model"] == answer.get("model")
            found[status, answer.get("model", ""), answer.get("page_type", "")] += 1
        return found

    with ThreadPoolExecutor(threads) as pool:
        sent = [pool.submit(send) for _ in range(threads)]
        try:
            yield total
        finally:
            over.set()
    total.set_result(sum((each.result() for each in sent), Counter()))


def all_answer(server: Server, name: str) -> None:
    eventually(
        lambda: {json.loads(ask(server.port, "GET", "/readyz")[1])["model"] for _ in range(12)} == {name}
    )


def test_promotion_and_rollback_lose_no_request_and_every_answer_names_its_release(
    models: Path, tmp_path: Path, news: bytes
) -> None:
    with running(tmp_path, workers=2, models=str(models)) as server:
        with load(server.port, news) as answers:
            all_answer(server, "first")
            promote(models, "second")
            all_answer(server, "second")
            tampered(models)
            promote(models, "tampered")
            eventually(lambda: numbers(server.port).get("pagesieve_releases_refused_total") == 2)
            all_answer(server, "second")
            promote(models, "first")
            all_answer(server, "first")
        found = answers.result()
        assert {status for status, _, _ in found} == {200}, found
        assert {name for _, name, _ in found} == {"first", "second"}
        assert len({(name, kind) for _, name, kind in found}) == 2, "an answer was made by two releases"
        assert len({kind for _, _, kind in found}) == 2
        refusals = [line["message"] for line in server.log() if "refused" in line["message"]]
        assert len(refusals) == 2
        assert all(LEXICONS in line and "manifest" in line for line in refusals)


def test_a_worker_that_starts_when_the_current_release_is_broken_uses_the_last_good_one(
    models: Path, tmp_path: Path, news: bytes
) -> None:
    with running(tmp_path, models=str(models)) as server:
        assert ask(server.port, "POST", "/v1/clean", news, **HTML)[0] == 200
        half(models)
        promote(models, "half")
        eventually(lambda: numbers(server.port).get("pagesieve_releases_refused_total") == 1)
        [worker] = server.workers()
        os.kill(worker, signal.SIGKILL)
        eventually(lambda: server.workers() not in ([], [worker]))
        status, text = ask(server.port, "POST", "/v1/clean", news, **HTML)
        assert (status, json.loads(text)["model"]) == (200, "first")


@pytest.mark.parametrize("break_one", [tampered, half, contrary])
def test_a_release_that_cannot_be_used_is_refused_once(here: Path, break_one, caplog) -> None:
    watch = Watch(Metrics())
    watch.begin()
    before = load_release()
    break_one(here)
    promote(here, break_one.__name__)
    for _ in range(3):
        watch.look()
    assert load_release() is before
    [line] = [record.message for record in caplog.records if record.levelname == "ERROR"]
    assert f"release {break_one.__name__} is refused" in line
    promote(here, "second")
    watch.look()
    assert load_release().name == "second"


def test_nothing_is_loaded_when_nothing_was_promoted(here: Path) -> None:
    watch = Watch(Metrics())
    watch.begin()
    before = load_release()
    watch.look()
    assert load_release() is before


def test_a_pointer_to_nowhere_and_back(here: Path) -> None:
    watch = Watch(Metrics())
    watch.begin()
    (here / "current").unlink()
    watch.look()
    promote(here, "nowhere")
    watch.look()
    assert load_release().name == "first"
    promote(here, "second")
    watch.look()
    assert load_release().name == "second"


def test_a_worker_without_any_release_serves_the_first_that_is_promoted(here: Path) -> None:
    (here / "current").unlink()
    watch = Watch(Metrics())
    watch.begin()
    with pytest.raises(ModelError):
        load_release()
    promote(here, "second")
    watch.look()
    assert load_release().name == "second"


def test_a_release_made_anew_under_its_name_is_loaded_anew(here: Path) -> None:
    watch = Watch(Metrics())
    watch.begin()
    before = load_release()
    rewrite(here / "first", "card.md", b"Another card.")
    watch.look()
    assert load_release() is not before
    assert load_release().card == "Another card."


def test_releases_that_answer_no_more_are_forgotten(here: Path) -> None:
    watch = Watch(Metrics())
    watch.begin()
    for name in ("second", "first", "third", "second"):
        if not (here / name).exists():
            make_release(here, name)
        promote(here, name)
        watch.look()
    assert len(model._loaded) == 2
    assert load_release().name == "second"


def test_a_page_is_finished_with_the_release_that_it_began_with(here: Path, news: bytes) -> None:
    watch = Watch(Metrics())
    watch.begin()
    page = pagesieve.clean(news)
    promote(here, "second")
    watch.look()
    assert (page.model, page.page_type) != (pagesieve.clean(news).model, pagesieve.clean(news).page_type)
    assert page.model == "first"
    assert page.blocks
    assert page.verdict
