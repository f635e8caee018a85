"""POST /v1/labels and ``pagesieve labels``: stored once, checked, and got out again."""

from __future__ import annotations

import hashlib
import json
import sqlite3
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from click.testing import CliRunner
from flask.testing import FlaskClient

from pagesieve.errors import BadInput
from service.app import create_app
from service.label_store import Store
from service.labels_cli import labels
from service.settings import Settings
from tests.service.running import ask, running

URL = "/v1/labels"
WORDS = "The ferry will run all night from April, the council decided on Wednesday."
HTML = f"<h1>Ferries</h1><p>{WORDS}</p><nav><a href=/>Home</a></nav>"
HASH = hashlib.sha256(HTML.encode()).hexdigest()
BLOCKS = [{"text": WORDS, "role": "content"}, {"text": "Home", "role": "nav"}]
LABEL = {"html": HTML, "url": "https://a.example/ferries", "blocks": BLOCKS, "who": "anna"}
KEY = "k" * 20


@pytest.fixture
def store(tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path}/kept/labels.sqlite3"


@pytest.fixture
def client(store: str) -> FlaskClient:
    return create_app(Settings(labels=store, keep_labelled_pages=True)).test_client()


@pytest.fixture
def run(store: str):
    def invoke(*arguments: str):
        return CliRunner().invoke(labels, ["--store", store, *arguments])

    return invoke


def exported(run) -> list[dict]:
    result = run("export")
    assert result.exit_code == 0, result.output
    return [json.loads(line) for line in result.stdout.splitlines()]


def test_a_label_is_stored_and_comes_out_again(client, run):
    response = client.post(URL, json=LABEL)
    assert response.status_code == 201, response.text
    assert response.json | {"id": ""} == {"id": "", "page_hash": HASH, "blocks": 2, "page_stored": True}
    [row] = exported(run)
    assert row.pop("when").startswith("20")
    assert row == {
        "html": HTML, "url": LABEL["url"], "page_hash": HASH, "blocks": BLOCKS, "who": "anna",
    }  # fmt: skip


def test_the_page_is_kept_only_when_the_operator_allows_it(store, run):
    client = create_app(Settings(labels=store)).test_client()
    assert client.post(URL, json=LABEL).json["page_stored"] is False
    [row] = exported(run)
    assert "html" not in row
    with sqlite3.connect(store.removeprefix("sqlite:///")) as database:
        assert database.execute("select count(*) from pages").fetchone() == (0,)


@pytest.mark.parametrize(
    "source", [{"page_hash": HASH}, {"html": HTML, "page_hash": HASH}, {"text": f"{WORDS}\nHome"}]
)
def test_ways_to_say_which_page(client, source):
    assert client.post(URL, json={**source, "blocks": BLOCKS}).status_code == 201


@pytest.mark.parametrize("headers", [{}, {"Idempotency-Key": '"8e03978e"'}])
def test_what_is_sent_again_is_stored_once(client, run, headers):
    first = client.post(URL, json=LABEL, headers=headers)
    again = client.post(URL, json=LABEL, headers=headers)
    assert (first.status_code, again.status_code) == (201, 200)
    assert first.json == again.json
    assert json.loads(run("stats", "--json").stdout)["labels"] == 1


def test_a_key_of_another_label_is_refused(client, detail_of):
    headers = {"Idempotency-Key": "a"}
    client.post(URL, json=LABEL, headers=headers)
    response = client.post(URL, json=LABEL | {"who": "bert"}, headers=headers)
    assert "use a new one" in detail_of(response, 422)


def test_later_corrections_go_before_earlier_ones_also_back_again(client, run):
    other = LABEL | {"blocks": [{"text": "Home", "role": "related"}]}
    for label in (LABEL, other):
        assert client.post(URL, json=label).status_code == 201
    assert exported(run)[0]["blocks"] == [BLOCKS[0], {"text": "Home", "role": "related"}]
    assert client.post(URL, json=LABEL).status_code == 201
    assert exported(run)[0]["blocks"] == BLOCKS


@pytest.mark.parametrize(
    ("change", "advice"),
    [
        ({"blocks": []}, "blocks is a list of one or more"),
        ({"blocks": {}}, "blocks is a list of one or more"),
        ({"blocks": ["x"]}, "blocks[0] is not of the form"),
        ({"blocks": [{"text": "Home"}]}, "blocks[0] is not of the form"),
        ({"blocks": [BLOCKS[0], {"text": " ", "role": "nav"}]}, "blocks[1].text"),
        ({"blocks": [{"text": "Home", "role": "menu"}]}, "blocks[0].role is one of content, title"),
        ({"blocks": [{"text": "Home", "role": ["nav"]}]}, "blocks[0].role is one of"),
        ({"blocks": [{"text": "Away", "role": "nav"}]}, "blocks[0].text is not the text of a block"),
        ({"blocks": [BLOCKS[1], BLOCKS[1] | {"role": "ad"}]}, "blocks[1] gives a text another role"),
        ({"html": None}, "say which page this is about"),
        ({"html": ""}, "html is a string that holds the page"),
        ({"text": "x"}, "not in both"),
        ({"page_hash": "0" * 64}, "page_hash is not that of the page"),
        ({"page_hash": "abc"}, "64 lower-case hexadecimal digits"),
        ({"who": 7}, "who is a name"),
        ({"who": "x" * 201}, "who is longer than 200 characters"),
        ({"url": "x" * 9_000}, "url is longer"),
        ({"verdict": "keep"}, "unknown key 'verdict'"),
    ],
)
def test_what_is_wrong_is_named_and_nothing_is_stored(client, detail_of, run, change, advice):
    assert advice in detail_of(client.post(URL, json=LABEL | change), 400)
    assert exported(run) == []


@pytest.mark.parametrize(
    ("given", "status"),
    [
        ({"data": b"{", "content_type": "application/json"}, 400),
        ({"data": b"", "content_type": "application/json"}, 400),
        ({"data": b"<p>x", "content_type": "text/html"}, 415),
        ({"json": LABEL, "headers": {"Accept": "text/html"}}, 406),
        ({"json": LABEL, "headers": {"Idempotency-Key": "x" * 300}}, 400),
        ({"json": LABEL | {"html": "<div>" * 2_000}}, 413),
    ],
)
def test_requests_that_are_none(client, detail_of, given, status):
    detail_of(client.post(URL, **given), status)


def test_limits_on_blocks_and_on_the_whole_store(store, detail_of):
    client = create_app(Settings(labels=store, max_blocks=2)).test_client()
    label = {"page_hash": HASH, "blocks": BLOCKS}
    assert client.post(URL, json=label).status_code == 201
    three = [*BLOCKS, {"text": "Ferries", "role": "title"}]
    detail_of(client.post(URL, json=label | {"blocks": three}), 413)
    full = create_app(Settings(labels=store, max_stored_bytes=200)).test_client()
    assert "PAGESIEVE_MAX_STORED_BYTES" in detail_of(full.post(URL, json=LABEL), 507)
    assert full.post(URL, json=label).status_code == 200


def test_a_key_is_needed_where_there_are_keys_and_signs_the_label(store, run, detail_of):
    client = create_app(Settings(labels=store, api_keys=f"crawler:{KEY}")).test_client()
    detail_of(client.post(URL, json=LABEL), 401)
    unsigned = {name: value for name, value in LABEL.items() if name != "who"}
    assert client.post(URL, json=unsigned, headers={"X-API-Key": KEY}).status_code == 201
    assert exported(run)[0]["who"] == "crawler"


def test_a_store_that_cannot_be_used_is_no_bug(tmp_path, detail_of):
    (tmp_path / "file").write_text("x")
    client = create_app(Settings(labels=f"sqlite:///{tmp_path}/file/labels.sqlite3")).test_client()
    response = client.post(URL, json=LABEL)
    assert "PAGESIEVE_LABELS" in detail_of(response, 503)
    assert int(response.headers["Retry-After"]) >= 1
    assert client.post("/v1/clean", data=HTML, content_type="text/html").status_code == 200


@pytest.mark.parametrize("url", ["labels", "sqlite://", "sqlite:///:memory:", "nodb://x/y"])
def test_addresses_of_no_store(url):
    with pytest.raises(BadInput, match="PAGESIEVE_LABELS names no database"):
        Store(url, 1)


def test_workers_that_store_the_same_at_once_store_it_once(tmp_path, store, run):
    settings = {"labels": store, "keep_labelled_pages": "true"}
    bodies = [json.dumps(LABEL | {"who": f"{number % 4}"}).encode() for number in range(40)]
    with running(tmp_path, workers=2, **settings) as server, ThreadPoolExecutor(8) as pool:
        sent = list(
            pool.map(
                lambda body: ask(server.port, "POST", URL, body, Content_Type="application/json"), bodies
            )
        )
    assert sorted(status for status, _ in sent) == [200] * 36 + [201] * 4, sent
    found = json.loads(run("stats", "--json").stdout)
    assert (found["labels"], found["labelled_pages"], found["stored_pages"]) == (4, 1, 1)
    assert found["who"] == {"0": 1, "1": 1, "2": 1, "3": 1}
    assert found["roles"] == {"content": 4, "nav": 4}


def test_text_of_a_label_is_not_logged(tmp_path, store):
    with running(tmp_path, labels=store) as server:
        body = json.dumps(LABEL).encode()
        assert ask(server.port, "POST", URL, body, Content_Type="application/json")[0] == 201
        assert ask(server.port, "POST", URL, body[:-9], Content_Type="application/json")[0] == 400
        assert "ferry" not in server.log_file.read_text()


def sample(store: str, pages: int) -> None:
    client = create_app(Settings(labels=store, keep_share=1.0)).test_client()
    keeper = client.application.extensions["desk"].keeper
    for number in range(pages):
        page = f"{HTML}<p>Number {number}: a short text that nobody can be sure about.</p>"
        url = f"https://{'www.' * (number % 2)}{'a' if number < pages - 1 else 'b'}.example/{number}"
        response = client.post("/v1/clean", query_string={"url": url}, data=page, content_type="text/html")
        assert response.status_code == 200
        keeper._sampling.acquire()  # until the thread is done
        keeper._sampling.release()


def test_pages_are_kept_by_share_and_suggested_with_sites_in_turn(store, run):
    sample(store, 4)
    lines = run("suggest", "--limit", "2").stdout.splitlines()
    assert len(lines) == 2
    assert sum("//b.example" in line or "//www.b.example" in line for line in lines) == 1
    suggested = [json.loads(line) for line in run("suggest", "--to", "jsonl").stdout.splitlines()]
    assert len(suggested) == 4
    assert {"html", "url", "page_hash", "blocks"} <= set(suggested[0])


def test_nothing_is_kept_by_default(store, client, run):
    client.post("/v1/clean", data=HTML, content_type="text/html")
    assert json.loads(run("stats", "--json").stdout)["stored_pages"] == 0
    result = run("suggest")
    assert result.exit_code == 1
    assert "PAGESIEVE_KEEP_SHARE" in result.output


def test_the_file_is_for_its_owner_alone(client, store):
    client.post(URL, json=LABEL)
    assert Path(store.removeprefix("sqlite:///")).stat().st_mode & 0o077 == 0


def test_samples_leave_room_for_labels(store, run):
    client = create_app(Settings(labels=store, keep_share=1.0, max_stored_bytes=300)).test_client()
    client.post("/v1/clean", data=HTML, content_type="text/html")
    assert client.post(URL, json=LABEL).status_code == 201


def test_labelled_pages_are_not_suggested_and_files_are_read(client, run, tmp_path, pages):
    client.post(URL, json=LABEL)
    crawl = tmp_path / "crawl"
    crawl.mkdir()
    for page in pages.glob("*.html"):
        (crawl / page.name).write_bytes(page.read_bytes())
    (crawl / "notes.txt").write_text("no page")
    rows = [{"html": HTML, "url": "https://a.example"}, {"text": f"{WORDS}\n\n{WORDS}"}, {"url": "x"}]
    (crawl / "more.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    result = run("suggest", "--to", "jsonl", str(crawl))
    assert result.exit_code == 0, result.output
    found = [json.loads(line) for line in result.stdout.splitlines()]
    assert len(found) == len(list(pages.glob("*.html"))) + 1
    assert HASH not in {row["page_hash"] for row in found}
    assert "more.jsonl:3: the line has no page" in result.stderr


def test_a_suggestion_that_was_corrected_can_be_posted(client, run, pages):
    [row] = [
        json.loads(line)
        for line in run("suggest", "--to", "jsonl", str(pages / "news.html")).stdout.splitlines()
    ]
    roles = {block["text"]: block["role"] for block in row["blocks"]}
    blocks = [{"text": text, "role": role} for text, role in roles.items()]
    label = {"html": row["html"], "page_hash": row["page_hash"], "blocks": blocks}
    assert client.post(URL, json=label).status_code == 201


def test_help_teaches(run):
    text = run("--help").output
    assert "pagesieve labels export" in text
    assert "train --labels" in text
