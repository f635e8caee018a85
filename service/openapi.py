"""The interface as OpenAPI 3.1, for the running service: limits and keys as they are set."""

from __future__ import annotations

from dataclasses import fields
from importlib.metadata import version
from typing import Any

from pagesieve.metadata import Metadata
from pagesieve.options import DROP_BELOW, KEEP_FROM, Focus, Kind
from pagesieve.page_type import PAGE_TYPES
from pagesieve.quality import Decision, State
from pagesieve.roles import Role
from service.labels import MAX_KEY, MAX_WHO
from service.problems import MEDIA_TYPE as PROBLEM
from service.settings import Settings
from service.submission import MAX_ID, MAX_URL

Schema = dict[str, Any]

_TEXT: Schema = {"type": "string"}
_STRING_OR_NULL: Schema = {"type": ["string", "null"]}
_SHARE: Schema = {"type": "number", "minimum": 0, "maximum": 1}
_HASH: Schema = {
    "type": "string",
    "pattern": "^[0-9a-f]{64}$",
    "description": "SHA-256 of the page in UTF-8.",
}
_OPTIONS: dict[str, Schema] = {
    "focus": {
        "enum": [*Focus],
        "default": Focus.BALANCED,
        "description": "Which mistake costs more: text kept wrongly, or text lost.",
    },
    "threshold": {
        "type": ["number", "null"],
        "minimum": 0,
        "maximum": 1,
        "description": "Keep the blocks of at least this probability instead of choosing them page by page.",
    },
    "kinds": {
        "type": "array",
        "items": {"enum": [*Kind]},
        "minItems": 1,
        "description": "What the JSON answer holds.",
        "default": [Kind.TEXT, Kind.BLOCKS],
    },
    "keep": {
        "type": "array",
        "items": {"enum": [*Role]},
        "default": [],
        "description": "Roles of blocks that the text is to have as well.",
    },
    "drop": {
        "type": "array",
        "items": {"enum": [*Role]},
        "default": [],
        "description": "Roles of blocks that the text is not to have; none that is in keep.",
    },
    "reasons": {
        "type": "boolean",
        "default": False,
        "description": "Let every stripped block say in a few words why it was stripped.",
    },
    "any_state": {
        "type": "boolean",
        "default": False,
        "description": "Give the text too of a page that is only a message: error, wall, placeholder, form.",
    },
    "keep_from": {
        **_SHARE,
        "default": KEEP_FROM,
        "description": "Score from which the verdict is to keep a page; below drop_below is to drop it.",
    },
    "drop_below": {
        **_SHARE,
        "default": DROP_BELOW,
        "description": "Score below which the verdict is to drop a page; at most keep_from.",
    },
}
_ERRORS = {
    400: "The page or an option cannot be used as it is.",
    401: "A key is needed, or this one is not valid.",
    406: "No media type that is accepted can be sent.",
    408: "The request did not come in time.",
    413: "The body or the page is larger than a limit.",
    415: "The content type or encoding is not accepted.",
    422: "The page takes more processor time than it may, or the Idempotency-Key came with something else.",
    429: "The key is ahead of its rate; Retry-After says when to come back.",
    500: "A bug; the log has a line for the instance that is named.",
    503: "Too much is in hand, the service is stopping, or it has no usable release or store.",
    507: "The store of labels holds as much as it may.",
}
MODEL_HEADER, IDEMPOTENCY_HEADER = "Pagesieve-Model", "Idempotency-Key"
_ALWAYS = ("title", "metadata", "model", "state")
_SCORED = ("state", "verdict", "confidence", "language", "model")
_POSTED = (400, 406, 408, 413, 415, 422, 429, 500, 503)


def specification(settings: Settings) -> Schema:
    """The document at ``/openapi.json``."""
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "pagesieve",
            "version": version("pagesieve"),
            "summary": "Post a scraped page, get back its own content.",
            "description": "Every error is application/problem+json (RFC 9457) and says what to do next.",
            "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
        },
        "security": [{"bearer": []}, {"header": []}, {}],
        "paths": _paths(settings),
        "components": {
            "securitySchemes": {
                "bearer": {"type": "http", "scheme": "bearer"},
                "header": {"type": "apiKey", "in": "header", "name": "X-API-Key"},
            },
            "schemas": _schemas(settings),
        },
    }


def _paths(settings: Settings) -> Schema:
    return {
        "/v1/clean": {"post": _clean(settings)},
        "/v1/clean/batch": {"post": _batch(settings)},
        "/v1/score": {"post": _score(settings)},
        "/v1/labels": {"post": _labels(settings)},
        "/v1/model": {
            "get": _operation(
                "model",
                "The release that answers.",
                _json("Model"),
                (401, 503),
            )
        },
        "/healthz": {"get": _operation("alive", "The process answers.", _json("Status"), (), free=True)},
        "/readyz": {
            "get": _operation(
                "ready", "The golden page is classified as expected.", _json("Ready"), (503,), free=True
            )
        },
        "/metrics": {
            "get": _operation("metrics", "For Prometheus.", {"text/plain": {"schema": _TEXT}}, (401,))
        },
        "/openapi.json": {
            "get": _operation(
                "openapi",
                "This.",
                {"application/json": {"schema": {"type": "object"}}},
                (),
                free=True,
            )
        },
    }


def _clean(settings: Settings) -> Schema:
    answers: Schema = _json("Page") | {
        kind: {"schema": _TEXT} for kind in ("text/plain", "text/markdown", "text/html")
    }
    operation = _operation("clean", "One page in, its content out.", answers, (401, *_POSTED))
    return _one_page(settings, operation)


def _score(settings: Settings) -> Schema:
    summary = "One page in, its verdict out: whether it is worth keeping, and why."
    return _one_page(settings, _operation("score", summary, _json("Score"), (401, *_POSTED)))


def _one_page(settings: Settings, operation: Schema) -> Schema:
    raw: Schema = {"schema": {"type": "string", "contentMediaType": "text/html", "minLength": 1}}
    made_by: Schema = {"description": "The release that made the answer.", "schema": _TEXT}
    operation["responses"]["200"]["headers"] = {MODEL_HEADER: made_by}
    return operation | {
        "parameters": [_url_parameter(), *_option_parameters(), _encoding_parameter()],
        "requestBody": {
            "required": True,
            "description": f"At most {settings.max_request_bytes:,} bytes, {settings.max_page_bytes:,} "
            "decompressed. Options go into JSON, or into the query for the other types.",
            "content": {
                "text/html": raw,
                "application/xhtml+xml": raw,
                "text/plain": {"schema": {"type": "string", "minLength": 1}},
                **_json("Submission"),
            },
        },
    }


def _batch(settings: Settings) -> Schema:
    lines = {"application/x-ndjson": {"schema": {"$ref": "#/components/schemas/BatchAnswer"}}}
    operation = _operation(
        "cleanBatch",
        "Many pages, one a line; answered as a stream, in the same order.",
        lines,
        (401, *_POSTED),
    )
    return operation | {
        "parameters": [*_option_parameters(), _encoding_parameter()],
        "requestBody": {
            "required": True,
            "description": f"Any number of lines of at most {settings.max_page_bytes:,} bytes each.",
            "content": {"application/x-ndjson": {"schema": {"$ref": "#/components/schemas/Line"}}},
        },
    }


def _labels(settings: Settings) -> Schema:
    operation = _operation(
        "label",
        "The right roles of a page's blocks in; stored once, for training.",
        _json("Stored"),
        (401, *_POSTED, 507),
    )
    operation["responses"]["200"]["description"] = "It was stored before."
    operation["responses"]["201"] = {"description": "Stored.", "content": _json("Stored")}
    key: Schema = {
        "name": IDEMPOTENCY_HEADER,
        "in": "header",
        "schema": {**_TEXT, "minLength": 1, "maxLength": MAX_KEY},
        "description": "Your name for this label: sent again, it is stored once. Else its content decides.",
    }
    return operation | {
        "parameters": [key, _encoding_parameter()],
        "requestBody": {
            "required": True,
            "description": f"At most {settings.max_request_bytes:,} bytes, {settings.max_blocks:,} blocks.",
            "content": _json("Label"),
        },
    }


def _operation(
    name: str, summary: str, answers: Schema, errors: tuple[int, ...], *, free: bool = False
) -> Schema:
    responses: Schema = {"200": {"description": "Success.", "content": answers}}
    for code in sorted(errors):
        problem = {PROBLEM: {"schema": {"$ref": "#/components/schemas/Problem"}}}
        responses[str(code)] = {"description": _ERRORS[code], "content": problem}
        if code in (429, 503):
            responses[str(code)]["headers"] = {"Retry-After": {"schema": {"type": "integer"}}}
    operation: Schema = {"operationId": name, "summary": summary, "responses": responses}
    return operation | ({"security": []} if free else {})


def _json(schema: str) -> Schema:
    return {"application/json": {"schema": {"$ref": f"#/components/schemas/{schema}"}}}


def _option_parameters() -> list[Schema]:
    return [
        {
            "name": name,
            "in": "query",
            "schema": schema,
            **({"style": "form", "explode": False} if schema.get("type") == "array" else {}),
        }
        for name, schema in _OPTIONS.items()
    ]


def _url_parameter() -> Schema:
    return {"name": "url", "in": "query", "schema": _url(), "description": "Nothing is fetched."}


def _encoding_parameter() -> Schema:
    schema: Schema = {"type": "string", "description": "gzip, br, zstd or deflate; at most two of them."}
    return {"name": "Content-Encoding", "in": "header", "schema": schema}


def _url() -> Schema:
    return {**_TEXT, "maxLength": MAX_URL}


def _schemas(settings: Settings) -> Schema:
    source: Schema = {
        "html": {**_TEXT, "description": "The page; or text."},
        "text": {**_TEXT, "description": "Text that somebody already extracted: every line is a block."},
        "url": {"type": ["string", "null"], "maxLength": MAX_URL, "description": "Nothing is fetched."},
        "options": _object(_OPTIONS, required=(), closed=True),
    }
    one_of = {"oneOf": [{"required": ["html"]}, {"required": ["text"]}]}
    name: Schema = {"type": ["string", "integer", "null"], "maxLength": MAX_ID}
    page = _page()
    return {
        "Submission": {**_object(source, required=(), closed=True), **one_of},
        "Line": {**_object({**source, "id": name}, required=(), closed=True), **one_of},
        "Page": _object(page, required=_ALWAYS),
        "Score": _object({name: page[name] for name in (*_SCORED, "signals")}, required=_SCORED),
        "BatchAnswer": {
            "oneOf": [
                _object({**page, "id": name}, required=_ALWAYS),
                _object(
                    {
                        "id": name,
                        "line": {"type": "integer", "minimum": 1},
                        "error": {"$ref": "#/components/schemas/Problem"},
                        "end": {"const": True, "description": "The batch could not go on here."},
                    },
                    required=("line", "error"),
                ),
            ]
        },
        "Label": _label(),
        "Stored": _object(stored := _stored(), required=tuple(stored)),
        "Model": _object(
            {"name": _TEXT, "manifest": {"type": "object"}, "card": _TEXT},
            required=("name", "manifest", "card"),
        ),
        "Status": _object({"status": {"const": "ok"}}, required=("status",)),
        "Ready": _object({"status": {"const": "ready"}, "model": _TEXT}, required=("status", "model")),
        "Problem": _object(
            {
                "type": {"const": "about:blank"},
                "title": _TEXT,
                "status": {"type": "integer"},
                "detail": {**_TEXT, "description": "What to do next."},
                "instance": {**_TEXT, "description": "urn:uuid, repeated in the log for bugs."},
            },
            required=("type", "title", "status", "detail", "instance"),
        ),
    }


def _label() -> Schema:
    page: Schema = {
        "html": {**_TEXT, "minLength": 1, "description": "The page; kept only if the operator allows it."},
        "text": {**_TEXT, "minLength": 1},
        "page_hash": _HASH,
    }
    blocks = {"text": {**_TEXT, "minLength": 1}, "role": {"enum": [*Role]}}
    rest: Schema = {
        "url": {"type": ["string", "null"], "maxLength": MAX_URL, "description": "Nothing is fetched."},
        "who": {
            "type": ["string", "null"],
            "maxLength": MAX_WHO,
            "description": "Who says so; the name of the API key if left out.",
        },
        "blocks": {
            "type": "array",
            "minItems": 1,
            "items": _object(blocks, required=tuple(blocks), closed=True),
            "description": "Texts of blocks as in the answer of /v1/clean, and their right roles.",
        },
    }
    any_of = {"anyOf": [{"required": [name]} for name in page]}
    return {**_object(page | rest, required=("blocks",), closed=True), **any_of}


def _stored() -> Schema:
    return {
        "id": _TEXT,
        "page_hash": _HASH,
        "blocks": {"type": "integer", "minimum": 1, "description": "Different texts that have a role."},
        "page_stored": {"type": "boolean", "description": "Whether the page itself is kept."},
    }


def _page() -> Schema:
    block: Schema = {
        "text": _TEXT,
        "role": {"enum": [*Role]},
        "keep": {"type": "boolean"},
        "probability": {"type": "number", "minimum": 0, "maximum": 1},
        "path": {**_TEXT, "description": "CSS selector."},
        "tag": _TEXT,
        "level": {"type": "integer", "minimum": 0, "maximum": 6, "description": "Heading level, else 0."},
        "role_probability": {**_SHARE, "description": "Of the role, among those that agree with keep."},
        "reason": {**_STRING_OR_NULL, "description": "Why it was stripped, if reasons were asked for."},
        "trimmed": {"type": "array", "items": _TEXT, "description": "Boilerplate cut off the ends of text."},
    }
    metadata = {field.name: _STRING_OR_NULL for field in fields(Metadata)}
    return {
        "title": _TEXT,
        "metadata": _object(metadata, required=tuple(metadata)),
        "model": _TEXT,
        "text": _TEXT,
        "markdown": _TEXT,
        "html": {**_TEXT, "contentMediaType": "text/html"},
        "blocks": {"type": "array", "items": _object(block, required=tuple(block))},
        "state": {"enum": [*State]},
        "page_type": {"enum": [*PAGE_TYPES]},
        "page_types": {
            **_object(dict.fromkeys(PAGE_TYPES, _SHARE), required=()),
            "description": "Likelihoods.",
        },
        "language": {**_TEXT, "description": "ISO 639-1; empty when the text is too short to tell."},
        "confidence": {**_SHARE, "description": "Predicted word F1 of this extraction."},
        "verdict": _verdict(),
        "signals": {"type": "array", "items": {"type": "object"}},
    }


def _verdict() -> Schema:
    number: Schema = {"type": "number"}
    reason = {"code": _TEXT, "message": _TEXT, "value": number, "threshold": number, "source": _TEXT}
    return _object(
        {
            "decision": {"enum": [*Decision]},
            "state": {"enum": [*State]},
            "score": _SHARE,
            "quality": _SHARE,
            "spam": _SHARE,
            "reasons": {
                "type": "array",
                "maxItems": 5,
                "items": _object({**reason, "effect": number}, required=("code", "message")),
            },
        },
        required=("decision", "state", "score", "quality", "spam", "reasons"),
    )


def _object(properties: Schema, required: tuple[str, ...], *, closed: bool = False) -> Schema:
    schema: Schema = {"type": "object", "properties": properties}
    if required:
        schema["required"] = list(required)
    return schema | ({"additionalProperties": False} if closed else {})
