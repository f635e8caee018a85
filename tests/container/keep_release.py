"""Put another release into a running container, restart it, and check that it answers with that release.

``keep_release.py [http://127.0.0.1:8000]``, with the container's name or number in ``$CONTAINER_ID`` and its
engine in ``$ENGINE`` (default: podman). The container must have a volume at /models.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time

from post_page import ask, faults

CONTAINER = os.environ["CONTAINER_ID"]
ENGINE = os.environ.get("ENGINE", "podman")
NAME = "blocks-kept"
# The same models under another name: what is tried is whether a release stays, not whether it is better.
SCRIPT = f"""
import json, pathlib, shutil
models = pathlib.Path('/models')
new = models / '{NAME}'
shutil.copytree(models / (models / 'current').read_text().strip(), new, dirs_exist_ok=True)
manifest = json.loads((new / 'manifest.json').read_text())
(new / 'manifest.json').write_text(json.dumps(manifest | {{'name': '{NAME}'}}))
(models / 'current').write_text('{NAME}')
"""


def engine(*arguments: str) -> None:
    subprocess.run([ENGINE, *arguments], check=True, stdout=subprocess.DEVNULL)


def wait_until_ready(base: str) -> None:
    for _ in range(300):
        try:
            if ask(f"{base}/readyz")[0] == 200:
                return
        except OSError:
            pass
        time.sleep(0.2)
    sys.exit("the container did not become ready again")


if __name__ == "__main__":
    address = sys.argv[1] if len(sys.argv) > 1 else "http://127.0.0.1:8000"
    found = faults(address)
    engine("exec", CONTAINER, "python", "-c", SCRIPT)
    engine("restart", CONTAINER)
    wait_until_ready(address)
    if (name := json.loads(ask(f"{address}/v1/model")[2])["name"]) != NAME:
        found.append(f"after the restart the container answers with {name}")
    found += faults(address)
    sys.exit("\n".join(found) or print("the release was kept and the service answers as expected"))
