// SPDX-FileCopyrightText: relume authors
// SPDX-License-Identifier: BSD-3-Clause
//
// All fits behind tests of one parameter of interest on one data set, each made once: background-only, free,
// conditional, and those on the Asimov data. The unconditional minimum on Asimov data is where they were generated (its
// deviance is zero).
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "infer/asimov_rates.hpp"
#include "infer/profile_curve.hpp"

namespace relume::infer {

/// Below this many expected events (weighted by sensitivity) a result is marked as doubtful. A convention: the
/// discreteness of a count near five still moves p-values by tens of percent, while the asymptotic formulas know
/// nothing of it.
inline constexpr double few_events = 5.0;

inline bool allows_negative(TestStatistic s) { return s == TestStatistic::q || s == TestStatistic::t; }

/// Upper bound of a signal strength whose file allows no positive value at all.
inline constexpr double usual_upper = 10.0;

/// All fits behind tests of one parameter of interest on one data set.
class TestFits {
 public:
  TestFits(const model::Likelihood& likelihood, const model::Data& data, const TestOptions& options)
      : likelihood_(likelihood),
        data_(data),
        options_(options),
        constant_(likelihood.constant(data)),
        space_(likelihood),
        poi_(likelihood.poi().value().index),
        lower_(allows_negative(options.statistic) ? -std::numeric_limits<double>::infinity() : 0.0),
        upper_(likelihood.parameters()[poi_].upper) {
    if (std::string why = why_not_available(likelihood); !why.empty()) fail(Status::not_defined, std::move(why));
    if (likelihood.parameters()[poi_].is_fixed) {
      fail(Status::not_defined, "the parameter of interest '" + poi_name() + "' is fixed: there is nothing to test");
    }
    for (const FixedParameter& f : options.fixed) {
      if (f.parameter.index == poi_)
        fail(Status::not_defined, "the parameter of interest '" + poi_name() + "' is held: there is nothing to test");
    }
    if (!(upper_ > lower_)) {
      notes.push_back("the file keeps " + poi_name() + " at or below " + number(upper_) +
                      ": the upper bound was widened to " + number(usual_upper));
      upper_ = usual_upper;
    }
    std::vector<double> seed = options.start.empty() ? initial_point(likelihood) : options.start;
    std::vector<char> fixed;
    for (const model::Parameter& p : likelihood.parameters()) fixed.push_back(p.is_fixed);
    for (const FixedParameter& f : options.fixed) {
      fixed[f.parameter.index] = 1;
      seed[f.parameter.index] = f.value;
    }
    hold_idle(fixed, seed);
    fixed_ = fixed;
    seed_ = seed;
    observed_ = std::make_unique<ProfileCurve>(likelihood, space_, data, poi_, options, fixed, seed);
  }

  Status status = Status::ok;
  std::string reason;
  std::vector<std::string> notes;
  std::vector<FitSummary> fits;
  bool single_test = false;   ///< one signal strength only: nothing starts from its fits
  bool is_asymptotic = true;  ///< p-values come from formulas for many events

  const std::vector<char>& fixed() const { return fixed_; }
  const std::vector<double>& seed() const { return seed_; }
  double lower() const { return lower_; }
  double upper() const { return upper_; }
  void widen(double upper) {
    upper_ = upper;
    free_.reset();
    if (asimov_free_) asimov_free_->is_current = false;
  }
  /// Whether a best fit, to the observed or the Asimov data, lies beyond.
  bool is_best_fit_beyond(double bound) {
    const Free* f = free();
    if (f == nullptr || f->mu > bound) return f != nullptr;
    return asimov_free_ && renew_asimov_free() && asimov_free_->mu > bound;
  }
  std::size_t poi() const { return poi_; }
  double asimov_mu() const { return options_.statistic == TestStatistic::q0 ? 1.0 : 0.0; }
  int n_fits() const { return observed_->n_fits + (asimov_ ? asimov_->n_fits : 0); }

  bool fail(Status s, std::string why) {
    if (status == Status::ok) {
      status = s;
      reason = std::move(why);
    }
    return false;
  }

  bool check(const Profile& p, const std::string& name) {
    if (p.is_usable) return true;
    fits.push_back({name, p.status, p.reason, p.mu, twice_nll(p.value), p.iterations});
    return fail(p.is_interrupted ? Status::interrupted : Status::fit_failed, name + ": " + p.reason);
  }

  /// The name is only put together when it is told.
  bool check_conditional(const Profile& p, const char* kind) {
    return p.is_usable || check(p, fmt::format("{} at {} = {}", kind, poi_name(), number(p.mu)));
  }

  double twice_nll(double value) const { return 2.0 * (value + constant_); }

  static std::string number(double value) { return fmt::format("{:.6g}", value); }
  std::string poi_name() const { return likelihood_.parameters()[poi_].name; }

  /// The conditional fit behind the Asimov data; run first, since everything else starts from it.
  const Profile* background() {
    if (!background_checked_) observed_->refine_next();
    const Profile& p = observed_->at(asimov_mu());
    const std::string name = asimov_mu() == 0.0 ? "background-only fit" : "fit at " + poi_name() + " = 1";
    if (!background_checked_) {
      background_checked_ = true;
      if (p.is_usable) fits.push_back({name, p.status, p.reason, p.mu, twice_nll(p.value), p.iterations});
      if (p.is_usable) observed_->set_seed(p.x);
      if (single_test) observed_->end_here();
    }
    return check(p, name) ? &p : nullptr;
  }

  bool make_asimov() {
    if (asimov_) return true;
    std::vector<double> point, tangent;
    if (options_.asimov == Asimov::a_posteriori) {
      const Profile* b = background();
      if (b == nullptr) return false;
      point = b->refined.empty() ? b->x : b->refined;
      tangent = b->tangent;
      note_bounds(point);
    } else {
      point = initial_point(likelihood_);
      for (const FixedParameter& f : options_.fixed) point[f.parameter.index] = f.value;
      point[poi_] = asimov_mu();
    }
    asimov_data_ = likelihood_.expected_data(point);
    asimov_data_.masked = data_.masked;
    const bool keeps_auxiliary = options_.asimov == Asimov::a_posteriori && likelihood_.constraints_are_priors();
    if (keeps_auxiliary) keep_auxiliary(likelihood_, data_, asimov_data_);
    if (std::string problem = make_data_of(likelihood_, point, &data_, asimov_data_); !problem.empty()) {
      return fail(Status::fit_failed, std::move(problem));
    }
    asimov_ = std::make_unique<ProfileCurve>(likelihood_, space_, asimov_data_, poi_, options_, fixed_, point);
    if (keeps_auxiliary || !likelihood_.peaks_at_expected_data()) {
      if (!free_asimov(point)) return false;
    } else {
      asimov_->insert_exact(asimov_mu(), point, tangent);
      if (single_test) asimov_->end_here();
    }
    if (is_asymptotic) note_few_events(point);
    return true;
  }

  struct Free {
    double value = 0.0, mu = 0.0;
    std::vector<double> x;
    bool is_current = true;  ///< of the bounds that fits have now
  };

  bool is_one_sided() const {
    return options_.statistic == TestStatistic::q || options_.statistic == TestStatistic::qtilde;
  }

  /// Where auxiliary data stay, or nuisance parameters are averaged over, Asimov data are not those that fit best where
  /// they were generated.
  bool free_asimov(const std::vector<double>& point) {
    const minimize::Minimum m = asimov_->free_fit(lower_, upper_, point);
    if (!m.is_usable()) {
      asimov_.reset();
      return fail(m.status == minimize::MinimumStatus::interrupted ? Status::interrupted : Status::fit_failed,
                  "free Asimov fit: " + m.reason);
    }
    asimov_->insert_free(m, true);
    asimov_free_ = Free{m.value, m.x[poi_], m.x};
    return true;
  }

  /// Of Asimov data whose best fit is known, made again where bounds have changed.
  bool renew_asimov_free() {
    if (asimov_free_->is_current) return true;
    const std::vector<double> start = asimov_free_->x;
    return free_asimov(start);
  }

  /// Best fit with the statistic's bounds on mu.
  const Free* free() {
    if (free_) return &*free_;
    const Profile* b = options_.statistic == TestStatistic::q0 ? &observed_->at(0.0) : background();
    if (b == nullptr || !check(*b, "background-only fit")) return nullptr;
    std::vector<double> start = b->x;
    minimize::Minimum m = observed_->free_fit(lower_, upper_, start);
    // Every certified conditional minimum is an upper limit of the free one.
    for (int attempt = 0; attempt < 3; ++attempt) {
      const Profile* best = nullptr;
      for (const auto& [mu, p] : observed_->profiles()) {
        if (p.is_usable && mu >= lower_ && mu <= upper_ && (best == nullptr || p.value < best->value)) best = &p;
      }
      if (best == nullptr || !(best->value < m.value - better_minimum)) break;
      m = observed_->free_fit(lower_, upper_, best->x);
    }
    fits.push_back(
        {"free fit", std::string(to_string(m.status)), m.reason, m.x[poi_], twice_nll(m.value), m.counts.iterations});
    if (!m.is_usable()) {
      fail(m.status == minimize::MinimumStatus::interrupted ? Status::interrupted : Status::fit_failed,
           "free fit: " + m.reason);
      return nullptr;
    }
    observed_->insert_free(m);
    if (!m.edge.empty()) notes.push_back("free fit: held at rate >= 0: " + m.edge);
    free_ = Free{m.value, m.x[poi_], std::move(m.x)};
    return &*free_;
  }

  /// Test statistic on the observed data at mu, and d q / d mu.
  std::optional<std::pair<double, double>> q_observed(double mu) {
    const Free* f = free();
    if (f == nullptr) return std::nullopt;
    const bool one_sided = is_one_sided();
    if (one_sided && f->mu > mu) return std::pair{0.0, 0.0};
    const Profile& p = observed_->at(mu, asimov_.get());
    if (!check_conditional(p, "fit")) return std::nullopt;
    if (p.value < f->value - better_minimum) {
      // The free fit was in a worse minimum: look again, from here.
      free_.reset();
      f = free();
      if (f == nullptr) return std::nullopt;
      if (one_sided && f->mu > mu) return std::pair{0.0, 0.0};
    }
    const double q = 2.0 * (p.value - f->value);
    return q > q_noise ? std::pair{q, 2.0 * p.slope} : std::pair{0.0, 0.0};
  }

  /// The same on the Asimov data, whose free minimum is known.
  std::optional<std::pair<double, double>> q_asimov(double mu) {
    if (!make_asimov()) return std::nullopt;
    const Profile& p = asimov_->at(mu, observed_.get());
    if (!check_conditional(p, "Asimov fit")) return std::nullopt;
    if (asimov_free_ && !renew_asimov_free()) return std::nullopt;
    if (asimov_free_ && asimov_free_->mu > mu && is_one_sided()) return std::pair{0.0, 0.0};
    const double least = asimov_free_ ? asimov_free_->value : asimov_->at(asimov_mu()).value;
    const double q = 2.0 * (p.value - least);
    return q > q_noise ? std::pair{q, 2.0 * p.slope} : std::pair{0.0, 0.0};
  }

  /// The statistics at one value, which `poi_value` asks for.
  struct Tested {
    double poi = 0.0, q = 0.0, q_asimov = 0.0, mu_hat = 0.0, twice_nll = 0.0;
  };
  std::optional<Tested> test(double poi_value) {
    const TestStatistic s = options_.statistic;
    Tested t;
    t.poi = s == TestStatistic::q0 ? 0.0 : poi_value;
    if (!std::isfinite(poi_value)) {
      fail(Status::not_defined, "only finite values can be tested");
    } else if (s == TestStatistic::q0 && poi_value != 0.0) {
      fail(Status::not_defined, "q0 tests " + poi_name() + " = 0, and no other value");
    } else if (poi_value < 0.0 && !allows_negative(s)) {
      fail(Status::not_defined,
           std::string(to_string(s)) + " is for signal strengths of at least 0; q and t allow less");
    }
    if (t.poi > upper_) {
      notes.push_back("the tested value lies beyond the upper bound " + number(upper_) + " of " + poi_name() +
                      ": the bound was widened");
      widen(t.poi);
    }
    if (status != Status::ok) return std::nullopt;
    const auto qa = q_asimov(t.poi);
    if (!qa) return std::nullopt;
    auto q = q_observed(t.poi);
    // Above the best fit one-sided statistics are 0 wherever it is; two-sided ones measure the distance to it.
    const bool is_two_sided = s == TestStatistic::t || s == TestStatistic::ttilde;
    constexpr int max_widenings = 20;
    for (int i = 0; q && is_two_sided && free()->mu >= upper_ && i < max_widenings; ++i) {
      widen(10.0 * std::max(1.0, upper_));
      q = q_observed(t.poi);
      if (i == 0)
        notes.push_back("the best fit lies beyond the upper bound of " + poi_name() + ": the bound was widened");
    }
    if (!q) return std::nullopt;
    if (free()->mu >= upper_) {
      notes.push_back("the best fit is held by the upper bound " + number(upper_) + " of " + poi_name() +
                      (s == TestStatistic::q0 ? ": without it the significance would be larger" : ""));
    }
    t.q = q->first;
    t.q_asimov = qa->first;
    t.mu_hat = free()->mu;
    t.twice_nll = twice_nll(free()->value);
    return t;
  }

  /// Conditional fits that q_observed and q_asimov have made.
  const Profile& observed_profile(double mu) { return observed_->at(mu, asimov_.get()); }
  const Profile& asimov_profile(double mu) { return asimov_->at(mu, observed_.get()); }
  const model::Data& asimov_data() const { return asimov_data_; }
  /// Where they were made.
  const std::vector<double>& asimov_point() { return asimov_->at(asimov_mu()).x; }

 private:
  void hold_idle(std::vector<char>& fixed, std::vector<double>& seed) {
    if (data_.masked.empty()) return;
    if (std::string note = note_of_idle(likelihood_, data_, fixed); !note.empty()) notes.push_back(std::move(note));
    for (const std::uint32_t i : likelihood_.idle_parameters(data_)) {
      if (i == poi_) {
        fail(Status::no_sensitivity, "the parameter of interest '" + poi_name() + "' acts in masked channels only");
      }
      if (fixed[i] == 0) seed[i] = likelihood_.parameters()[i].initial;
      fixed[i] = 1;
    }
  }

  void note_bounds(const std::vector<double>& point) {
    std::string names;
    int count = 0;
    const auto parameters = likelihood_.parameters();
    for (std::size_t i = 0; i < parameters.size(); ++i) {
      if (fixed_[i] || i == poi_ || parameters[i].lower >= parameters[i].upper) continue;
      if (point[i] <= parameters[i].lower || point[i] >= parameters[i].upper) {
        ++count;
        if (count <= 5) names += (count > 1 ? ", " : "") + parameters[i].name;
      }
    }
    if (count == 0) return;
    if (count > 5) names += ", … (" + std::to_string(count) + " in all)";
    notes.push_back("background-only fit at bounds: " + names + "; expected results rest on it");
  }

  /// Expected events where the signal is looked for: bins weighted by s^2/b, their share of the sensitivity.
  void note_few_events(const std::vector<double>& point) {
    const auto expected_at = [&](double mu) {
      if (mu == asimov_mu()) return asimov_data_;  // that is where they were made
      std::vector<double> there = point;
      there[poi_] = mu;
      return likelihood_.expected_data(there);
    };
    const model::Data s = expected_at(1.0), b = expected_at(0.0);
    double weight = 0.0, events = 0.0;
    std::size_t channel = 0;
    for (const model::DataBlock& block : likelihood_.data_blocks()) {
      if (block.is_auxiliary || asimov_data_.is_masked(channel++)) continue;
      if (block.kind != model::BlockKind::counts) continue;
      for (std::size_t i = block.first; i < block.first + block.size; ++i) {
        const double signal = s.values[i] - b.values[i];
        const double total = std::max(b.values[i], 1e-3);
        weight += signal * signal / total;
        events += signal * signal / total * std::max(b.values[i], 0.0);
      }
    }
    if (weight > 0.0 && events / weight < few_events) {
      notes.push_back("few expected events (" + number(events / weight) +
                      " in the sensitive bins): the asymptotic formulas are doubtful, compare with toys");
    }
  }

  const model::Likelihood& likelihood_;
  const model::Data& data_;
  const TestOptions& options_;
  double constant_;  ///< of the observed data
  FitSpace space_;
  std::size_t poi_;
  double lower_, upper_;
  std::vector<char> fixed_;
  std::vector<double> seed_;
  std::unique_ptr<ProfileCurve> observed_, asimov_;
  model::Data asimov_data_;
  std::optional<Free> free_;
  std::optional<Free> asimov_free_;  ///< only where it is not known beforehand
  bool background_checked_ = false;
};

}  // namespace relume::infer
