// SPDX-FileCopyrightText: relume authors
// SPDX-License-Identifier: BSD-3-Clause
//
// Asymptotic tests, limits and discovery from profile likelihood ratios (CCGV: Eur. Phys. J. C 71 (2011) 1554).
//
// Two facts save most of the work. The unconditional minimum on Asimov data is where they were generated (its deviance is
// zero). And the slope of a profile is the partial derivative at the conditional minimum (envelope theorem), so limits
// are found by Newton's method on sqrt(q_A), which is nearly linear in mu.
#include "relume/infer/hypotest.hpp"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <functional>
#include <limits>
#include <map>
#include <memory>

#include "infer/likelihood_objective.hpp"
#include "relume/minimize/minimize.hpp"

namespace relume::infer {

std::string_view to_string(Asimov asimov) { return asimov == Asimov::a_posteriori ? "a-posteriori" : "a-priori"; }

std::string_view to_string(Status status) {
  switch (status) {
    case Status::ok: return "ok";
    case Status::fit_failed: return "fit_failed";
    case Status::no_sensitivity: return "no_sensitivity";
    case Status::not_bracketed: return "not_bracketed";
    case Status::interrupted: return "interrupted";
  }
  return "unknown";
}

namespace {

using Clock = std::chrono::steady_clock;
using model::Data;
using model::Likelihood;

constexpr double infinity = std::numeric_limits<double>::infinity();
/// A test statistic below this is rounding of two certified minima.
constexpr double q_noise = 1e-9;
/// A conditional fit this far below the "free" one says that the free one sits in a worse minimum.
constexpr double better_minimum = 1e-7;
/// Below this many expected events (weighted by sensitivity) a result is marked as doubtful. A convention: the discreteness of a count
/// near five still moves p-values by tens of percent, while the asymptotic formulas know nothing of it.
constexpr double few_events = 5.0;

/// Profiled value at one signal strength on one data set.
struct Profile {
  double mu = 0.0;
  double value = infinity;    ///< deviance at the conditional minimum
  double slope = 0.0;         ///< d value / d mu (envelope theorem)
  bool is_usable = false;
  bool is_interrupted = false;
  std::vector<double> x, tangent;  ///< point and its derivative with mu
  int iterations = 0;
  std::string status, reason;
};

/// Work space of all fits of one likelihood: the observed and the Asimov data take turns in it.
struct FitSpace {
  explicit FitSpace(const Likelihood& likelihood) : objective(likelihood), minimizer(objective) {}
  LikelihoodObjective objective;
  minimize::Minimizer minimizer;
};

/// Conditional fits on one data set, warm-started from their neighbours.
class ProfileCurve {
 public:
  ProfileCurve(const Likelihood& likelihood, FitSpace& space, const Data& data, std::size_t poi, const TestOptions& options,
               std::vector<char> fixed, std::vector<double> seed)
      : objective_(space.objective),
        minimizer_(space.minimizer),
        data_(data),
        poi_(poi),
        stop_(options.stop),
        fixed_(std::move(fixed)),
        nominal_(initial_point(likelihood)),
        seed_(std::move(seed)) {
    fixed_[poi] = 1;
    for (std::size_t i = 0; i < nominal_.size(); ++i) {
      if (fixed_[i] && i != poi) nominal_[i] = seed_[i];
    }
  }

  /// `other`: a curve on other data whose point at the same mu is a candidate for the start.
  const Profile& at(double mu, const ProfileCurve* other = nullptr) {
    const auto found = profiles_.find(mu);
    if (found != profiles_.end()) return found->second;
    objective_.set_data(data_);
    return profiles_.emplace(mu, fit(mu, other)).first->second;
  }

  /// A point known to be the minimum at its own mu: where Asimov data were generated. `tangent`: of the fit that it comes from.
  void insert_exact(double mu, const std::vector<double>& x, const std::vector<double>& tangent) {
    objective_.set_data(data_);
    Profile p;
    p.mu = mu;
    p.x = x;
    p.is_usable = true;
    p.status = "exact";
    p.value = objective_.evaluate(x, math::Derivatives::none, {.penalty = 1.0}).value;
    p.tangent = tangent;
    if (p.tangent.empty() && minimizer_.linearise(x, {.fixed = fixed_})) set_tangent(p);
    profiles_.emplace(mu, std::move(p));
  }

  /// The free minimum is a profile too.
  void insert_free(const minimize::Minimum& m) {
    if (!m.is_usable() || profiles_.contains(m.x[poi_])) return;
    Profile p;
    p.mu = m.x[poi_];
    p.x = m.x;
    p.value = m.value;
    p.is_usable = true;
    p.status = to_string(m.status);
    profiles_.emplace(p.mu, std::move(p));
  }

  /// No fit will start from those that follow: their tangents are not needed.
  void end_here() { leads_on_ = false; }

  /// Free fit with mu between the given bounds, from the best profile known so far.
  minimize::Minimum free_fit(double lower, double upper, const std::vector<double>& start) {
    objective_.set_data(data_);
    std::vector<char> fixed = fixed_;
    fixed[poi_] = 0;
    std::vector<double> lo(objective_.lower().begin(), objective_.lower().end());
    std::vector<double> hi(objective_.upper().begin(), objective_.upper().end());
    lo[poi_] = lower;
    hi[poi_] = upper;
    ++n_fits;
    return minimizer_.minimize(start, {.fixed = fixed,
                                       .lower = lo,
                                       .upper = hi,
                                       .nominal = nominal_,
                                       .explore = false,
                                       .stop = stop_});
  }

  void set_seed(std::vector<double> seed) { seed_ = std::move(seed); }
  const std::map<double, Profile>& profiles() const { return profiles_; }
  int n_fits = 0;

 private:
  Profile fit(double mu, const ProfileCurve* other) {
    Profile p;
    p.mu = mu;
    const std::vector<double> start = predict(mu, other);
    std::vector<double> lo(objective_.lower().begin(), objective_.lower().end());
    std::vector<double> hi(objective_.upper().begin(), objective_.upper().end());
    lo[poi_] = std::min(lo[poi_], mu);
    hi[poi_] = std::max(hi[poi_], mu);
    std::vector<double> nominal = nominal_;
    nominal[poi_] = mu;
    ++n_fits;
    minimize::Minimum m =
        minimizer_.minimize(start, {.fixed = fixed_,
                                                   .lower = lo,
                                                   .upper = hi,
                                                   .nominal = nominal,
                                                   .explore = starts_a_curve(),
                                                   .stop = stop_});
    p.is_usable = m.is_usable();
    p.is_interrupted = m.status == minimize::MinimumStatus::interrupted;
    p.status = to_string(m.status);
    p.reason = m.reason;
    p.iterations = m.counts.iterations;
    p.x = std::move(m.x);
    p.value = m.value;
    if (!p.is_usable) return p;
    p.slope = objective_.gradient()[poi_];
    if (leads_on_) set_tangent(p);
    return p;
  }

  /// d theta / d mu = -H_tt^-1 H_t,mu, at the point that the minimiser has just checked.
  void set_tangent(Profile& p) {
    const std::size_t n = p.x.size();
    std::vector<double> unit(n, 0.0), column(n);
    unit[poi_] = 1.0;
    objective_.curvature().multiply(unit, column, math::Form::exact);
    for (double& c : column) c = -c;
    p.tangent.assign(n, 0.0);
    if (!minimizer_.solve_linearised(column, p.tangent)) p.tangent.clear();
  }

  /// The first fit of a curve looks for lower minima (where its result gives reason to); so does the next one when all there is to start
  /// from is a point with nuisance parameters at their bounds. Later fits follow their neighbours.
  bool starts_a_curve() const {
    return profiles_.empty() || (profiles_.size() == 1 && pulled_to_bound(profiles_.begin()->second.x));
  }

  bool pulled_to_bound(const std::vector<double>& x) const {
    for (std::size_t i = 0; i < x.size(); ++i) {
      const bool at_bound = x[i] <= objective_.lower()[i] || x[i] >= objective_.upper()[i];
      if (!fixed_[i] && at_bound && objective_.units()[i] > 0.0) return true;
    }
    return false;
  }

  /// Start for a new mu, the lowest of: the nearest profile; the same moved along the tangent, or else along the secant through the next
  /// one; the point of a curve on other data.
  std::vector<double> predict(double mu, const ProfileCurve* other) {
    const Profile *nearest = nullptr, *next = nullptr;
    const auto is_nearer = [&](const Profile& a, const Profile* b) {
      return b == nullptr || std::fabs(a.mu - mu) < std::fabs(b->mu - mu);
    };
    for (const auto& [at, profile] : profiles_) {
      if (!profile.is_usable) continue;
      if (is_nearer(profile, nearest)) {
        next = nearest;
        nearest = &profile;
      } else if (is_nearer(profile, next)) {
        next = &profile;
      }
    }
    std::vector<double> best = nearest != nullptr ? nearest->x : seed_;
    best[poi_] = mu;
    // Where nuisance parameters sit at their bounds the profile bends at once: its tangent leads into other minima.
    if (nearest == nullptr || pulled_to_bound(nearest->x)) return best;
    double best_value = value_at(best);
    const auto consider = [&](std::vector<double> candidate) {
      candidate[poi_] = mu;
      const double value = value_at(candidate);
      if (!(value < best_value)) return;
      best_value = value;
      best = std::move(candidate);
    };
    if (!nearest->tangent.empty()) {
      consider(moved(nearest->x, nearest->tangent, mu - nearest->mu));
    } else if (next != nullptr) {
      std::vector<double> secant = nearest->x;
      for (std::size_t i = 0; i < secant.size(); ++i) secant[i] -= next->x[i];
      consider(moved(nearest->x, secant, (mu - nearest->mu) / (nearest->mu - next->mu)));
    }
    if (other != nullptr) {
      const auto found = other->profiles_.find(mu);
      if (found != other->profiles_.end() && found->second.is_usable) consider(found->second.x);
    }
    return best;
  }

  double value_at(const std::vector<double>& x) {
    const auto e = objective_.evaluate(x, math::Derivatives::none, {.penalty = 1.0});
    return e.status == math::EvaluationStatus::ok ? e.value : infinity;
  }

  std::vector<double> moved(std::vector<double> x, const std::vector<double>& along, double by) const {
    for (std::size_t i = 0; i < x.size(); ++i) {
      if (!fixed_[i]) x[i] = std::clamp(x[i] + along[i] * by, objective_.lower()[i], objective_.upper()[i]);
    }
    return x;
  }

  LikelihoodObjective& objective_;
  minimize::Minimizer& minimizer_;
  const Data& data_;
  std::size_t poi_;
  const std::atomic<bool>* stop_;
  std::vector<char> fixed_;
  std::vector<double> nominal_, seed_;
  std::map<double, Profile> profiles_;
  bool leads_on_ = true;
};

bool allows_negative(TestStatistic s) { return s == TestStatistic::q || s == TestStatistic::t; }

/// Upper bound of a signal strength whose file allows no positive value at all.
constexpr double usual_upper = 10.0;

/// All fits behind tests of one parameter of interest on one data set.
class TestFits {
 public:
  TestFits(const Likelihood& likelihood, const Data& data, const TestOptions& options)
      : likelihood_(likelihood),
        options_(options),
        constant_(likelihood.constant(data)),
        space_(likelihood),
        poi_(likelihood.poi().value().index),
        lower_(allows_negative(options.statistic) ? -infinity : 0.0),
        upper_(likelihood.parameters()[poi_].upper) {
    if (!(upper_ > lower_)) {
      notes.push_back("the file keeps " + poi_name() + " at or below " + number(upper_) + ": the upper bound was widened to " +
                      number(usual_upper));
      upper_ = usual_upper;
    }
    std::vector<double> seed = options.start.empty() ? initial_point(likelihood) : options.start;
    std::vector<char> fixed;
    for (const model::Parameter& p : likelihood.parameters()) fixed.push_back(p.is_fixed);
    for (const FixedParameter& f : options.fixed) {
      fixed[f.parameter.index] = 1;
      seed[f.parameter.index] = f.value;
    }
    fixed_ = fixed;
    seed_ = seed;
    observed_ = std::make_unique<ProfileCurve>(likelihood, space_, data, poi_, options, fixed, seed);
  }

  Status status = Status::ok;
  std::string reason;
  std::vector<std::string> notes;
  std::vector<FitSummary> fits;
  bool single_test = false;  ///< one signal strength only: nothing starts from its fits

  double lower() const { return lower_; }
  double upper() const { return upper_; }
  void widen(double upper) {
    upper_ = upper;
    free_.reset();
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

  double twice_nll(double value) const { return 2.0 * (value + constant_); }

  static std::string number(double value) {
    char text[32];
    std::snprintf(text, sizeof text, "%.6g", value);
    return text;
  }
  std::string poi_name() const { return likelihood_.parameters()[poi_].name; }

  /// The conditional fit behind the Asimov data; run first, since everything else starts from it.
  const Profile* background() {
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
      point = b->x;
      tangent = b->tangent;
      note_bounds(point);
    } else {
      point = initial_point(likelihood_);
      for (const FixedParameter& f : options_.fixed) point[f.parameter.index] = f.value;
      point[poi_] = asimov_mu();
    }
    asimov_data_ = likelihood_.expected_data(point);
    for (double& v : asimov_data_.values) {
      if (!std::isfinite(v)) return fail(Status::fit_failed, "the Asimov data are not finite");
    }
    for (const model::DataBlock& block : likelihood_.data_blocks()) {
      if (block.kind != model::BlockKind::counts) continue;
      for (std::size_t i = block.first; i < block.first + block.size; ++i) {
        // A rate that its constraint holds at zero comes out as a rounding below zero.
        asimov_data_.values[i] = std::max(0.0, asimov_data_.values[i]);
      }
    }
    asimov_ = std::make_unique<ProfileCurve>(likelihood_, space_, asimov_data_, poi_, options_, fixed_, point);
    asimov_->insert_exact(asimov_mu(), point, tangent);
    if (single_test) asimov_->end_here();
    note_few_events(point);
    return true;
  }

  struct Free {
    double value = 0.0, mu = 0.0;
    std::vector<double> x;
  };

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
    fits.push_back({"free fit", std::string(to_string(m.status)), m.reason, m.x[poi_], twice_nll(m.value), m.counts.iterations});
    if (!m.is_usable()) {
      fail(m.status == minimize::MinimumStatus::interrupted ? Status::interrupted : Status::fit_failed, "free fit: " + m.reason);
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
    const TestStatistic s = options_.statistic;
    const bool one_sided = s == TestStatistic::q || s == TestStatistic::qtilde;
    if (one_sided && f->mu > mu) return std::pair{0.0, 0.0};
    const Profile& p = observed_->at(mu, asimov_.get());
    if (!check(p, "fit at " + poi_name() + " = " + number(mu))) return std::nullopt;
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
    if (!check(p, "Asimov fit at " + poi_name() + " = " + number(mu))) return std::nullopt;
    const double q = 2.0 * (p.value - asimov_->at(asimov_mu()).value);
    return q > q_noise ? std::pair{q, 2.0 * p.slope} : std::pair{0.0, 0.0};
  }

 private:
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
    std::vector<double> with = point, without = point;
    with[poi_] = 1.0;
    without[poi_] = 0.0;
    const Data s = likelihood_.expected_data(with), b = likelihood_.expected_data(without);
    double weight = 0.0, events = 0.0;
    for (const model::DataBlock& block : likelihood_.data_blocks()) {
      if (block.is_auxiliary || block.kind != model::BlockKind::counts) continue;
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

  const Likelihood& likelihood_;
  const TestOptions& options_;
  double constant_;  ///< of the observed data
  FitSpace space_;
  std::size_t poi_;
  double lower_, upper_;
  std::vector<char> fixed_;
  std::vector<double> seed_;
  std::unique_ptr<ProfileCurve> observed_, asimov_;
  Data asimov_data_;
  std::optional<Free> free_;
  bool background_checked_ = false;
};

double seconds_since(Clock::time_point begin) { return std::chrono::duration<double>(Clock::now() - begin).count(); }

/// Finds the root of a function that increases through zero on mu > 0, given value and slope, to relative `tolerance`.
/// Newton with a growing bracket; bisection (geometric) when Newton leaves it.
class RootFinder {
 public:
  using Function = std::function<std::optional<std::pair<double, double>>(double)>;
  static constexpr double smallest = 1e-9, largest = 1e12;
  enum class Failure { none, function, not_bracketed };
  Failure failure = Failure::none;

  std::optional<double> find(const Function& f, double guess, double tolerance) {
    double low = 0.0, high = infinity;  // f(low) < 0 <= f(high)
    double x = std::clamp(guess, smallest, largest);
    constexpr int max_steps = 100;
    for (int step = 0; step < max_steps; ++step) {
      const auto y = f(x);
      if (!y) {
        failure = Failure::function;
        return std::nullopt;
      }
      const auto [value, slope] = *y;
      (value < 0.0 ? low : high) = x;
      double next = slope > 0.0 ? x - value / slope : std::numeric_limits<double>::quiet_NaN();
      if (std::isfinite(next) && std::fabs(next - x) <= tolerance * std::fabs(x)) return next;
      if (std::isfinite(high) && high - low <= tolerance * high) return 0.5 * (low + high);
      constexpr double max_factor = 30.0;  // per step, while the scale of the limit is still unknown
      if (!(next > low && next < high)) {
        next = !std::isfinite(high) ? x * max_factor : low > 0.0 ? std::sqrt(low * high) : high / max_factor;
      }
      next = std::clamp(next, x / max_factor, x * max_factor);
      if (next > largest || next < smallest) {
        failure = Failure::not_bracketed;
        return std::nullopt;
      }
      x = next;
    }
    failure = Failure::not_bracketed;
    return std::nullopt;
  }
};

/// -ln CLs and its slope, from q, q_A and their slopes (chain rule over asymptotic_p_values, by central differences of closed forms).
std::pair<double, double> minus_log_cls(TestStatistic s, std::pair<double, double> q, std::pair<double, double> qa) {
  const auto at = [&](double a, double b) { return -asymptotic_p_values(s, a, b).log_cls; };
  const double value = at(q.first, qa.first);
  const double h = 1e-5 * (1.0 + q.first), ha = 1e-5 * (1.0 + qa.first);
  const double dq = (at(q.first + h, qa.first) - at(std::max(0.0, q.first - h), qa.first)) / (h + std::min(h, q.first));
  const double da = (at(q.first, qa.first + ha) - at(q.first, std::max(0.0, qa.first - ha))) / (ha + std::min(ha, qa.first));
  return {value, dq * q.second + da * qa.second};
}

}  // namespace

HypoTest hypotest(const Likelihood& likelihood, const Data& data, double poi_value, const TestOptions& options) {
  const auto begin = Clock::now();
  HypoTest result;
  result.poi = options.statistic == TestStatistic::q0 ? 0.0 : poi_value;
  result.statistic = options.statistic;
  result.asimov = options.asimov;
  TestFits fits(likelihood, data, options);
  fits.single_test = true;
  if (result.poi > fits.upper()) {
    fits.notes.push_back("the tested value lies beyond the upper bound " + TestFits::number(fits.upper()) + " of " +
                         fits.poi_name() + ": the bound was widened");
    fits.widen(result.poi);
  }
  const auto compute = [&] {
    const auto qa = fits.q_asimov(result.poi);
    if (!qa) return;
    const auto q = fits.q_observed(result.poi);
    if (!q) return;
    result.q = q->first;
    result.q_asimov = qa->first;
    result.mu_hat = fits.free()->mu;
    result.observed = asymptotic_p_values(options.statistic, result.q, result.q_asimov);
    for (std::size_t i = 0; i < band_sigmas.size(); ++i) {
      result.expected[i] = expected_p_values(options.statistic, result.q_asimov, band_sigmas[i]);
    }
  };
  compute();
  result.status = fits.status;
  result.reason = fits.reason;
  result.notes = std::move(fits.notes);
  result.fits = std::move(fits.fits);
  result.seconds = seconds_since(begin);
  return result;
}

Limit upper_limit(const Likelihood& likelihood, const Data& data, const LimitOptions& options) {
  const auto begin = Clock::now();
  const double alpha = 1.0 - options.level;
  const TestStatistic s = options.test.statistic;
  Limit limit;
  limit.level = options.level;
  limit.statistic = s;
  limit.asimov = options.test.asimov;
  TestFits fits(likelihood, data, options.test);

  const auto sqrt_qa = [&](double mu) -> std::optional<std::pair<double, double>> {
    const auto qa = fits.q_asimov(mu);
    if (!qa) return std::nullopt;
    const double a = std::sqrt(qa->first);
    return std::pair{a, a > 0.0 ? 0.5 * qa->second / a : 0.0};
  };
  const auto compute = [&] {
    // A signal that changes no rate has no limit, whatever the fits say.
    double scale = 1.0;
    {
      std::vector<double> zero = initial_point(likelihood), one = zero;
      zero[fits.poi()] = 0.0;
      one[fits.poi()] = 1.0;
      const Data b = likelihood.expected_data(zero), sb = likelihood.expected_data(one);
      if (b.values == sb.values) {
        fits.fail(Status::no_sensitivity, "the signal changes no rate: there is nothing to limit");
        return;
      }
      double information = 0.0;
      for (const model::DataBlock& block : likelihood.data_blocks()) {
        if (block.is_auxiliary) continue;
        for (std::size_t i = block.first; i < block.first + block.size; ++i) {
          const double signal = sb.values[i] - b.values[i];
          information += signal * signal / std::max(b.values[i], 1.0);
        }
      }
      if (information > 0.0) scale = 2.0 / std::sqrt(information);
    }
    RootFinder root;
    double median = 0.0;
    const auto give_up = [&](const char* what) {
      if (root.failure == RootFinder::Failure::not_bracketed) {
        fits.fail(Status::not_bracketed, std::string("no ") + what + " between 1e-9 and 1e12 in " + fits.poi_name());
      }
    };
    // Median first: it sets the scale for all others.
    const double c0 = asimov_significance_at(alpha, 0.0);
    const auto found = root.find(
        [&](double mu) {
          auto y = sqrt_qa(mu);
          if (y) y->first -= c0;
          return y;
        },
        scale, options.tolerance);
    if (!found) return give_up("expected limit");
    median = *found;
    if (s == TestStatistic::q || s == TestStatistic::qtilde) {
      if (options.expected) {
        for (std::size_t i = 0; i < band_sigmas.size(); ++i) {
          const double c = asimov_significance_at(alpha, band_sigmas[i]);
          limit.expected[i] = band_sigmas[i] == 0.0 ? found
                                                    : root.find(
                                                          [&](double mu) {
                                                            auto y = sqrt_qa(mu);
                                                            if (y) y->first -= c;
                                                            return y;
                                                          },
                                                          median * c / c0, options.tolerance);
          if (!limit.expected[i]) return give_up("expected limit");
        }
      }
    } else if (options.expected) {
      for (std::size_t i = 0; i < band_sigmas.size(); ++i) {
        const double n = band_sigmas[i];
        limit.expected[i] = root.find(
            [&](double mu) -> std::optional<std::pair<double, double>> {
              const auto qa = fits.q_asimov(mu);
              if (!qa) return std::nullopt;
              const auto at = [&](double v) { return -expected_p_values(s, v, n).log_cls + std::log(alpha); };
              const double h = 1e-5 * (1.0 + qa->first);
              return std::pair{at(qa->first), (at(qa->first + h) - at(qa->first)) / h * qa->second};
            },
            median, options.tolerance);
        if (!limit.expected[i]) return give_up("expected limit");
      }
    }
    const TestFits::Free* free = fits.free();
    if (free == nullptr) return;
    const auto observed = [&](double mu) -> std::optional<std::pair<double, double>> {
      // Below the best fit CLs only falls from 1/2 / CLb on: no root there (one-sided statistics).
      const auto qa = fits.q_asimov(mu);
      if (!qa) return std::nullopt;
      const auto q = fits.q_observed(mu);
      if (!q) return std::nullopt;
      auto y = minus_log_cls(s, *q, *qa);
      y.first += std::log(alpha);
      // Newton on sqrt(-ln CLs), which is closer to linear in mu than its square.
      const double target = std::sqrt(-std::log(alpha)), root_y = std::sqrt(std::max(1e-12, y.first - std::log(alpha)));
      return std::pair{root_y - target, 0.5 * y.second / root_y};
    };
    const double guess = free->mu > 0.0 ? free->mu + median : median;
    limit.observed = root.find(observed, guess, options.tolerance);
    if (!limit.observed) return give_up("observed limit");
  };
  compute();
  // Limits beyond the file's bound on the parameter of interest: all fits of this limit use a wider one.
  if (fits.status == Status::ok) {
    double furthest = limit.observed.value_or(0.0);
    for (const auto& e : limit.expected) furthest = std::max(furthest, e.value_or(0.0));
    const double bound = fits.upper();
    if (furthest > bound) {
      limit.bounds_widened = true;
      const double free_before = fits.free()->mu;
      fits.widen(2.0 * furthest);
      fits.notes.push_back("limits lie beyond the upper bound " + TestFits::number(bound) + " of " + fits.poi_name() +
                           ": it was widened to " + TestFits::number(2.0 * furthest) + " for all fits");
      // The bound enters the free fit only; where that was not held by it, nothing changes.
      if (free_before >= bound) compute();
    }
  }
  if (const auto* free = fits.status == Status::ok ? fits.free() : nullptr; free != nullptr) limit.mu_hat = free->mu;
  if (fits.status == Status::ok && options.test.asimov == Asimov::a_posteriori) limit.background = fits.background()->x;
  limit.poi_bounds = {fits.lower(), fits.upper()};
  limit.n_fits = fits.n_fits();
  limit.status = fits.status;
  limit.reason = fits.reason;
  limit.notes = std::move(fits.notes);
  limit.fits = std::move(fits.fits);
  if (limit.status != Status::ok) {
    limit.observed.reset();
    limit.expected = {};
  }
  limit.seconds = seconds_since(begin);
  return limit;
}

Discovery significance(const Likelihood& likelihood, const Data& data, const TestOptions& options) {
  TestOptions with_q0 = options;
  with_q0.statistic = TestStatistic::q0;
  const HypoTest test = hypotest(likelihood, data, 0.0, with_q0);
  Discovery d;
  d.q0 = test.q;
  d.q0_asimov = test.q_asimov;
  d.mu_hat = test.mu_hat;
  d.asimov = test.asimov;
  d.status = test.status;
  d.reason = test.reason;
  d.notes = test.notes;
  d.fits = test.fits;
  d.seconds = test.seconds;
  if (d.is_usable()) {
    d.significance = std::sqrt(d.q0);
    d.significance_expected = std::sqrt(d.q0_asimov);
    d.p0 = normal_cdf(-d.significance);
    d.p0_expected = normal_cdf(-d.significance_expected);
  }
  return d;
}

}  // namespace relume::infer
