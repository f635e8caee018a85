"""Label pages in a running container, train there, restart it, and check that nothing is lost.

``keep_labels.py [http://127.0.0.1:8000]``, with the container's name or number in ``$CONTAINER_ID`` and its
engine in ``$ENGINE`` (default: podman). The container must have volumes at /models and /labels, and
PAGESIEVE_KEEP_LABELLED_PAGES=true.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time

from post_page import PAGE, ask, faults

CONTAINER = os.environ["CONTAINER_ID"]
ENGINE = os.environ.get("ENGINE", "podman")
# Sites that are labelled, and pages of each.
SITES, PAGES = 2, 3
EXPORTED = "/tmp/labels.jsonl"


def engine(*arguments: str) -> str:
    return subprocess.run([ENGINE, *arguments], check=True, stdout=subprocess.PIPE, text=True).stdout


def inside(*command: str) -> str:
    return engine("exec", CONTAINER, *command)


def wait_for_release(base: str, before: str) -> str:
    """The name of the release that answers, when it is another one than ``before``."""
    for _ in range(300):
        try:
            status, _, text = ask(f"{base}/readyz")
            if status == 200 and (name := json.loads(text)["model"]) != before:
                return str(name)
        except OSError:
            pass
        time.sleep(0.2)
    sys.exit(f"no other release than {before or 'none'} came to answer")


def label(base: str, site: int, page: int) -> None:
    """Post a page's own decisions as labels, one block of them corrected."""
    html = PAGE.read_text(encoding="utf-8").replace("</body>", f"<p>Page {page} of site {site}.</p></body>")
    answer = json.loads(ask(f"{base}/v1/clean", html.encode(), Content_Type="text/html")[2])
    roles = {" ".join(block["text"].split()): block["role"] for block in answer["blocks"]}
    roles[f"Page {page} of site {site}."] = "legal"
    blocks = [{"text": text, "role": role} for text, role in roles.items()]
    url = f"https://site{site}.example/{page}"
    body = json.dumps({"html": html, "url": url, "blocks": blocks, "who": "container"}).encode()
    status, _, text = ask(f"{base}/v1/labels", body, Content_Type="application/json")
    if status != 201:
        sys.exit(f"the label is answered with {status}: {text}")


def train() -> None:
    inside("sh", "-c", f"pagesieve labels export > {EXPORTED}")
    inside("pagesieve", "train", "--labels", EXPORTED, "--out", "/models")


def labels_kept() -> int:
    return int(json.loads(inside("pagesieve", "labels", "stats", "--json"))["labelled_pages"])


if __name__ == "__main__":
    address = sys.argv[1] if len(sys.argv) > 1 else "http://127.0.0.1:8000"
    found = faults(address)
    first = wait_for_release(address, "")
    for number in range(SITES * PAGES):
        label(address, number // PAGES, number % PAGES)
    train()
    trained = wait_for_release(address, first)
    found += faults(address)
    engine("restart", CONTAINER)
    if (name := wait_for_release(address, "")) != trained:
        found.append(f"after the restart the container answers with {name}, not {trained}")
    if (kept := labels_kept()) != SITES * PAGES:
        found.append(f"after the restart there are labels of {kept} pages")
    found += faults(address)
    sys.exit("\n".join(found) or print(f"labels and release {trained} were kept; the service is as expected"))
