"""The hostile corpus against a running service: what each request costs.

pagesieve serve --workers 1 &
python -m bench.hostile http://127.0.0.1:8000 PID-OF-THE-WORKER
"""

from __future__ import annotations

import sys
import time
import urllib.error
import urllib.request

from tests.hostile.corpus import requests
from tests.hostile.worker import forget_peak, peak_megabytes, processor_seconds

SECONDS, MEGABYTES = 2.0, 500.0


def main(address: str, worker: int) -> int:
    print("| request | bytes | status | wall s | processor s | peak MB |")
    print("| :-- | --: | --: | --: | --: | --: |")
    beyond = 0
    for name, (body, headers, _) in requests():
        forget_peak(worker)
        used, started = processor_seconds(worker), time.perf_counter()
        status = post(f"{address}/v1/clean", body, headers)
        wall, spent = time.perf_counter() - started, processor_seconds(worker) - used
        peak = peak_megabytes(worker)
        beyond += spent > SECONDS or peak > MEGABYTES or status >= 500
        print(f"| {name} | {len(body):,} | {status} | {wall:.2f} | {spent:.2f} | {peak:.0f} |", flush=True)
    print(f"\n{beyond} beyond {SECONDS:g} s of processor time, {MEGABYTES:g} MB or status 499")
    return int(beyond > 0)


def post(address: str, body: bytes, headers: dict[str, str]) -> int:
    try:
        request = urllib.request.Request(address, body, {"Content-Type": "text/html", **headers})
        with urllib.request.urlopen(request, timeout=120) as response:
            response.read()
            return int(response.status)
    except urllib.error.HTTPError as error:
        return error.code


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], int(sys.argv[2])))
