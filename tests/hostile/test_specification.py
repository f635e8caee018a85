"""Requests made from the specification: every answer is one that the specification has."""

from __future__ import annotations

import tempfile

import pytest
from hypothesis import HealthCheck, settings

from service.app import create_app
from service.settings import Settings

schemathesis = pytest.importorskip("schemathesis")


store = tempfile.TemporaryDirectory()
app = create_app(Settings(labels=f"sqlite:///{store.name}/labels.sqlite3", keep_labelled_pages=True))
schema = schemathesis.openapi.from_wsgi("/openapi.json", app).exclude(
    path="/v1/clean/batch"  # lines of JSON are no media type that it can make
)


@schema.parametrize()
@settings(max_examples=10, deadline=None, suppress_health_check=list(HealthCheck))
def test_every_answer_is_one_that_the_specification_has(case: schemathesis.Case) -> None:
    case.call_and_validate(
        checks=[
            schemathesis.checks.not_a_server_error,
            schemathesis.specs.openapi.checks.status_code_conformance,
            schemathesis.specs.openapi.checks.content_type_conformance,
            schemathesis.specs.openapi.checks.response_schema_conformance,
        ]
    )
