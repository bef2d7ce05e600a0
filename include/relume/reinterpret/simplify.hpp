// SPDX-FileCopyrightText: relume authors
// SPDX-License-Identifier: BSD-3-Clause
//
// A full likelihood becomes a smaller one that says nearly the same about signals (docs/concepts/simplify.md).
//
//   const auto s = simplify(*full.likelihood, full.observed, {.method = SimplifyMethod::linear, .controls = {"CR"}});
//   if (s && s->is_usable()) use(formats::likelihood_to_json(s->publication));
//
// Cost: a fit without signal, and the toys or derivatives of moments.hpp. Thread-safety: pure; the same bits for any
// number of threads.
#pragma once

#include <atomic>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "relume/base/error.hpp"
#include "relume/infer/fit.hpp"
#include "relume/infer/hypotest.hpp"
#include "relume/model/likelihood.hpp"
#include "relume/reinterpret/moments.hpp"
#include "relume/spec/publication.hpp"

namespace relume::reinterpret {

enum class SimplifyMethod {
  toys_prefit,    ///< moments over the priors that constraints are: a simplified likelihood
  toys_postfit,   ///< moments over what a fit leaves: a simplified likelihood
  linear,         ///< the same to first order, V = J C J^T, without toys: a linear simplified likelihood
  postfit_total,  ///< post-fit yields with one total uncertainty that moves all bins together (ATL-PHYS-PUB-2021-038)
  /// All channels and named parameters, each with its effect to first order at the background-only fit
  /// (arXiv:2301.05676): a HistFactory workspace.
  linearised,
};
std::optional<SimplifyMethod> simplify_method_from_string(std::string_view name);
std::string_view to_string(SimplifyMethod method);
/// Whether the method fits data whose channels have to be chosen.
bool needs_controls(SimplifyMethod method);

struct SimplifyOptions {
  SimplifyMethod method = SimplifyMethod::toys_postfit;
  /// Channels that are fitted (of toys_prefit: that are left out). What they say about the background is in the result,
  /// they are not.
  std::vector<std::string> controls = {};
  /// Fits all channels. Their counts then act twice: in the fitted background, and again where they are compared with
  /// it.
  bool fit_all_regions = false;
  std::vector<std::string> regions = {};  ///< channels of the result; empty: all that are no controls
  std::vector<infer::FixedParameter> fixed = {};
  std::size_t n_toys = 100000;
  std::uint64_t seed = 0;
  int threads = 1;
  /// A third moment counts when it is this many times its standard error: below, a form with it is no better.
  double third_moment_significance = 3.0;
  bool decorrelate = false;  ///< postfit_total: one parameter per bin instead of one for all
  const std::atomic<bool>* stop = nullptr;
  std::atomic<std::size_t>* n_done = nullptr;  ///< toys done so far
};

/// Where the bins of a channel of the full likelihood are in the result.
struct KeptChannel {
  std::string name;                       ///< of the channel in both, unless `regions` says otherwise
  std::size_t first = 0, n_bins = 0;      ///< in Data::values of the full likelihood
  std::vector<std::string> regions = {};  ///< one per bin: its channel in the result
};

struct Simplification {
  SimplifyMethod method = SimplifyMethod::toys_postfit;
  spec::Publication publication;  ///< a SimplifiedLikelihood, or a Workspace
  std::string poi;                ///< of the full likelihood: what signals bring along
  std::vector<KeptChannel> channels;
  std::vector<std::string> fitted;  ///< channels whose data were fitted
  Moments moments;                  ///< of toys and linear
  infer::Status status = infer::Status::ok;
  std::string reason;
  std::vector<std::string> notes;
  double seconds = 0.0;

  bool is_usable() const { return status == infer::Status::ok; }
};

/// Errors: channels that do not exist, no control regions where they are needed (the message names those that look like
/// some), a region that is fitted. Numbers that do not work out are a status. The parameter of interest is held at 0.
Result<Simplification> simplify(const model::Likelihood& likelihood, const model::Data& observed,
                                const SimplifyOptions& options = {});

/// The result as a workspace that every HistFactory program reads (edit/as_pyhf.hpp). Errors: what has no place there,
/// third moments and correlated constraints.
Result<spec::Workspace> as_pyhf(const Simplification& simplification);

}  // namespace relume::reinterpret
