"""`rnn-zoo serve` under load: 50 clients at the same time, and requests that are refused meanwhile.

    python -m benchmarks.serve_load

Each client asks for the answer to one text, waits for it, and asks again, for a minute. Once a
second come a malformed body, an oversized one, a body that never ends, and headers that never end.
The server runs in a process of its own, on the same machine, as the clients do, in one process.
Writes benchmarks/results/serve_load.md.
"""

import argparse
import asyncio
import json
import os
import subprocess
import sys
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx2
import numpy as np

from benchmarks.measuring import machine, write

GERMAN = ["Wo ist der Bahnhof?", "Ich möchte ein Glas Wasser."]
TEXTS = {
    "sentiment_lstm@synthetic_reviews": ["a witty joy", "a joyless , idiotic bore from start"],
    "seq2seq_lstm_attention@tatoeba_de_en --runtime onnx": GERMAN,
    "seq2seq_lstm_attention@tatoeba_de_en": GERMAN,
}
"""What is served, and what the clients ask."""
TIMEOUT = 10
"""Seconds after which the server refuses what is too slow."""
MAX_BYTES = 1_000_000
WARM = 15
"""Seconds that are not measured: Keras compiles for each number of texts that come together."""
TITLES = (
    "| | runtime | requests | errors | a second | median | 99th percentile | MB before | after |"
)


@dataclass
class Seen:
    """What the clients saw: seconds of each answer, and how often each status came."""

    seconds: list[float] = field(default_factory=list)
    statuses: Counter[str] = field(default_factory=Counter)
    refusals: dict[str, Counter[str]] = field(default_factory=dict)

    def refused(self, kind: str, status: str) -> None:
        """Count what a request got that should be refused."""
        self.refusals.setdefault(kind, Counter())[status] += 1


async def ask(client: httpx2.AsyncClient, texts: list[str], until: float, seen: Seen) -> None:
    """One client."""
    at = 0
    while (began := time.perf_counter()) < until:
        at += 1
        try:
            response = await client.post("/predict", json={"inputs": [texts[at % len(texts)]]})
            status = str(response.status_code)
        except httpx2.HTTPError as error:
            status = type(error).__name__
        seen.statuses[status] += 1
        if status == "200":
            seen.seconds.append(time.perf_counter() - began)


async def send_wrong(client: httpx2.AsyncClient, kind: str, seen: Seen) -> None:
    """One request that is malformed or too large."""
    content = b'{"inputs": [' if kind == "malformed" else b'"' + b"a" * 2 * MAX_BYTES + b'"'
    try:
        response = await client.post(
            "/predict", content=content, headers={"Content-Type": "application/json"}
        )
        seen.refused(kind, str(response.status_code))
    except httpx2.HTTPError as error:
        seen.refused(kind, type(error).__name__)


async def send_slowly(port: int, kind: str, seen: Seen) -> None:
    """A request whose body, or headers, never end: a byte a second."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    start = b"POST /predict HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
    writer.write(start + (b"Content-Length: 1000\r\n\r\n" if kind == "slow body" else b"X: "))
    answer = asyncio.create_task(reader.read(100))
    for _ in range(4 * TIMEOUT):
        done, _ = await asyncio.wait([answer], timeout=1)
        if done:
            break
        writer.write(b"a")
    try:
        first = answer.result() if answer.done() else b"HTTP/1.1 nothing"
        seen.refused(kind, first.split(b" ")[1].decode() if first else "closed")
    except OSError:
        seen.refused(kind, "closed")
    answer.cancel()
    writer.close()


async def attack(port: int, until: float, seen: Seen) -> None:
    """A request of each wrong kind a second."""
    pending = []
    async with httpx2.AsyncClient(base_url=f"http://127.0.0.1:{port}", timeout=30) as client:
        while time.perf_counter() < until:
            pending += [
                asyncio.create_task(send_wrong(client, kind, seen))
                for kind in ("malformed", "oversized")
            ]
            pending += [
                asyncio.create_task(send_slowly(port, kind, seen))
                for kind in ("slow body", "slow headers")
            ]
            await asyncio.sleep(1)
        await asyncio.gather(*pending)


async def load(port: int, texts: list[str], clients: int, seconds: float) -> Seen:
    """All clients, and the attack."""
    seen = Seen()
    limits = httpx2.Limits(max_connections=clients)
    address = f"http://127.0.0.1:{port}"
    async with httpx2.AsyncClient(base_url=address, limits=limits, timeout=60) as client:
        warm = time.perf_counter() + WARM
        await asyncio.gather(*(ask(client, texts, warm, Seen()) for _ in range(clients)))
        until = time.perf_counter() + seconds
        await asyncio.gather(
            attack(port, until, seen), *(ask(client, texts, until, seen) for _ in range(clients))
        )
        health = await client.get("/health")
        assert health.json()["status"] == "ok", health.text
    return seen


def megabytes(process: subprocess.Popen) -> float:
    """What a process holds in memory, where Linux says it."""
    status = Path(f"/proc/{process.pid}/status")
    if not status.is_file():
        return float("nan")
    (line,) = (line for line in status.read_text().splitlines() if line.startswith("VmRSS"))
    return int(line.split()[1]) / 1024


def measured(run: str, clients: int, seconds: float) -> tuple[str, Seen, float, float]:
    """What answers, what was seen, and the server's memory before and after."""
    command = [sys.executable, "-m", "rnn_zoo_command", "serve", *run.split(), "--port", "0"]
    command += ["--timeout", str(TIMEOUT), "--max-bytes", str(MAX_BYTES)]
    environment = os.environ | {"PYTHONUNBUFFERED": "1"}
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment) as server:
        try:
            assert server.stdout is not None
            line = server.stdout.readline()
            port = int(line.split()[0].rpartition(":")[2])
            before = megabytes(server)
            seen = asyncio.run(load(port, TEXTS[run], clients, seconds))
            assert server.poll() is None, "the server has ended"
            return line.split(" with ")[1].split(";")[0], seen, before, megabytes(server)
        finally:
            server.terminate()


def row(run: str, result: tuple[str, Seen, float, float], seconds: float) -> str:
    """A row of the table."""
    runtime, seen, before, after = result
    median, most = 1000 * np.percentile(seen.seconds, [50, 99])
    errors = sum(n for status, n in seen.statuses.items() if status != "200")
    total = len(seen.seconds)
    return (
        f"| {run} | {runtime} | {total:,} | {errors} | {total / seconds:,.0f} | {median:.1f} | "
        f"{most:.1f} | {before:.0f} | {after:.0f} |"
    )


def main() -> None:
    """Measure and write."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--clients", type=int, default=50)
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--runs", nargs="*", default=list(TEXTS))
    options = parser.parse_args()
    busy = os.getloadavg()[0]
    results: dict[str, Any] = {
        run: measured(run, options.clients, options.seconds) for run in options.runs
    }
    refusals = {run: seen.refusals for run, (_, seen, *_) in results.items()}
    lines = [
        "# rnn-zoo serve under load",
        "",
        f"`python -m benchmarks.serve_load`: {options.clients} clients at the same time for "
        f"{options.seconds:g} s on loopback, after {WARM} s that are not measured, one text a "
        "request, each client's next after its answer. Latency in milliseconds, memory of the "
        "server in MB. Clients and server share the processors, with whatever else runs: the load "
        f"average before was {busy:.1f}.",
        "",
        machine("tensorflow", "onnxruntime", "fastapi", "uvicorn"),
        "",
        TITLES,
        "|---" * 9 + "|",
        *(row(run, result, options.seconds) for run, result in results.items()),
        "",
        f"Meanwhile, once a second each: a malformed body, one of {2 * MAX_BYTES:,} bytes where "
        f"{MAX_BYTES:,} are allowed, and a body and headers that never end, for which the server "
        f"waits {TIMEOUT} s. What they got, a status or a closed connection, and how often:",
        "",
        *(
            f"- {run}: "
            + "; ".join(
                f"{kind} {', '.join(f'{status} ({n})' for status, n in sorted(got.items()))}"
                for kind, got in sorted(kinds.items())
            )
            for run, kinds in refusals.items()
        ),
        "",
    ]
    write("serve_load", "\n".join(lines))
    print(json.dumps({run: dict(seen.statuses) for run, (_, seen, *_) in results.items()}))


if __name__ == "__main__":
    main()
