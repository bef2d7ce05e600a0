// SPDX-FileCopyrightText: relume authors
// SPDX-License-Identifier: BSD-3-Clause
//
// What functions over models take and give back: arguments from Python checked, computations that Ctrl-C stops,
// documents with the notes of their model.
#pragma once

#include <atomic>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "bindings.hpp"
#include "relume/infer/fit.hpp"
#include "relume/infer/hypotest.hpp"
#include "relume/infer/intervals.hpp"
#include "relume/infer/toys.hpp"

namespace relume::python {

/// Parameters held, by name.
using Fixed = std::vector<std::pair<std::string, double>>;

/// Raises the OptionError for one argument.
[[noreturn]] void refuse(const char* where, std::string message, std::string hint = {});

std::vector<infer::FixedParameter> fixed_from(const Model& m, const Fixed& fixed, const char* where = "fixed");
/// One number per parameter; none when there are no values.
std::vector<double> numbers(const Model& m, const std::optional<Vector>& values, const char* where,
                            bool may_be_infinite = false);
ParamId parameter_of(const Model& m, const std::string& name);
void check_level(double level);
infer::TestStatistic statistic_of(const std::string& name);
infer::Asimov asimov_of(const std::string& name);
infer::Ensemble ensemble_of(const std::string& name);
void need_poi(const Model& m, const std::vector<infer::FixedParameter>& fixed);
infer::TestOptions test_options(const Model& m, const std::string& statistic, const std::string& asimov,
                                const Fixed& fixed, const std::optional<Vector>& start);
infer::ProfileOptions profile_options(const Model& m, const Fixed& fixed, const std::optional<Vector>& start);

/// `compute(data, stop)` without the interpreter's lock, interruptible; null data are the model's own.
template <class Compute>
auto run(const Model& m, const std::optional<Vector>& data, Compute&& compute) {
  model::Data storage;
  const model::Data& d = checked_data(m, data, storage);
  decltype(compute(d, nullptr)) result;
  run_interruptible(may_take_long(*m.likelihood), [&](const std::atomic<bool>* stop) { result = compute(d, stop); });
  return result;
}

/// The result with what its model has to say.
template <class Result>
Result& with_notices(Result& result, const Model& m) {
  result.notes.insert(result.notes.begin(), m.notices.begin(), m.notices.end());
  return result;
}

}  // namespace relume::python
