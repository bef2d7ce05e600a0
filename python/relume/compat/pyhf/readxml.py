# SPDX-FileCopyrightText: relume authors
# SPDX-License-Identifier: BSD-3-Clause
"""ROOT's HistFactory XML, with its histograms, to workspaces. Needs uproot."""

from __future__ import annotations

import logging
import xml.etree.ElementTree as ET  # noqa: N817 (as everybody calls it)
from collections.abc import Callable, Iterable, MutableMapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import uproot

from . import compat, exceptions, schema

log = logging.getLogger("pyhf.readxml")

__all__ = [
    "clear_filecache", "dedupe_parameters", "extract_error", "import_root_histogram", "parse", "process_channel", "process_data",
    "process_measurements", "process_sample",
]

Resolver = Callable[[str], Path]
MountPathType = Iterable[tuple[Path, Path]]

#: Opened files with the names in them, by path.
__FILECACHE__: MutableMapping[str, tuple[Any, set[str]]] = {}

#: The luminosity may vary by this many of its uncertainties.
_LUMI_SIGMAS = 5.0


def __dir__() -> list[str]:
    return __all__


def clear_filecache() -> None:
    __FILECACHE__.clear()


def resolver_factory(rootdir: Path, mounts: MountPathType) -> Resolver:
    """Finds the files that the XML names: below a mount at its host path, everything else relative to `rootdir`."""

    def resolver(filename: str) -> Path:
        path = Path(filename)
        for host, mount in mounts:
            if mount == path or mount in path.parents:
                path = host / path.relative_to(mount)
                break
        return rootdir / path

    return resolver


def extract_error(hist: Any) -> list[float]:
    """Of each bin: from the sum of squared weights, or the root of the content."""
    return np.sqrt(hist.variances() if hist.weighted else hist.to_numpy()[0]).tolist()


def import_root_histogram(resolver: Resolver, filename: str, path: str, name: str, filecache: Any = None) -> tuple[list[float], list[float]]:
    """Contents and errors. Raises KeyError when there is no such histogram."""
    cache = filecache or __FILECACHE__
    fullpath = str(resolver(filename))
    if fullpath not in cache:
        file = uproot.open(fullpath)
        cache[fullpath] = (file, set(file.keys(cycle=False)))
    file, names = cache[fullpath]
    fullname = "/".join([(path or "").strip("/"), name])
    found = next((candidate for candidate in (name, fullname) if candidate in names), None)
    if found is None:
        raise KeyError(f"Both {name} and {fullname} were tried and not found in {fullpath}")
    histogram = file[found]
    return histogram.to_numpy()[0].tolist(), extract_error(histogram)


def _normfactor(tag: ET.Element) -> tuple[dict[str, Any], dict[str, Any]]:
    a = tag.attrib
    parameter: dict[str, Any] = {"name": a["Name"], "bounds": [[float(a["Low"]), float(a["High"])]], "inits": [float(a["Val"])]}
    if a.get("Const"):
        parameter["fixed"] = a["Const"] == "True"
    return {"name": a["Name"], "type": "normfactor", "data": None}, parameter


def _modifier(tag: ET.Element, read: Callable, inputfile: str, channel: str, data: list[float], errors: list[float]) -> dict[str, Any] | None:
    """The modifier that a tag says; None for what is not known, or switched off."""
    a = tag.attrib
    if tag.tag == "OverallSys":
        return {"name": a["Name"], "type": "normsys", "data": {"lo": float(a["Low"]), "hi": float(a["High"])}}
    if tag.tag == "HistoSys":
        low, high = (read(a.get(f"HistoFile{side}", inputfile), a.get(f"HistoPath{side}", ""), a[f"HistoName{side}"])[0] for side in ("Low", "High"))
        return {"name": a["Name"], "type": "histosys", "data": {"lo_data": low, "hi_data": high}}
    if tag.tag == "StatError" and a["Activate"] == "True":
        if a.get("HistoName", ""):  # relative uncertainties of their own
            relative, _ = read(a.get("HistoFile", inputfile), a.get("HistoPath", ""), a["HistoName"])
            errors = np.multiply(relative, data).tolist()
        if not errors:
            raise RuntimeError("cannot determine stat error.")
        return {"name": f"staterror_{channel}", "type": "staterror", "data": errors}
    if tag.tag == "ShapeSys":
        if a.get("ConstraintType", "Poisson") != "Poisson":
            log.warning("shapesys modifier %s has a non-poisson constraint", a["Name"])
        relative, _ = read(a.get("InputFile", inputfile), a.get("HistoPath", ""), a["HistoName"])
        return {"name": a["Name"], "type": "shapesys", "data": [x * y for x, y in zip(data, relative, strict=False)]}
    if tag.tag == "ShapeFactor":
        return {"name": a["Name"], "type": "shapefactor", "data": None}
    log.warning("not considering modifier tag %s", tag)
    return None


def process_sample(sample: ET.Element, resolver: Resolver, inputfile: str, histopath: str, channel_name: str,
                   track_progress: bool = False) -> dict[str, Any]:
    """A sample, with the configuration of its parameters under "parameter_configs"."""
    def read(*place: str) -> tuple[list[float], list[float]]:
        return import_root_histogram(resolver, *place)

    inputfile, histopath = sample.attrib.get("InputFile", inputfile), sample.attrib.get("HistoPath", histopath)
    data, errors = read(inputfile, histopath, sample.attrib["HistoName"])
    modifiers: list[dict[str, Any]] = []
    parameters: list[dict[str, Any]] = []
    if sample.attrib.get("NormalizeByTheory", "False") == "True":
        modifiers.append({"name": "lumi", "type": "lumi", "data": None})
    for tag in sample.iter():
        if tag is sample:
            continue
        if tag.tag == "NormFactor":
            modifier, parameter = _normfactor(tag)
            parameters.append(parameter)
        else:
            modifier = _modifier(tag, read, inputfile, channel_name, data, errors)
        if modifier is not None:
            modifiers.append(modifier)
    return {"name": sample.attrib["Name"], "data": data, "modifiers": modifiers, "parameter_configs": parameters}


def process_data(sample: ET.Element, resolver: Resolver, inputfile: str, histopath: str) -> list[float]:
    """Observed counts. Raises NotImplementedError when the XML names no histogram."""
    inputfile, histopath = sample.attrib.get("InputFile", inputfile), sample.attrib.get("HistoPath", histopath)
    name = sample.attrib["HistoName"]
    if inputfile == "" or name == "":
        raise NotImplementedError("Conversion of workspaces without data is currently not supported.\n"
                                  "See https://github.com/scikit-hep/pyhf/issues/566")
    return import_root_histogram(resolver, inputfile, histopath, name)[0]


def process_channel(channelxml: Any, resolver: Resolver, track_progress: bool = False) -> tuple[str, list[float], list[dict], list[dict]]:
    """Name, observed counts, samples, configuration of parameters."""
    channel = channelxml.getroot()
    inputfile, histopath, name = channel.attrib.get("InputFile", ""), channel.attrib.get("HistoPath", ""), channel.attrib["Name"]
    data = channel.find("Data")
    if data is None:
        raise RuntimeError(f"Channel {name} is missing data. See issue #1911.")
    observed = process_data(data, resolver, inputfile, histopath)
    tags: Any = channel.findall("Sample")
    if track_progress:
        import tqdm

        tags = tqdm.tqdm(tags, unit="sample")
    samples = [process_sample(tag, resolver, inputfile, histopath, name, track_progress) for tag in tags]
    parameters = [parameter for sample in samples for parameter in sample.pop("parameter_configs")]
    return name, observed, samples, parameters


def process_measurements(toplvl: Any, other_parameter_configs: Sequence[dict[str, Any]] | None = None) -> list[dict[str, Any]]:
    """Measurements: luminosity, what is set constant, what the samples configure. Raises ValueError for gammas that are set constant."""
    results = []
    for tag in toplvl.findall("Measurement"):
        poi = tag.find("POI")
        if poi is None:
            raise RuntimeError(f"Measurement {tag.attrib['Name']} is missing POI specification")
        lumi = float(tag.attrib["Lumi"])
        sigma = lumi * float(tag.attrib["LumiRelErr"])
        luminosity: dict[str, Any] = {"name": "lumi", "auxdata": [lumi], "bounds": [[lumi - _LUMI_SIGMAS * sigma, lumi + _LUMI_SIGMAS * sigma]],
                                      "inits": [lumi], "sigmas": [sigma]}
        others = {parameter["name"]: dict(parameter) for parameter in other_parameter_configs or []}
        for setting in tag.findall("ParamSetting"):
            change: dict[str, Any] = {}
            if setting.attrib.get("Const"):
                change["fixed"] = setting.attrib["Const"] == "True"
            if setting.attrib.get("Val"):
                change["inits"] = [float(setting.attrib["Val"])]
            for rootname in (setting.text or "").split():
                meant = compat.interpret_rootname(rootname)
                if not meant["is_scalar"]:
                    raise ValueError(f'pyhf does not support setting non-scalar parameters ("gammas")  constant, such as for {rootname}.')
                if meant["name"] == "lumi":
                    luminosity.update(change)
                else:
                    # What is set comes last, as in pyhf's output.
                    others[meant["name"]] = {**others.pop(meant["name"], {"name": meant["name"]}), **change}
        results.append({"name": tag.attrib["Name"], "config": {"poi": (poi.text or "").strip(), "parameters": [luminosity, *others.values()]}})
    return results


def dedupe_parameters(parameters: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """One of each. Raises RuntimeError when those of one name differ."""
    unique: dict[str, dict[str, Any]] = {}
    for parameter in parameters:
        known = unique.setdefault(parameter["name"], parameter)
        if known != parameter:
            log.warning("%s and %s", known, parameter)
            raise RuntimeError(f"cannot import workspace due to incompatible parameter configurations for {parameter['name']}.")
    return list(unique.values())


def parse(configfile: Any, rootdir: Any, mounts: MountPathType | None = None, track_progress: bool = False,
          validation_as_error: bool = True) -> dict[str, Any]:
    """The workspace of a top-level XML file; other files are looked for from `rootdir`, or below `mounts`, pairs of (host path, path in the XML)."""
    toplevel = ET.parse(configfile)  # noqa: S314 (files of one's own analysis)
    resolver = resolver_factory(Path(rootdir), mounts or [])
    inputs: Any = [tag.text for tag in toplevel.findall("Input") if tag.text]
    if track_progress:
        import tqdm

        inputs = tqdm.tqdm(inputs, unit="channel")
    channels, observations, parameters = [], [], []
    for name in inputs:
        channel, data, samples, configured = process_channel(ET.parse(resolver(name)), resolver, track_progress)  # noqa: S314
        channels.append({"name": channel, "samples": samples})
        observations.append({"name": channel, "data": data})
        parameters += configured
    result = {"measurements": process_measurements(toplevel, other_parameter_configs=dedupe_parameters(parameters)), "channels": channels,
              "observations": observations, "version": schema.version}
    try:
        schema.validate(result, "workspace.json")
    except exceptions.InvalidSpecification as error:
        if validation_as_error:
            raise
        log.warning(error)
    return result
