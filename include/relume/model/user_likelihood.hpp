// SPDX-FileCopyrightText: relume authors
// SPDX-License-Identifier: BSD-3-Clause
//
// Likelihoods that users of the library write: rates of bins, or -ln L itself, as one function template over its scalar
// type. Dual numbers (math/dual.hpp) supply exact derivatives; everything in infer/ works with the result.
//
//   struct Search {
//     template <class T>
//     void rates(std::size_t channel, std::span<const T> shared, std::span<const T> own, std::span<T> rates) const {
//       using std::exp;
//       for (std::size_t b = 0; b < rates.size(); ++b)
//         rates[b] = background[b] * exp(0.1 * own[b]) + shared[0] * signal[b];
//     }
//     std::vector<double> background, signal;
//   };
//   auto built = model::binned(Search{{10.0, 4.0}, {1.0, 2.0}},
//                              {.parameters = {{.name = "mu", .initial = 1.0, .lower = 0.0, .upper = 10.0},
//                                              {.name = "eps", .constraint = model::UserConstraint::normal(), .size =
//                                              2}},
//                               .channels = {{.name = "SR", .observed = {12.0, 3.0}, .shared = {"mu"},
//                                             .own = model::components("eps", 2)}},
//                               .poi = "mu"}).value();
//   infer::upper_limit(*built.likelihood, built.observed);
//
// Cost: an evaluation of a channel with n parameters costs about n^2 times as much as its rates. Thread-safety: the
// user's object is shared by all threads and must not change.
#pragma once

#include <algorithm>
#include <cstddef>
#include <limits>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "relume/base/error.hpp"
#include "relume/math/dual.hpp"
#include "relume/math/evaluation.hpp"
#include "relume/model/histfactory.hpp"
#include "relume/model/likelihood.hpp"
#include "relume/spec/workspace.hpp"

namespace relume::model {

/// What is known about a parameter from elsewhere.
struct UserConstraint {
  ConstraintKind kind = ConstraintKind::none;
  double observed = 0.0;        ///< the auxiliary measurement
  double width = 0.0;           ///< its standard deviation; poisson: unused
  double error_on_error = 0.0;  ///< gamma_variance: relative uncertainty of the width

  static UserConstraint normal(double observed = 0.0, double width = 1.0) {
    return {ConstraintKind::normal, observed, width, 0.0};
  }
  /// `count` events, where `count` times the parameter are expected.
  static UserConstraint poisson(double count) { return {ConstraintKind::poisson, count, 0.0, 0.0}; }
  static UserConstraint gamma_variance(double observed, double width, double error_on_error) {
    return {ConstraintKind::gamma_variance, observed, width, error_on_error};
  }
};

struct UserParameter {
  std::string name;
  double initial = 0.0;
  double lower = -std::numeric_limits<double>::infinity(), upper = std::numeric_limits<double>::infinity();
  UserConstraint constraint = {};
  std::size_t size = 0;  ///< 0: one parameter; n: a set of n, "name[0]" to "name[n - 1]"
  bool is_fixed = false;
  /// Derivatives jump where the parameter is 0. The function must take the side that the sign bit of a zero says
  /// (`using std::signbit; signbit(x)`), and be continuous.
  bool has_kink = false;
  bool is_two_sided = false;  ///< see Likelihood::two_sided
};

/// "name[first]" to "name[first + n - 1]".
std::vector<std::string> components(std::string_view name, std::size_t n, std::size_t first = 0);

struct UserChannel {
  std::string name;
  std::vector<double> observed;
  std::vector<std::string> shared = {};   ///< parameters of all bins, as `rates` gets them
  std::vector<std::string> own = {};      ///< one parameter per bin, which acts in that bin alone; or none
  std::vector<std::string> samples = {};  ///< that `rates` fills one after the other; empty: only their sum is known
};

struct UserModel {
  std::vector<UserParameter> parameters = {};
  std::vector<UserChannel> channels = {};
  std::string poi = {};
  std::vector<spec::Correlation> correlations = {};  ///< of normal constraints
  bool constraints_are_priors = false;
};

/// Rates of channels with derivatives in their variables: the shared parameters and, last, the own ones, which are one
/// variable, since bins do not mix. Users write what `binned` and `from_value` make one of.
class RateFunction {
 public:
  class Buffers {
   public:
    virtual ~Buffers() = default;
  };
  /// Numbers run over bins; `by_sample`: over samples and their bins, or else over the bins of the sum of all samples.
  struct Output {
    std::span<double> rates;
    std::span<double> first;   ///< variable by variable; only for Derivatives::gradient and curvature
    std::span<double> second;  ///< pair by pair (math::Dual::place); only for Derivatives::curvature
  };
  struct Point {
    std::size_t channel = 0, n_samples = 1, n_bins = 0;
    std::span<const double> shared, own;
  };

  virtual ~RateFunction() = default;
  virtual std::unique_ptr<Buffers> make_buffers() const = 0;
  virtual void evaluate(const Point& point, bool by_sample, math::Derivatives derivatives, const Output& out,
                        Buffers& buffers) const = 0;
};

/// How many variables one evaluation carries: a user's `static constexpr std::size_t slots`, 8 by default. Channels
/// with more variables are evaluated several times; those with far fewer cost more than they need to.
template <class User>
constexpr std::size_t slots_of() {
  if constexpr (requires { User::slots; }) {
    return User::slots;
  } else {
    return 8;
  }
}

/// A user's template, called with dual numbers.
template <class User>
class DualRates final : public RateFunction {
 public:
  explicit DualRates(User user) : user_(std::move(user)) {}

  std::unique_ptr<Buffers> make_buffers() const override { return std::make_unique<All>(); }

  void evaluate(const Point& point, bool by_sample, math::Derivatives derivatives, const Output& out,
                Buffers& buffers) const override {
    All& all = static_cast<All&>(buffers);
    const std::size_t n = point.shared.size() + (point.own.empty() ? 0 : 1);
    if (derivatives == math::Derivatives::none || n == 0) {
      run(point, by_sample, Range{}, Range{}, all.plain);
      write_rates(out, all.plain.rates);
    } else if (derivatives == math::Derivatives::gradient) {
      for (std::size_t begin = 0; begin < n; begin += slots) {
        const Range range{begin, std::min(n, begin + slots)};
        run(point, by_sample, range, Range{}, all.first_order);
        if (begin == 0) write_rates(out, all.first_order.rates);
        write_first(out, range, 0, all.first_order.rates);
      }
    } else {
      evaluate_twice(point, by_sample, n, out, all.second_order);
    }
  }

 private:
  static constexpr std::size_t slots = slots_of<User>();
  static_assert(slots >= 2);

  struct Range {
    std::size_t begin = 0, end = 0;
    std::size_t size() const { return end - begin; }
  };
  template <class T>
  struct Numbers {
    std::vector<T> shared, own, rates;
  };
  struct All final : Buffers {
    Numbers<double> plain;
    Numbers<math::Dual<slots, 1>> first_order;
    Numbers<math::Dual<slots, 2>> second_order;
  };

  /// Every pair of variables is together in one run at least.
  template <class T>
  void evaluate_twice(const Point& point, bool by_sample, std::size_t n, const Output& out, Numbers<T>& numbers) const {
    const std::size_t step = n <= slots ? slots : slots / 2;
    for (std::size_t i = 0; i < n; i += step) {
      const Range one{i, std::min(n, i + step)};
      for (std::size_t j = i + step; j < n || (i == 0 && j == step); j += step) {
        const Range other{std::min(n, j), std::min(n, j + step)};
        run(point, by_sample, one, other, numbers);
        if (i == 0 && j == step) write_rates(out, numbers.rates);
        write_first(out, one, 0, numbers.rates);
        write_first(out, other, one.size(), numbers.rates);
        write_second(out, one, other, numbers.rates);
      }
    }
  }

  /// The variables of both ranges, one after the other, are those of the dual numbers.
  template <class T>
  void run(const Point& point, bool by_sample, Range one, Range other, Numbers<T>& numbers) const {
    const auto slot_of = [&](std::size_t variable) {
      if (variable >= one.begin && variable < one.end) return variable - one.begin;
      if (variable >= other.begin && variable < other.end) return one.size() + (variable - other.begin);
      return none;
    };
    const auto seeded = [&](double value, std::size_t slot) {
      if constexpr (requires { T::n_variables; }) {
        if (slot != none) return T::variable(value, slot);
      }
      return T(value);
    };
    const std::size_t n_bins = point.n_bins;
    numbers.shared.clear();
    for (std::size_t i = 0; i < point.shared.size(); ++i) numbers.shared.push_back(seeded(point.shared[i], slot_of(i)));
    numbers.own.clear();
    const std::size_t own_slot = slot_of(point.shared.size());
    for (const double value : point.own) numbers.own.push_back(seeded(value, own_slot));
    numbers.rates.assign(n_bins * point.n_samples, T(0.0));
    user_.rates(point.channel, std::span<const T>(numbers.shared), std::span<const T>(numbers.own),
                std::span<T>(numbers.rates));
    if (by_sample) return;
    for (std::size_t s = 1; s < point.n_samples; ++s) {
      for (std::size_t b = 0; b < n_bins; ++b) numbers.rates[b] += numbers.rates[s * n_bins + b];
    }
  }

  template <class T>
  static void write_rates(const Output& out, const std::vector<T>& from) {
    for (std::size_t b = 0; b < out.rates.size(); ++b) out.rates[b] = math::value_of(from[b]);
  }
  template <class T>
  static void write_first(const Output& out, Range range, std::size_t slot, const std::vector<T>& from) {
    const std::size_t n = out.rates.size();
    for (std::size_t v = range.begin; v < range.end; ++v) {
      double* const to = out.first.data() + v * n;
      for (std::size_t b = 0; b < n; ++b) to[b] = from[b].first[slot + v - range.begin];
    }
  }
  template <class T>
  static void write_second(const Output& out, Range one, Range other, const std::vector<T>& from) {
    const std::size_t n = out.rates.size(), n_slots = one.size() + other.size();
    const auto variable = [&](std::size_t s) { return s < one.size() ? one.begin + s : other.begin + s - one.size(); };
    for (std::size_t i = 0; i < n_slots; ++i) {
      for (std::size_t j = 0; j <= i; ++j) {
        double* const to = out.second.data() + T::place(variable(i), variable(j)) * n;
        for (std::size_t b = 0; b < n; ++b) to[b] = from[b].second[T::place(i, j)];
      }
    }
  }

  static constexpr std::size_t none = static_cast<std::size_t>(-1);
  User user_;
};

/// See the head of this file. Errors: names, sizes and numbers that do not fit together, and rates that are not finite
/// at the initial values.
Result<Compiled> binned_from(std::unique_ptr<const RateFunction> rates, UserModel model);

template <class User>
Result<Compiled> binned(User user, UserModel model) {
  return binned_from(std::make_unique<DualRates<User>>(std::move(user)), std::move(model));
}

struct ValueOptions {
  std::string poi = {};
  std::vector<spec::Correlation> correlations = {};
};

Result<Compiled> value_from(std::unique_ptr<const RateFunction> value, std::vector<UserParameter> parameters,
                            ValueOptions options);

/// One bin of one channel, whose rate is the function.
template <class Function>
struct ValueAsRate {
  static constexpr std::size_t slots = slots_of<Function>();
  template <class T>
  void rates(std::size_t, std::span<const T> parameters, std::span<const T>, std::span<T> value) const {
    value[0] = function(parameters);
  }
  Function function;
};

/// A likelihood from -ln L itself, without what the constraints of the parameters say: `f` takes a std::span<const T>
/// of all parameters and returns a T. Its data are part of it: there are no Asimov data and no toys
/// (Likelihood::why_no_expected_data). Infinity is outside of its domain.
///
///   auto built = model::from_value({{.name = "x"}, {.name = "y"}}, [](auto p) {
///     const auto u = p[0] - 1.0, v = p[1] - p[0] * p[0];
///     return u * u + 10.0 * v * v;
///   }).value();
template <class Function>
Result<Compiled> from_value(std::vector<UserParameter> parameters, Function f, ValueOptions options = {}) {
  return value_from(std::make_unique<DualRates<ValueAsRate<Function>>>(ValueAsRate<Function>{std::move(f)}),
                    std::move(parameters), std::move(options));
}

}  // namespace relume::model
