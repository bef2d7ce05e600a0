# SPDX-FileCopyrightText: relume authors
# SPDX-License-Identifier: BSD-3-Clause
"""The tensor library: numpy and scipy under pyhf's function names."""

from __future__ import annotations

import logging
from typing import Any

import numpy as np
from scipy import special, stats

log = logging.getLogger("pyhf.tensor.numpy_backend")


class _BasicPoisson:
    def __init__(self, rate: Any) -> None:
        self.rate = rate

    def sample(self, sample_shape: tuple) -> Any:
        # scipy draws from numpy's global generator: code that seeds it gets the toys that it gets from pyhf.
        return stats.poisson(self.rate).rvs(size=tuple(sample_shape) + self.rate.shape)

    def log_prob(self, value: Any) -> Any:
        return special.xlogy(value, self.rate) - self.rate - special.gammaln(np.asarray(value) + 1.0)


class _BasicNormal:
    def __init__(self, loc: Any, scale: Any) -> None:
        self.loc, self.scale = loc, scale

    def sample(self, sample_shape: tuple) -> Any:
        return stats.norm(self.loc, self.scale).rvs(size=tuple(sample_shape) + self.loc.shape)

    def log_prob(self, value: Any) -> Any:
        return _normal_logpdf(value, self.loc, self.scale)


def _normal_logpdf(x: Any, mu: Any, sigma: Any) -> Any:
    # Rounded as in pyhf, for strict mode.
    return -np.log(sigma * np.sqrt(2.0 * np.pi)) - np.square((x - mu) / (np.sqrt(2.0) * sigma))


class numpy_backend:  # noqa: N801 (the name is part of the interface)
    """Tensors are numpy arrays; precision is "64b" or "32b" (of astensor, ones and zeros; relume itself computes in double precision)."""

    __slots__ = ["default_do_grad", "dtypemap", "name", "precision"]

    array_type = np.ndarray
    array_subtype = np.number

    def __init__(self, **kwargs: str) -> None:
        self.name = "numpy"
        self.precision = kwargs.get("precision", "64b")
        double = self.precision == "64b"
        self.dtypemap = {"float": np.float64 if double else np.float32, "int": np.int64 if double else np.int32, "bool": np.bool_}
        self.default_do_grad = False

    def _setup(self) -> None:
        """Nothing to prepare."""

    def _dtype(self, dtype: str) -> Any:
        try:
            return self.dtypemap[dtype]
        except KeyError:
            log.error("Invalid dtype: dtype must be float, int, or bool.", exc_info=True)
            raise

    def astensor(self, tensor_in: Any, dtype: str = "float") -> np.ndarray:
        return np.asarray(tensor_in, dtype=self._dtype(dtype))

    def tolist(self, tensor_in: Any) -> Any:
        return tensor_in if isinstance(tensor_in, list) else tensor_in.tolist()

    def to_numpy(self, tensor_in: Any) -> Any:
        return tensor_in

    def ones(self, shape: Any, dtype: str = "float") -> np.ndarray:
        return np.ones(shape, dtype=self._dtype(dtype))

    def zeros(self, shape: Any, dtype: str = "float") -> np.ndarray:
        return np.zeros(shape, dtype=self._dtype(dtype))

    def clip(self, tensor_in: Any, min_value: Any, max_value: Any) -> Any:
        return np.clip(tensor_in, min_value, max_value)

    def erf(self, tensor_in: Any) -> Any:
        return special.erf(tensor_in)

    def erfinv(self, tensor_in: Any) -> Any:
        return special.erfinv(tensor_in)

    def tile(self, tensor_in: Any, repeats: Any) -> Any:
        return np.tile(tensor_in, repeats)

    def conditional(self, predicate: Any, true_callable: Any, false_callable: Any) -> Any:
        return true_callable() if predicate else false_callable()

    def outer(self, tensor_in_1: Any, tensor_in_2: Any) -> Any:
        return np.outer(tensor_in_1, tensor_in_2)

    def gather(self, tensor: Any, indices: Any) -> Any:
        return tensor[indices]

    def boolean_mask(self, tensor: Any, mask: Any) -> Any:
        return tensor[mask]

    def isfinite(self, tensor: Any) -> Any:
        return np.isfinite(tensor)

    def sum(self, tensor_in: Any, axis: Any = None) -> Any:
        return np.sum(tensor_in, axis=axis)

    def product(self, tensor_in: Any, axis: Any = None) -> Any:
        return np.prod(tensor_in, axis=axis)

    def abs(self, tensor: Any) -> Any:
        return np.abs(tensor)

    def power(self, tensor_in_1: Any, tensor_in_2: Any) -> Any:
        return np.power(tensor_in_1, tensor_in_2)

    def sqrt(self, tensor_in: Any) -> Any:
        return np.sqrt(tensor_in)

    def divide(self, tensor_in_1: Any, tensor_in_2: Any) -> Any:
        return np.divide(tensor_in_1, tensor_in_2)

    def log(self, tensor_in: Any) -> Any:
        return np.log(tensor_in)

    def exp(self, tensor_in: Any) -> Any:
        return np.exp(tensor_in)

    def percentile(self, tensor_in: Any, q: Any, axis: Any = None, interpolation: str = "linear") -> Any:
        return np.percentile(tensor_in, q, axis=axis, method=interpolation)

    def stack(self, sequence: Any, axis: int = 0) -> Any:
        return np.stack(sequence, axis=axis)

    def where(self, mask: Any, tensor_in_1: Any, tensor_in_2: Any) -> Any:
        return np.where(mask, tensor_in_1, tensor_in_2)

    def concatenate(self, sequence: Any, axis: Any = 0) -> Any:
        return np.concatenate(sequence, axis=axis)

    def simple_broadcast(self, *args: Any) -> Any:
        return np.broadcast_arrays(*args)

    def shape(self, tensor: Any) -> Any:
        return tensor.shape

    def reshape(self, tensor: Any, newshape: Any) -> Any:
        return np.reshape(tensor, newshape)

    def ravel(self, tensor: Any) -> Any:
        return np.ravel(tensor)

    def einsum(self, subscripts: str, *operands: Any) -> Any:
        return np.einsum(subscripts, *operands)

    def transpose(self, tensor_in: Any) -> Any:
        return tensor_in.transpose()

    def poisson_logpdf(self, n: Any, lam: Any) -> Any:
        """ln of the Poisson probability, continued to real n through the gamma function."""
        return _BasicPoisson(lam).log_prob(n)

    def poisson(self, n: Any, lam: Any) -> Any:
        return np.exp(_BasicPoisson(np.asarray(lam)).log_prob(np.asarray(n)))

    def normal_logpdf(self, x: Any, mu: Any, sigma: Any) -> Any:
        return _normal_logpdf(x, mu, sigma)

    def normal(self, x: Any, mu: Any, sigma: Any) -> Any:
        return stats.norm.pdf(x, loc=mu, scale=sigma)

    def normal_cdf(self, x: Any, mu: Any = 0, sigma: Any = 1) -> Any:
        return special.ndtr((np.asarray(x) - mu) / sigma)

    def poisson_dist(self, rate: Any) -> _BasicPoisson:
        return _BasicPoisson(rate)

    def normal_dist(self, mu: Any, sigma: Any) -> _BasicNormal:
        return _BasicNormal(mu, sigma)
