"""Keys: who may ask, how often, and what starts without them."""

from __future__ import annotations

import pytest

from pagesieve.errors import BadInput
from service import shared
from service.access import is_public, read_keys
from service.app import create_app
from service.settings import Settings

OLD, NEW, OTHER = "a" * 20, "b" * 20, "c" * 20
PAGE = {"data": b"<p>The ferry will run all night.</p>", "content_type": "text/html"}


@pytest.fixture(autouse=True)
def fresh():
    shared.forget()
    yield
    shared.forget()


@pytest.fixture
def client():
    return create_app(Settings(api_keys=f"crawler:{OLD}, crawler:{NEW}\nslow:{OTHER}:0.5")).test_client()


@pytest.mark.parametrize(
    "headers",
    [
        {"Authorization": f"Bearer {OLD}"},
        {"Authorization": f"bearer  {NEW}"},
        {"X-API-Key": OLD},
        {"X-API-Key": OTHER},
    ],
)
def test_every_key_of_a_name_opens(client, headers):
    assert client.post("/v1/clean", headers=headers, **PAGE).status_code == 200


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Authorization": f"Bearer {OLD}x"},
        {"Authorization": f"Basic {OLD}"},
        {"Authorization": "Bearer "},
        {"X-API-Key": "crawler"},
        {"X-API-Key": OLD[:-1]},
        {"X-API-Key": "é" * 20},
    ],
)
@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("POST", "/v1/clean"),
        ("POST", "/v1/clean/batch"),
        ("GET", "/v1/model"),
        ("GET", "/metrics"),
        ("GET", "/x"),
    ],
)
def test_nothing_else_does(client, detail_of, headers, method, path):
    response = client.open(path, method=method, headers=headers)
    assert "key" in detail_of(response, 401)
    assert response.headers["WWW-Authenticate"] == "Bearer"


@pytest.mark.parametrize("path", ["/healthz", "/readyz", "/openapi.json"])
def test_probes_need_no_key(client, path):
    assert client.get(path).status_code == 200


def test_every_key_is_compared_whatever_the_first_says(client, monkeypatch):
    compared = []
    monkeypatch.setattr("service.access.hmac.compare_digest", lambda a, b: compared.append((a, b)) or a == b)
    client.post("/v1/clean", headers={"X-API-Key": OLD}, **PAGE)
    assert len(compared) == 3
    assert {len(value) for pair in compared for value in pair} == {32}


def test_a_key_that_is_ahead_of_its_rate_is_told_when_to_come_back(client, detail_of):
    statuses = [client.post("/v1/clean", headers={"X-API-Key": OTHER}, **PAGE).status_code for _ in range(3)]
    assert statuses == [200, 429, 429]
    response = client.post("/v1/clean", headers={"X-API-Key": OTHER}, **PAGE)
    assert "0.5 pages a second" in detail_of(response, 429)
    assert int(response.headers["Retry-After"]) >= 1
    assert client.post("/v1/clean", headers={"X-API-Key": OLD}, **PAGE).status_code == 200


def test_the_rate_is_what_it_says():
    """Ten seconds of asking all the time, by a clock of its own."""
    granted = [shared.spend(0, 5.0, now / 1_000) == 0 for now in range(100_000, 110_000)]
    assert 50 <= sum(granted) <= 56
    assert sum(granted[:100]) <= 6


def test_a_batch_waits_for_its_rate(client, monkeypatch):
    waits = []

    def spend(key, rate, now):
        return 0.0 if len(waits) % 2 else 0.3

    monkeypatch.setattr(shared, "spend", spend)
    monkeypatch.setattr("service.access.Key.spend", lambda _: None)
    monkeypatch.setattr("service.routes.sleep", waits.append)
    response = client.post(
        "/v1/clean/batch",
        data=b'{"text": "one"}\n',
        headers={"X-API-Key": OTHER},
        content_type="application/x-ndjson",
    )
    assert b'"text":"one"' in response.data
    assert waits == [0.3]


@pytest.mark.parametrize(
    ("given", "advice"),
    [
        ("justakeythatislongenough", "entry 1 of PAGESIEVE_API_KEYS is not one; write NAME:KEY"),
        (f"a:{OLD} b:c:d:e", "entry 2"),
        ("a:short", "shorter than 16 characters"),
        (f"a:{OLD}:0", "the rate of a"),
        (f"a:{OLD}:1.2.3", "the rate of a"),
        (f"a:{OLD} b:{OLD}", "given twice"),
        (" ".join(f"k{number}:{number:020}" for number in range(600)), "more than"),
    ],
)
def test_keys_that_are_refused(given, advice):
    with pytest.raises(BadInput, match=advice) as error:
        read_keys(Settings(api_keys=given))
    assert OLD not in str(error.value)
    assert "justakey" not in str(error.value)


def test_keys_in_a_file(tmp_path):
    file = tmp_path / "keys"
    file.write_text(f"a:{OLD}\nb:{NEW}:7\n")
    first, second = read_keys(Settings(api_keys_file=str(file)))
    assert (first.name, first.rate, second.name, second.rate) == ("a", None, "b", 7.0)
    with pytest.raises(BadInput, match="cannot be read"):
        read_keys(Settings(api_keys_file=str(tmp_path / "none")))


@pytest.mark.parametrize(
    ("host", "public"),
    [
        ("127.0.0.1", False),
        ("127.8.8.8", False),
        ("::1", False),
        ("localhost", False),
        ("0.0.0.0", True),
        ("::", True),
        ("10.0.0.5", True),
        ("example.org", True),
    ],
)
def test_is_public(host, public):
    assert is_public(host) is public
