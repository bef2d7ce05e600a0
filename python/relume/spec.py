# SPDX-FileCopyrightText: relume authors
# SPDX-License-Identifier: BSD-3-Clause
"""What was published, and edits of it: workspaces, patchsets, signals. Objects do not change; every edit returns a new one."""

from __future__ import annotations

import math
import os
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, TYPE_CHECKING

from . import _core
from .arguments import flag, new_names, number, numbers_by_name, refuse, text, texts, whole
from .errors import InputError, OptionError, Problem, UnknownNameError

if TYPE_CHECKING:
    from .hygiene import SmallPruning
    from .model import Model
    from .publication import Publication

Document = Mapping[str, Any]


def _document(value: Any) -> Any:
    if value is None:  # which the bindings do not take
        raise InputError([Problem("schema", "", "None is no document", "")])
    return value


def _content(source: Any) -> tuple[Any, str]:
    """Bytes (or the document itself) and a name for messages, of a path, bytes, an open file or a document."""
    if isinstance(source, (str, os.PathLike)):
        name = os.fspath(source)
        return _core.read_bytes(name), name
    if isinstance(source, (bytes, bytearray, memoryview)):
        return bytes(source), "<bytes>"
    _document(source)
    if hasattr(source, "read"):
        content = source.read()
        name = str(getattr(source, "name", "<file>"))
        return content.encode() if isinstance(content, str) else bytes(content), name
    return source, f"<{type(source).__name__}>"


def _parsed(content: Any, name: str) -> Any:
    """The document; None for bytes that are no JSON by their beginning."""
    if not isinstance(content, bytes):
        return content
    beginning = content[:64].lstrip(b"\xef\xbb\xbf \t\r\n")[:1]
    return _core.parse(content, name) if beginning in (b"{", b"[", b"") else None


def _load(source: Any) -> tuple[Any, str]:
    """Document and its name for messages, of a path, bytes, an open file or a document."""
    content, name = _content(source)
    return _core.parse(content, name) if isinstance(content, bytes) else content, name


def read(source: Any) -> Workspace | PatchSet | Signal | Publication:
    """Reads any format that relume knows and returns what it is.

    `source`: a path (also "file.json.gz", "archive.tar.gz::member.json", "-" for standard input; a directory of the SModels data base),
    bytes, an open file, or the document as a dictionary. Raises FileError when it cannot be read and InputError, with every problem and its JSON pointer, when
    it is none of the formats.
    """
    from .publication import Publication

    if isinstance(source, (Workspace, PatchSet, Signal, Publication)):
        return source
    if isinstance(source, (str, os.PathLike)) and os.path.isdir(source):
        return Publication._wrap(_core.read_publication_path(os.fspath(source)))
    content, name = _content(source)
    document = _parsed(content, name)
    if document is None:
        return Publication._wrap(_core.read_publication(content, name))
    if isinstance(document, Mapping):
        if "patches" in document:
            return PatchSet._from(document, name)
        if "channels" in document:
            return Workspace._from(document, name)
        if document.get("format") == "relume-signal":
            return Signal(document, name)
        return Publication._wrap(_core.publication_from_document(document, name))
    if isinstance(document, Sequence) and not isinstance(document, (str, bytes)):
        raise OptionError(f"{name}: a list of JSON Patch operations needs a workspace to be applied to: Workspace.with_patch")
    return Workspace._from(document, name)  # its errors say what a workspace needs


class Signal:
    """A signal file: yields addressed by channel (docs/formats/signal.md)."""

    def __init__(self, document: Document, name: str = "<signal>") -> None:
        """`document`: of a signal file; `relume.read` takes paths. `name`: for messages. Raises InputError with every problem."""
        self._document = _core.normalised_signal(_document(document), text(name, "name"))
        self._name = name

    def to_dict(self) -> dict[str, Any]:
        """The document of a signal file, in its long form; a new one at each call."""
        return _core.normalised_signal(self._document, self._name)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Signal) and self._document == other._document

    __hash__ = None  # type: ignore[assignment]

    def __repr__(self) -> str:
        return f"Signal({self._document.get('name') or ', '.join(s['name'] for s in self._document['samples'])!r}, poi={self._document['poi']!r})"


def _signal_document(signal: Any, poi: str | None, name: str) -> tuple[Any, str]:
    if isinstance(signal, Signal):
        document, source = signal.to_dict(), signal._name
    else:
        document, source = _load(signal)
    if isinstance(document, Mapping) and "samples" not in document:  # {"SR": [1.2, 3.4]}
        document = {"format": "relume-signal", "version": 1, "name": name, "samples": [{"name": name, "channels": dict(document)}]}
    if poi is not None:
        document = {**document, "poi": poi}
    return document, source


class Workspace:
    """A HistFactory workspace as published (pyhf schema 1.0.0). Comparisons with == look at the whole content."""

    __slots__ = ("_core", "_notes")

    def __init__(self, source: Any) -> None:
        """`source`: what `relume.read` takes. Raises FileError, or InputError with every problem."""
        document, name = _load(source)
        self._notes: tuple[str, ...] = document._notes if isinstance(document, Workspace) else ()
        self._core = document._core if isinstance(document, Workspace) else _core.Workspace.from_document(document, name)

    @classmethod
    def _from(cls, document: Any, name: str) -> Workspace:
        return cls._wrap(_core.Workspace.from_document(document, name))

    @classmethod
    def _wrap(cls, core: Any, notes: Sequence[str] = ()) -> Workspace:
        """`notes`: what was chosen or approximated when a publication became this workspace; its models tell it."""
        self = object.__new__(cls)
        self._core, self._notes = core, tuple(notes)
        return self

    def _edited(self, core: Any) -> Workspace:
        return self._wrap(core, self._notes)

    @property
    def channels(self) -> dict[str, int]:
        """Number of bins per channel."""
        return self._core.channels

    @property
    def measurements(self) -> list[str]:
        """Names; the first is the default everywhere."""
        return self._core.measurements

    def poi(self, measurement: str = "") -> str | None:
        """Parameter of interest of a measurement ("" for the first): "" when it names none, None when the workspace has no measurements.

        Raises UnknownNameError.
        """
        return self._core.poi(self._measurement(measurement))

    def _measurement(self, name: str) -> str:
        if text(name, "measurement") and name not in self.measurements:
            there_are = f"there are: {', '.join(map(repr, self.measurements))}"
            raise UnknownNameError([Problem("reference", "measurement", f"no measurement is called {name!r}", there_are)])
        return name

    def model(self, *, measurement: str = "", poi: str | None = None, normsys: str = "code4", histosys: str = "code4p",
              constraints: str | None = None, clip_sample_data: float | None = None, clip_bin_data: float | None = None,
              errors_on_errors: Mapping[str, float] = {}) -> Model:
        """Compiles the workspace.

        `measurement`: "" for the first. `poi`: another parameter of interest than the measurement's, "" for none. `normsys` (code1, code4),
        `histosys` (code0, code2, code2-pyhf, code4p): interpolation, defaults as pyhf's command line. `constraints`: "measurements", which
        a-posteriori Asimov data move to the background-only fit, or "priors", which stay; None: as published. `clip_sample_data`,
        `clip_bin_data`: rates of samples, or of bins, are raised to this number of events. `errors_on_errors`: relative uncertainties of the
        widths of normal constraints, by name of the parameter. Raises InputError, OptionError; UnknownNameError for a
        measurement or a parameter that does not exist.
        """
        from .model import Model

        def clip(value: float | None, where: str) -> float | None:
            if value is None or 0 <= number(value, where) < math.inf:
                return None if value is None else float(value)
            refuse(where, f"{value!r} is no number of events", "0 or more; None clips nothing")

        if constraints is not None and text(constraints, "constraints") not in ("measurements", "priors"):
            refuse("constraints", f"{constraints!r} is no kind of constraints", "measurements, priors; None: as published")
        return Model._wrap(_core.compile(self._core, text(measurement, "measurement"), None if poi is None else text(poi, "poi"),
                                         text(normsys, "normsys"), text(histosys, "histosys"), clip(clip_sample_data, "clip_sample_data"),
                                         clip(clip_bin_data, "clip_bin_data"), None if constraints is None else constraints == "priors",
                                         dict(numbers_by_name(errors_on_errors, "errors_on_errors")), list(self._notes)))

    def with_signal(self, signal: Any, *, poi: str | None = None, name: str = "signal", other_channels_are_zero: bool = False) -> Workspace:
        """With a signal put in: a Signal, a signal file, its document, or just yields per channel, {"SR": [1.2, 3.4]}.

        `poi`: name of the signal strength (default: what the signal says, "mu"). `name`: of the sample, when only yields are given.
        Channels that are not mentioned are an error unless `other_channels_are_zero`. Yields are events at signal strength 1, one per bin.
        Raises InputError with every problem: unknown or forgotten channels, numbers of bins, names that are taken.
        """
        document, source = _signal_document(signal, None if poi is None else text(poi, "poi"), text(name, "name"))
        return self._edited(self._core.with_signal(document, source, flag(other_channels_are_zero, "other_channels_are_zero")))

    def with_patch(self, patch: Any) -> Workspace:
        """With JSON Patch operations applied: a list of them, a file, or a point of a PatchSet.

        Raises InputError when an operation does not apply, or when what comes out is no workspace.
        """
        if isinstance(patch, Patch):
            return patch.apply(self)
        operations, name = _load(patch)
        return self._edited(self._core.patched(operations, name))

    def prune(self, *, channels: Sequence[str] = (), samples: Sequence[str] = (), modifiers: Sequence[str] = (),
              measurements: Sequence[str] = (), modifier_types: Sequence[str] = ()) -> Workspace:
        """Without what is named, everywhere; `modifier_types`: "normsys", "staterror" and the like.

        Raises UnknownNameError, with all unknown names; InputError when what is left is no workspace.
        """
        return self._edited(self._core.pruned(texts(channels, "channels"), texts(samples, "samples"), texts(modifiers, "modifiers"),
                                              texts(measurements, "measurements"), texts(modifier_types, "modifier_types")))

    def rename(self, *, channels: Mapping[str, str] = {}, samples: Mapping[str, str] = {}, modifiers: Mapping[str, str] = {},
               measurements: Mapping[str, str] = {}) -> Workspace:
        """With new names ({old: new}), all at once. Raises UnknownNameError for old names that do not exist, InputError for clashes."""
        return self._edited(self._core.renamed(new_names(channels, "channels"), new_names(samples, "samples"), new_names(modifiers, "modifiers"),
                                               new_names(measurements, "measurements")))

    def prune_small(self, *, normalisation: float = 0.005, shape: float = 0.005, relative_to: str = "sample", modifiers: Sequence[str] = (),
                    channels: Sequence[str] = (), samples: Sequence[str] = (), measurement: str = "", check: bool = False) -> SmallPruning:
        """Without systematic uncertainties whose effect is small, and what that costs; the result's `workspace` is what is left.

        A normalisation goes when neither side changes the yield by more than `normalisation`, a shape when neither side changes a bin, at
        the nominal yield, by more than `shape`; shares of the sample, or of all samples of the channel (`relative_to`: sample, total). Empty
        `modifiers`, `channels`, `samples`: all. `measurement`: whose settings the uncertainties are for. `check`: limits and the uncertainty
        of the parameter of interest of both models. Raises OptionError, UnknownNameError.
        """
        from .hygiene import SmallPruning

        core, document, table = _core.prune_small(
            self._core, number(normalisation, "normalisation"), number(shape, "shape"), text(relative_to, "relative_to"), texts(modifiers, "modifiers"),
            texts(channels, "channels"), texts(samples, "samples"), self._measurement(measurement), flag(check, "check"))
        return SmallPruning(self._edited(core), document, table)

    def symmetrise(self, method: str = "average", *, modifiers: Sequence[str] = (), channels: Sequence[str] = (),
                   samples: Sequence[str] = ()) -> Workspace:
        """With histosys and normsys variations that are symmetric around the nominal yields.

        `method`: average, (up - down) / 2, what has one side only is mirrored; mirror, nothing but that; maximum, the larger side of each
        bin; absolute, (|up| + |down|) / 2. Empty `modifiers`, `channels`, `samples`: all. Raises InputError with every normsys whose factor
        would be negative; OptionError, UnknownNameError.
        """
        return self._edited(_core.symmetrised(self._core, text(method, "method"), texts(modifiers, "modifiers"), texts(channels, "channels"),
                                              texts(samples, "samples")))

    def decorrelate(self, modifiers: Sequence[str], *, by_channel: bool = True, by_sample: bool = False, channels: Sequence[str] = (),
                    samples: Sequence[str] = ()) -> Workspace:
        """With a parameter NAME_CHANNEL, NAME_SAMPLE or NAME_CHANNEL_SAMPLE of its own in the place of each of `modifiers`.

        What measurements configure for a name is copied. `channels`, `samples`: only there; empty: everywhere. Raises UnknownNameError, also
        where a new name is taken; InputError for the parameter of interest and for lumi; OptionError.
        """
        return self._edited(_core.decorrelated(self._core, texts(modifiers, "modifiers"), flag(by_channel, "by_channel"), flag(by_sample, "by_sample"),
                                               texts(channels, "channels"), texts(samples, "samples")))

    def sort(self) -> Workspace:
        """With channels, samples, modifiers, measurements, their parameter configurations and observations in the order of their names."""
        return self._edited(self._core.sorted())

    def combine(self, other: Workspace, *, join: str = "none", merge_channels: bool = False) -> Workspace:
        """Both in one.

        `join`, of channels, measurements and observations of the same name, as in pyhf: none (they are an error), outer (equal ones are
        merged, different ones are an error), left outer, right outer (the named side wins). `merge_channels`: samples of such channels are
        put together; not with none. Raises UnknownNameError or InputError with every clash, OptionError.
        """
        combined = self._core.combined(_workspace(other, "other"), text(join, "join"), flag(merge_channels, "merge_channels"))
        return self._wrap(combined, (*self._notes, *other._notes))

    def digest(self, algorithm: str = "sha256") -> str:
        """Hexadecimal digits, identical to pyhf's; `algorithm`: sha256, md5. Raises OptionError."""
        return self._core.digest(text(algorithm, "algorithm"))

    def inspect(self, measurement: str = "") -> dict[str, Any]:
        """What is in it, and what is odd about it (`findings`; `relume.validate` says more): the document of `relume inspect`.

        `measurement`: "" for the first. Raises UnknownNameError.
        """
        return self._core.summary(self._measurement(measurement), None)

    def to_dict(self) -> dict[str, Any]:
        """The document, as new dictionaries and lists; what pyhf.Workspace takes."""
        return self._core.to_document()

    def to_json(self, indent: int = 4) -> str:
        """The document as text; numbers keep every digit and integers stay integers. `indent`: spaces per level, 0 for one line."""
        return self._core.to_text(whole(indent, "indent", 0, 64))

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Workspace) and self._core == other._core

    __hash__ = None  # type: ignore[assignment]

    def __copy__(self) -> Workspace:
        return self

    def __deepcopy__(self, memo: dict) -> Workspace:
        return self

    def __reduce__(self) -> tuple:
        return Workspace._wrap, (self._core, self._notes)

    def __repr__(self) -> str:
        channels = ", ".join(f"{name} ({n})" for name, n in list(self.channels.items())[:6])
        more = f", … {len(self.channels) - 6} more" if len(self.channels) > 6 else ""
        return f"Workspace(channels: {channels}{more}; measurements: {', '.join(self.measurements)})"


def _workspace(value: Any, where: str) -> Any:
    if not isinstance(value, Workspace):
        refuse(where, f"a {type(value).__name__}, where a relume.Workspace is needed", "relume.read makes one")
    return value._core


class Patch:
    """One point of a PatchSet; `name` is its name."""

    __slots__ = ("_index", "_set", "name")

    def __init__(self, patchset: PatchSet, index: int, name: str) -> None:
        self._set, self._index, self.name = patchset, index, name

    @property
    def values(self) -> list[Any]:
        """One per label of the patchset: masses, couplings."""
        return self._set._core.values(self._index)

    @property
    def operations(self) -> list[dict[str, Any]]:
        """The signal as JSON Patch (RFC 6902)."""
        return self._set._core.operations(self._index)

    def apply(self, workspace: Workspace) -> Workspace:
        """`workspace` with this signal. Raises InputError when an operation does not apply."""
        patched = self._set._core.apply(self._index, _workspace(workspace, "workspace"), f"point '{self.name}'")
        return workspace._edited(patched)

    def __repr__(self) -> str:
        return f"Patch({self.name!r}, {dict(zip(self._set.labels, self.values, strict=False))})"


class PatchSet(Mapping[str, Patch]):
    """Published signals on one background: a mapping of names to Patches. A name that does not exist is a KeyError."""

    def __init__(self, source: Any) -> None:
        """`source`: what `relume.read` takes. Raises FileError, or InputError with every problem."""
        document, name = _load(source)
        self._core = _core.PatchSet.from_document(document, name)
        self._names = {n: i for i, n in enumerate(self._core.names)}

    @classmethod
    def _from(cls, document: Any, name: str) -> PatchSet:
        self = cls.__new__(cls)
        self._core = _core.PatchSet.from_document(document, name)
        self._names = {n: i for i, n in enumerate(self._core.names)}
        return self

    @property
    def labels(self) -> list[str]:
        """What the values of the points mean: names of masses, couplings."""
        return self._core.labels

    @property
    def description(self) -> str:
        """What the authors say of it."""
        return self._core.description

    def verify(self, workspace: Workspace | Document) -> None:
        """Raises InputError when the workspace is not the one that the patches are for (by its digests)."""
        if isinstance(workspace, Workspace):
            self._core.verify_workspace(workspace._core, "workspace")
        else:
            self._core.verify(_document(workspace), "workspace")

    def to_dict(self) -> dict[str, Any]:
        """The document, as new dictionaries and lists."""
        return self._core.to_document()

    def __getitem__(self, name: str) -> Patch:
        if name not in self._names:
            try:
                self._core.find(text(name, "name"))
            except (OptionError, UnknownNameError) as error:
                raise KeyError(str(error)) from None
        return Patch(self, self._names[name], name)

    def __iter__(self) -> Iterator[str]:
        return iter(self._names)

    def __len__(self) -> int:
        return len(self._names)

    def __reduce__(self) -> tuple:
        return PatchSet, (self.to_dict(),)

    def __repr__(self) -> str:
        return f"PatchSet({len(self)} points; labels: {', '.join(self.labels)})"
