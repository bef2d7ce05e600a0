# SPDX-FileCopyrightText: relume authors
# SPDX-License-Identifier: BSD-3-Clause
"""Runs one contender in a process of its own and listens to what it says.

A contender prints one JSON object per line, at once, so that one that is stopped later has still said what it found:

    {"event": "ready", "load_s": 0.01, "compile_s": 0.002}            model in memory
    {"event": "answer", "seconds": 0.5, "cls": 0.04, "band": [...]}   the first time that the question was asked
    {"event": "repeats", "seconds": [0.4, 0.4]}                       the same question again
    {"event": "failed", "seconds": 0.5, "reason": "..."}              instead of an answer

Seconds are processor time. Every contender has one thread and one CPU, so on an idle machine that is the wall time; on a busy
one it is what can be compared. Other events go to the caller as they are.
"""

from __future__ import annotations

import dataclasses
import json
import os
import pathlib
import selectors
import signal
import statistics
import subprocess
import tempfile
import time

# One thread, whatever the numerical libraries would like. XLA's pool is kept in place by the pinning.
SINGLE_THREAD = {
    name: "1"
    for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMEXPR_NUM_THREADS", "RAYON_NUM_THREADS",
                 "NPROC")
} | {"XLA_FLAGS": "--xla_cpu_multi_thread_eigen=false", "JAX_PLATFORMS": "cpu", "PYTHONDONTWRITEBYTECODE": "1"}
# Wall time, as a multiple of the limit, after which a contender is stopped on however busy a machine.
PATIENCE = 5.0
# How often its processor time is looked at.
LOOK_S = 0.5


@dataclasses.dataclass
class Outcome:
    events: list[dict]
    exit_code: int | None  # None: stopped, because it took too long
    cpu_seconds: float  # of the whole process
    peak_bytes: int
    errors: str  # the end of its standard error

    def event(self, name: str) -> dict | None:
        return next((e for e in self.events if e.get("event") == name), None)


def pin_to_one_cpu() -> None:
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})


def run(command: list[str | pathlib.Path], limit: float) -> Outcome:
    """Stops it `limit` seconds of processor time after it said that it is ready (or after its start, while it has not)."""
    with tempfile.TemporaryFile() as errors:
        process = subprocess.Popen([str(c) for c in command], stdout=subprocess.PIPE, stderr=errors, stdin=subprocess.DEVNULL,
                                   env=os.environ | SINGLE_THREAD, preexec_fn=pin_to_one_cpu)
        try:
            events, is_over = listen(process, limit)
        except BaseException:
            process.kill()
            process.wait()
            raise
        if is_over:
            process.kill()
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        process.stdout.close()
        errors.seek(0, os.SEEK_END)
        errors.seek(max(0, errors.tell() - 2000))
        text = errors.read().decode(errors="replace").strip()
    # A program that starts another one hands on what the kernel says when that one's time is up. Linux counts memory in kilobytes.
    is_over = is_over or process.returncode == -signal.SIGXCPU
    return Outcome(events, None if is_over else process.returncode, usage.ru_utime + usage.ru_stime, usage.ru_maxrss * 1024, text)


def listen(process: subprocess.Popen, limit: float) -> tuple[list[dict], bool]:
    """Everything said until it ends, and whether its time was up before that."""
    begin, buffer, events, cpu_when_ready = time.perf_counter(), b"", [], 0.0
    with selectors.DefaultSelector() as selector:
        selector.register(process.stdout, selectors.EVENT_READ)
        while time.perf_counter() - begin < PATIENCE * limit:
            if not selector.select(LOOK_S):
                if processor_time(process.pid) - cpu_when_ready > limit:
                    return events, True
                continue
            chunk = os.read(process.stdout.fileno(), 1 << 16)
            if not chunk:
                return events, False
            *lines, buffer = (buffer + chunk).split(b"\n")
            found = [event for event in map(parse, lines) if event is not None]
            events += found
            if any(event["event"] == "ready" for event in found):
                begin, cpu_when_ready = time.perf_counter(), processor_time(process.pid)
    return events, True


def processor_time(pid: int) -> float:
    """So far. RLIMIT_CPU would be simpler, but makes Linux count the time that a process asks for in ticks of milliseconds."""
    try:
        fields = pathlib.Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()
    except OSError:
        return 0.0
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def parse(line: bytes) -> dict | None:
    """Libraries print what they like between our lines (ROOT does)."""
    if not line.startswith(b'{"event"'):
        return None
    return json.loads(line)


def summarise(outcome: Outcome, limit: float) -> dict:
    """One row of results. `status`: ok, failed, or too slow (the time is then a lower bound)."""
    ready, answer, repeats = outcome.event("ready"), outcome.event("answer"), outcome.event("repeats")
    row: dict = {k: v for k, v in (ready or {}).items() if k != "event"}
    row["peak_MB"] = round(outcome.peak_bytes / 1e6, 1)
    if answer is not None:
        times = repeats["seconds"] if repeats and repeats["seconds"] else [answer["seconds"]]
        row |= {k: v for k, v in answer.items() if k not in ("event", "seconds", "wall_s")}
        return row | {"status": "ok", "first_s": answer["seconds"], "seconds": statistics.median(times),
                      "fastest_s": min(times), "repetitions": len(times)}
    failed = outcome.event("failed")
    if failed is not None:
        return row | {"status": "failed", "seconds": failed.get("seconds"), "reason": failed["reason"]}
    if outcome.exit_code is None:
        return row | {"status": "too slow", "seconds": min(limit, outcome.cpu_seconds)}
    reason = outcome.errors.splitlines()[-1] if outcome.errors else f"exit code {outcome.exit_code}"
    return row | {"status": "failed", "seconds": None, "reason": reason[:200]}
