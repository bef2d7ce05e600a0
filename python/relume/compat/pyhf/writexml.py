# SPDX-FileCopyrightText: relume authors
# SPDX-License-Identifier: BSD-3-Clause
"""Workspaces to ROOT's HistFactory XML and histograms. Needs uproot."""

from __future__ import annotations

import logging
import xml.etree.ElementTree as ET  # noqa: N817 (as everybody calls it)
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import uproot

from .mixins import _ChannelSummaryMixin
from .schema import variables

log = logging.getLogger("pyhf.writexml")

__all__ = ["build_channel", "build_data", "build_measurement", "build_modifier", "build_sample", "indent"]

#: The ROOT file that histograms go to while XML is written.
_ROOT_DATA_FILE: Any = None

_PREFIXES = {"normsys": "alpha_", "histosys": "alpha_", "shapesys": "gamma_", "staterror": "gamma_"}


def __dir__() -> list[str]:
    return __all__


def _make_hist_name(channel: str, sample: str, modifier: str = "", prefix: str = "hist", suffix: str = "") -> str:
    return f"{prefix}{'_'.join(part for part in (channel, sample, modifier) if part)}{suffix}"


def _export_root_histogram(hist_name: str, data: Sequence[float]) -> None:
    """With bins of width 1."""
    if hist_name in _ROOT_DATA_FILE:
        raise KeyError(f"Duplicate key {hist_name} being written.")
    _ROOT_DATA_FILE[hist_name] = uproot.to_writable((np.asarray(data, dtype=np.float64), np.arange(len(data) + 1)))


def indent(elem: Any, level: int = 0) -> None:
    """Two spaces per level."""
    ET.indent(elem, space="  ", level=level)


def build_measurement(measurementspec: Mapping[str, Any], modifiertypes: Mapping[str, str]) -> ET.Element:
    """Luminosity, parameter of interest, what is constant."""
    config = measurementspec["config"]
    lumi, lumi_sigma, constant = 1.0, 0.0, []
    for parameter in config["parameters"]:
        name = parameter["name"]
        if parameter.get("fixed", False):
            constant.append("Lumi" if name == "lumi" else f"{_PREFIXES.get(modifiertypes[name], '')}{name}")
        if name == "lumi":
            lumi, lumi_sigma = parameter["auxdata"][0], parameter["sigmas"][0]
    # Differs from pyhf: it writes the absolute uncertainty as the relative one.
    measurement = ET.Element("Measurement", Name=measurementspec["name"], Lumi=str(lumi), LumiRelErr=str(lumi_sigma / lumi), ExportOnly=str(True))
    ET.SubElement(measurement, "POI").text = config["poi"]
    if constant:
        ET.SubElement(measurement, "ParamSetting", Const="True").text = " ".join(constant)
    return measurement


def _relative(uncertainties: Sequence[float], nominal: Sequence[float]) -> np.ndarray:
    """0 where there is nothing to be relative to."""
    u, n = np.asarray(uncertainties, dtype=np.float64), np.asarray(nominal, dtype=np.float64)
    return np.divide(u, n, out=np.zeros_like(u), where=n != 0)


def build_modifier(spec: Mapping[str, Any], modifierspec: Mapping[str, Any], channelname: str, samplename: str,
                   sampledata: Sequence[float]) -> ET.Element | None:
    """The tag of a modifier; None for the luminosity, which is an attribute of the sample, and for what ROOT does not know."""
    name, kind, data = modifierspec["name"], modifierspec["type"], modifierspec["data"]
    histogram = _make_hist_name(channelname, samplename, name)
    if name == "lumi":
        return None
    if kind == "histosys":
        for side, values in (("Low", data["lo_data"]), ("High", data["hi_data"])):
            _export_root_histogram(histogram + side, values)
        return ET.Element("HistoSys", Name=name, HistoNameLow=f"{histogram}Low", HistoNameHigh=f"{histogram}High")
    if kind == "normsys":
        return ET.Element("OverallSys", Name=name, High=str(data["hi"]), Low=str(data["lo"]))
    if kind == "normfactor":
        own = next((p for p in spec["measurements"][0]["config"]["parameters"] if p["name"] == name), {})
        low, high = own.get("bounds", [[0, 10]])[0]
        return ET.Element("NormFactor", Name=name, Val=str(own.get("inits", [1])[0]), Low=str(low), High=str(high))
    if kind == "staterror":
        _export_root_histogram(histogram, _relative(data, sampledata))
        return ET.Element("StatError", Activate="True", HistoName=histogram)
    if kind == "shapesys":
        _export_root_histogram(histogram, _relative(data, sampledata))
        return ET.Element("ShapeSys", Name=name, ConstraintType="Poisson", HistoName=histogram)
    if kind == "shapefactor":
        return ET.Element("ShapeFactor", Name=name)
    log.warning("Skipping modifier %s(%s) for now", name, kind)
    return None


def build_sample(spec: Mapping[str, Any], samplespec: Mapping[str, Any], channelname: str) -> ET.Element:
    has_lumi = any(modifier["type"] == "lumi" for modifier in samplespec["modifiers"])
    histogram = _make_hist_name(channelname, samplespec["name"])
    sample = ET.Element("Sample", Name=samplespec["name"], HistoName=histogram, InputFile=_ROOT_DATA_FILE.file_path, NormalizeByTheory=str(has_lumi))
    for modifier in samplespec["modifiers"]:
        tag = build_modifier(spec, modifier, channelname, samplespec["name"], samplespec["data"])
        if tag is not None:
            sample.append(tag)
    _export_root_histogram(histogram, samplespec["data"])
    return sample


def build_data(obsspec: Sequence[Mapping[str, Any]], channelname: str) -> ET.Element:
    histogram = _make_hist_name(channelname, "data")
    _export_root_histogram(histogram, next(observation["data"] for observation in obsspec if observation["name"] == channelname))
    return ET.Element("Data", HistoName=histogram, InputFile=_ROOT_DATA_FILE.file_path)


def build_channel(spec: Mapping[str, Any], channelspec: Mapping[str, Any], obsspec: Any) -> ET.Element:
    channel = ET.Element("Channel", Name=channelspec["name"], InputFile=_ROOT_DATA_FILE.file_path)
    if obsspec:
        channel.append(build_data(obsspec, channelspec["name"]))
    for sample in channelspec["samples"]:
        channel.append(build_sample(spec, sample, channelspec["name"]))
    return channel


def writexml(spec: Mapping[str, Any], specdir: Any, data_rootdir: Any, resultprefix: str) -> bytes:
    """Writes one XML file per channel into `specdir` and data.root into `data_rootdir`; returns the top-level XML."""
    global _ROOT_DATA_FILE
    specdir = Path(specdir)
    (specdir.parent / "HistFactorySchema.dtd").write_text((variables.OWN_SCHEMAS / "HistFactorySchema.dtd").read_text(encoding="utf-8"), encoding="utf-8")
    combination = ET.Element("Combination", OutputFilePrefix=str(specdir / resultprefix))
    with uproot.recreate(Path(data_rootdir) / "data.root") as _ROOT_DATA_FILE:
        for channelspec in spec["channels"]:
            path = specdir / f"{resultprefix}_{channelspec['name']}.xml"
            channel = build_channel(spec, channelspec, spec.get("observations"))
            indent(channel)
            path.write_text("<!DOCTYPE Channel SYSTEM '../HistFactorySchema.dtd'>\n\n" + ET.tostring(channel, encoding="unicode"), encoding="utf-8")
            ET.SubElement(combination, "Input").text = str(path)
    types = dict(_ChannelSummaryMixin(channels=spec["channels"]).modifiers)
    for measurement in spec["measurements"]:
        combination.append(build_measurement(measurement, types))
    indent(combination)
    return b"<!DOCTYPE Combination  SYSTEM 'HistFactorySchema.dtd'>\n\n" + ET.tostring(combination, encoding="utf-8")
