# SPDX-FileCopyrightText: relume authors
# SPDX-License-Identifier: BSD-3-Clause
"""Workspaces: channels, observations and measurements in one JSON document."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from ... import _core
from ...errors import RelumeError
from . import exceptions, joins, schema
from .documents import copied
from .mixins import _ChannelSummaryMixin
from .pdf import Model

log = logging.getLogger("pyhf.workspace")

__all__ = ["Workspace"]


def __dir__() -> list[str]:
    return __all__


#: A workspace around a measurement, to check that alone.
_SMALLEST = {
    "channels": [{"name": "c", "samples": [{"name": "s", "data": [1.0], "modifiers": []}]}],
    "observations": [{"name": "c", "data": [1.0]}],
    "version": "1.0.0",
}


def _validate(spec: Any, name: str, version: str | None, measurement: Any = None) -> None:
    """The engine's reader accepts nothing that the schema refuses and takes a thousandth of the time; what it refuses is for the schema to judge."""
    if schema.is_native(name, "workspace.json", version):
        try:
            _core.Workspace.from_document(spec, "workspace")
            return
        except (RelumeError, AttributeError, TypeError):
            pass
    if measurement is not None:
        spec, name = measurement, "measurement.json"
    schema.validate(spec, name, version=version)


class Workspace(_ChannelSummaryMixin, dict):
    """The document itself, as a dictionary that knows its channels, measurements and models."""

    valid_joins: ClassVar[list[str]] = joins.JOINS

    def __init__(self, spec: Any, validate: bool = True, **config_kwargs: Any) -> None:
        spec = copied(spec)
        self.schema = config_kwargs.pop("schema", "workspace.json")
        self.version = config_kwargs.pop("version", spec.get("version", None))
        if validate:
            log.info("Validating spec against schema: %s", self.schema)
            _validate(spec, self.schema, self.version)
        super().__init__(spec, channels=spec["channels"])
        self.measurement_names = [measurement["name"] for measurement in self.get("measurements", [])]
        self.observations = {observation["name"]: observation["data"] for observation in self["observations"]}
        if config_kwargs:
            raise exceptions.Unsupported(f"Unsupported options were passed in: {list(config_kwargs)}.")

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Workspace) and dict(self) == dict(other)

    def __ne__(self, other: object) -> bool:
        return not self == other

    __hash__ = None  # type: ignore[assignment]

    def __repr__(self) -> str:
        return object.__repr__(self)

    def get_measurement(self, measurement_name: str | None = None, measurement_index: int | None = None) -> dict[str, Any]:
        """By name, else by index, else the first. Raises InvalidMeasurement."""
        if not self.measurement_names:
            raise exceptions.InvalidMeasurement("No measurements have been defined.")
        if measurement_name is not None:
            if measurement_name not in self.measurement_names:
                log.debug("measurements defined: %s", self.measurement_names)
                raise exceptions.InvalidMeasurement(f"no measurement by name '{measurement_name}' was found in the workspace, pick from one of the"
                                                    " valid ones above")
            measurement = self["measurements"][self.measurement_names.index(measurement_name)]
        else:
            if measurement_index is None and len(self.measurement_names) > 1:
                log.warning("multiple measurements defined. Taking the first measurement.")
            try:
                measurement = self["measurements"][measurement_index or 0]
            except IndexError:
                raise exceptions.InvalidMeasurement(f"The measurement index {measurement_index} is out of bounds as only"
                                                    f" {len(self.measurement_names)} measurement(s) have been defined.") from None
        _validate({**_SMALLEST, "measurements": [measurement]}, "workspace.json", self.version, measurement)
        return measurement

    def model(self, measurement_name: str | None = None, measurement_index: int | None = None, patches: Any = None, **config_kwargs: Any) -> Model:
        """The model of a measurement. `patches` (JSON Patches, or lists of operations) act on {"channels", "parameters"}."""
        measurement = self.get_measurement(measurement_name=measurement_name, measurement_index=measurement_index)
        config_kwargs.setdefault("poi_name", measurement["config"]["poi"])
        log.debug("model being created for measurement %s", measurement["name"])
        spec = {"channels": self["channels"], "parameters": measurement["config"]["parameters"]}
        if patches:
            import jsonpatch

            for patch in patches:
                spec = jsonpatch.JsonPatch(patch).apply(spec)
        return Model(spec, **config_kwargs)

    def data(self, model: Any, include_auxdata: bool = True) -> list[float]:
        """Observed data in the order of the model's channels, then its auxiliary data. Raises KeyError for a channel without observation."""
        try:
            observed = [count for channel in model.config.channels for count in self.observations[channel]]
        except KeyError:
            log.error("Invalid channel: the workspace does not have observation data for one of the channels in the model.", exc_info=True)
            raise
        return observed + list(model.config.auxdata) if include_auxdata else observed

    def _known(self, kind: str, names: Sequence[str], known: Any) -> None:
        for name in names:
            if name not in known:
                raise exceptions.InvalidWorkspaceOperation(f"{name} is not one of the {kind} in this workspace.")

    def prune(self, modifiers: Sequence[str] | None = None, modifier_types: Sequence[str] | None = None, samples: Sequence[str] | None = None,
              channels: Sequence[str] | None = None, measurements: Sequence[str] | None = None) -> Workspace:
        """A workspace without what is named. Raises InvalidWorkspaceOperation for what is not there."""
        gone = {"modifiers": modifiers or (), "types": modifier_types or (), "samples": samples or (), "channels": channels or (),
                "measurements": measurements or ()}
        return self._edited(gone, {})

    def rename(self, modifiers: Mapping[str, str] | None = None, samples: Mapping[str, str] | None = None, channels: Mapping[str, str] | None = None,
               measurements: Mapping[str, str] | None = None) -> Workspace:
        """A workspace with new names ({old: new}). Raises InvalidWorkspaceOperation for what is not there."""
        return self._edited({}, {"modifiers": modifiers or {}, "samples": samples or {}, "channels": channels or {}, "measurements": measurements or {}})

    def _edited(self, gone: Mapping[str, Sequence[str]], new: Mapping[str, Mapping[str, str]]) -> Workspace:
        types = dict(self.modifiers)
        known = {"modifiers": types, "samples": self.samples, "channels": self.channels, "measurements": self.measurement_names}
        self._known("modifier types", gone.get("types", ()), types.values())
        for kind, names in known.items():
            self._known(kind, [*gone.get(kind, ()), *new.get(kind, {})], names)
        dropped = {kind: set(gone.get(kind, ())) for kind in (*known, "types")}

        def name(kind: str, old: str) -> str:
            return new.get(kind, {}).get(old, old)

        def kept(kind: str, items: Any) -> Any:
            return (item for item in items if item["name"] not in dropped[kind])

        def modifiers_of(sample: Mapping[str, Any]) -> list[dict[str, Any]]:
            return [{**m, "name": name("modifiers", m["name"])} for m in kept("modifiers", sample["modifiers"]) if m["type"] not in dropped["types"]]

        def parameters_of(measurement: Mapping[str, Any]) -> list[dict[str, Any]]:
            return [{**p, "name": name("modifiers", p["name"])} for p in kept("modifiers", measurement["config"]["parameters"])]

        return Workspace({
            "channels": [
                {"name": name("channels", channel["name"]),
                 "samples": [{"name": name("samples", sample["name"]), "data": sample["data"], "modifiers": modifiers_of(sample)}
                             for sample in kept("samples", channel["samples"])]}
                for channel in kept("channels", self["channels"])
            ],
            "measurements": [
                {"name": name("measurements", measurement["name"]),
                 "config": {"parameters": parameters_of(measurement), "poi": name("modifiers", measurement["config"]["poi"])}}
                for measurement in kept("measurements", self["measurements"])
            ],
            "observations": [{**observation, "name": name("channels", observation["name"])} for observation in kept("channels", self["observations"])],
            "version": self["version"],
        })

    @classmethod
    def combine(cls, left: Any, right: Any, join: str = "none", merge_channels: bool = False) -> Workspace:
        """Both in one. Raises InvalidWorkspaceOperation where they clash, ValueError for what is no way of joining."""
        if join not in Workspace.valid_joins:
            raise ValueError(f"Workspaces must be joined using one of the valid join operations ({Workspace.valid_joins}); not {join}")
        if merge_channels and join == "none":
            raise ValueError(f"You can only merge channels using the 'outer', 'left outer', or 'right outer' join operations; not {join}")
        if join in ("left outer", "right outer"):
            log.warning("You are using an unsafe join operation. This will silence exceptions that might be raised during a normal 'outer' operation.")
        version = joins.join_versions(join, left["version"], right["version"])
        return cls({
            "channels": joins.join_channels(join, left["channels"], right["channels"], merge=merge_channels),
            "measurements": joins.join_measurements(join, left["measurements"], right["measurements"]),
            "observations": joins.join_observations(join, left["observations"], right["observations"]),
            "version": version,
        })

    @classmethod
    def sorted(cls, workspace: Any) -> Workspace:
        """With all lists in alphabetical order."""
        spec = copied(dict(workspace))

        def by_name(item: Mapping[str, Any]) -> Any:
            return item["name"]

        for items in (spec["channels"], spec["measurements"], spec["observations"]):
            items.sort(key=by_name)
        for channel in spec["channels"]:
            channel["samples"].sort(key=by_name)
            for sample in channel["samples"]:
                sample["modifiers"].sort(key=lambda m: (m["name"], m["type"]))
        for measurement in spec["measurements"]:
            measurement["config"]["parameters"].sort(key=by_name)
        return cls(spec)

    @classmethod
    def build(cls, model: Any, data: Any, name: str = "measurement", validate: bool = True) -> Workspace:
        """The workspace of a model and data. Widths, auxiliary data and factors of constraints are not written."""
        config = model.config
        parameters = []
        for parameter, entry in config.par_map.items():
            paramset = entry["paramset"]
            parameters.append({"bounds": [list(bound) for bound in paramset.suggested_bounds], "inits": paramset.suggested_init,
                               "fixed": paramset.suggested_fixed_as_bool, "name": parameter})
        return cls({
            "channels": copied(model.spec["channels"]),
            "version": schema.version,
            "measurements": [{"name": name, "config": {"poi": config.poi_name, "parameters": parameters}}],
            "observations": [{"name": channel, "data": list(data[config.channel_slices[channel]])} for channel in config.channels],
        }, validate=validate)
