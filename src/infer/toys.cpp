// SPDX-FileCopyrightText: relume authors
// SPDX-License-Identifier: BSD-3-Clause
#include "relume/infer/toys.hpp"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <limits>
#include <map>
#include <memory>
#include <mutex>

#include "infer/test_fits.hpp"
#include "model/constraint_draws.hpp"
#include "relume/base/parallel.hpp"

namespace relume::infer {

std::optional<Ensemble> ensemble_from_string(std::string_view name) {
  if (name == "frequentist") return Ensemble::frequentist;
  if (name == "prior-predictive") return Ensemble::prior_predictive;
  return std::nullopt;
}

std::string_view to_string(Ensemble ensemble) {
  return ensemble == Ensemble::frequentist ? "frequentist" : "prior-predictive";
}

namespace {

constexpr double nan = std::numeric_limits<double>::quiet_NaN();
constexpr double infinity = std::numeric_limits<double>::infinity();

/// Of each hypothesis, the failures that are kept in words.
constexpr std::size_t failures_told = 5;

/// Random number streams of the two hypotheses, and of the parameters that prior-predictive toys draw.
constexpr std::uint64_t tested_stream = 0, alternative_stream = 1, prior_streams = 2;

/// What is asked of every toy.
struct Question {
  TestStatistic statistic = TestStatistic::qtilde;
  std::size_t poi = 0;
  double tested = 0.0;              ///< value of the parameter of interest
  double lower = 0.0, upper = 0.0;  ///< its bounds in the free fit
  std::vector<char> fixed;          ///< besides the parameter of interest
  std::vector<double> nominal;      ///< where fits that fail start again
};

/// One hypothesis: where its toys come from, and where their conditional fits start.
struct Hypothesis {
  std::uint64_t stream = 0;
  std::vector<double> truth, start;
  std::optional<model::ConstraintDraws> priors;  ///< of prior-predictive toys
};

/// Of all that conditional fits vary, given what they hold.
model::ConstraintDraws priors_of(const model::Likelihood& likelihood, const model::Data& observed,
                                 const Question& question, const Hypothesis& hypothesis) {
  std::vector<char> is_drawn;
  for (const char is_fixed : question.fixed) is_drawn.push_back(is_fixed == 0);
  is_drawn[question.poi] = 0;
  return {likelihood, observed, hypothesis.truth, is_drawn, {.counts = model::CountPrior::flat}};
}

/// Draws and fits the toys of one hypothesis, in one thread.
class ToyMaker {
 public:
  ToyMaker(const model::Likelihood& likelihood, const model::Data& observed, const Question& question,
           const Hypothesis& hypothesis, const ToyOptions& options)
      : likelihood_(likelihood),
        observed_(observed),
        question_(question),
        hypothesis_(hypothesis),
        options_(options),
        space_(likelihood),
        fixed_(question.fixed),
        conditional_fixed_(question.fixed),
        lower_(space_.objective.lower().begin(), space_.objective.lower().end()),
        upper_(space_.objective.upper().begin(), space_.objective.upper().end()),
        truth_(hypothesis.truth) {
    conditional_fixed_[question.poi] = 1;
    lower_[question.poi] = question.lower;
    upper_[question.poi] = question.upper;
    expected_ = likelihood.expected_data(truth_);
    expected_.masked = observed.masked;
  }

  /// The statistic of a toy; NaN, and why, when a fit is not certified.
  double operator()(std::uint64_t index, std::string& failure) {
    draw(index);
    space_.objective.set_data(toy_);
    minimize::Options options{
        .fixed = conditional_fixed_, .nominal = question_.nominal, .settle = true, .stop = options_.test.stop};
    const minimize::Minimum conditional = space_.minimizer.minimize(hypothesis_.start, options);
    if (!conditional.is_usable()) return fail(failure, "conditional fit", conditional);
    options.fixed = fixed_;
    options.settle = false;
    options.lower = lower_;
    options.upper = upper_;
    options.explore = false;
    const minimize::Minimum free = space_.minimizer.minimize(conditional.x, options);
    if (!free.is_usable()) return fail(failure, "free fit", free);
    const bool is_one_sided = question_.statistic == TestStatistic::q || question_.statistic == TestStatistic::qtilde;
    if (is_one_sided && free.x[question_.poi] > question_.tested) return 0.0;
    const double q = 2.0 * (conditional.value - free.value);
    return q > q_noise ? q : 0.0;
  }

 private:
  void draw(std::uint64_t index) {
    const model::RandomKey key{options_.seed, hypothesis_.stream, index};
    if (options_.ensemble == Ensemble::frequentist) {
      likelihood_.fluctuate(expected_, key, toy_);
      return;
    }
    hypothesis_.priors->draw({options_.seed, prior_streams + hypothesis_.stream}, index, truth_);
    expected_ = likelihood_.expected_data(truth_);
    expected_.masked = observed_.masked;
    likelihood_.fluctuate(expected_, key, toy_);
    for (const model::DataBlock& block : likelihood_.data_blocks()) {
      if (!block.is_auxiliary) continue;
      const auto from = observed_.values.begin() + static_cast<std::ptrdiff_t>(block.first);
      std::copy_n(from, block.size, toy_.values.begin() + static_cast<std::ptrdiff_t>(block.first));
    }
  }

  static double fail(std::string& failure, const char* name, const minimize::Minimum& minimum) {
    failure = std::string(name) + ": " + minimum.reason;
    return nan;
  }

  const model::Likelihood& likelihood_;
  const model::Data& observed_;
  const Question& question_;
  const Hypothesis& hypothesis_;
  const ToyOptions& options_;
  FitSpace space_;
  std::vector<char> fixed_, conditional_fixed_;
  std::vector<double> lower_, upper_, truth_;
  model::Data expected_, toy_;
};

bool is_stopped(const ToyOptions& options) {
  return options.test.stop != nullptr && options.test.stop->load(std::memory_order_relaxed);
}

/// Appends the statistics of `n` more toys.
void add_toys(const model::Likelihood& likelihood, const model::Data& data, const Question& question,
              const Hypothesis& hypothesis, const ToyOptions& options, std::size_t n, ToySample& sample) {
  const std::size_t before = sample.q.size();
  sample.q.resize(before + n, nan);
  std::map<std::size_t, std::string> failures;
  std::mutex mutex;
  constexpr std::size_t chunk = 16;
  for_each_in_parallel(
      n, static_cast<std::size_t>(options.threads),
      [&] {
        return [&, toy = std::make_shared<ToyMaker>(likelihood, data, question, hypothesis, options)](std::size_t i) {
          if (is_stopped(options)) return;
          std::string failure;
          const double q = sample.q[before + i] = (*toy)(options.first + before + i, failure);
          if (std::isnan(q)) {
            const std::lock_guard lock(mutex);
            failures.emplace(i, std::move(failure));
          }
          if (options.n_done != nullptr) options.n_done->fetch_add(1, std::memory_order_relaxed);
        };
      },
      chunk);
  if (is_stopped(options)) {
    sample.q.resize(before);
    return;
  }
  sample.n_failed += failures.size();
  for (const auto& [i, failure] : failures) {
    if (sample.failures.size() == failures_told) break;
    sample.failures.push_back("toy " + std::to_string(options.first + before + i) + ": " + failure);
  }
}

/// CLs = CLs+b / CLb; the two come from different toys, so their relative errors add in quadrature.
ToyPValues p_values(std::span<const double> tested, std::span<const double> alternative, double q) {
  ToyPValues p;
  p.clsb = tail_probability(tested, q);
  if (!alternative.empty()) p.clb = tail_probability(alternative, q);
  if (p.clb.value > 0.0) {
    p.cls.value = p.clsb.value / p.clb.value;
    p.cls.uncertainty = std::hypot(p.clsb.uncertainty, p.cls.value * p.clb.uncertainty) / p.clb.value;
  } else {
    p.cls = {nan, nan};  // no toy of the alternative is as far out: the ratio is not known
  }
  return p;
}

std::vector<double> sorted_values(const ToySample& sample) {
  std::vector<double> q;
  for (const double v : sample.q) {
    if (!std::isnan(v)) q.push_back(v);
  }
  std::sort(q.begin(), q.end());
  return q;
}

/// The value below which a share `p` of a sorted sample lies, interpolated between neighbours (Hyndman, Fan, Am. Stat.
/// 50 (1996) 361, type 7; numpy's and pyhf's choice).
double quantile(std::span<const double> sorted, double p) {
  const double at = p * static_cast<double>(sorted.size() - 1);
  const auto below = static_cast<std::size_t>(at);
  const std::size_t above = std::min(below + 1, sorted.size() - 1);
  return sorted[below] + (at - static_cast<double>(below)) * (sorted[above] - sorted[below]);
}

/// Everything that follows from the two samples; false when one of them has no toy that could be fitted.
bool set_probabilities(ToyTest& test) {
  const std::vector<double> tested = sorted_values(test.tested), alternative = sorted_values(test.alternative);
  if (tested.empty() || (alternative.empty() && !test.alternative.q.empty())) return false;
  test.observed = p_values(tested, alternative, test.q);
  if (alternative.empty()) {
    test.expected.fill({{nan, nan}, {nan, nan}, {nan, nan}});
    return true;
  }
  for (std::size_t i = 0; i < band_sigmas.size(); ++i) {
    // Large values speak against the tested hypothesis: small CLs comes first.
    const double q = quantile(alternative, normal_cdf(-band_sigmas[i]));
    test.expected[i] = p_values(tested, alternative, q);
  }
  return true;
}

std::string no_toy_was_fitted(const ToyTest& test) {
  std::string reason = "no toy could be fitted";
  for (const std::string& text : failed_toys(test)) reason += "; " + text;
  return reason;
}

}  // namespace

std::vector<std::string> failed_toys(const ToyTest& test) {
  std::vector<std::string> texts;
  for (const ToySample* s : {&test.tested, &test.alternative}) {
    if (s->n_failed == 0) continue;
    texts.push_back(fmt::format("{} of {} toys with {:g} as the true value could not be fitted and are left out",
                                s->n_failed, s->q.size(), s->poi));
    if (!s->failures.empty()) texts.back() += ": " + s->failures.front();
  }
  return texts;
}

ToyProbability tail_probability(std::span<const double> sorted, double q) {
  // Two certified minima are each good to 1e-9.
  constexpr double rounding = 1e-8;
  const double from = q - rounding * (1.0 + std::fabs(q));
  const auto n = static_cast<double>(sorted.size());
  const auto k = static_cast<double>(sorted.end() - std::lower_bound(sorted.begin(), sorted.end(), from));
  const double p = k / n;
  return {p, std::sqrt(p * (1.0 - p) / n + 0.25 / (n * n)) / (1.0 + 1.0 / n)};
}

ToyTest toy_test(const model::Likelihood& likelihood, const model::Data& data, double poi_value,
                 const ToyOptions& options) {
  const auto begin = std::chrono::steady_clock::now();
  ToyTest test;
  test.poi = options.test.statistic == TestStatistic::q0 ? 0.0 : poi_value;
  test.statistic = options.test.statistic;
  test.ensemble = options.ensemble;
  test.seed = options.seed;
  test.first = options.first;
  test.asimov = options.test.asimov;
  TestFits fits(likelihood, data, options.test);
  fits.is_asymptotic = false;
  if (options.n_toys == 0) fits.fail(Status::not_defined, "no toys were asked for");
  if (std::string why = why_no_toys(likelihood); !why.empty()) fits.fail(Status::not_defined, std::move(why));
  const auto compute = [&] {
    const auto tested = fits.test(poi_value);
    if (!tested) return;
    test.q = tested->q;
    test.mu_hat = tested->mu_hat;
    const Profile& conditional = fits.observed_profile(test.poi);
    if (!fits.check_conditional(conditional, "fit")) return;
    // The data's bound was widened where their two-sided statistic needed it: none holds mu-hat from above.
    const bool is_two_sided = test.statistic == TestStatistic::t || test.statistic == TestStatistic::ttilde;
    const Question question{.statistic = test.statistic,
                            .poi = fits.poi(),
                            .tested = test.poi,
                            .lower = fits.lower(),
                            .upper = is_two_sided ? infinity : fits.upper(),
                            .fixed = fits.fixed(),
                            .nominal = fits.seed()};
    test.twice_nll = tested->twice_nll;
    // Toys of either hypothesis are fitted from where the data without fluctuations would end.
    Hypothesis at_tested{tested_stream, conditional.x, conditional.x, {}};
    Hypothesis at_alternative{alternative_stream, fits.asimov_point(), fits.asimov_profile(test.poi).x, {}};
    if (test.asimov == Asimov::a_priori) {
      at_tested.truth = at_alternative.truth;
      at_tested.truth[question.poi] = test.poi;
      at_tested.start = at_tested.truth;
    }
    if (test.ensemble == Ensemble::prior_predictive) {
      for (Hypothesis* h : {&at_tested, &at_alternative}) h->priors = priors_of(likelihood, data, question, *h);
    }
    test.tested.poi = test.poi;
    test.alternative.poi = fits.asimov_mu();
    while (test.tested.q.size() < options.n_toys && !is_stopped(options)) {
      const bool is_adaptive = options.accuracy > 0.0;
      const std::size_t left = options.n_toys - test.tested.q.size();
      const std::size_t n = is_adaptive ? std::min(left, options.batch) : left;
      add_toys(likelihood, data, question, at_tested, options, n, test.tested);
      if (options.alternative) add_toys(likelihood, data, question, at_alternative, options, n, test.alternative);
      if (!is_adaptive || is_stopped(options) || !set_probabilities(test)) continue;
      const ToyPValues& p = test.observed;
      const double uncertainty = test.statistic == TestStatistic::q0 ? p.clsb.uncertainty : p.cls.uncertainty;
      if (uncertainty <= options.accuracy) break;
    }
    if (is_stopped(options)) {
      fits.fail(Status::interrupted, "interrupted by the caller");
      return;
    }
    if (!set_probabilities(test)) fits.fail(Status::fit_failed, no_toy_was_fitted(test));
    if (test.observed.clb.value == 0.0 && test.statistic != TestStatistic::q0) {
      fits.notes.emplace_back(
          "no toy of the alternative is as far out as the data: CLs is not known, more toys are needed");
    }
  };
  compute();
  test.status = fits.status;
  test.reason = fits.reason;
  test.notes = std::move(fits.notes);
  test.fits = std::move(fits.fits);
  test.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
  return test;
}

std::string_view difference(const ToyTest& one, const ToyTest& other) {
  // Machines of different instruction sets differ in the last bits.
  const auto is_same = [](double a, double b) { return std::fabs(a - b) <= 1e-6 * (1.0 + std::fabs(a)); };
  if (one.poi != other.poi) return "tested values";
  if (one.statistic != other.statistic) return "test statistics";
  if (one.ensemble != other.ensemble) return "ensembles";
  if (one.asimov != other.asimov) return "kinds of Asimov data";
  if (one.seed != other.seed) return "seeds";
  if (!is_same(one.twice_nll, other.twice_nll)) return "models or data";
  if (!is_same(one.q, other.q) || !is_same(one.mu_hat, other.mu_hat)) return "models or data";
  if (one.tested.poi != other.tested.poi || one.alternative.poi != other.alternative.poi) return "true values";
  return {};
}

Result<ToyTest> merge(std::span<const ToyTest> shards) {
  if (shards.empty()) return Errors{{ErrorCode::model, "", "there are no toys to merge", {}}};
  const auto name = [](const ToyTest& t) { return fmt::format("toys {} to {}", t.first, t.first + t.tested.q.size()); };
  std::vector<const ToyTest*> in_order;
  const bool has_both =
      std::any_of(shards.begin(), shards.end(), [](const ToyTest& t) { return !t.alternative.q.empty(); });
  for (const ToyTest& shard : shards) {
    if (shard.tested.q.empty() || (has_both && shard.tested.q.size() != shard.alternative.q.size())) {
      return Errors{{ErrorCode::model,
                     name(shard),
                     fmt::format("{} toys of the tested value and {} of the alternative: a shard has as many of both",
                                 shard.tested.q.size(), shard.alternative.q.size()),
                     {}}};
    }
    in_order.push_back(&shard);
  }
  std::stable_sort(in_order.begin(), in_order.end(), [](auto* a, auto* b) { return a->first < b->first; });
  ToyTest all = *in_order.front();
  for (std::size_t i = 1; i < in_order.size(); ++i) {
    const ToyTest& next = *in_order[i];
    std::string_view different = difference(all, next);
    if (different.empty() && next.first != all.first + all.tested.q.size()) different = "places";
    if (!different.empty()) {
      return Errors{{ErrorCode::model, name(next),
                     fmt::format("does not continue {}: different {}", name(all), different),
                     "shards share everything but the index of the first toy, and leave no gap"}};
    }
    for (const auto& [from, to] : {std::pair{&next.tested, &all.tested}, {&next.alternative, &all.alternative}}) {
      to->q.insert(to->q.end(), from->q.begin(), from->q.end());
      to->n_failed += from->n_failed;
      to->failures.insert(to->failures.end(), from->failures.begin(), from->failures.end());
      if (to->failures.size() > failures_told) to->failures.resize(failures_told);
    }
    all.seconds += next.seconds;
  }
  all.status = set_probabilities(all) ? Status::ok : Status::fit_failed;
  all.reason = all.is_usable() ? "" : no_toy_was_fitted(all);
  return all;
}

}  // namespace relume::infer
