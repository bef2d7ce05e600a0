# SPDX-FileCopyrightText: relume authors
# SPDX-License-Identifier: BSD-3-Clause
"""Upper limits for many signals on one background: a table with one row per point.

Every point starts from the same background-only fit and from nothing else, so its numbers do not depend on which process computes it, in
what order, or with how many others.
"""

from __future__ import annotations

import concurrent.futures
import dataclasses
import hashlib
import json
import os
import pathlib
import sys
import warnings
from collections.abc import Iterable, Mapping, Sequence
from typing import IO, Any

import numpy as np

from . import _core
from .arguments import refuse, texts
from .errors import FileError, InputError, OptionError, Problem, RelumeError
from .inference import limit_options
from .publication import Publication
from .results import BAND, at_sigma
from .spec import PatchSet, Signal, Workspace, _load, read

#: Tasks per executor when it does not say how many workers it has: enough to keep a few dozen busy, few enough to send the background seldom.
TASKS = 64


@dataclasses.dataclass(frozen=True)
class LimitRow:
    """One point."""

    name: str  #: of the point
    values: tuple[Any, ...]  #: one per label: masses, couplings
    observed: float | None  #: limit on the signal strength; None where there is none
    expected: tuple[float | None, ...]  #: at -2, -1, 0, 1, 2 sigma, ascending
    mu_hat: float | None  #: best-fit signal strength
    status: str  #: "ok"; a limit's status; "patch_failed" or "model_failed"
    reason: str  #: why the status is what it is
    notes: tuple[str, ...]  #: doubts and choices, in words

    @property
    def is_usable(self) -> bool:
        """Whether there is a limit."""
        return self.status == "ok"

    def expected_at(self, sigma: int) -> float | None:
        """Of `expected`, the one at -2, -1, 0, 1 or 2 sigma. Raises OptionError for another."""
        return at_sigma(self.expected, sigma)


class LimitTable(Sequence[LimitRow]):
    """A sequence of LimitRows in the order of the points; a slice is a table again. `relume.plot` draws it.

    `labels`: what the values of a row mean. `poi`: the parameter of interest. `level`: the confidence level.
    """

    def __init__(self, rows: Iterable[LimitRow], labels: Sequence[str], poi: str, level: float) -> None:
        self._rows, self.labels, self.poi, self.level = list(rows), list(labels), poi, level

    def __getitem__(self, i):  # type: ignore[override]
        return LimitTable(self._rows[i], self.labels, self.poi, self.level) if isinstance(i, slice) else self._rows[i]

    def __len__(self) -> int:
        return len(self._rows)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, LimitTable) and (self._rows, self.labels, self.poi, self.level) == (other._rows, other.labels, other.poi, other.level)

    __hash__ = None  # type: ignore[assignment]

    @property
    def columns(self) -> list[str]:
        """Names: name, the labels, observed, expected limits from expected_-2 to expected_+2, mu_hat, status."""
        return ["name", *self.labels, "observed", *(f"expected_{n:+d}" if n else "expected" for n in BAND), "mu_hat", "status"]

    def to_records(self) -> list[dict[str, Any]]:
        """One dictionary per row, keys `columns`: what a data frame is made from."""
        return [dict(zip(self.columns, (r.name, *r.values, r.observed, *r.expected, r.mu_hat, r.status), strict=True)) for r in self._rows]

    def to_pandas(self) -> Any:
        """A pandas.DataFrame with these columns. Raises ImportError where pandas is not installed."""
        import pandas

        return pandas.DataFrame(self.to_records(), columns=self.columns)

    def to_dict(self) -> dict[str, Any]:
        """The document that `relume limit --patchset` prints, without what differs from run to run."""
        results = [{"name": r.name, "values": list(r.values), "poi": self.poi, "level": self.level, "observed": r.observed, "expected": list(r.expected),
                    "mu_hat": r.mu_hat, "status": r.status, "reason": r.reason, "notes": list(r.notes)} for r in self._rows]
        return {"results": results, "labels": list(self.labels), "n_points": len(self), "n_usable": sum(r.is_usable for r in self._rows)}

    def __repr__(self) -> str:
        def text(value: Any) -> str:
            return "-" if value is None else f"{value:.6g}" if isinstance(value, float) else str(value)

        shown = [self.columns, *([text(v) for v in record.values()] for record in self.to_records()[:60])]
        widths = [max(len(row[i]) for row in shown) for i in range(len(self.columns))]
        lines = ["  ".join(cell.ljust(w) if i == 0 else cell.rjust(w) for i, (cell, w) in enumerate(zip(row, widths, strict=True))) for row in shown]
        if len(self) > 60:
            lines.append(f"… {len(self) - 60} more")
        return "\n".join(lines)

    def _repr_html_(self) -> str:
        return f"<pre>{self!r}</pre>"


@dataclasses.dataclass(frozen=True)
class _Task:
    """What a worker gets: everything, so that it may live on another machine."""

    background: str  # text of the workspace
    notes: tuple[str, ...]  # of the workspace
    points: tuple[tuple[str, str], ...]  # name and text: JSON Patch operations, or a signal file
    model: dict[str, Any]  # options of Workspace.model
    test: dict[str, Any]  # options of _core.upper_limit
    start: tuple[tuple[str, float], ...]  # background-only point, by name


# The background of the last task: the next one is mostly for the same.
_background: tuple[str, tuple[str, ...], Workspace] | None = None


def _parsed(text: str, notes: tuple[str, ...]) -> Workspace:
    global _background
    if _background is None or _background[:2] != (text, notes):
        _background = (text, notes, Publication._wrap(_core.read_publication(text.encode(), "background"), notes))
    return _background[2]


def _run(task: _Task) -> list[dict[str, Any]]:
    background = _parsed(task.background, task.notes)
    return [_one(background, name, json.loads(text), task) for name, text in task.points]


def _one(background: Workspace, name: str, point: Any, task: _Task) -> dict[str, Any]:
    failed = {"observed": None, "expected": [None] * len(BAND), "mu_hat": None, "notes": []}
    try:
        with_signal = background.with_signal(point) if isinstance(point, dict) else background._edited(background._core.patched(point, f"point '{name}'"))
    except RelumeError as error:
        return failed | {"status": "patch_failed", "reason": str(error)}
    try:
        model = with_signal.model(**task.model)
        start = model.initial
        if task.start:
            known = dict(task.start)
            names, bounds = model.parameter_names, model.bounds
            held = model.fixed
            for i, parameter in enumerate(names):
                if parameter in known and not held[i]:
                    start[i] = min(max(known[parameter], bounds[i, 0]), bounds[i, 1])
        document, _ = _core.upper_limit(model._core, None, start=start, **task.test)
    except RelumeError as error:
        if type(error) is OptionError and error.problems[0].where not in ("poi", "fixed"):
            raise  # wrong for every point, whatever the signal brings
        return failed | {"status": "model_failed", "reason": str(error)}
    return {key: document[key] for key in ("observed", "expected", "mu_hat", "status", "reason", "notes", "poi")}


def _points_of(signals: Any, labels: Sequence[str] | None) -> tuple[list[tuple[str, tuple[Any, ...], str]], list[str]]:
    """Name, values and text of every point; labels."""
    names = [] if labels is None else texts(labels, "labels")
    if not isinstance(signals, (PatchSet, Mapping)):
        signals = read(signals)
    if isinstance(signals, PatchSet):
        if names:
            refuse("labels", "a patchset has its own", f"{', '.join(signals.labels)}")
        return [(name, tuple(p.values), json.dumps(p.operations)) for name, p in signals.items()], signals.labels
    if not isinstance(signals, Mapping):
        refuse("signals", f"a {type(signals).__name__}", "a PatchSet, or a mapping of names to signals")
    points = []
    for key, signal in signals.items():
        values = tuple(v.item() if isinstance(v, np.generic) else v for v in (key if isinstance(key, tuple) else (key,))) if names else ()
        if len(values) != len(names):
            refuse("signals", f"{key!r} is no value for each of {', '.join(names)}", "a tuple, in the order of labels")
        document = signal.to_dict() if isinstance(signal, Signal) else _load(signal)[0]
        points.append((", ".join(map(str, values)) if names else str(key), values, _core.write_json(document, 0)))
    return points, names


def _background_start(workspace: Workspace, model_options: Mapping[str, Any]) -> tuple[tuple[str, float], ...]:
    """Best fit of the workspace as published, with its own parameter of interest at 0 if it has one; empty when there is none."""
    try:
        model = workspace.model(**{k: v for k, v in model_options.items() if k != "poi"})
        held = [(model.poi, 0.0)] if model.poi is not None else []
        _, values, _, _ = _core.fit(model._core, None, held, None, None, None, False, False, 200)
    except RelumeError:
        return ()
    return tuple(zip(model.parameter_names, (float(v) for v in values), strict=True))


class _Progress:
    """A line on standard error, when that is a terminal."""

    def __init__(self, total: int, wanted: bool) -> None:
        self.total, self.done, self.shown = total, 0, wanted and sys.stderr.isatty()

    def step(self, n: int) -> None:
        self.done += n
        if self.shown:
            width = 30
            filled = width * self.done // max(1, self.total)
            sys.stderr.write(f"\r[{'#' * filled}{' ' * (width - filled)}] {self.done}/{self.total}")
            sys.stderr.flush()

    def close(self) -> None:
        if self.shown:
            sys.stderr.write("\n")


class _Checkpoint:
    """Finished points in a file, one JSON line each. A line that is none, as an interruption may leave one, is left out with a warning."""

    def __init__(self, path: str | os.PathLike | None) -> None:
        if path is not None and not isinstance(path, (str, os.PathLike)):
            refuse("checkpoint", f"{path!r} is no path")
        self.path = None if path is None else pathlib.Path(path)
        self.rows: dict[str, dict[str, Any]] = {}
        content = b""
        if self.path is not None:
            with self._open("ab"):  # fails now, not after the first point
                content = self.path.read_bytes()
        for number, line in enumerate(content.splitlines(), 1):
            try:
                entry = json.loads(line)
                key, row = entry["key"], entry["row"]
                if not isinstance(key, str) or not _is_row(row):
                    raise ValueError
                self.rows[key] = row
            except (ValueError, KeyError, TypeError):
                warnings.warn(f"{self.path}:{number}: not a finished point; it is left out", stacklevel=3)
        self._separator = "" if not content or content.endswith(b"\n") else "\n"  # after a line that was cut off

    def _open(self, mode: str) -> IO[bytes]:
        try:
            return self.path.open(mode)
        except OSError as error:
            raise FileError([Problem("io", str(self.path), error.strerror or str(error), "")]) from None

    def add(self, key: str, row: dict[str, Any]) -> None:
        if self.path is None:
            return
        with self._open("ab") as file:
            file.write((self._separator + json.dumps({"key": key, "row": row}) + "\n").encode())
        self._separator = ""


def _is_row(row: Any) -> bool:
    """Whether this is what `_one` returns."""
    def is_number(value: Any) -> bool:
        return value is None or isinstance(value, (int, float))

    return (isinstance(row, dict) and is_number(row["observed"]) and is_number(row["mu_hat"]) and isinstance(row["expected"], list)
            and len(row["expected"]) == len(BAND) and all(map(is_number, row["expected"])) and isinstance(row["status"], str)
            and isinstance(row["reason"], str) and isinstance(row["notes"], list) and isinstance(row.get("poi", ""), str))


def limits(workspace: Workspace, signals: Any, *, level: float = 0.95, test_stat: str = "qtilde", asimov: str = "a-posteriori", expected: bool = True,
           tolerance: float = 1e-7, fixed: Mapping[str, float] = {}, labels: Sequence[str] | None = None,
           executor: Any = None, progress: bool = True, checkpoint: str | os.PathLike | None = None, **model_options: Any) -> LimitTable:
    """Upper limits of every point of `signals` on the background `workspace`.

    `signals`: a PatchSet (or its file), or a mapping of names to signals: yields per channel, signal files, lists of JSON Patch operations.
    `labels`: what the keys of a mapping mean, for tables and pictures: keys are then values, or tuples of one value per label, in place of names.
    `executor`: anything with the interface of concurrent.futures (processes, `dask.distributed.Client.get_executor()`, `mpi4py.futures`);
    None computes here. The table is the same, bit for bit. `progress`: a bar on standard error when that is a terminal. `checkpoint`: a
    file that finished points are appended to; a later call with the same arguments and version of relume goes on from there. The other options are those of
    `upper_limit` and `Workspace.model`. A point that fails keeps its row, with status and reason. Raises InputError when no point of all
    makes a model, OptionError, FileError for files that cannot be read or written.
    """
    workspace = read(workspace)
    if not isinstance(workspace, (Workspace, Publication)):
        refuse("workspace", f"a {type(workspace).__name__} is no published result that signals can be put into", "")
    if isinstance(workspace, Publication) and workspace.kind == "simplified":
        workspace = workspace.workspace()
    if executor is not None and not hasattr(executor, "submit"):
        refuse("executor", f"a {type(executor).__name__} takes no tasks", "for example a concurrent.futures.ProcessPoolExecutor")
    points, names = _points_of(signals, labels)
    test = limit_options(level=level, test_stat=test_stat, asimov=asimov, expected=expected, tolerance=tolerance, fixed=fixed)
    text = workspace.to_json(0)
    start = _background_start(workspace, model_options) if isinstance(workspace, Workspace) else ()
    common = hashlib.sha256(json.dumps([_core.__version__, text, workspace._notes, sorted(test.items()), sorted(model_options.items())], default=str).encode()).hexdigest()
    keys = [hashlib.sha256(f"{common} {name} {point}".encode()).hexdigest() for name, _, point in points]
    saved = _Checkpoint(checkpoint)
    rows: list[dict[str, Any] | None] = [saved.rows.get(key) for key in keys]
    missing = [i for i, row in enumerate(rows) if row is None]
    bar = _Progress(len(points), progress)
    bar.step(len(points) - len(missing))

    def task(indices: Sequence[int]) -> _Task:
        return _Task(text, workspace._notes, tuple((points[i][0], points[i][2]) for i in indices), dict(model_options), test, start)

    def take(indices: Sequence[int], answers: list[dict[str, Any]]) -> None:
        for i, row in zip(indices, answers, strict=True):
            rows[i] = row
            saved.add(keys[i], row)
        bar.step(len(indices))

    try:
        if executor is None:
            for i in missing:
                take([i], _run(task([i])))
        else:
            chunks = [chunk.tolist() for chunk in np.array_split(np.array(missing, dtype=int), min(len(missing), TASKS)) if len(chunk)] if missing else []
            futures = {executor.submit(_run, task(chunk)): chunk for chunk in chunks}
            try:
                for future in concurrent.futures.as_completed(futures):
                    take(futures[future], future.result())
            except BaseException:
                for future in futures:
                    future.cancel()
                raise
    finally:
        bar.close()

    finished = [row for row in rows if row is not None]
    if finished and all(row["status"] == "model_failed" for row in finished):
        raise InputError(sorted({Problem("model", "", row["reason"], "") for row in finished}))
    poi = next((row["poi"] for row in finished if "poi" in row), "")
    return LimitTable([LimitRow(name, values, row["observed"], tuple(row["expected"]), row["mu_hat"], row["status"], row["reason"], tuple(row["notes"]))
                       for (name, values, _), row in zip(points, finished, strict=True)], names, poi, level)

