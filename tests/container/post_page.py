"""Post a page to a running service and check the answer: ``post_page.py [http://127.0.0.1:8000]``.

Needs nothing but Python, so that it also runs where pagesieve is not installed. Exits with 1 and says
why when an answer is not as expected.
"""

from __future__ import annotations

import json
import sys
import urllib.error
import urllib.request
from pathlib import Path

PAGE = Path(__file__).parent.parent / "pages" / "news.html"
KEPT = ("Oona Farrell took over the shop in Lower Hollin", "The first loaves under the new ruling")
DROPPED = ("Doctors are speechless", "Cookie settings", "Otter spotted in town centre fountain")


def ask(url: str, body: bytes | None = None, **headers: str) -> tuple[int, str, str]:
    """Status, content type and text of an answer."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with opener.open(urllib.request.Request(url, body, named), timeout=30) as answer:
            return answer.status, answer.headers["Content-Type"], answer.read().decode()
    except urllib.error.HTTPError as error:
        return error.code, error.headers["Content-Type"], error.read().decode()


def faults(base: str) -> list[str]:
    """What is wrong with the service at ``base``."""
    page = PAGE.read_bytes()
    found = []
    status, _, ready = ask(f"{base}/readyz")
    if status != 200:
        found.append(f"/readyz answers {status}: {ready}")
    status, kind, text = ask(f"{base}/v1/clean", page, Content_Type="text/html", Accept="text/plain")
    if (status, kind) != (200, "text/plain; charset=utf-8"):
        found.append(f"the page is answered with {status} {kind}: {text}")
    found += [f"lost: {words}" for words in KEPT if words not in text]
    found += [f"kept: {words}" for words in DROPPED if words in text]
    body = json.dumps({"html": page.decode(), "options": {"kinds": ["markdown"]}}).encode()
    status, _, answer = ask(f"{base}/v1/clean", body, Content_Type="application/json")
    if status != 200 or "## A rule nobody remembered" not in json.loads(answer)["markdown"]:
        found.append(f"JSON in, Markdown out fails with {status}: {answer[:200]}")
    status, kind, _ = ask(f"{base}/v1/clean", page, Content_Type="image/png")
    if (status, kind) != (415, "application/problem+json"):
        found.append(f"a wrong content type is answered with {status} {kind}")
    return found


if __name__ == "__main__":
    problems = faults(sys.argv[1] if len(sys.argv) > 1 else "http://127.0.0.1:8000")
    sys.exit("\n".join(problems) or print("the service answers as expected"))
