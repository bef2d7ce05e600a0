# SPDX-FileCopyrightText: relume authors
# SPDX-License-Identifier: BSD-3-Clause
"""Checks of a workspace before anybody fits it, and what pruning by size removed."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from . import _core
from .arguments import numbers_by_name, refuse, text, texts, whole
from .spec import Workspace


@dataclasses.dataclass(frozen=True)
class Finding:
    """One check, and everything that it found."""

    check: str  #: a stable name: "one-sided-variation"
    severity: str  #: "error", "warning" or "note"
    message: str  #: what is odd, in a sentence
    advice: str  #: what to do about it
    count: int  #: how many places there are
    places: tuple[dict[str, Any], ...]  #: the first of them: pointer, channel, sample, modifier, bin, numbers


class Findings(Sequence[Finding]):
    """What `validate` found: a sequence of Findings, errors first, then warnings, then notes."""

    def __init__(self, document: dict[str, Any], table: str) -> None:
        """`document`: that of `relume validate`. `table`: the same for people."""
        self.document, self._table = document, table
        self._list = [Finding(f["check"], f["severity"], f["message"], f["advice"], f["count"], tuple(f["places"])) for f in document["findings"]]

    @property
    def worst(self) -> str | None:
        """The worst severity; None when nothing was found."""
        return self.document["worst"]

    @property
    def errors(self) -> list[Finding]:
        """Those without which there is no sound answer."""
        return [f for f in self._list if f.severity == "error"]

    @property
    def warnings(self) -> list[Finding]:
        """Those that are often not meant, and change answers."""
        return [f for f in self._list if f.severity == "warning"]

    @property
    def notes(self) -> list[str]:
        """What building the model remarked, in words."""
        return list(self.document["notes"])

    def named(self, check: str) -> Finding | None:
        """What the check of this name found, or None. Raises OptionError for a name that no check has."""
        if text(check, "check") not in dict(_core.checks()):
            refuse("check", f"no check is called {check!r}", "relume.hygiene.checks() lists them")
        return next((f for f in self._list if f.check == check), None)

    def to_dict(self) -> dict[str, Any]:
        """The document that `relume validate` prints, as new dictionaries and lists."""
        return json.loads(json.dumps(self.document))

    def __getitem__(self, i):  # type: ignore[override]
        return self._list[i]

    def __len__(self) -> int:
        return len(self._list)

    def __iter__(self) -> Iterator[Finding]:
        return iter(self._list)

    def __repr__(self) -> str:
        return self._table.rstrip()


def checks() -> dict[str, str]:
    """Names of all checks with their severities."""
    return dict(_core.checks())


def validate(workspace: Workspace, *, measurement: str = "", poi: str | None = None, thresholds: Mapping[str, float] = {},
             skip: Sequence[str] = (), places: int = 3) -> Findings:
    """Everything that is wrong or doubtful about a model, as `relume validate` lists it (docs/concepts/bad_models.md). No fit is done.

    `measurement`: "" for the first. `poi`: another parameter of interest than the measurement's, "" for none. `thresholds`: from where on an
    effect counts: large_normalisation (0.5 of a sample), large_shape (1.0 of a bin of it), relevant (0.01 of a bin of all samples), small
    (0.001), same_side (0.01), negligible_signal (0.01 standard deviations of the background), tiny_yield (0.001 events). `skip`: names of
    checks. `places`: how many to keep per check, the largest first, 0 for all. Raises InputError for what no model can be built from,
    OptionError, UnknownNameError.
    """
    if not isinstance(workspace, Workspace):
        refuse("workspace", f"a {type(workspace).__name__}, where a relume.Workspace is needed", "relume.read makes one")
    return Findings(*_core.validate(workspace._core, workspace._measurement(measurement), None if poi is None else text(poi, "poi"),
                                    numbers_by_name(thresholds, "thresholds"), texts(skip, "skip"), whole(places, "places", 0)))


class SmallPruning:
    """What `Workspace.prune_small` removed, and what that costs."""

    def __init__(self, workspace: Workspace, document: dict[str, Any], table: str) -> None:
        """`workspace`: the pruned one. `document`: that of `relume prune-small --report`. `table`: the same for people."""
        self.workspace = workspace  #: what is left
        self.document, self._table = document, table

    @property
    def changes(self) -> list[dict[str, Any]]:
        """One per systematic uncertainty of a sample: channel, sample, modifier, action, norm_lo, norm_hi, shape."""
        return list(self.document["changes"])

    @property
    def gone_parameters(self) -> list[str]:
        """Names that no modifier carries any more."""
        return list(self.document["gone_parameters"])

    @property
    def largest_loss(self) -> float:
        """1 - after / before of the uncertainty of expected events, in the bin that lost most."""
        return self.document["largest_loss"]

    @property
    def uncertainties(self) -> list[dict[str, Any]]:
        """Per channel: nominal events and their standard deviations before and after, per bin and in total."""
        return list(self.document["uncertainties"])

    @property
    def check(self) -> dict[str, Any] | None:
        """With `check=True`: limits and the uncertainty of the parameter of interest before and after."""
        return self.document.get("check")

    def to_dict(self) -> dict[str, Any]:
        """The document that `relume prune-small --report` writes, as new dictionaries and lists."""
        return json.loads(json.dumps(self.document))

    def __repr__(self) -> str:
        return self._table.rstrip()
