# SPDX-FileCopyrightText: relume authors
# SPDX-License-Identifier: BSD-3-Clause
"""Interpolation in mass space beside that of SModelS, on the same published maps at random points.

Where the points of a map lie on a regular grid, the corners of a cell are on one sphere, and every way to cut it into simplices is a Delaunay
triangulation: SModelS has the one that rounding picks. Values are therefore compared to all that a Delaunay triangulation can give, which is
one value wherever the triangulation is unique.
"""

import itertools

import numpy as np
import pytest
import relume

scipy_spatial = pytest.importorskip("scipy.spatial", reason="scipy, which finds the triangulations, is not installed")
txname_data = pytest.importorskip("smodels.experiment.txnameDataObj", reason="SModelS, the peer of these tests, is not installed")

MAPS = [
    ("ATLAS-SUSY-2018-04-eff", "SRlow", "TStauStau"),
    ("ATLAS-SUSY-2018-14-eff", "SRee", "TSelSelDisp"),
    ("ATLAS-SUSY-2018-14-eff", "SRem", "TStauStauDisp"),
    ("ATLAS-SUSY-2018-22-multibin-eff", "MB-C-2-1600-16", "TChiQ"),
    ("ATLAS-SUSY-2018-31-eff", "SRA_H", "T6bbHH"),
    ("ATLAS-SUSY-2018-31", "data", "T6bbHH"),
    ("CMS-SUS-16-039-agg", "AR1", "TChiWZ"),
    ("CMS-SUS-20-004-eff", "SR6", "TChiHH"),
]
N_POINTS = 150
GEV, PB = 1.0, 1000.0


def scaled(width):
    """As smodels.experiment.expAuxiliaryFuncs.rescaleWidth."""
    return np.log(1 + width / 1e-30)


def read_points(path):
    """Coordinates as written and as SModelS interpolates in them, and values: another parser than ours, the interpreter itself."""
    key = "efficiencyMap:" if "efficiencyMap:" in path.read_text() else "upperLimits:"
    text = path.read_text().split(key, 1)[1]
    given, flat, values = [], [], []
    for point, value in eval(text, {"GeV": GEV, "pb": PB, "fb": 1.0}):  # the published file of the test
        particles = [p for branch in point for p in branch]
        masses = [p[0] if isinstance(p, tuple) else p for p in particles]
        widths = [p[1] for p in particles if isinstance(p, tuple)]
        given.append((masses, widths))
        flat.append(masses + [scaled(w) for w in widths])
        values.append(value)
    return given, np.array(flat), np.array(values)


class Peer:
    """SModelS's interpolation, without its rounding of points to two and of values to six digits, and its cache."""

    def __init__(self, flat, values):
        self.data = txname_data.TxNameData(flat.tolist(), values.tolist(), "peer", accept_errors_upto=None)
        self.data.round_to_n = lambda x, n: x

    def __call__(self, point):
        coordinates = self.data.PCAtransf(list(point))
        if self.data.countNonZeros(coordinates) > self.data.dimensionality:
            return None
        self.data.projected_value = self.data.interpolate(coordinates[:self.data.dimensionality])
        return self.data._returnProjectedValue()

    def reduced(self, flat):
        return np.array([self.data.PCAtransf(list(x))[:self.data.dimensionality] for x in flat])


def values_of_all_triangulations(triangulation, points, values, x):
    """What Delaunay triangulations can give at x: the corners of the simplex around it, and what else is on their sphere."""
    simplex = triangulation.find_simplex(x)
    if simplex < 0:
        return []
    corners = points[triangulation.simplices[simplex]]
    edges = corners[1:] - corners[0]
    centre = corners[0] + np.linalg.solve(edges, 0.5 * (edges**2).sum(axis=1))
    distances = np.linalg.norm(points - centre, axis=1)
    radius = np.linalg.norm(corners[0] - centre)
    # Contraction by 1e-6 moves what is nearly on the sphere by as much.
    on_sphere = np.flatnonzero(np.abs(distances - radius) < 1e-5 * radius)
    found = []
    for chosen in itertools.combinations(on_sphere, len(x) + 1):
        matrix = np.vstack([points[list(chosen)].T, np.ones(len(chosen))])
        if np.linalg.cond(matrix / np.abs(matrix).max(axis=1, keepdims=True)) > 1e9:
            continue
        weights = np.linalg.solve(matrix, np.append(x, 1.0))
        if weights.min() > -1e-9:
            found.append(weights @ values[list(chosen)])
    return found


@pytest.mark.parametrize(("analysis", "region", "topology"), MAPS)
def test_random_points(shared, analysis, region, topology):
    directory = shared / "data" / "efficiency-maps" / analysis
    given, flat, values = read_points(directory / region / f"{topology}.txt")
    peer = Peer(flat, values)
    maps = relume.MassMaps.read(directory, topology)

    def ours(masses, widths):
        if maps.is_of_limits:
            try:
                return maps.upper_limits(masses, widths).observed
            except relume.OptionError:
                return np.nan
        return maps.efficiencies([masses], [widths])[0][maps.regions.index(region)]

    for i in range(0, len(given), 7):  # points of the grid, to the last bit
        assert ours(*given[i]) == values[i]
    reduced = peer.reduced(flat)
    triangulation = scipy_spatial.Delaunay(reduced)
    n_masses = len(given[0][0])
    random = np.random.default_rng(20)
    n_unique = n_equal = n_compared = 0
    for _ in range(N_POINTS):
        # Between points of the map: mostly inside of it, on its plane in any case.
        corners = random.choice(len(flat), size=peer.data.dimensionality + 1, replace=False)
        x = random.dirichlet(np.ones(len(corners))) @ flat[corners]
        masses, widths = x[:n_masses].tolist(), (1e-30 * np.expm1(x[n_masses:])).tolist()
        theirs, mine = peer(x), ours(masses, widths)
        assert (theirs is None) == np.isnan(mine), (x, theirs, mine)
        if theirs is None:
            continue
        n_compared += 1
        n_equal += abs(mine - theirs) <= 1e-6 * abs(theirs) + 1e-15
        candidates = values_of_all_triangulations(triangulation, reduced, values, peer.reduced([x])[0])
        assert candidates, x
        nearest = min(abs(c - mine) for c in candidates)
        assert nearest <= 1e-6 * abs(mine) + 1e-12 * abs(values).max(), (x, mine, theirs, candidates)
        if max(candidates) - min(candidates) <= 1e-9 * abs(values).max():
            n_unique += 1
            assert mine == pytest.approx(theirs, rel=1e-6, abs=1e-12 * abs(values).max())
    print(f"{analysis} {topology}: {n_compared} points inside, {n_unique} with a unique triangulation, {n_equal} equal to SModelS")
    assert n_compared > 0.5 * N_POINTS
    assert n_unique > 0


@pytest.mark.parametrize("kind", ["equal branches", "widths", "unequal branches", "one direction"])
def test_scattered_points(tmp_path, kind):
    """Points at random have one Delaunay triangulation: everything is equal to SModelS."""
    random = np.random.default_rng(3)
    points, rows = [], []
    for _ in range(120):
        m, lsp, other = (float(x) for x in random.uniform([200, 0, 200], [900, 150, 900]))
        width = float(10 ** random.uniform(-17, -13))
        points.append({"equal branches": ([m, lsp, m, lsp], []), "widths": ([m, lsp, m, lsp], [width, width]),
                       "unequal branches": ([m, lsp, other, lsp], []), "one direction": ([m, 60.0, m, 60.0], [])}[kind])
        masses, widths = points[-1]
        branches = [f"[({masses[i]!r}*GeV, {widths[0]!r}*GeV), {masses[i + 1]!r}*GeV]" if widths else f"[{masses[i]!r}*GeV, {masses[i + 1]!r}*GeV]"
                    for i in (0, 2)]
        rows.append(f"[[{', '.join(branches)}], {random.uniform():.6g}]")
    (tmp_path / "SR").mkdir()
    (tmp_path / "globalInfo.txt").write_text("id: HAND-MADE\nsqrts: 13*TeV\nlumi: 100/fb\n")
    (tmp_path / "SR" / "dataInfo.txt").write_text("dataId: SR\ndataType: efficiencyMap\nobservedN: 1\nexpectedBG: 1\nbgError: 1\n")
    (tmp_path / "SR" / "T2.txt").write_text("txName: T2\nefficiencyMap: [" + ",\n".join(rows) + "]\n")
    _, flat, values = read_points(tmp_path / "SR" / "T2.txt")
    peer = Peer(flat, values)
    maps = relume.MassMaps.read(tmp_path, "T2")
    for _ in range(300):
        x = random.dirichlet(np.full(6, 0.4)) @ flat[random.choice(len(flat), size=6, replace=False)]
        theirs, mine = peer(x), maps.efficiencies([x[:4]], [1e-30 * np.expm1(x[4:])])[0, 0]
        assert mine == pytest.approx(theirs, rel=1e-6), x
    beyond = flat.max(axis=0) + 1.0
    assert peer(beyond) is None
    assert np.isnan(maps.efficiencies([beyond[:4]], [1e-30 * np.expm1(beyond[4:])])[0, 0])


def test_beyond_the_plane_we_have_no_value(shared):
    """SModelS takes the value on the plane of the map while a step as long as the distance changes it by less than 5 %."""
    directory = shared / "data" / "efficiency-maps" / "CMS-SUS-20-004-eff"
    _, flat, values = read_points(directory / "SR6" / "TChiHH.txt")
    theirs = txname_data.TxNameData(flat.tolist(), values.tolist(), "peer").getValueFor([500.0, 100.0, 501.0, 100.0])
    on_plane = relume.MassMaps.read(directory, "TChiHH").efficiencies([[500.5, 100.0]])[0][5]
    assert theirs == pytest.approx(on_plane, rel=1e-5)
    assert np.isnan(relume.MassMaps.read(directory, "TChiHH").efficiencies([[500.0, 100.0, 501.0, 100.0]])).all()
