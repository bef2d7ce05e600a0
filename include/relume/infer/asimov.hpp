// SPDX-FileCopyrightText: relume authors
// SPDX-License-Identifier: BSD-3-Clause
//
// Asimov data: what a model expects, taken for data (CCGV: Eur. Phys. J. C 71 (2011) 1554).
//
//   infer::AsimovData one = infer::asimov_data(*likelihood, observed, {.values = {{mu, 0.5}}});
//   if (one.is_usable()) infer::fit(*likelihood, one.data);
//
// Cost: a-priori, one evaluation; a-posteriori, a fit. Thread-safety: pure; one call uses one thread.
#pragma once

#include <atomic>
#include <string>
#include <vector>

#include "relume/infer/fit.hpp"
#include "relume/infer/hypotest.hpp"
#include "relume/model/likelihood.hpp"

namespace relume::infer {

struct AsimovOptions {
  /// Where parameters are that `values` does not set: at their initial values, or where a fit to the data puts them
  /// with those values held.
  Asimov kind = Asimov::a_priori;
  std::vector<FixedParameter> values = {};  ///< injected: also parameters that the model fixes, and beyond bounds
  std::vector<double> start = {};           ///< of the fit; empty: the model's initial values
  const std::atomic<bool>* stop = nullptr;
};

struct AsimovData {
  model::Data data;           ///< main and auxiliary; the mask is that of the data asked with
  std::vector<double> point;  ///< the parameters that were taken for true
  Status status = Status::ok;
  std::string reason;
  std::vector<std::string> notes;

  bool is_usable() const { return status == Status::ok; }
};

/// `observed`: fitted for a-posteriori data; of a-priori data only its mask matters. Rates that cannot be data
/// (negative ones of channels that are not masked) are a status.
AsimovData asimov_data(const model::Likelihood& likelihood, const model::Data& observed,
                       const AsimovOptions& options = {});

}  // namespace relume::infer
