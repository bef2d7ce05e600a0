// SPDX-FileCopyrightText: relume authors
// SPDX-License-Identifier: BSD-3-Clause
//
// One small likelihood file of each kind, with every key that there is.
#pragma once

#include <string>
#include <string_view>

#include "unit/formats/example_workspace.hpp"

namespace relume::test {

inline constexpr std::string_view simplified_text = R"({
  "format": "relume-likelihood", "version": 1, "kind": "simplified", "name": "two regions",
  "regions": [{"name": "SR1", "observed": 36, "background": 50.0}, {"name": "SR2", "observed": 33, "background": 48.5}],
  "covariance": [[144, 13], [13, 256]],
  "third_moments": [null, 250.0],
  "metadata": {"doi": "10.1000/x"}})";

inline constexpr std::string_view counting_text = R"({
  "format": "relume-likelihood", "version": 1, "kind": "counting", "name": "two searches",
  "regions": [
    {"name": "SR1", "observed": 138, "background": 160.57, "uncertainty": 14.0,
     "limits": {"observed": 0.1621, "expected": 0.2746, "unit": "fb"}},
    {"name": "SR22", "observed": 0, "background": 0.2, "uncertainty": 0.21, "third_moment": 0.01}],
  "luminosity": 137.0, "metadata": {"analysis": "a"}})";

inline constexpr std::string_view upper_limits_text = R"({
  "format": "relume-likelihood", "version": 1, "kind": "upper_limits", "name": "a limit", "region": "SR",
  "observed": 1.7, "expected": [0.6, 0.8, 1.1, null, 2.2], "level": 0.9, "unit": "pb", "predicted": 0.3, "poi": "r",
  "metadata": {"masses": [500, 100]}})";

inline constexpr std::string_view measurements_text = R"~({
  "format": "relume-likelihood", "version": 1, "kind": "measurements", "name": "couplings", "poi": "kappa",
  "parameters": [
    {"name": "kappa", "initial": 1.5, "lower": 0, "upper": 5},
    {"name": "fixed", "initial": 1, "fixed": true},
    {"name": "theory", "initial": 0, "constraint": {"mean": 0, "sigma": 1}},
    {"name": "scale", "initial": 0, "constraint": {"mean": 0.5, "sigma": 2}}],
  "definitions": [{"name": "kappa2", "expression": "kappa^2 * fixed"}],
  "correlations": [{"parameters": ["theory", "scale"], "matrix": [[1, 0.3], [0.3, 1]]}],
  "measured": [
    {"error_model": "variable_gaussian_1",
     "values": [{"name": "mu_ggF", "value": 1.2, "lower_error": 0.2, "upper_error": 0.3,
                 "prediction": "kappa2 * (1 + 0.1 * theory)", "signal": 0.5},
                {"name": "mu_VBF", "value": 0.9, "lower_error": 0.4, "upper_error": 0.4}],
     "correlation": [[1, -0.2], [-0.2, 1]]}],
  "grids": [
    {"name": "scan", "axes": [{"name": "x", "prediction": "kappa2", "points": [0, 1, 3]},
                              {"name": "y", "points": [-1, 1]}],
     "values": [1, 2, 0, 1, 4, 5], "quantity": "minus_log_likelihood", "interpolation": "linear"}],
  "metadata": {"arXiv": "1908.03952"}})~";

inline std::string histfactory_text() {
  return R"({"format": "relume-likelihood", "version": 1, "kind": "histfactory",
  "correlations": [{"parameters": ["jes", "lumi"], "matrix": [[1, 0.5], [0.5, 1]]}],
  "parabolas": [{"channel": "SR", "sample": "bkg", "modifiers": ["jes"]}],
  "workspace": )" +
         std::string(example_text) + "}";
}

inline constexpr std::string_view product_text = R"({
  "format": "relume-likelihood", "version": 1, "kind": "product", "name": "both", "poi": "mu",
  "components": [
    {"name": "A", "likelihood": {"kind": "simplified", "regions": [{"name": "SR", "observed": 3, "background": 2.5}],
                                 "covariance": [[0.25]]}},
    {"name": "B", "likelihood": {"kind": "upper_limits", "region": "limit", "observed": 2,
                                 "expected": [null, null, 1.5, null, null], "level": 0.95, "unit": "events",
                                 "predicted": 1, "poi": "mu_B"}},
    {"name": "C", "likelihood": {"kind": "product", "components": [
      {"name": "D", "likelihood": {"kind": "counting",
        "regions": [{"name": "SR", "observed": 1, "background": 1, "uncertainty": 0}]}}]}}],
  "shared": [{"name": "mu", "members": [{"component": "A", "parameter": "mu"}, {"component": "B", "parameter": "mu_B"}]}],
  "correlations": [{"parameters": ["A/alpha", "C/D/beta"], "matrix": [[1, 0.5], [0.5, 1]]}],
  "metadata": {"by": "hand"}})";

}  // namespace relume::test
