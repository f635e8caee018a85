"""Load: the service on this machine under more and more of it, beside the library's own rate.

``python -m bench.load --help`` lists the measurements; ``bench/README.md`` says what they mean. Only
addresses of this machine are asked, and every loop ends by itself.
"""

from __future__ import annotations

import asyncio
import json
import os
import random
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import cycle, islice
from pathlib import Path
from statistics import median, quantiles

import aiohttp
import click

import pagesieve
from pagesieve.model import current_release, releases_folder
from training.corpora import corpora_folder, read_pages

_CORPUS = "wcxb_dev.jsonl.xz"
_HEADERS = {"Content-Type": "text/html; charset=utf-8"}
_START_SECONDS = 60
# Connections that send one page after another: enough that a worker never waits for a page.
_BUSY = 4
_ROUNDS = 3
_SEED = 0
# A probe after an overload counts as served in time when it takes no longer than so many medians.
_RECOVERED = 3


@dataclass
class Tally:
    """Answers by status ("broken" where there was none), and the seconds that the 200s took."""

    statuses: Counter[str] = field(default_factory=Counter)
    seconds: list[float] = field(default_factory=list)
    retry_after: int = 0
    releases: Counter[str] = field(default_factory=Counter)

    def __str__(self) -> str:
        return ", ".join(f"{number} × {status}" for status, number in sorted(self.statuses.items()))


@dataclass(frozen=True)
class Server:
    url: str
    pid: int

    def workers(self) -> list[int]:
        children = Path(f"/proc/{self.pid}/task/{self.pid}/children").read_text(encoding="ascii")
        return [int(child) for child in children.split()]


@contextmanager
def running(workers: int, **settings: object) -> Iterator[Server]:
    """The service with ``workers``, on a port that is free."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    environment = os.environ | {f"PAGESIEVE_{name.upper()}": str(value) for name, value in settings.items()}
    start = [sys.executable, "-c", "from pagesieve.cli import main; main()"]
    command = [*start, "serve", "--port", str(port), "--workers", str(workers)]
    with (
        tempfile.TemporaryFile() as log,
        subprocess.Popen(command, env=environment, stderr=log) as process,
    ):
        try:
            asyncio.run(_ready(f"http://127.0.0.1:{port}/readyz"))
            yield Server(f"http://127.0.0.1:{port}", process.pid)
        finally:
            process.send_signal(signal.SIGTERM)
            process.wait(timeout=30)


async def _ready(url: str) -> None:
    async with aiohttp.ClientSession() as session:
        for _ in range(10 * _START_SECONDS):
            try:
                async with session.get(url) as answer:
                    if answer.status == 200:
                        return
            except aiohttp.ClientError:
                pass
            await asyncio.sleep(0.1)
    raise click.ClickException("the service did not become ready")


async def post(session: aiohttp.ClientSession, url: str, page: bytes, tally: Tally) -> None:
    start = time.perf_counter()
    try:
        async with session.post(f"{url}/v1/clean", data=page, headers=_HEADERS) as answer:
            await answer.read()
            tally.statuses[str(answer.status)] += 1
            tally.retry_after += "Retry-After" in answer.headers
            tally.releases[answer.headers.get("Pagesieve-Model", "none")] += 1
            if answer.status == 200:
                tally.seconds.append(time.perf_counter() - start)
    except (aiohttp.ClientError, OSError, TimeoutError):
        tally.statuses["broken"] += 1


async def closed_loop(server: Server, pages: list[bytes], connections: int) -> tuple[Tally, float]:
    """Every page once, over so many connections; and how long it took."""
    tally, queue = Tally(), iter(pages)
    async with _session() as session:

        async def send() -> None:
            for page in queue:
                await post(session, server.url, page, tally)

        start = time.perf_counter()
        await asyncio.gather(*(send() for _ in range(connections)))
        return tally, time.perf_counter() - start


async def open_loop(server: Server, pages: list[bytes], rate: float, seconds: float) -> Tally:
    """Pages at random times (a Poisson process), however long the answers take."""
    tally, chance, pages_in_turn = Tally(), random.Random(_SEED), cycle(pages)
    async with _session() as session, asyncio.TaskGroup() as group:
        due = start = time.perf_counter()
        while due < start + seconds:
            await asyncio.sleep(max(0.0, due - time.perf_counter()))
            group.create_task(post(session, server.url, next(pages_in_turn), tally))
            due += chance.expovariate(rate)
    return tally


def _session() -> aiohttp.ClientSession:
    return aiohttp.ClientSession(
        connector=aiohttp.TCPConnector(limit=0), timeout=aiohttp.ClientTimeout(total=60)
    )


def library_rate(pages: list[bytes]) -> float:
    """Pages a second of the library in this process, JSON included."""
    start = time.perf_counter()
    for page in pages:
        json.dumps(pagesieve.clean(page, content_type="text/html").to_dict(), ensure_ascii=False)
    return len(pages) / (time.perf_counter() - start)


def percentiles(seconds: list[float]) -> str:
    p50, p99 = median(seconds), _p99(seconds)
    return f"median {1e3 * p50:.0f} ms, p99 {1e3 * p99:.0f} ms ({_spread(seconds):.1f} × median)"


def _spread(seconds: list[float]) -> float:
    return _p99(seconds) / median(seconds)


def _p99(seconds: list[float]) -> float:
    return quantiles(seconds, n=100)[98]


def processor_seconds(pid: int) -> float:
    """Processor time that a process has used."""
    fields = Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def resident_mb(pid: int) -> float:
    """Resident memory of a process."""
    status = Path(f"/proc/{pid}/status").read_text(encoding="ascii")
    return int(status.split("VmRSS:")[1].split()[0]) / 1_024


@click.group()
@click.option("--corpora", type=click.Path(path_type=Path), help="Folder of corpora.")
@click.option(
    "--pages", "number", default=300, show_default=True, help="Different pages, spread over the corpus."
)
@click.pass_context
def main(context: click.Context, corpora: Path | None, number: int) -> None:
    """Measure the service on this machine. OMP_NUM_THREADS=1 keeps the library to one core as well."""
    every = [page.html.encode() for page in read_pages(corpora_folder(corpora) / _CORPUS)]
    context.obj = every[:: max(len(every) // number, 1)][:number]


@main.command()
@click.pass_obj
def rate(pages: list[bytes]) -> None:
    """Pages a second of one worker, against the library in one process, in turn."""
    library_rate(pages[:20])
    shares, efforts = [], []
    with running(1, max_worker_pages=10**9) as server:
        asyncio.run(closed_loop(server, pages[:20], _BUSY))
        [worker] = server.workers()
        for _ in range(_ROUNDS):
            start = time.process_time()
            alone = library_rate(pages)
            library_effort = time.process_time() - start
            start = processor_seconds(worker)
            tally, seconds = asyncio.run(closed_loop(server, pages, _BUSY))
            efforts.append(library_effort / (processor_seconds(worker) - start))
            served = len(pages) / seconds
            shares.append(served / alone)
            click.echo(f"library {alone:.1f}/s, one worker {served:.1f}/s: {shares[-1]:.0%} ({tally})")
    click.echo(f"one worker has {median(shares):.0%} of the library's rate (median of {_ROUNDS}),")
    click.echo(f"and {median(efforts):.0%} of its pages for a second of processor time")


@main.command()
@click.option("--workers", default=2, show_default=True)
@click.option("--seconds", default=20.0, show_default=True, help="A round.")
@click.option("--share", default=0.7, show_default=True, help="Of the capacity before each round.")
@click.option("--rounds", default=2 * _ROUNDS, show_default=True)
@click.pass_obj
def latency(pages: list[bytes], workers: int, seconds: float, share: float, rounds: int) -> None:
    """Time to answer at a share of the capacity, pages coming at random times."""
    with running(workers) as server:
        alone, _ = asyncio.run(closed_loop(server, pages, 1))
        click.echo(f"one page at a time: {percentiles(alone.seconds)}")
        ratios = []
        for _ in range(rounds):
            capacity = _capacity(server, pages, workers)
            tally = asyncio.run(open_loop(server, pages, share * capacity, seconds))
            ratios.append(_spread(tally.seconds))
            click.echo(f"at {share:.0%} of {capacity:.1f}/s: {percentiles(tally.seconds)}; {tally}")
        click.echo(f"p99 is {median(ratios):.1f} × median (median of {rounds} rounds)")


@main.command()
@click.option("--workers", default=2, show_default=True)
@click.option("--seconds", default=60.0, show_default=True)
@click.option("--times", default=4.0, show_default=True, help="The capacity.")
@click.pass_obj
def overload(pages: list[bytes], workers: int, seconds: float, times: float) -> None:
    """More than can be answered, and how soon all is well again."""
    with running(workers) as server:
        capacity = _capacity(server, pages, workers)
        usual, _ = asyncio.run(closed_loop(server, pages[:40], 1))
        tally = asyncio.run(open_loop(server, pages, times * capacity, seconds))
        click.echo(f"at {times:g} × {capacity:.1f}/s for {seconds:g} s: {tally}")
        click.echo(
            f"answered {len(tally.seconds) / seconds:.1f}/s, {percentiles(tally.seconds)}; "
            f"{tally.retry_after} refusals say when to come back"
        )
        click.echo(f"recovered after {asyncio.run(_recovery(server, pages, usual)):.1f} s")


async def _recovery(server: Server, pages: list[bytes], usual: Tally) -> float:
    """Seconds until ten pages in a row are answered, none later than usual."""
    start, good, latest = time.perf_counter(), 0, _RECOVERED * max(usual.seconds)
    async with _session() as session:
        for page in islice(cycle(pages[:40]), 1_000):
            tally = Tally()
            await post(session, server.url, page, tally)
            good = good + 1 if tally.seconds and tally.seconds[0] <= latest else 0
            if good == 1:
                since = time.perf_counter() - start
            if good == 10:
                return since
    raise click.ClickException("the service did not recover")


@main.command()
@click.option("--workers", default=2, show_default=True)
@click.pass_obj
def kill(pages: list[bytes], workers: int) -> None:
    """Kill a worker in the middle, and count what is lost."""
    with running(workers) as server:

        async def disturbed() -> tuple[Tally, float]:
            sending = asyncio.create_task(closed_loop(server, pages, workers))
            await asyncio.sleep(3)
            os.kill(server.workers()[0], signal.SIGKILL)
            return await sending

        tally, _ = asyncio.run(disturbed())
        click.echo(f"{workers} connections, one worker of {workers} killed: {tally}")


@main.command()
@click.option("--workers", default=2, show_default=True)
@click.option("--seconds", default=60.0, show_default=True)
@click.option("--every", default=5.0, show_default=True, help="Seconds from one promotion to the next.")
@click.pass_obj
def promote(pages: list[bytes], workers: int, seconds: float, every: float) -> None:
    """Promote one of two releases after the other under full load, and count what fails."""
    with tempfile.TemporaryDirectory() as folder:
        models = Path(folder)
        for name in ("first", "second"):
            made = Path(shutil.copytree(current_release(releases_folder()), models / name))
            manifest = json.loads((made / "manifest.json").read_bytes())
            (made / "manifest.json").write_text(json.dumps(manifest | {"name": name}), encoding="utf-8")
        _point(models, "first")
        with running(workers, models=models) as server:
            tally, times = asyncio.run(_promoted(server, pages, models, seconds, every))
        answered = ", ".join(f"{number} by {name}" for name, number in sorted(tally.releases.items()))
        click.echo(f"{times} promotions in {seconds:g} s: {tally}; {answered}; {percentiles(tally.seconds)}")


def _point(models: Path, name: str) -> None:
    (models / ".current").write_text(name, encoding="utf-8")
    (models / ".current").replace(models / "current")


async def _promoted(
    server: Server, pages: list[bytes], models: Path, seconds: float, every: float
) -> tuple[Tally, int]:
    tally, times, end = Tally(), 0, time.perf_counter() + seconds
    names = cycle(("second", "first"))
    async with _session() as session, asyncio.TaskGroup() as group:

        async def send(first: int) -> None:
            for page in islice(cycle(pages), first, None):
                if time.perf_counter() > end:
                    return
                await post(session, server.url, page, tally)

        for number in range(_BUSY * len(server.workers())):
            group.create_task(send(number))
        while time.perf_counter() < end - every:
            await asyncio.sleep(every)
            _point(models, next(names))
            times += 1
    return tally, times


@main.command()
@click.option("--total", default=20_000, show_default=True)
@click.pass_obj
def soak(pages: list[bytes], total: int) -> None:
    """Resident memory of one worker over many pages, without ever replacing it."""
    with running(1, max_worker_pages=10**9) as server:
        asyncio.run(closed_loop(server, pages, _BUSY))
        [worker] = server.workers()
        first = last = resident_mb(worker)
        click.echo(f"after {len(pages)} pages: {first:.0f} MB")
        for done in range(0, total, len(pages)):
            asyncio.run(closed_loop(server, pages, _BUSY))
            last = resident_mb(worker)
            click.echo(f"after {done + 2 * len(pages)} pages: {last:.0f} MB")
        click.echo(f"growth {last - first:+.1f} MB over {total} pages")


@main.command()
@click.option("--total", default=10_000, show_default=True)
@click.pass_obj
def batch(pages: list[bytes], total: int) -> None:
    """Many pages through one request, and the worker's memory meanwhile."""
    lines = [json.dumps({"html": page.decode()}).encode() + b"\n" for page in pages]
    with running(1, max_worker_pages=10**9) as server:
        asyncio.run(closed_loop(server, pages, _BUSY))
        [worker] = server.workers()
        first = resident_mb(worker)
        answers, seconds, most = asyncio.run(_batch(server, worker, list(islice(cycle(lines), total))))
        click.echo(f"{answers} answers to {total} lines in one request, {answers / seconds:.1f}/s")
        click.echo(f"memory at most {most - first:+.1f} MB above the {first:.0f} MB before")


async def _batch(server: Server, worker: int, lines: list[bytes]) -> tuple[int, float, float]:
    async def body() -> AsyncIterator[bytes]:
        for line in lines:
            yield line

    start, answers, most = time.perf_counter(), 0, 0.0
    timeout = aiohttp.ClientTimeout(total=None)
    async with (
        aiohttp.ClientSession(timeout=timeout, read_bufsize=2**24) as session,
        session.post(
            f"{server.url}/v1/clean/batch", data=body(), headers={"Content-Type": "application/x-ndjson"}
        ) as answer,
    ):
        async for line in answer.content:
            answers += b'"error"' not in line
            most = max(most, resident_mb(worker)) if answers % 50 == 0 else most
    return answers, time.perf_counter() - start, most


def _capacity(server: Server, pages: list[bytes], workers: int) -> float:
    """Pages a second that the service answers when it always has the next one."""
    asyncio.run(closed_loop(server, pages[:40], _BUSY * workers))
    return len(pages) / asyncio.run(closed_loop(server, pages, _BUSY * workers))[1]


if __name__ == "__main__":
    main()
