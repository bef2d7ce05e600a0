# SPDX-FileCopyrightText: relume authors
# SPDX-License-Identifier: BSD-3-Clause
"""Small workspaces, and what is known about them in closed form."""

import math

from scipy.special import log_ndtr, xlogy


def modifier(name, kind, data=None):
    return {"name": name, "type": kind, "data": data}


MU = modifier("mu", "normfactor")


def workspace(channels, parameters=(), poi="mu"):
    """channels: {name: ({sample: (yields, modifiers)}, observed)}"""
    return {
        "channels": [{"name": name, "samples": [{"name": sample, "data": data, "modifiers": list(modifiers)}
                                                for sample, (data, modifiers) in samples.items()]}
                     for name, (samples, _) in channels.items()],
        "observations": [{"name": name, "data": observed} for name, (_, observed) in channels.items()],
        "measurements": [{"name": "measurement", "config": {"poi": poi, "parameters": list(parameters)}}],
        "version": "1.0.0"}


def search(signal, background, observed, modifiers=(), parameters=(), poi="mu"):
    """One channel: a signal that scales with mu, and a background with the modifiers."""
    return workspace({"SR": ({"signal": (signal, [MU]), "background": (background, modifiers)}, observed)}, parameters, poi)


def minus_ln_poisson(n, rate):
    return float(rate - xlogy(n, rate) + math.lgamma(n + 1))


def minus_ln_normal(x, centre, width):
    return math.log(width * math.sqrt(2 * math.pi)) + 0.5 * ((x - centre) / width) ** 2


class Counting:
    """n events with the rate mu signal + background, and nothing else: everything has a formula."""

    def __init__(self, signal, background, n):
        self.signal, self.background, self.n = signal, background, n

    def workspace(self, **changes):
        return search([self.signal], [self.background], [self.n], **changes)

    def mu_hat(self):
        return max((self.n - self.background) / self.signal, 0.0)

    def q(self, mu, n=None):
        n = self.n if n is None else n
        mu_hat = max((n - self.background) / self.signal, 0.0)
        if mu_hat > mu:
            return 0.0
        rate, best = mu * self.signal + self.background, mu_hat * self.signal + self.background
        return 2.0 * float(rate - best - (n * math.log1p((rate - best) / best) if n else 0.0))

    def q_asimov(self, mu):
        return self.q(mu, self.background)

    def cls(self, mu):
        """Observed CLs of q-tilde (arXiv:1007.1727, equations 65 to 67), through logarithms."""
        root_a = math.sqrt(self.q_asimov(mu))
        q = self.q(mu)
        t = math.sqrt(q) - root_a if q <= root_a**2 else (q - root_a**2) / (2 * root_a)
        return math.exp(log_ndtr(-t - root_a) - log_ndtr(-t))

    def cls_expected(self, mu):
        root_a = math.sqrt(self.q_asimov(mu))
        return [math.exp(log_ndtr(-t - root_a) - log_ndtr(-t)) for t in (2, 1, 0, -1, -2)]
