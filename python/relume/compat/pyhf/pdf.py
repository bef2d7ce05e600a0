# SPDX-FileCopyrightText: relume authors
# SPDX-License-Identifier: BSD-3-Clause
"""The model: a likelihood with pyhf's attributes, computed by relume's engine, or by numpy where the engine cannot (custom modifiers, batches)."""

from __future__ import annotations

import logging
from typing import Any

import numpy as np

from ..strictness import is_strict
from . import engine, exceptions, schema
from .components import _ConstraintModel, _MainModel
from .dense import DenseRates, build
from .documents import Snapshot
from .mixins import _ChannelSummaryMixin
from .modifiers import histfactory_set
from .parameters.compiled import compiled_sets, configurations
from .probability import Simultaneous
from .tensor.common import _tensorviewer_from_sizes
from .tensor.state import get_backend

log = logging.getLogger("pyhf.pdf")

__all__ = ["Model", "_ModelConfig"]


def __dir__() -> list[str]:
    return __all__


class _ModelConfig(_ChannelSummaryMixin):
    """Names and places of channels, parameters and data."""

    def __init__(self, spec: Any, **config_kwargs: Any) -> None:
        super().__init__(channels=spec["channels"])
        self.modifier_settings = config_kwargs.pop("modifier_settings", {"normsys": {"interpcode": "code4"}, "histosys": {"interpcode": "code4p"}})
        if config_kwargs:
            raise exceptions.Unsupported(f"Unsupported options were passed in: {list(config_kwargs)}.")
        self._par_order: list[str] = []
        self._poi_name: str | None = None
        self._poi_index: int | None = None
        self._nmaindata = sum(self.channel_nbins.values())
        self._auxdata: list[float] = []
        self.par_map: dict[str, dict[str, Any]] = {}
        self.auxdata_order: list[str] = []

    @property
    def par_order(self) -> list[str]:
        """Parameter sets, in the order of the parameter vector."""
        return self._par_order

    @property
    def poi_name(self) -> str | None:
        return self._poi_name

    @property
    def poi_index(self) -> int | None:
        return self._poi_index

    @property
    def auxdata(self) -> list[float]:
        return self._auxdata

    @property
    def nmaindata(self) -> int:
        return self._nmaindata

    @property
    def nauxdata(self) -> int:
        return len(self._auxdata)

    def set_parameters(self, _required_paramsets: Any) -> None:
        """Lays out parameter sets (name: paramset) one after the other."""
        begin = 0
        for name, paramset in _required_paramsets.items():
            log.info("adding modifier %s (%s new nuisance parameters)", name, paramset.n_parameters)
            self._par_order.append(name)
            self.par_map[name] = {"slice": slice(begin, begin + paramset.n_parameters), "paramset": paramset}
            begin += paramset.n_parameters
        self.npars = begin
        self.parameters = sorted(self.par_map)

    def set_auxinfo(self, auxdata: list[float], auxdata_order: list[str]) -> None:
        self._auxdata = auxdata
        self.auxdata_order = auxdata_order

    def _of_all_sets(self, attribute: str) -> list:
        return [value for name in self._par_order for value in getattr(self.par_map[name]["paramset"], attribute)]

    def suggested_init(self) -> list[float]:
        """A new list in each call."""
        return self._of_all_sets("suggested_init")

    def suggested_bounds(self) -> list:
        """Pairs (lower, upper); a new list in each call."""
        return self._of_all_sets("suggested_bounds")

    def suggested_fixed(self) -> list[bool]:
        """A new list in each call."""
        return self._of_all_sets("suggested_fixed")

    def par_slice(self, name: str) -> slice:
        return self.par_map[name]["slice"]

    def param_set(self, name: str) -> Any:
        return self.par_map[name]["paramset"]

    @property
    def par_names(self) -> list[str]:
        """One per component: "mu", "gamma[0]", "gamma[1]"; a new list in each call."""
        names = []
        for name in self._par_order:
            paramset = self.par_map[name]["paramset"]
            names += [name] if paramset.is_scalar else [f"{name}[{i}]" for i in range(paramset.n_parameters)]
        return names

    def set_poi(self, name: str | None) -> None:
        """Chooses the parameter of interest; None for none. Raises InvalidModel for what is no parameter, or several."""
        if name is None:
            self._poi_name = self._poi_index = None
            return
        if name not in self.par_map:
            raise exceptions.InvalidModel(f"The parameter of interest '{name}' cannot be fit as it is not declared in the model specification.")
        if self.param_set(name).n_parameters > 1:
            raise exceptions.InvalidModel(f"The parameter '{name}' contains multiple components and is not currently supported as parameter of"
                                          " interest.")
        self._poi_name, self._poi_index = name, self.par_slice(name).start


def _knows_its_luminosity(core: Any, spec: Any) -> bool:
    """The engine can do without a configuration of the luminosity; callers of pyhf expect to be told that it is missing."""
    if all(name != "lumi" for name, *_ in core.parameter_sets):
        return True
    return any(p["name"] == "lumi" and {"inits", "bounds", "auxdata", "sigmas"} <= set(p) for p in spec.get("parameters", []))


class Model:
    """A HistFactory model. `logpdf`, `expected_data` and all inference on it are relume's."""

    def __init__(self, spec: Any, modifier_set: Any = None, batch_size: int | None = None, validate: bool = True,
                 clip_sample_data: float | None = None, clip_bin_data: float | None = None, **config_kwargs: Any) -> None:
        modifier_set = modifier_set or histfactory_set
        self.batch_size = batch_size
        self._snapshot = Snapshot(spec)
        self.schema = config_kwargs.pop("schema", "model.json")
        self.version = config_kwargs.pop("version", None)
        poi_name = config_kwargs.pop("poi_name", "mu")
        settings = config_kwargs.get("modifier_settings", {"normsys": {"interpcode": "code4"}, "histosys": {"interpcode": "code4p"}})
        clips = (None if clip_sample_data is None else float(clip_sample_data), None if clip_bin_data is None else float(clip_bin_data))
        self._engine = None
        if batch_size is None and modifier_set == histfactory_set:
            compiled = engine.Engine.compile(spec, poi_name or "", settings, clips)
            if compiled is not None and _knows_its_luminosity(compiled.core, spec):
                self._engine = compiled
        if validate:
            log.info("Validating spec against schema: %s", self.schema)
            # The engine has checked all that the schema checks, except for what it was not shown.
            if self._engine is None or set(spec) - {"channels", "parameters"} or not schema.is_native(self.schema, "model.json", self.version):
                schema.validate(spec, self.schema, version=self.version)
        self._config = _ModelConfig(spec, **config_kwargs)
        self._modifier_set = modifier_set
        appliers = nominal = None
        if self._engine is None:
            appliers, nominal = build(modifier_set, self._config, spec, batch_size)
        else:
            self._adopt_parameters(configurations(spec.get("parameters", [])))
        self._config.set_poi(poi_name or None)
        for clip, where in ((clip_sample_data, "per-bin for each sample"), (clip_bin_data, "per-bin")):
            if clip is not None:
                log.warning("Clipping expected data %s below %s", where, clip)
        self.main_model = _MainModel(self, clips, None if appliers is None else DenseRates(appliers, nominal, batch_size, *clips))
        self.constraint_model = _ConstraintModel(config=self._config, batch_size=batch_size)
        self._parts = self.main_model, self.constraint_model
        sizes = [self._config.nmaindata] + ([self._config.nauxdata] if self._config.nauxdata else [])
        self.fullpdf_tv = _tensorviewer_from_sizes(sizes, ["main", "aux"][: len(sizes)], batch_size)

    def _adopt_parameters(self, configured: Any) -> None:
        sets, auxdata, order = {}, [], []
        for name, _, paramset in compiled_sets(self._engine.core, configured):
            sets[name] = paramset
            if paramset.constrained:
                auxdata += paramset.auxdata
                order.append(name)
        self._config.set_parameters(sets)
        self._config.set_auxinfo(auxdata, order)

    def _compiled(self) -> engine.Engine | None:
        """The engine, as long as it computes what `make_pdf` and the parts of the model say."""
        if self._engine is None or not engine.is_own(self, Model, "make_pdf"):
            return None
        main, constraints = self._parts
        same = self.main_model is main and self.constraint_model is constraints and main.is_as_built() and constraints.is_as_built()
        return self._engine if same else None

    @property
    def spec(self) -> Any:
        """The specification as it was given; a copy of its own."""
        return self._snapshot.document

    @property
    def config(self) -> _ModelConfig:
        return self._config

    @property
    def nominal_rates(self) -> np.ndarray:
        """Shape (1, n_samples, n_batch or 1, n_bins)."""
        return self.main_model.nominal_rates

    def _modifications(self, pars: Any) -> tuple[list, list]:
        return self.main_model._modifications(pars)

    def expected_actualdata(self, pars: Any) -> np.ndarray:
        """Main data."""
        return self.main_model.expected_data(pars)

    def expected_auxdata(self, pars: Any) -> np.ndarray:
        return self.make_pdf(pars)[1].expected_data()

    def expected_data(self, pars: Any, include_auxdata: bool = True) -> np.ndarray:
        """Main data, then auxiliary data."""
        if not include_auxdata:
            return self.main_model.expected_data(pars)
        if np.shape(pars) == (self.config.npars,) and not is_strict() and (compiled := self._compiled()) is not None:
            return compiled.core.expected_data(engine.vector(pars))
        return self.make_pdf(pars).expected_data()

    def constraint_logpdf(self, auxdata: Any, pars: Any) -> Any:
        return self.make_pdf(pars)[1].log_prob(auxdata)

    def mainlogpdf(self, maindata: Any, pars: Any) -> Any:
        return self.make_pdf(pars)[0].log_prob(maindata)

    def make_pdf(self, pars: Any) -> Simultaneous:
        """The distribution of main and auxiliary data at a point: expected_data(), log_prob(data), sample(shape)."""
        pars = np.asarray(pars, dtype=np.float64)
        parts = [pdf for pdf in (self.main_model.make_pdf(pars), self.constraint_model.make_pdf(pars)) if pdf is not None]
        return Simultaneous(parts, self.fullpdf_tv, self.batch_size)

    def logpdf(self, pars: Any, data: Any) -> np.ndarray:
        """ln L with all constants, shape (1,), or (batch_size,)."""
        try:
            pars, data = np.asarray(pars, dtype=np.float64), np.asarray(data, dtype=np.float64)
            config = self._config
            if pars.shape[-1] != config.npars:
                raise exceptions.InvalidPdfParameters(f"eval failed as pars has len {pars.shape[-1]} but {config.npars} was expected")
            if data.shape[-1] != config.nmaindata + len(config.auxdata):
                raise exceptions.InvalidPdfData(f"eval failed as data has len {data.shape[-1]} but {config.nmaindata + config.nauxdata} was expected")
            if pars.ndim == data.ndim == 1 and not is_strict() and (compiled := self._compiled()) is not None:
                value = compiled.nll(np.ascontiguousarray(pars), np.ascontiguousarray(data))
                if value == value:
                    return np.array([-value])
            # Outside of the domain callers expect the values that the plain formulas give there.
            with np.errstate(all="ignore"):
                result = self.make_pdf(pars).log_prob(data)
            return result if self.batch_size else np.reshape(result, (1,))
        except Exception:
            tensorlib, _ = get_backend()
            log.error("Eval failed for data %s pars: %s", tensorlib.tolist(data), tensorlib.tolist(pars), exc_info=True)
            raise

    def pdf(self, pars: Any, data: Any) -> np.ndarray:
        return np.exp(self.logpdf(pars, data))
