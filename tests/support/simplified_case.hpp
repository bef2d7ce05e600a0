// SPDX-FileCopyrightText: relume authors
// SPDX-License-Identifier: BSD-3-Clause
//
// A published covariance with its regions and signals (shared data, simplified/*/model.json), and what other software
// computed on it (reference/simplified).
//
//   const SimplifiedCase c = simplified_case("CMS-SUS-20-004-eff");
//   const model::Compiled compiled = compile(c.likelihood, c.signals[0]);
#pragma once

#include <string>
#include <vector>

#include "relume/edit/as_workspace.hpp"
#include "relume/edit/signal.hpp"
#include "relume/model/histfactory.hpp"
#include "relume/spec/publication.hpp"
#include "support/reference_case.hpp"

namespace relume::test {

struct SimplifiedCase {
  spec::SimplifiedLikelihood likelihood;
  std::vector<std::vector<double>> signals;  ///< per region
  spec::Json reference;
};

inline spec::SquareMatrix square_matrix(const spec::Json& rows) {
  spec::SquareMatrix m{rows.array()->size(), {}};
  for (const spec::Json& row : *rows.array()) {
    for (const spec::Json& value : *row.array()) m.values.push_back(spec::as_double(value));
  }
  return m;
}

inline SimplifiedCase simplified_case(const std::string& name) {
  const auto read = [](const std::filesystem::path& path) {
    return formats::parse_json(read_bytes(path), path.string()).value();
  };
  const spec::Json model = read(shared_data() / "data" / "simplified" / name / "model.json");
  SimplifiedCase c;
  c.reference = read(shared_data() / "reference" / "simplified" / (name + ".json"));
  const std::vector<double> observed = numbers(at(model, "observed")), background = numbers(at(model, "background"));
  for (std::size_t i = 0; i < observed.size(); ++i) {
    c.likelihood.regions.push_back({*(*at(model, "regions").array())[i].string(), observed[i], background[i]});
  }
  c.likelihood.name = name;
  c.likelihood.covariance = square_matrix(at(model, "covariance"));
  if (const spec::Json* third = spec::find(model, "third_moment"); third != nullptr && third->is_array()) {
    for (const double value : numbers(*third)) c.likelihood.third_moments.push_back(value);
  }
  for (const spec::Json& signal : *at(model, "signals").array()) c.signals.push_back(numbers(at(signal, "yields")));
  return c;
}

/// Yields per region, in the order of the regions.
inline spec::Signal signal_of(const spec::SimplifiedLikelihood& likelihood, const std::vector<double>& yields) {
  spec::SignalSample sample{.name = "signal"};
  for (std::size_t i = 0; i < yields.size(); ++i) {
    sample.channels.push_back({.channel = likelihood.regions[i].name, .yields = {yields[i]}});
  }
  return {.name = "signal", .samples = {sample}};
}

inline model::Compiled compile(const spec::SimplifiedLikelihood& likelihood, const std::vector<double>& yields) {
  const spec::Workspace background = edit::as_workspace(likelihood).value().workspace;
  return std::move(model::compile(edit::add_signal(background, signal_of(likelihood, yields)).value()).value());
}

}  // namespace relume::test
