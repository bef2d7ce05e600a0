// SPDX-FileCopyrightText: relume authors
// SPDX-License-Identifier: BSD-3-Clause
//
// Impacts against the normal equations of linear Gaussian models, where exact and linear ones agree, and against plain
// fits from the initial values elsewhere.
#include "relume/infer/impacts.hpp"

#include <cmath>
#include <numeric>

#include <Eigen/Dense>
#include <gtest/gtest.h>

#include "relume/model/channel_mask.hpp"
#include "support/correlated_backgrounds.hpp"
#include "support/counting.hpp"
#include "support/failing.hpp"
#include "support/measurements.hpp"
#include "support/random_workspace.hpp"

namespace relume::infer {
namespace {

using test::compile;
using test::counting;

/// Measurements d_r = sum_i A_ri theta_i with standard deviations s_r, and constraints a_i on some parameters.
struct LinearProblem {
  std::vector<std::vector<double>> a;  ///< rows x parameters
  std::vector<double> s;
  std::vector<double> width;  ///< of the constraints; 0: none

  std::size_t n() const { return width.size(); }

  /// Solves the normal equations by Gauss-Jordan, some parameters held; returns the point.
  std::vector<double> solve(const std::vector<double>& data, std::vector<std::pair<std::size_t, double>> held) const {
    std::vector<std::vector<double>> m(n(), std::vector<double>(n() + 1, 0.0));
    std::size_t k = a.size();
    for (std::size_t r = 0; r < a.size(); ++r) {
      for (std::size_t i = 0; i < n(); ++i) {
        for (std::size_t j = 0; j < n(); ++j) m[i][j] += a[r][i] * a[r][j] / (s[r] * s[r]);
        m[i][n()] += a[r][i] * data[r] / (s[r] * s[r]);
      }
    }
    for (std::size_t i = 0; i < n(); ++i) {
      if (width[i] == 0.0) continue;
      m[i][i] += 1.0 / (width[i] * width[i]);
      m[i][n()] += data[k++] / (width[i] * width[i]);
    }
    for (const auto& [h, value] : held) {
      std::fill(m[h].begin(), m[h].end(), 0.0);
      m[h][h] = 1.0;
      m[h][n()] = value;
    }
    for (std::size_t i = 0; i < n(); ++i) {
      for (std::size_t row = 0; row < n(); ++row) {
        if (row == i) continue;
        const double f = m[row][i] / m[i][i];
        for (std::size_t j = 0; j <= n(); ++j) m[row][j] -= f * m[i][j];
      }
    }
    std::vector<double> x(n());
    for (std::size_t i = 0; i < n(); ++i) x[i] = m[i][n()] / m[i][i];
    return x;
  }

  std::vector<double> spreads() const {
    std::vector<double> sigma = s;
    for (const double w : width) {
      if (w > 0.0) sigma.push_back(w);
    }
    return sigma;
  }

  /// Standard deviation of a parameter by what fluctuates: all data, each on its own.
  double spread_of(std::size_t i, const std::vector<double>& data,
                   const std::vector<std::pair<std::size_t, double>>& held) const {
    double sum = 0.0;
    for (std::size_t k = 0; k < data.size(); ++k) sum += std::pow(shift_by_datum(i, k, data, held), 2);
    return std::sqrt(sum);
  }

  double shift_by_datum(std::size_t i, std::size_t k, std::vector<double> data,
                        const std::vector<std::pair<std::size_t, double>>& held) const {
    const double before = solve(data, held)[i];
    data[k] += spreads()[k];
    return solve(data, held)[i] - before;
  }
};

class LinearGaussian final : public model::Likelihood {
 public:
  explicit LinearGaussian(LinearProblem problem) : problem_(std::move(problem)) {
    const std::size_t n_rows = problem_.a.size(), n = problem_.n();
    n_data_ = n_rows;
    for (std::size_t i = 0; i < n; ++i) {
      model::Parameter p{"p" + std::to_string(i), 0.0, -100.0, 100.0, false, {}};
      if (problem_.width[i] > 0.0) p.constraint = {model::ConstraintKind::normal, n_data_++, problem_.width[i], 0.0};
      parameters_.push_back(p);
    }
    poi_ = ParamId{0};
    layout_.n_parameters = n;
    layout_.n_rows = n_rows;
    math::RowGroup group{0, n_rows, std::vector<std::uint32_t>(n), 0};
    std::iota(group.columns.begin(), group.columns.end(), 0u);
    layout_.groups.push_back(group);
    layout_.jacobian_size = n_rows * n;
    for (auto* per_row : {&layout_.row_privates, &layout_.row_couplings, &layout_.row_pairs}) {
      per_row->assign(n_rows + 1, 0);
    }
    layout_.private_of_parameter.assign(n, -1);
  }
  std::unique_ptr<model::Scratch> make_scratch() const override { return std::make_unique<model::Scratch>(layout_); }
  math::Evaluation evaluate(std::span<const double> x, const model::Data& data, math::Derivatives,
                            const math::Relaxation&, model::Scratch& scratch) const noexcept override {
    math::Curvature& h = scratch.curvature;
    double value = 0.0;
    std::fill(scratch.gradient.begin(), scratch.gradient.end(), 0.0);
    const std::size_t n_rows = problem_.a.size();
    for (std::size_t r = 0; r < n_rows; ++r) {
      const double w = 1.0 / (problem_.s[r] * problem_.s[r]);
      double residual = -data.values[r];
      for (std::size_t i = 0; i < x.size(); ++i) residual += problem_.a[r][i] * x[i];
      value += 0.5 * w * residual * residual;
      for (std::size_t i = 0; i < x.size(); ++i) {
        scratch.gradient[i] += w * residual * problem_.a[r][i];
        h.jacobian[i * n_rows + r] = problem_.a[r][i];
      }
      h.weight_exact[r] = h.weight_safe[r] = w;
    }
    for (std::size_t i = 0; i < x.size(); ++i) {
      const model::Constraint& c = parameters_[i].constraint;
      if (c.kind == model::ConstraintKind::none) continue;
      const double pull = (x[i] - data.values[c.data_index]) / c.width;
      value += 0.5 * pull * pull;
      scratch.gradient[i] += pull / c.width;
      h.constraint[i] = 1.0 / (c.width * c.width);
    }
    return {math::EvaluationStatus::ok, value, value};
  }
  model::Constants constants(const model::Data&) const override { return {}; }
  model::Data expected_data(std::span<const double>) const override { return {}; }
  void fluctuate(const model::Data& expected, const model::RandomKey&, model::Data& toy) const override {
    toy = expected;
  }
  void reset_multipliers(model::Scratch&) const override {}
  double update_multipliers(double, model::Scratch&) const override { return 0.0; }
  std::string explain(std::span<const double>, const model::Scratch&) const override { return {}; }

 private:
  LinearProblem problem_;
};

const LinearProblem problem{
    {{1.0, 0.5, 0.0, 2.0}, {2.0, -0.3, 1.0, 0.0}, {0.5, 1.0, 0.7, 1.0}, {0.0, 0.4, -1.0, 3.0}, {1.0, 1.0, 1.0, -1.0}},
    {1.0, 2.0, 0.7, 1.5, 1.0},
    {0.0, 1.0, 0.4, 0.0}};
const std::vector<double> measured = {3.0, 1.0, 2.0, -1.0, 4.0, 0.1, -0.2};
/// What Newton leaves of distances of order one.
constexpr double precision = 1e-7;

const Impact& of(const Impacts& impacts, std::size_t i) {
  return *std::find_if(impacts.impacts.begin(), impacts.impacts.end(),
                       [&](const Impact& impact) { return impact.parameter.index == i; });
}

TEST(Impacts, OfALinearGaussianModelHaveClosedForms) {
  const LinearGaussian likelihood(problem);
  const Impacts r = impacts(likelihood, {measured});
  ASSERT_TRUE(r.is_usable()) << r.reason;
  EXPECT_TRUE(r.notes.empty());
  const std::vector<double> best = problem.solve(measured, {});
  EXPECT_NEAR(r.best, best[0], precision);
  EXPECT_NEAR(r.uncertainty, problem.spread_of(0, measured, {}), precision);
  ASSERT_EQ(r.impacts.size(), 3u);
  for (const std::size_t i : {1u, 2u, 3u}) {
    const Impact& impact = of(r, i);
    const double postfit = problem.spread_of(i, measured, {}), prefit = problem.width[i];
    const auto held = [&](double step) { return problem.solve(measured, {{i, best[i] + step}})[0] - best[0]; };
    EXPECT_NEAR(impact.uncertainty, postfit, precision);
    EXPECT_NEAR(*impact.postfit.up->shift, held(postfit), precision);
    EXPECT_NEAR(*impact.postfit.down->shift, held(-postfit), precision);
    EXPECT_NEAR(*impact.postfit.linear, held(postfit), precision);
    EXPECT_EQ(impact.prefit.up.has_value(), prefit > 0.0);
    EXPECT_EQ(impact.prefit.reason.empty(), prefit > 0.0);
    EXPECT_EQ(impact.global.reason.empty(), prefit > 0.0);
    EXPECT_EQ(impact.pull.has_value(), prefit > 0.0);
    if (prefit == 0.0) continue;
    EXPECT_NEAR(*impact.prefit.up->shift, held(prefit), precision);
    EXPECT_NEAR(*impact.prefit.down->shift, held(-prefit), precision);
    EXPECT_NEAR(*impact.prefit.linear, held(prefit), precision);
    const std::size_t datum = problem.a.size() + i - 1;
    const double global = problem.shift_by_datum(0, datum, measured, {});
    EXPECT_NEAR(*impact.global.up->shift, global, precision);
    EXPECT_NEAR(*impact.global.down->shift, -global, precision);
    EXPECT_NEAR(*impact.global.linear, global, precision);
    EXPECT_EQ(impact.global.up->at, measured[datum] + prefit);
    EXPECT_NEAR(*impact.pull, (best[i] - measured[datum]) / prefit, precision);
    EXPECT_NEAR(*impact.constraint, postfit / prefit, precision);
  }
  EXPECT_TRUE(std::is_sorted(r.impacts.begin(), r.impacts.end(),
                             [](const Impact& a, const Impact& b) { return a.size() > b.size(); }));
}

TEST(Impacts, ByDataAddUpToTheVariance) {
  const LinearGaussian likelihood(problem);
  ImpactOptions options;
  options.groups = {{"both", {{1}, {2}}}, {"first", {{1}, {1}, {0}}}, {"free", {{3}}}};
  const Impacts r = impacts(likelihood, {measured}, options);
  ASSERT_TRUE(r.is_usable()) << r.reason;
  double main = 0.0, constraints = 0.0;
  for (std::size_t k = 0; k < measured.size(); ++k) {
    (k < problem.a.size() ? main : constraints) += std::pow(problem.shift_by_datum(0, k, measured, {}), 2);
  }
  EXPECT_NEAR(*r.global_statistical, std::sqrt(main), precision);
  EXPECT_NEAR(r.global_systematic, std::sqrt(constraints), precision);
  EXPECT_NEAR(r.groups[0].global, std::sqrt(constraints), precision);
  EXPECT_NEAR(r.groups[1].global, std::fabs(problem.shift_by_datum(0, 5, measured, {})), precision);
  EXPECT_EQ(r.groups[1].parameters.size(), 1u);  // once, and without the parameter of interest
  EXPECT_EQ(r.groups[2].global, 0.0);
  // Held at their best fit they contribute nothing.
  const std::vector<double> best = problem.solve(measured, {});
  const double total = problem.spread_of(0, measured, {});
  const auto without = [&](const std::vector<std::size_t>& group) {
    // The data of what is held move nothing: the spread is that of the others.
    std::vector<std::pair<std::size_t, double>> held;
    for (const std::size_t i : group) held.emplace_back(i, best[i]);
    return problem.spread_of(0, measured, held);
  };
  EXPECT_NEAR(r.statistical, without({1, 2}), precision);
  EXPECT_NEAR(r.systematic, std::sqrt(total * total - std::pow(without({1, 2}), 2)), precision);
  EXPECT_NEAR(r.groups[0].uncertainty, r.systematic, precision);
  EXPECT_NEAR(r.groups[1].uncertainty, std::sqrt(total * total - std::pow(without({1}), 2)), precision);
  EXPECT_NEAR(r.groups[2].uncertainty, std::sqrt(total * total - std::pow(without({3}), 2)), precision);
}

/// Three regions with correlated backgrounds, at data that the model expects with a signal of 1.
spec::Workspace correlated_search() {
  spec::Workspace ws = test::correlated_backgrounds({3, {1.0, 0.8, 0.5, 0.8, 1.0, 0.3, 0.5, 0.3, 1.0}});
  ws.observations.back().data = {110.0};
  return ws;
}

/// What fluctuates, from plain fits to moved data: the variance of a parameter by main data, its slopes in the data of
/// b0, b1 and b2, and the correlations R of these.
struct Fluctuations {
  double main = 0.0;
  Eigen::Vector3d slopes;
  Eigen::Matrix3d r;
};

Fluctuations fluctuations(const model::Compiled& c, ParamId poi, const std::vector<FixedParameter>& fixed) {
  constexpr double step = 1e-3;
  const auto slope = [&](std::size_t datum) {
    double ends[2];
    for (const int side : {0, 1}) {
      model::Data data = c.observed;
      data.values[datum] += side == 0 ? -step : step;
      ends[side] = fit(*c.likelihood, data, {.fixed = fixed}).minimum.x[poi.index];
    }
    return (ends[1] - ends[0]) / (2.0 * step);
  };
  Fluctuations f;
  for (const model::DataBlock& block : c.likelihood->data_blocks()) {
    if (!block.is_auxiliary) f.main += std::pow(slope(block.first), 2) * c.observed.values[block.first];
  }
  const model::CorrelatedConstraint& block = c.likelihood->correlated_constraints()[0];
  for (Eigen::Index k = 0; k < 3; ++k)
    f.slopes[k] =
        slope(c.likelihood->parameters()[block.parameters[static_cast<std::size_t>(k)]].constraint.data_index);
  f.r = Eigen::Map<const Eigen::Matrix3d>(block.correlation.data());
  return f;
}

/// Of differences over 1e-3 between fits that are good to 1e-9.
constexpr double difference_precision = 1e-5;

TEST(Impacts, ByDataThatAreCorrelatedAddUpToTheVariance) {
  const auto c = compile(correlated_search());
  const ParamId b0 = *c.likelihood->find_parameter("b0"), b1 = *c.likelihood->find_parameter("b1"),
                b2 = *c.likelihood->find_parameter("b2"), mu = *c.likelihood->poi();
  const Fluctuations f = fluctuations(c, mu, {});
  const double by_constraints = f.slopes.dot(f.r * f.slopes);
  const Impacts r = impacts(*c.likelihood, c.observed,
                            {.groups = {{"all", {b0, b1, b2}}, {"two", {b0, b2}}, {"one", {b1}}}, .exact = false});
  ASSERT_TRUE(r.is_usable()) << r.reason;
  EXPECT_NEAR(*r.global_statistical, std::sqrt(f.main), difference_precision);
  EXPECT_NEAR(r.global_systematic, std::sqrt(by_constraints), difference_precision);
  EXPECT_NEAR(r.groups[0].global, std::sqrt(by_constraints), difference_precision);
  EXPECT_NEAR(r.uncertainty, std::sqrt(f.main + by_constraints), difference_precision);
  // Regression of mu on the data of some: its covariances with them, and their own.
  const Eigen::Vector3d with_data = f.r * f.slopes;
  const std::vector<Eigen::Index> two = {0, 2};
  const Eigen::Vector2d with_two = with_data(two);
  EXPECT_NEAR(r.groups[1].global, std::sqrt(with_two.dot(Eigen::Matrix2d(f.r(two, two)).inverse() * with_two)),
              difference_precision);
  EXPECT_NEAR(r.groups[2].global, std::fabs(with_data[1]), difference_precision);
}

// The data of what is held fluctuate too, and move what they are correlated with.
TEST(Impacts, ByDataWithOneOfACorrelatedConstraintHeldAddUp) {
  const auto c = compile(correlated_search());
  const ParamId b0 = *c.likelihood->find_parameter("b0"), b2 = *c.likelihood->find_parameter("b2");
  const std::vector<FixedParameter> held = {{*c.likelihood->find_parameter("b1"), 0.0}};
  const Fluctuations f = fluctuations(c, *c.likelihood->poi(), held);
  const double by_constraints = f.slopes.dot(f.r * f.slopes);
  const Impacts r = impacts(*c.likelihood, c.observed, {.groups = {{"all", {b0, b2}}}, .exact = false, .fixed = held});
  ASSERT_TRUE(r.is_usable()) << r.reason;
  EXPECT_NEAR(*r.global_statistical, std::sqrt(f.main), difference_precision);
  EXPECT_NEAR(r.groups[0].global, std::sqrt(by_constraints), difference_precision);
  EXPECT_NEAR(r.global_systematic, std::sqrt(by_constraints), difference_precision);
}

TEST(Impacts, OnOneOfACorrelatedConstraintAddUp) {
  const auto c = compile(correlated_search());
  const ParamId b0 = *c.likelihood->find_parameter("b0"), b1 = *c.likelihood->find_parameter("b1"),
                b2 = *c.likelihood->find_parameter("b2");
  const Fluctuations f = fluctuations(c, b0, {});
  const double by_constraints = f.slopes.dot(f.r * f.slopes), own = std::fabs((f.r * f.slopes)[0]);
  const Impacts r = impacts(*c.likelihood, c.observed, {.poi = b0, .groups = {{"others", {b1, b2}}}, .exact = false});
  ASSERT_TRUE(r.is_usable()) << r.reason;
  EXPECT_NEAR(*r.global_statistical, std::sqrt(f.main), difference_precision);
  EXPECT_NEAR(r.own_constraint, own, difference_precision);
  EXPECT_NEAR(r.global_systematic, std::sqrt(by_constraints - own * own), difference_precision);
  EXPECT_NEAR(r.groups[0].global, r.global_systematic, precision);
}

// A constrained parameter may be the one of interest: its own constraint is a part of its variance.
TEST(Impacts, OnAConstrainedParameter) {
  const LinearGaussian likelihood(problem);
  const Impacts r = impacts(likelihood, {measured}, {.poi = ParamId{2}});
  ASSERT_TRUE(r.is_usable()) << r.reason;
  EXPECT_EQ(r.poi, ParamId{2});
  EXPECT_NEAR(r.own_constraint, problem.shift_by_datum(2, 6, measured, {}), precision);
  EXPECT_NEAR(std::hypot(*r.global_statistical, r.global_systematic, r.own_constraint), r.uncertainty, precision);
  EXPECT_EQ(r.impacts.size(), 3u);
}

/// A search with shapes, norms and per-bin factors of both kinds.
spec::Workspace search() {
  spec::Workspace ws;
  using enum spec::ModifierType;
  spec::Channel channel{"SR", {}};
  channel.samples.push_back({"signal", {6.0, 9.0}, {{"mu", normfactor, {}}}});
  channel.samples.push_back({"background",
                             {40.0, 21.0},
                             {{"JES", histosys, spec::HistoSysData{{37.0, 20.0}, {44.0, 23.5}}},
                              {"norm", normsys, spec::NormSysData{0.85, 1.2}},
                              {"stat", staterror, spec::Numbers{2.0, 1.5}}}});
  channel.samples.push_back({"fakes", {5.0, 3.0}, {{"fakes", shapesys, spec::Numbers{2.0, 3.5}}}});
  ws.channels.push_back(channel);
  ws.observations.push_back({"SR", {55.0, 36.0}});
  ws.measurements.push_back({"measurement", "mu", {}});
  return ws;
}

TEST(Impacts, AreThoseOfPlainFits) {
  const auto c = compile(search());
  const model::Likelihood& likelihood = *c.likelihood;
  const std::size_t poi = likelihood.poi()->index;
  const Impacts r = impacts(likelihood, c.observed);
  ASSERT_TRUE(r.is_usable()) << r.reason;
  const FitResult best = fit(likelihood, c.observed);
  std::size_t n_compared = 0;
  for (const Impact& impact : r.impacts) {
    for (const ImpactPair* pair : {&impact.postfit, &impact.prefit, &impact.global}) {
      for (const auto* side : {&pair->up, &pair->down}) {
        ASSERT_TRUE(side->has_value() && (*side)->shift) << pair->reason;
        FitResult refit;
        if (pair == &impact.global) {
          model::Data data = c.observed;
          data.values[likelihood.parameters()[impact.parameter.index].constraint.data_index] = (*side)->at;
          refit = fit(likelihood, data);
        } else {
          refit = fit(likelihood, c.observed, {.fixed = {{impact.parameter, (*side)->at}}});
        }
        // Two certified minima are each good to 1e-6 sigma.
        EXPECT_NEAR(*(*side)->shift, refit.minimum.x[poi] - best.minimum.x[poi], 3e-6 * r.uncertainty);
        ++n_compared;
      }
    }
  }
  EXPECT_EQ(n_compared, 6 * 6u);
}

TEST(Impacts, LinearOnesAreTheSlopesOfPlainFits) {
  const auto c = compile(search());
  const model::Likelihood& likelihood = *c.likelihood;
  const std::size_t poi = likelihood.poi()->index;
  const Impacts r = impacts(likelihood, c.observed, {.exact = false});
  ASSERT_TRUE(r.is_usable()) << r.reason;
  for (const Impact& impact : r.impacts) {
    for (const ImpactPair* pair : {&impact.postfit, &impact.prefit, &impact.global}) {
      // Central differences: wrong by the square of the step times a third derivative of order one, 1e-4.
      constexpr double share = 0.01;
      const auto mu_at = [&](double step) {
        if (pair != &impact.global) {
          return fit(likelihood, c.observed, {.fixed = {{impact.parameter, impact.best + step}}}).minimum.x[poi];
        }
        model::Data data = c.observed;
        data.values[likelihood.parameters()[impact.parameter.index].constraint.data_index] += step;
        return fit(likelihood, data).minimum.x[poi];
      };
      const double slope = (mu_at(share * pair->step) - mu_at(-share * pair->step)) / (2.0 * share);
      EXPECT_NEAR(*pair->linear, slope, 1e-3 * r.uncertainty) << likelihood.parameters()[impact.parameter.index].name;
    }
  }
}

TEST(Impacts, AreHeldAtBounds) {
  const auto c = compile(search());
  const Impacts r = impacts(*c.likelihood, c.observed);
  ASSERT_TRUE(r.is_usable()) << r.reason;
  const ParamId fakes = *c.likelihood->find_parameter("fakes[1]");  // relative uncertainty 3.5 / 3: one step is below 0
  const Impact& impact = of(r, fakes.index);
  EXPECT_NEAR(impact.prefit.step, 3.5 / 3.0, 1e-12);
  EXPECT_EQ(impact.prefit.down->at, c.likelihood->parameters()[fakes.index].lower);
  EXPECT_NE(impact.prefit.down->reason.find("held at the bound"), std::string::npos) << impact.prefit.down->reason;
  EXPECT_TRUE(impact.prefit.down->shift);
  EXPECT_EQ(impact.prefit.up->reason, "");
  // A count of 0.73 cannot lose a standard deviation of 0.86.
  EXPECT_EQ(impact.global.down->at, 0.0);
  EXPECT_NE(impact.global.down->reason.find("stops at 0"), std::string::npos);
}

TEST(Impacts, OfAParameterAtItsBoundHaveOneSide) {
  auto ws = search();
  using enum spec::ModifierType;
  ws.channels[0].samples.push_back({"extra", {1.0, 50.0}, {{"k", normfactor, {}}}});
  const auto c = compile(ws);
  const Impacts r = impacts(*c.likelihood, c.observed);
  ASSERT_TRUE(r.is_usable()) << r.reason;
  const Impact& k = of(r, c.likelihood->find_parameter("k")->index);
  ASSERT_EQ(k.best, 0.0);
  EXPECT_NE(k.postfit.reason.find("at a bound"), std::string::npos);
  EXPECT_FALSE(k.postfit.up || k.postfit.linear);
  EXPECT_EQ(k.size(), 0.0);
}

TEST(Impacts, OnAParameterOfInterestAtItsBound) {
  auto ws = search();
  ws.observations[0].data = {40.0, 15.0};
  const auto c = compile(ws);
  const Impacts r = impacts(*c.likelihood, c.observed);
  ASSERT_TRUE(r.is_usable()) << r.reason;
  EXPECT_EQ(r.best, 0.0);
  EXPECT_EQ(r.uncertainty, 0.0);
  EXPECT_TRUE(std::any_of(r.notes.begin(), r.notes.end(),
                          [](const std::string& note) { return note.find("is at a bound") != std::string::npos; }));
  for (const Impact& impact : r.impacts) {
    ASSERT_TRUE(impact.postfit.up && impact.postfit.up->shift);
    EXPECT_GE(*impact.postfit.up->shift, 0.0);
    const bool stays = *impact.postfit.up->shift == 0.0;
    EXPECT_EQ(impact.postfit.up->reason.find("ends at its bound") != std::string::npos, stays);
  }
}

TEST(Impacts, OfRandomModelsHaveGroupsThatArePlainFitsWithTheGroupHeld) {
  std::size_t n_compared = 0;
  for (unsigned seed = 0; seed < 40; ++seed) {
    const auto c = compile(test::RandomWorkspace(seed).make());
    const model::Likelihood& likelihood = *c.likelihood;
    ImpactOptions options;
    options.exact = false;
    for (std::size_t first = 0; first < 3; ++first) {
      ImpactGroup group{"every third", {}};
      for (std::size_t i = first; i < likelihood.parameters().size(); i += 3) group.parameters.push_back({i});
      options.groups.push_back(group);
    }
    const Impacts r = impacts(likelihood, c.observed, options);
    if (!r.is_usable() || r.uncertainty == 0.0) continue;
    for (const GroupImpact& group : r.groups) {
      FitOptions held;
      for (const ParamId p : group.parameters) held.fixed.push_back({p, r.fit.minimum.x[p.index]});
      held.start = r.fit.minimum.x;
      const FitResult without = fit(likelihood, c.observed, held);
      ASSERT_FALSE(without.uncertainties.empty()) << seed;
      const double sigma = without.uncertainties[r.poi->index];
      // Relative to the variance; the two fits stop within 1e-6 sigma of each other.
      const double tolerance = 1e-5 * r.uncertainty * r.uncertainty;
      EXPECT_NEAR(group.uncertainty * group.uncertainty, r.uncertainty * r.uncertainty - sigma * sigma, tolerance)
          << seed;
      ++n_compared;
    }
  }
  EXPECT_GT(n_compared, 50u);
}

// One measurement y = mean + theta by counts, (y + 1) / events their variance: theta stays where its datum is, with the
// variance 1 / (1 + 2 e^2), and all of that comes from the datum.
TEST(Impacts, ByDataWithAnErrorOnTheErrorAddUp) {
  constexpr double events = 50.0, y = 10.0;
  for (const double e : {0.1, 0.3, 1.0}) {
    const auto c = model::compile(test::measurements({y}, events, y), {.errors_on_errors = {{"theta0", e}}}).value();
    const Impacts r = impacts(*c.likelihood, c.observed, {.exact = false});
    ASSERT_TRUE(r.is_usable()) << r.reason;
    const Impact& theta = r.impacts.at(0);
    const double variance = 1.0 / (1.0 + 2.0 * e * e);
    EXPECT_NEAR(*theta.pull, 0.0, precision);
    EXPECT_NEAR(*theta.constraint, std::sqrt(variance), precision);
    EXPECT_NEAR(theta.global.step, std::sqrt(variance), precision);
    EXPECT_NEAR(*theta.global.linear, -std::sqrt(variance), precision);
    EXPECT_NEAR(r.global_systematic, std::sqrt(variance), precision);
    EXPECT_NEAR(*r.global_statistical, std::sqrt((y + 1.0) / events), precision);
  }
}

/// Off its datum the constraint bends: against plain fits with the datum moved.
TEST(Impacts, ByDataWithAnErrorOnTheErrorAreThoseOfPlainFits) {
  const auto c = model::compile(search(), {.errors_on_errors = {{"JES", 0.4}, {"norm", 0.3}}}).value();
  const model::Likelihood& likelihood = *c.likelihood;
  const ParamId norm = *likelihood.find_parameter("norm");
  const std::size_t poi = likelihood.poi()->index;
  const std::size_t datum = likelihood.parameters()[norm.index].constraint.data_index;
  model::Data data = c.observed;
  data.values[datum] = 0.9;
  const Impacts r = impacts(likelihood, data);
  ASSERT_TRUE(r.is_usable()) << r.reason;
  const Impact& impact = of(r, norm.index);
  ASSERT_GT(std::fabs(*impact.pull), 0.01);
  EXPECT_NEAR(*impact.pull, impact.best - 0.9, 1e-12);
  const auto mu_at = [&](double value) {
    model::Data moved = data;
    moved.values[datum] = value;
    return fit(likelihood, moved).minimum.x[poi];
  };
  // Two certified minima are each good to 1e-6 sigma.
  EXPECT_NEAR(*impact.global.up->shift, mu_at(0.9 + impact.global.step) - r.best, 3e-6 * r.uncertainty);
  EXPECT_NEAR(*impact.global.down->shift, mu_at(0.9 - impact.global.step) - r.best, 3e-6 * r.uncertainty);
  // Central differences: wrong by the square of the step times a third derivative of order one, 1e-4.
  constexpr double step = 0.01;
  const double slope = (mu_at(0.9 + step) - mu_at(0.9 - step)) / (2.0 * step);
  EXPECT_NEAR(*impact.global.linear, slope * impact.global.step, 5e-4);
}

TEST(Impacts, WithASmallErrorOnTheErrorAreThoseOfANormalConstraint) {
  const auto normal = compile(search());
  const auto small = model::compile(search(), {.errors_on_errors = {{"JES", 1e-6}, {"norm", 1e-6}}}).value();
  const Impacts a = impacts(*normal.likelihood, normal.observed), b = impacts(*small.likelihood, small.observed);
  ASSERT_TRUE(a.is_usable() && b.is_usable()) << b.reason;
  // e^2 is far below what the minimiser leaves.
  EXPECT_NEAR(*b.global_statistical, *a.global_statistical, 1e-6);
  EXPECT_NEAR(b.global_systematic, a.global_systematic, 1e-6);
  for (const char* name : {"JES", "norm"}) {
    const std::size_t i = normal.likelihood->find_parameter(name)->index;
    const Impact &of_normal = of(a, i), &of_small = of(b, i);
    EXPECT_NEAR(*of_small.pull, *of_normal.pull, 1e-6);
    EXPECT_NEAR(of_small.global.step, of_normal.global.step, 1e-6);
    EXPECT_NEAR(*of_small.global.linear, *of_normal.global.linear, 1e-6);
    EXPECT_NEAR(*of_small.global.up->shift, *of_normal.global.up->shift, 1e-5);
    EXPECT_NEAR(*of_small.prefit.down->shift, *of_normal.prefit.down->shift, 1e-5);
  }
}

TEST(Impacts, WhatActsInMaskedChannelsOnlyHasNone) {
  using enum spec::ModifierType;
  spec::Workspace ws;
  ws.channels.push_back(
      {"CR", {{"top", {100.0}, {{"k", normfactor, {}}, {"JES", normsys, spec::NormSysData{0.9, 1.1}}}}}});
  ws.channels.push_back(
      {"SR", {{"signal", {5.0}, {{"mu", normfactor, {}}}}, {"top", {20.0}, {{"free", normfactor, {}}}}}});
  ws.observations = {{"CR", {120.0}}, {"SR", {24.0}}};
  ws.measurements.push_back({"measurement", "mu", {}});
  const auto c = compile(ws);
  const model::Likelihood& likelihood = *c.likelihood;
  const model::Data masked = model::mask_channels(likelihood, c.observed, std::vector<std::string>{"SR"}).value();
  const ParamId k = *likelihood.find_parameter("k"), free = *likelihood.find_parameter("free");
  const Impacts on_mu = impacts(likelihood, masked);
  EXPECT_EQ(on_mu.status, Status::not_defined);
  EXPECT_EQ(on_mu.reason, "the parameter of interest 'mu' acts in masked channels only: nothing can move it");
  const Impacts on_k = impacts(likelihood, masked, {.poi = k});
  ASSERT_TRUE(on_k.is_usable()) << on_k.reason;
  ASSERT_EQ(on_k.impacts.size(), 1u);
  EXPECT_EQ(on_k.impacts[0].parameter, *likelihood.find_parameter("JES"));
  ASSERT_EQ(on_k.notes.size(), 1u);
  EXPECT_NE(on_k.notes[0].find("act in masked channels only"), std::string::npos) << on_k.notes[0];
  const Impacts asked = impacts(likelihood, masked, {.poi = k, .parameters = {free}});
  EXPECT_EQ(asked.status, Status::not_defined);
  EXPECT_EQ(asked.reason, "'free' acts in masked channels only: it has no impact");
}

TEST(Impacts, AreTheSameForAnyNumberOfThreads) {
  const auto c = compile(search());
  const Impacts one = impacts(*c.likelihood, c.observed), four = impacts(*c.likelihood, c.observed, {.threads = 4});
  ASSERT_EQ(one.impacts.size(), four.impacts.size());
  EXPECT_EQ(one.n_fits, four.n_fits);
  for (std::size_t k = 0; k < one.impacts.size(); ++k) {
    const Impact &a = one.impacts[k], &b = four.impacts[k];
    EXPECT_EQ(a.parameter, b.parameter);
    EXPECT_EQ(a.postfit.up->shift, b.postfit.up->shift);
    EXPECT_EQ(a.postfit.down->shift, b.postfit.down->shift);
    EXPECT_EQ(a.prefit.up->shift, b.prefit.up->shift);
    EXPECT_EQ(a.global.down->shift, b.global.down->shift);
  }
}

// A refit is the same whatever was fitted before it.
TEST(Impacts, OfSomeAreThoseOfAll) {
  const auto c = compile(search());
  const Impacts all = impacts(*c.likelihood, c.observed);
  for (const Impact& impact : all.impacts) {
    const Impacts alone = impacts(*c.likelihood, c.observed, {.parameters = {impact.parameter}});
    ASSERT_EQ(alone.impacts.size(), 1u);
    EXPECT_EQ(alone.impacts[0].prefit.down->shift, impact.prefit.down->shift);
    EXPECT_EQ(alone.impacts[0].global.up->shift, impact.global.up->shift);
    EXPECT_EQ(alone.systematic, all.systematic);
  }
}

TEST(Impacts, LinearOnesNeedNoRefits) {
  const auto c = compile(search());
  const Impacts r = impacts(*c.likelihood, c.observed, {.exact = false});
  ASSERT_TRUE(r.is_usable()) << r.reason;
  EXPECT_EQ(r.n_fits, 1);
  for (const Impact& impact : r.impacts) {
    EXPECT_FALSE(impact.postfit.up || impact.prefit.down || impact.global.up);
    EXPECT_EQ(impact.size(), std::fabs(*impact.postfit.linear));
  }
}

TEST(Impacts, QuestionsWithoutAnAnswer) {
  const auto c = compile(search());
  const ParamId mu = *c.likelihood->poi(), norm = *c.likelihood->find_parameter("norm");
  const auto ask = [&](const ImpactOptions& options) { return impacts(*c.likelihood, c.observed, options); };
  EXPECT_EQ(ask({.parameters = {mu}}).status, Status::not_defined);
  EXPECT_EQ(ask({.fixed = {{mu, 1.0}}}).status, Status::not_defined);
  EXPECT_EQ(ask({.parameters = {norm}, .fixed = {{norm, 0.0}}}).status, Status::not_defined);
  const std::atomic<bool> stop = true;
  EXPECT_EQ(ask({.stop = &stop}).status, Status::interrupted);
  auto ws = search();
  ws.measurements[0].poi.clear();
  const auto without = compile(ws);
  EXPECT_EQ(impacts(*without.likelihood, without.observed).status, Status::not_defined);
  EXPECT_TRUE(impacts(*without.likelihood, without.observed, {.poi = norm}).is_usable());
}

TEST(Impacts, StopWhereTheyAre) {
  const auto c = compile(search());
  std::atomic<bool> stop = false;
  std::atomic<int> n_evaluations = 0;
  const test::FailsWhere counts(*c.likelihood, "", [&](std::span<const double>, const model::Data&) {
    ++n_evaluations;
    return false;
  });
  ASSERT_TRUE(impacts(counts, c.observed).is_usable());
  const int n_all = n_evaluations;
  n_evaluations = 0;
  const test::FailsWhere stops(*c.likelihood, "", [&](std::span<const double>, const model::Data&) {
    if (++n_evaluations == n_all / 2) stop = true;
    return false;
  });
  EXPECT_EQ(impacts(stops, c.observed, {.stop = &stop}).status, Status::interrupted);
  EXPECT_LT(n_evaluations, n_all * 2 / 3);
}

TEST(Impacts, OfAFlatDirectionAreNotDefined) {
  auto ws = search();
  ws.channels[0].samples[0].modifiers.push_back({"k", spec::ModifierType::normfactor, {}});  // mu k
  const auto c = compile(ws);
  const Impacts r = impacts(*c.likelihood, c.observed);
  EXPECT_EQ(r.status, Status::not_defined);
  EXPECT_NE(r.reason.find("mu"), std::string::npos) << r.reason;
  const Impacts held = impacts(*c.likelihood, c.observed, {.fixed = {{*c.likelihood->find_parameter("k"), 1.0}}});
  EXPECT_TRUE(held.is_usable());
}

TEST(Impacts, RefitsThatFailAreTold) {
  const auto c = compile(search());
  const ParamId norm = *c.likelihood->find_parameter("norm");
  const test::FailsWhere likelihood(*c.likelihood, "too high for it",
                                    [&](std::span<const double> x, const model::Data&) { return x[norm.index] > 1.0; });
  const Impacts r = impacts(likelihood, c.observed, {.parameters = {norm}});
  ASSERT_TRUE(r.is_usable()) << r.reason;
  const Impact& impact = r.impacts[0];
  ASSERT_GT(impact.prefit.up->at, 1.0);
  EXPECT_FALSE(impact.prefit.up->shift);
  EXPECT_NE(impact.prefit.up->reason.find("too high for it"), std::string::npos) << impact.prefit.up->reason;
  EXPECT_TRUE(impact.prefit.down->shift);
  EXPECT_TRUE(std::any_of(r.notes.begin(), r.notes.end(),
                          [](const std::string& note) { return note.find("have no impact") != std::string::npos; }));
}

}  // namespace
}  // namespace relume::infer
