// SPDX-FileCopyrightText: relume authors
// SPDX-License-Identifier: BSD-3-Clause
//
// Models whose nuisance parameters are averaged over.
#include "relume/infer/marginal.hpp"

#include <nanobind/stl/pair.h>
#include <nanobind/stl/string.h>
#include <nanobind/stl/vector.h>

#include "arguments.hpp"

namespace relume::python {

namespace nb = nanobind;
using namespace nb::literals;

namespace {

/// Status, reason, the model, and how its averages are computed.
nb::tuple marginalise(const Model& m, const std::vector<std::string>& keep, const Fixed& fixed,
                      const std::string& asimov, double accuracy, std::size_t max_nodes, std::uint64_t seed) {
  infer::MarginalOptions options{.fixed = fixed_from(m, fixed),
                                 .asimov = asimov_of(asimov),
                                 .accuracy = accuracy,
                                 .max_nodes = max_nodes,
                                 .seed = seed};
  for (const std::string& name : keep) options.keep.push_back(parameter_of(m, name));
  std::vector<Result<infer::Marginal>> results;
  run_interruptible(true, [&](const std::atomic<bool>* stop) {
    options.stop = stop;
    results.push_back(infer::marginalise(m.likelihood, m.observed, options));
  });
  infer::Marginal marginal = std::move(results.front()).value();
  nb::object core =
      bound_model({std::move(marginal.likelihood), std::move(marginal.observed), marginal.notes}, m.options);
  return nb::make_tuple(std::string(infer::to_string(marginal.status)), marginal.reason, core, marginal.integrated,
                        std::string(infer::to_string(marginal.rule)), marginal.n_nodes, marginal.accuracy,
                        marginal.effective_nodes, marginal.notes);
}

}  // namespace

void bind_marginal(nb::module_& m) {
  m.def("marginalise", &marginalise, "model"_a, "keep"_a, "fixed"_a, "asimov"_a, "accuracy"_a, "max_nodes"_a, "seed"_a);
}

}  // namespace relume::python
