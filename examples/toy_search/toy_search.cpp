// SPDX-FileCopyrightText: relume authors
// SPDX-License-Identifier: BSD-3-Clause
//
// How simple is a simplified likelihood? An invented search with 90 bins and 94 nuisance parameters: its full
// likelihood, and the quadratic and linear ones that moments of its background make.
//
//   toy_search [curves.json [toys]]
#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <fstream>
#include <iomanip>
#include <iostream>
#include <string>
#include <string_view>
#include <thread>

#include "invent.hpp"
#include "relume/relume.hpp"
#include "search.hpp"

namespace {

using relume::spec::Json;
using relume::spec::JsonArray;
using relume::spec::JsonObject;

constexpr std::uint64_t seed = 2;
constexpr std::size_t n_points = 16;
constexpr double last_mu = 1.5;

/// Numbers that a publication holds, without and with third moments.
struct Inputs {
  std::size_t full, linear, quadratic;
};

//! [inputs]
/// Published tables hold counts and signals in each bin; then the background. The full model has the events of each
/// category and how they move (two numbers per effect); for each bin its share, its uncertainty, and how two effects
/// change the shape. A simplified likelihood has means, one triangle of the covariance, and third moments.
Inputs count_inputs(const toy_search::Tables& t) {
  const std::size_t p = t.observed.size(), data_and_signal = 2 * p;
  const std::size_t full = toy_search::n_categories * (1 + 2 * t.norms.size()) + p * (1 + 1 + 2 * t.shapes.size());
  const std::size_t linear = p + p * (p + 1) / 2;
  return {data_and_signal + full, data_and_signal + linear, data_and_signal + linear + p};
}
//! [inputs]

/// t_mu at every value, and the fastest of a few scans.
JsonObject curve(const relume::model::Compiled& model, const std::vector<double>& values, const char* name) {
  constexpr int repetitions = 5;
  double seconds = 1e9;
  relume::infer::ProfileScan scan;
  for (int i = 0; i < repetitions; ++i) {
    scan = relume::infer::scan(*model.likelihood, model.observed, *model.likelihood->poi(), values);
    seconds = std::min(seconds, scan.seconds);
  }
  if (!scan.is_usable()) {
    std::cerr << name << ": " << scan.reason << '\n';
    std::exit(EXIT_FAILURE);
  }
  JsonArray t;
  for (const auto& point : scan.points) t.emplace_back(point.twice_delta_nll);
  std::cout << std::setw(10) << name << std::fixed << std::setprecision(4) << std::setw(12) << scan.best
            << std::setw(12) << scan.points[10].twice_delta_nll << std::setprecision(2) << std::setw(12)
            << 1e3 * seconds << std::setw(8) << scan.n_fits << '\n';
  return {{"name", name}, {"best", scan.best}, {"t", std::move(t)}, {"seconds", seconds}};
}

}  // namespace

int main(int argc, char** argv) {
  const std::string output = argc > 1 ? argv[1] : "";
  const std::size_t n_toys = argc > 2 ? std::stoul(argv[2]) : 400000;
  const int threads = static_cast<int>(std::max(1u, std::thread::hardware_concurrency()));

  const toy_search::Tables tables = toy_search::invent(seed);
  //! [compare]
  const relume::model::Compiled full = toy_search::full_likelihood(tables);
  const auto moments = relume::reinterpret::prefit_moments(*full.likelihood, full.observed,
                                                           {.n_toys = n_toys, .seed = seed, .threads = threads});
  const relume::model::Compiled quadratic = toy_search::simplified_likelihood(tables, moments, true);
  const relume::model::Compiled linear = toy_search::simplified_likelihood(tables, moments, false);
  //! [compare]
  if (!moments.is_usable()) {
    std::cerr << moments.reason << '\n';
    return EXIT_FAILURE;
  }
  const Inputs inputs = count_inputs(tables);
  std::cout << "inputs: " << inputs.full << " for the full likelihood, " << inputs.quadratic << " and " << inputs.linear
            << " for the simplified ones, quadratic and linear\n"
            << "moments of " << n_toys << " toys in " << std::setprecision(3) << moments.seconds << " s (" << threads
            << " threads)\n"
            << "                 mu-hat     t(mu=1)   scan in ms   fits\n";

  const std::vector<double> values = relume::infer::evenly_spaced(0.0, last_mu, n_points);
  JsonArray curves;
  curves.emplace_back(curve(full, values, "full"));
  curves.emplace_back(curve(quadratic, values, "quadratic"));
  curves.emplace_back(curve(linear, values, "linear"));
  if (output.empty()) return EXIT_SUCCESS;
  const Json document = JsonObject{{"mu", JsonArray(values.begin(), values.end())}, {"curves", std::move(curves)}};
  std::ofstream(output) << relume::formats::write_json(document) << '\n';
}
