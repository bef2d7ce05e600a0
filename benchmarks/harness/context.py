# SPDX-FileCopyrightText: relume authors
# SPDX-License-Identifier: BSD-3-Clause
"""What a scenario is told: where things are, how long it may take, which part is asked for."""

from __future__ import annotations

import dataclasses
import pathlib

from .results import Results


@dataclasses.dataclass
class Context:
    build: pathlib.Path  # build/bench
    python: pathlib.Path  # runs the peers that are Python packages
    results: Results
    budget: float  # seconds of repetitions per row
    limit: float  # seconds after which a contender is stopped
    quick: bool = False
    case_pattern: str = ""
    contenders: tuple[str, ...] = ()  # empty: all
    again: bool = False  # measure peers that this results file already has

    @property
    def cases_folder(self) -> pathlib.Path:
        return self.build / "benchmarks" / "cases"

    def program(self, name: str) -> pathlib.Path:
        return self.build / "benchmarks" / name

    def wants_case(self, name: str) -> bool:
        return self.case_pattern in name

    def wants(self, contender: str) -> bool:
        return not self.contenders or contender in self.contenders

    def has(self, rows: dict, contender: str) -> bool:
        """Ours is always measured again; a peer's number stays as long as the file does."""
        return contender in rows and contender != "relume" and not self.again
