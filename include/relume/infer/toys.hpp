// SPDX-FileCopyrightText: relume authors
// SPDX-License-Identifier: BSD-3-Clause
//
// Hypothesis tests with toys: the distributions of a test statistic under the tested and the alternative hypothesis,
// sampled, and p-values from them. The statistics are those of test_statistic.hpp, fitted as hypotest fits them.
//
//   infer::ToyTest test = infer::toy_test(*likelihood, observed, 1.0, {.n_toys = 10000, .threads = 2});
//   if (test.is_usable()) use(test.observed.cls.value, test.observed.cls.uncertainty);
//
// A toy is a function of (seed, hypothesis, index): the result is the same bits for any number of threads, and shards
// [first, first + n_toys) of one sequence merge into the same result as one run. Cost: two fits per toy. Thread-safety:
// pure; uses options.threads threads.
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "relume/base/error.hpp"
#include "relume/infer/hypotest.hpp"

namespace relume::infer {

/// What toys do with nuisance parameters.
enum class Ensemble {
  /// Nuisance parameters stay where the fit to the observed data under each hypothesis put them; auxiliary data
  /// fluctuate around them (the LHC prescription: ATL-PHYS-PUB-2011-11).
  frequentist,
  /// Constrained nuisance parameters are drawn from what their auxiliary measurement says: a normal one from
  /// Normal(a, width), one with a Poisson count m from Gamma(m + 1) / rate (a flat prior), one with an error on its
  /// error from Student's t, correlated ones given those of them that are held, each within its bounds. Others stay
  /// where the fit put them, and auxiliary data as they were observed.
  prior_predictive,
};
std::optional<Ensemble> ensemble_from_string(std::string_view name);
std::string_view to_string(Ensemble ensemble);

struct ToyOptions {
  TestOptions test = {};
  Ensemble ensemble = Ensemble::frequentist;
  std::size_t n_toys = 2000;  ///< per hypothesis; with `accuracy`, at most
  std::uint64_t seed = 0;
  std::uint64_t first = 0;  ///< index of the first toy, for shards
  /// Stop when the uncertainty of the observed CLs (of p0 for q0) is below this; 0: never early. Looked at after every
  /// `batch` toys, so that it does not depend on the number of threads.
  double accuracy = 0.0;
  std::size_t batch = 1000;
  int threads = 1;
  /// Toys of the alternative too; without them CLb counts as 1, CLs is CLs+b, and nothing is expected.
  bool alternative = true;
  std::atomic<std::size_t>* n_done = nullptr;  ///< counts toys of both hypotheses, for progress
};

/// The statistic of one hypothesis' toys.
struct ToySample {
  double poi = 0.0;       ///< true value
  std::vector<double> q;  ///< in the order of the toys' indices; NaN where a fit was not certified
  std::size_t n_failed = 0;
  std::vector<std::string> failures;  ///< of the first few that failed
};

/// A probability from counting, and its standard deviation.
struct ToyProbability {
  double value = 1.0, uncertainty = 0.0;
};

struct ToyPValues {
  ToyProbability cls, clsb, clb;
};

struct ToyTest {
  double poi = 0.0;  ///< tested value
  TestStatistic statistic = TestStatistic::qtilde;
  Ensemble ensemble = Ensemble::frequentist;
  std::uint64_t seed = 0, first = 0;
  double q = 0.0;  ///< observed
  double mu_hat = 0.0;
  double twice_nll = 0.0;  ///< of the data at their free minimum, with all constants: tells models and data apart
  ToySample tested;        ///< toys where the tested value is true
  ToySample alternative;   ///< toys without signal; for q0, with signal strength 1
  ToyPValues observed;
  /// If the data were a toy of the alternative at its -2, -1, 0, 1, 2 sigma quantile, ascending in CLs (in p0 for q0).
  std::array<ToyPValues, 5> expected;
  Asimov asimov = Asimov::a_posteriori;  ///< where the alternative's nuisance parameters come from
  Status status = Status::ok;
  std::string reason;
  std::vector<std::string> notes;
  std::vector<FitSummary> fits;
  double seconds = 0.0;

  bool is_usable() const { return status == Status::ok; }
};

/// Precondition: likelihood.poi(). Toys whose fits fail are counted and left out of the probabilities.
ToyTest toy_test(const model::Likelihood& likelihood, const model::Data& data, double poi_value,
                 const ToyOptions& options = {});

/// What two tests do not share, in words; empty: they are of one question, and their toys may be merged.
std::string_view difference(const ToyTest& one, const ToyTest& other);

/// One test from shards of it, whatever their order. Errors: shards of different questions or without toys, and toys
/// that are missing or there twice.
Result<ToyTest> merge(std::span<const ToyTest> shards);

/// How many toys failed and why, in words; empty: none.
std::vector<std::string> failed_toys(const ToyTest& test);

/// P(statistic >= q) of a sorted sample, values that differ from q by rounding counted; its uncertainty is half the
/// width of Wilson's interval (J. Am. Stat. Assoc. 22 (1927) 209), which is not zero when no toy is there.
ToyProbability tail_probability(std::span<const double> sorted, double q);

}  // namespace relume::infer
