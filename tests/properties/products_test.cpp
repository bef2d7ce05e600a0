// SPDX-FileCopyrightText: relume authors
// SPDX-License-Identifier: BSD-3-Clause
//
// A random model against the product of its channels, with all shared that has one name.
#include <cmath>
#include <map>
#include <set>

#include <Eigen/Dense>
#include <gtest/gtest.h>

#include "math/curvature_solver.hpp"
#include "relume/edit/workspace.hpp"
#include "relume/infer/hypotest.hpp"
#include "relume/model/channel_mask.hpp"
#include "relume/model/product.hpp"
#include "support/dense_hessian.hpp"
#include "support/random_workspace.hpp"

namespace relume {
namespace {

using math::Derivatives;
using test::RandomWorkspace;

constexpr unsigned n_models = 300;

struct Case {
  model::Compiled whole, product;
  std::vector<std::size_t> index;  ///< of each parameter of the product in the whole
  std::vector<std::size_t> datum;  ///< of each datum
  std::vector<double> point, product_point;

  std::vector<double> to_product(const std::vector<double>& x) const {
    std::vector<double> y;
    for (const std::size_t i : index) y.push_back(x[i]);
    return y;
  }
};

spec::Workspace only(const spec::Workspace& ws, const std::string& channel) {
  std::vector<std::string> others;
  for (const auto& c : ws.channels) {
    if (c.name != channel) others.push_back(c.name);
  }
  return edit::prune(ws, {.channels = others}).value();
}

/// Nothing for models of one channel, and for channels without parameters.
std::optional<Case> make_case(unsigned seed, bool reversed) {
  RandomWorkspace random(seed);
  const spec::Workspace ws = random.make();
  if (ws.channels.size() < 2) return std::nullopt;
  std::vector<model::ProductComponent> components;
  std::map<std::string, spec::Product::Shared> by_name;
  for (const auto& channel : ws.channels) {
    auto compiled = model::compile(only(ws, channel.name));
    if (!compiled) return std::nullopt;
    for (const auto& set : compiled->likelihood->parameter_sets()) {
      by_name[set.name].name = set.name;
      by_name[set.name].members.emplace_back(channel.name, set.name);
    }
    components.push_back({channel.name, std::move(compiled->likelihood), compiled->observed});
  }
  // Another order of the parameters than that of the components.
  if (reversed) std::reverse(components.begin(), components.end());
  model::ProductOptions options{.poi = "mu"};
  for (auto& [name, shared] : by_name) {
    if (shared.members.size() > 1) options.shared.push_back(shared);
  }
  auto product = model::multiply(std::move(components), options);
  EXPECT_TRUE(product) << "seed " << seed << ": " << to_string(product.errors());
  if (!product) return std::nullopt;
  Case c{std::move(*model::compile(ws)), std::move(*product), {}, {}, {}, {}};
  const auto bare = [](const std::string& name) { return name.substr(name.find('/') + 1); };
  for (const auto& p : c.product.likelihood->parameters()) {
    const auto found = c.whole.likelihood->find_parameter(bare(p.name));
    EXPECT_TRUE(found) << p.name;
    c.index.push_back(found->index);
  }
  for (const auto& block : c.product.likelihood->data_blocks()) {
    for (const auto& there : c.whole.likelihood->data_blocks()) {
      if (there.name != bare(block.name)) continue;
      for (std::size_t i = 0; i < block.size; ++i) c.datum.push_back(there.first + i);
    }
  }
  for (const auto& p : c.whole.likelihood->parameters()) {
    const bool is_alpha = p.name.starts_with("alpha");
    c.point.push_back(is_alpha ? random.uniform(-0.9, 0.9) : random.uniform(0.85, 1.2));
  }
  c.product_point = c.to_product(c.point);
  return c;
}

TEST(Products, OfChannelsAreTheWholeModel) {
  unsigned compared = 0, with_demoted = 0;
  for (unsigned seed = 0; seed < n_models; ++seed) {
    const auto c = make_case(seed, seed % 2 == 1);
    if (!c) continue;
    SCOPED_TRACE("seed " + std::to_string(seed));
    const model::Likelihood &whole = *c->whole.likelihood, &product = *c->product.likelihood;
    ASSERT_EQ(whole.parameters().size(), product.parameters().size());
    ASSERT_EQ(whole.n_data(), product.n_data());
    ASSERT_EQ(c->datum.size(), product.n_data());
    for (std::size_t i = 0; i < c->datum.size(); ++i) {
      EXPECT_EQ(c->product.observed.values[i], c->whole.observed.values[c->datum[i]]);
    }
    const auto scratch = whole.make_scratch(), other = product.make_scratch();
    const auto e = whole.evaluate(c->point, c->whole.observed, Derivatives::curvature, {}, *scratch);
    const auto f = product.evaluate(c->product_point, c->product.observed, Derivatives::curvature, {}, *other);
    ASSERT_EQ(e.status, f.status);
    if (e.status != math::EvaluationStatus::ok) {
      EXPECT_FALSE(product.explain(c->product_point, *other).empty());
      continue;
    }
    ++compared;
    EXPECT_NEAR(e.value, f.value, 1e-12 * (1.0 + e.value));
    EXPECT_NEAR(e.main, f.main, 1e-12 * (1.0 + e.main));
    EXPECT_NEAR(whole.constant(c->whole.observed), product.constant(c->product.observed), 1e-9);
    const auto n = c->index.size();
    for (const math::Form form : {math::Form::exact, math::Form::semidefinite, math::Form::preconditioner}) {
      const Eigen::MatrixXd h = test::dense_hessian(scratch->curvature, form),
                            k = test::dense_hessian(other->curvature, form);
      const double scale = h.cwiseAbs().maxCoeff();
      for (std::size_t i = 0; i < n; ++i) {
        for (std::size_t j = 0; j < n; ++j) {
          const auto a = static_cast<Eigen::Index>(c->index[i]), b = static_cast<Eigen::Index>(c->index[j]);
          EXPECT_NEAR(k(static_cast<Eigen::Index>(i), static_cast<Eigen::Index>(j)), h(a, b), 1e-13 * scale)
              << product.parameters()[i].name << ", " << product.parameters()[j].name;
        }
      }
    }
    for (std::size_t i = 0; i < n; ++i) {
      EXPECT_NEAR(other->gradient[i], scratch->gradient[c->index[i]], 1e-11 * (1.0 + std::fabs(other->gradient[i])));
    }
    std::vector<double> diagonal(n), there(n);
    other->curvature.diagonal(diagonal, math::Form::exact);
    scratch->curvature.diagonal(there, math::Form::exact);
    for (std::size_t i = 0; i < n; ++i) {
      EXPECT_NEAR(diagonal[i], there[c->index[i]], 1e-11 * (1.0 + std::fabs(diagonal[i])));
      with_demoted +=
          product.layout().private_of_parameter[i] < 0 && whole.layout().private_of_parameter[c->index[i]] >= 0;
    }
    const model::Data expected = whole.expected_data(c->point), there_too = product.expected_data(c->product_point);
    for (std::size_t i = 0; i < c->datum.size(); ++i) {
      EXPECT_NEAR(there_too.values[i], expected.values[c->datum[i]], 1e-12 * (1.0 + expected.values[c->datum[i]]));
    }
  }
  EXPECT_GT(compared, n_models / 4);
  EXPECT_EQ(with_demoted, 0u);  // what one channel alone has stays private
}

// The same linear systems, solved in the product's own structure: per-bin factors that several channels share are
// private in each component.
TEST(Products, SolveLikeADenseMatrix) {
  unsigned compared = 0, shared_factors = 0;
  for (unsigned seed = 0; seed < n_models; ++seed) {
    const auto c = make_case(seed, seed % 2 == 0);
    if (!c) continue;
    const model::Likelihood& product = *c->product.likelihood;
    for (const auto& set : product.parameter_sets()) shared_factors += set.name == "shape" && set.size > 1;
    const auto scratch = product.make_scratch();
    const auto e = product.evaluate(c->product_point, c->product.observed, Derivatives::curvature, {}, *scratch);
    if (e.status != math::EvaluationStatus::ok) continue;
    const std::size_t n = c->product_point.size();
    const std::vector<char> free(n, 1);
    std::vector<double> b(n, 1.0), x(n);
    math::CurvatureSolver solver(product.layout());
    for (const math::Form form : {math::Form::semidefinite, math::Form::exact}) {
      if (solver.factorise(scratch->curvature, free, form) != math::Factorisation::positive_definite) continue;
      solver.solve(b, x);
      Eigen::MatrixXd h = test::dense_hessian(scratch->curvature, form);
      h += math::CurvatureSolver::null_direction_share *
           Eigen::MatrixXd(test::dense_hessian(scratch->curvature, math::Form::semidefinite).diagonal().asDiagonal());
      const Eigen::Map<const Eigen::VectorXd> solution(x.data(), static_cast<Eigen::Index>(n));
      if (solution.cwiseAbs().maxCoeff() > 1e6) continue;  // degenerate: rests on the lent stiffness
      ++compared;
      const Eigen::VectorXd left = h * solution;
      // Eliminating what only the lent stiffness holds amplifies rounding by as much (tests of CurvatureSolver).
      for (Eigen::Index i = 0; i < left.size(); ++i) {
        if (h(i, i) == 0.0) continue;  // without effect: any value solves it
        EXPECT_NEAR(left[i], 1.0, 1e-4) << "seed " << seed;
      }
    }
  }
  EXPECT_GT(compared, n_models / 4);
  EXPECT_GT(shared_factors, 10u);
}

TEST(Products, FitsAndLimitsAreThoseOfTheWhole) {
  unsigned compared = 0;
  for (unsigned seed = 0; seed < n_models / 4; ++seed) {
    const auto c = make_case(seed, seed % 2 == 1);
    if (!c) continue;
    SCOPED_TRACE("seed " + std::to_string(seed));
    const infer::FitResult a = infer::fit(*c->whole.likelihood, c->whole.observed);
    const infer::FitResult b = infer::fit(*c->product.likelihood, c->product.observed);
    ASSERT_TRUE(a.minimum.is_usable()) << a.minimum.reason;
    ASSERT_TRUE(b.minimum.is_usable()) << b.minimum.reason;
    EXPECT_NEAR(a.twice_nll, b.twice_nll, 1e-7);
    const infer::Limit one = infer::upper_limit(*c->whole.likelihood, c->whole.observed);
    const infer::Limit two = infer::upper_limit(*c->product.likelihood, c->product.observed);
    ASSERT_EQ(one.status, two.status) << one.reason << two.reason;
    if (!one.is_usable()) continue;
    EXPECT_NEAR(*one.observed, *two.observed, 2e-6 * *one.observed);
    for (std::size_t n = 0; n < 5; ++n) EXPECT_NEAR(*one.expected[n], *two.expected[n], 2e-6 * *one.expected[n]);
    ++compared;
  }
  EXPECT_GT(compared, 15u);
}

TEST(Products, MasksAndIdleParametersAreThoseOfTheWhole) {
  unsigned compared = 0;
  for (unsigned seed = 0; seed < n_models; ++seed) {
    const auto c = make_case(seed, false);
    if (!c) continue;
    const model::Likelihood &whole = *c->whole.likelihood, &product = *c->product.likelihood;
    ASSERT_TRUE(product.has_channel_masks());
    const std::string name = whole.channels()[0].name;
    const model::Data masked = model::mask_channels(whole, c->whole.observed, {{name}}).value();
    const model::Data there = model::mask_channels(product, c->product.observed, {{name + "/" + name}}).value();
    std::set<std::size_t> idle, other;
    for (const std::uint32_t i : whole.idle_parameters(masked)) idle.insert(i);
    for (const std::uint32_t i : product.idle_parameters(there)) other.insert(c->index[i]);
    EXPECT_EQ(idle, other) << "seed " << seed;
    const auto scratch = whole.make_scratch(), own = product.make_scratch();
    const auto e = whole.evaluate(c->point, masked, Derivatives::gradient, {}, *scratch);
    const auto f = product.evaluate(c->product_point, there, Derivatives::gradient, {}, *own);
    ASSERT_EQ(e.status, f.status);
    if (e.status != math::EvaluationStatus::ok) continue;
    EXPECT_NEAR(e.value, f.value, 1e-12 * (1.0 + e.value)) << "seed " << seed;
    ++compared;
  }
  EXPECT_GT(compared, n_models / 4);
}

TEST(Products, PredictionsAreThoseOfTheWhole) {
  for (unsigned seed = 0; seed < n_models; ++seed) {
    const auto c = make_case(seed, false);  // channels in the order of the whole
    if (!c) continue;
    SCOPED_TRACE("seed " + std::to_string(seed));
    const model::Likelihood &whole = *c->whole.likelihood, &product = *c->product.likelihood;
    const auto yields = whole.expected_by_sample(c->point), there = product.expected_by_sample(c->product_point);
    ASSERT_EQ(yields.size(), there.size());
    for (std::size_t i = 0; i < yields.size(); ++i) EXPECT_NEAR(yields[i], there[i], 1e-12 * (1.0 + yields[i]));
    const auto slopes = whole.prediction_slopes(c->point), own = product.prediction_slopes(c->product_point);
    ASSERT_EQ(slopes.rows.size(), own.rows.size());
    for (std::size_t r = 0; r + 1 < slopes.rows.size(); ++r) {
      std::map<std::size_t, double> a, b;
      for (std::size_t k = slopes.rows[r]; k < slopes.rows[r + 1]; ++k) a[slopes.parameters[k]] += slopes.slopes[k];
      for (std::size_t k = own.rows[r]; k < own.rows[r + 1]; ++k) b[c->index[own.parameters[k]]] += own.slopes[k];
      ASSERT_EQ(a.size(), b.size());
      for (const auto& [i, slope] : a) EXPECT_NEAR(slope, b[i], 1e-11 * (1.0 + std::fabs(slope)));
    }
    const auto scratch = whole.make_scratch(), other = product.make_scratch();
    const auto gradient = whole.yield_gradient(c->point, c->whole.observed, *scratch);
    const auto same = product.yield_gradient(c->product_point, c->product.observed, *other);
    ASSERT_EQ(gradient.size(), same.size());
    if (std::any_of(gradient.begin(), gradient.end(), [](double g) { return std::isnan(g); })) continue;
    for (std::size_t i = 0; i < gradient.size(); ++i) {
      EXPECT_NEAR(gradient[i], same[i], 1e-11 * (1.0 + std::fabs(gradient[i])));
    }
  }
}

}  // namespace
}  // namespace relume
