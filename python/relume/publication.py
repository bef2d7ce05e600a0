# SPDX-FileCopyrightText: relume authors
# SPDX-License-Identifier: BSD-3-Clause
"""Published results that are no workspaces: simplified likelihoods, counting experiments, upper limits, measurements, products."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, TYPE_CHECKING

from . import _core
from .arguments import flag, text, whole
from .errors import InputError, Problem
from .spec import Workspace, _signal_document

if TYPE_CHECKING:
    from .model import Model


class Publication:
    """A published result of any kind but a workspace. Comparisons with == look at the whole content."""

    __slots__ = ("_core", "_notes")

    def __init__(self, document: Mapping[str, Any], name: str = "<publication>") -> None:
        """`document`: of a likelihood file (docs/formats/likelihood.md); `relume.read` takes paths. `name`: for messages. Raises InputError."""
        core = _core.publication_from_document(document, text(name, "name"))
        if not isinstance(core, _core.Publication):
            raise InputError([Problem("schema", name, "this is a workspace", "relume.read reads any kind")])
        self._core, self._notes = core, ()

    @classmethod
    def _wrap(cls, core: Any, notes: Sequence[str] = ()) -> Publication | Workspace:
        """`notes`: as of Workspace."""
        if isinstance(core, _core.Workspace):
            return Workspace._wrap(core, notes)
        self = object.__new__(cls)
        self._core, self._notes = core, tuple(notes)
        return self

    def _prepared(self, document: Any = None, source: str = "", region: str = "", other_channels_are_zero: bool = False) -> Publication | Workspace:
        core, notes = self._core.prepared(document, source, text(region, "region"), flag(other_channels_are_zero, "other_channels_are_zero"))
        return self._wrap(core, (*self._notes, *notes))

    @property
    def kind(self) -> str:
        """One of simplified, counting, upper_limits, measurements and product."""
        return self._core.kind

    def to_dict(self) -> dict[str, Any]:
        """The document of a likelihood file; a new one at each call."""
        return self._core.to_document()

    def to_json(self, indent: int = 1) -> str:
        """The document as text. `indent`: spaces per level, 0 for one line."""
        return self._core.to_text(whole(indent, "indent", 0, 64))

    def with_signal(self, signal: Any, *, poi: str | None = None, region: str = "", name: str = "signal",
                    other_channels_are_zero: bool = False) -> Publication | Workspace:
        """With a signal put in: a Signal, a signal file, its document, or just yields per region, {"SR1": 1.2} or {"SR1": [1.2]}.

        Simplified likelihoods and counting experiments become workspaces. `region`: of counting experiments, the one to use; "" takes the
        one with the lowest expected limit on the signal before looking at the data. `poi`, `name`, `other_channels_are_zero`: as
        Workspace.with_signal. Raises InputError with every problem.
        """
        if isinstance(signal, Mapping) and "samples" not in signal:
            signal = {key: value if isinstance(value, (list, tuple)) or hasattr(value, "__len__") else [value] for key, value in signal.items()}
        document, source = _signal_document(signal, None if poi is None else text(poi, "poi"), text(name, "name"))
        return self._prepared(document, source, region, other_channels_are_zero)

    def workspace(self, region: str = "") -> Workspace:
        """A simplified likelihood, or one region of counting experiments, as a workspace: a region is a channel of one bin.

        Raises InputError when there are several regions and none is named, or when the kind has no channels.
        """
        workspace = self._prepared(region=region)
        if not isinstance(workspace, Workspace):
            raise InputError([Problem("option", "workspace", f"a publication of kind '{self.kind}' has no channels and samples", "")])
        return workspace

    def model(self, **options: Any) -> Model:
        """Compiles it; options: those of `Workspace.model`. Raises as that does, and OptionError for options that mean nothing for its kind."""
        return Workspace.model(self._prepared(), **options)  # the one place that checks these options

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Publication) and self._core == other._core

    __hash__ = None  # type: ignore[assignment]

    def __getstate__(self) -> Any:
        return self._core, self._notes

    def __setstate__(self, state: Any) -> None:
        self._core, self._notes = state

    def __repr__(self) -> str:
        return f"Publication({self._core.description})"
