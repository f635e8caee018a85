"""The specification and the documentation say what the service is."""

from __future__ import annotations

import json
from dataclasses import fields
from pathlib import Path

import pytest

from pagesieve.options import Kind, Options
from service.openapi import specification
from service.settings import Settings, as_table, rows

DOCS = Path(__file__).parents[2] / "docs" / "service.md"
VERBS = {"get", "post", "put", "patch", "delete"}


@pytest.fixture(scope="module")
def document() -> dict:
    return json.loads(json.dumps(specification(Settings())))


def resolved(document: dict, schema: dict) -> dict:
    if "$ref" not in schema:
        return schema
    found = document
    for step in schema["$ref"].removeprefix("#/").split("/"):
        found = found[step]
    return found


def test_it_has_every_route_and_no_other(app, client):
    served = {
        (rule.rule, method.lower())
        for rule in app.url_map.iter_rules()
        for method in rule.methods - {"HEAD", "OPTIONS"}
    }
    described = {
        (path, verb) for path, item in client.get("/openapi.json").json["paths"].items() for verb in item
    }
    assert described == served


def test_it_is_version_3_1_and_its_references_lead_somewhere(document):
    assert document["openapi"].startswith("3.1.")
    text = json.dumps(document)
    for name in document["components"]["schemas"]:
        if name not in ("BatchAnswer",):
            assert f"#/components/schemas/{name}" in text
    names = [item[verb]["operationId"] for item in document["paths"].values() for verb in item]
    assert len(set(names)) == len(names)

    def references(node):
        if isinstance(node, dict):
            yield from ([node] if "$ref" in node else [])
            for value in node.values():
                yield from references(value)
        elif isinstance(node, list):
            for value in node:
                yield from references(value)

    assert all(resolved(document, node) for node in references(document))


def test_a_page_has_what_the_schema_says(document, client, news):
    answer = client.post(f"/v1/clean?kinds={','.join(Kind)}", data=news, content_type="text/html").json
    page = document["components"]["schemas"]["Page"]
    assert set(page["properties"]) == set(answer)
    assert set(page["required"]) <= set(answer)
    assert set(page["properties"]["metadata"]["properties"]) == set(answer["metadata"])
    block = page["properties"]["blocks"]["items"]
    assert set(block["properties"]) == set(block["required"]) == set(answer["blocks"][0])
    assert {found["role"] for found in answer["blocks"]} <= set(block["properties"]["role"]["enum"])


def test_parameters_are_the_options(document):
    names = {option.name for option in fields(Options)}
    parameters = document["paths"]["/v1/clean"]["post"]["parameters"]
    assert {found["name"] for found in parameters if found["in"] == "query"} == names | {"url"}
    submission = document["components"]["schemas"]["Submission"]["properties"]
    assert set(submission["options"]["properties"]) == names


@pytest.mark.parametrize(
    ("method", "path", "given", "status"),
    [
        ("post", "/v1/clean", {"data": b" ", "content_type": "text/html"}, 400),
        ("post", "/v1/clean", {"data": b"x", "content_type": "image/png"}, 415),
        ("post", "/v1/clean", {"data": b"x", "headers": {"Accept": "image/png"}}, 406),
        ("post", "/v1/clean", {"data": b"<i>" * 2_000, "content_type": "text/html"}, 413),
        ("post", "/v1/clean/batch", {"data": b"", "content_type": "application/x-ndjson"}, 400),
        ("get", "/healthz", {}, 200),
        ("get", "/readyz", {}, 200),
        ("get", "/v1/model", {}, 200),
        ("get", "/metrics", {}, 200),
    ],
)
def test_statuses_and_types_are_described(document, client, method, path, given, status):
    response = client.open(path, method=method.upper(), **given)
    assert response.status_code == status
    assert response.mimetype in document["paths"][path][method]["responses"][str(status)]["content"]


def test_limits_are_those_of_the_running_service():
    text = json.dumps(specification(Settings(max_request_bytes=1_234)))
    assert "At most 1,234 bytes" in text


def test_routes_without_a_key_say_so(document):
    free = {
        path for path, item in document["paths"].items() for verb in item if item[verb].get("security") == []
    }
    assert free == {"/healthz", "/readyz", "/openapi.json"}


def test_every_setting_is_documented_with_its_reason():
    assert as_table() in DOCS.read_text(encoding="utf-8"), "run: python -m service.settings"
    assert all(what and why for _, _, what, why in rows())
    assert len(list(rows())) == len(fields(Settings))


def test_every_route_is_documented(app):
    text = DOCS.read_text(encoding="utf-8") + (DOCS.parents[1] / "README.md").read_text(encoding="utf-8")
    assert [rule.rule for rule in app.url_map.iter_rules() if rule.rule not in text] == []
