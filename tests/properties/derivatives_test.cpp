// SPDX-FileCopyrightText: relume authors
// SPDX-License-Identifier: BSD-3-Clause
//
// Exact derivatives against finite differences, and structured linear algebra against dense, on random models with all
// modifiers.
#include <cmath>

#include <Eigen/Dense>
#include <gtest/gtest.h>

#include "infer/likelihood_objective.hpp"
#include "math/curvature_solver.hpp"
#include "relume/edit/workspace.hpp"
#include "relume/infer/fit.hpp"
#include "relume/minimize/minimize.hpp"
#include "relume/model/channel_mask.hpp"
#include "relume/model/histfactory.hpp"
#include "support/dense_hessian.hpp"
#include "support/random_workspace.hpp"

namespace relume {
namespace {

using math::Derivatives;
using test::RandomWorkspace;

constexpr unsigned n_models = 300;

struct Case {
  model::Compiled compiled;
  std::vector<double> point;
};

/// A point inside the bounds, away from the joins of the interpolation codes.
Case make_case(unsigned seed, const model::CompileOptions& options, bool zero_poi = false) {
  RandomWorkspace random(seed);
  auto compiled = model::compile(random.make(), options);
  EXPECT_TRUE(compiled) << to_string(compiled.errors());
  Case c{std::move(*compiled), {}};
  for (const auto& p : c.compiled.likelihood->parameters()) {
    if (p.name.starts_with("alpha")) {
      double x = random.uniform(-1.6, 1.6);
      if (std::fabs(std::fabs(x) - 1.0) < 0.05 || std::fabs(x) < 0.05) x = 0.5;
      c.point.push_back(x);
    } else {
      c.point.push_back(random.uniform(0.85, 1.2));
    }
  }
  if (zero_poi) c.point[c.compiled.likelihood->poi()->index] = 0.0;
  return c;
}

std::vector<model::CompileOptions> code_choices() {
  using enum model::InterpolationCode;
  std::vector<model::CompileOptions> choices(4);
  choices[1].histosys = code0;
  choices[1].normsys = code1;
  choices[2].histosys = code2;
  choices[3].histosys = code2_pyhf;
  return choices;
}

TEST(Derivatives, GradientAndHessianMatchFiniteDifferences) {
  unsigned compared = 0;
  for (unsigned seed = 0; seed < n_models; ++seed) {
    const Case c = make_case(seed, code_choices()[seed % 4], seed % 5 == 0);
    const model::Likelihood& l = *c.compiled.likelihood;
    const auto scratch = l.make_scratch(), other = l.make_scratch();
    const auto e = l.evaluate(c.point, c.compiled.observed, Derivatives::curvature, {}, *scratch);
    if (e.status != math::EvaluationStatus::ok) continue;  // mu = 0 may empty an observed bin
    ++compared;
    const Eigen::MatrixXd h = test::dense_hessian(scratch->curvature, math::Form::exact);
    EXPECT_LT((h - h.transpose()).cwiseAbs().maxCoeff(), 1e-9 * h.cwiseAbs().maxCoeff()) << "seed " << seed;
    for (std::size_t i = 0; i < c.point.size(); ++i) {
      constexpr double step = 1e-5;
      std::vector<double> up = c.point, down = c.point;
      up[i] += step;
      down[i] -= step;
      const auto e_up = l.evaluate(up, c.compiled.observed, Derivatives::gradient, {}, *other);
      const std::vector<double> g_up = other->gradient;
      const auto e_down = l.evaluate(down, c.compiled.observed, Derivatives::gradient, {}, *other);
      if (e_up.status != math::EvaluationStatus::ok || e_down.status != math::EvaluationStatus::ok) continue;
      const double slope = (e_up.value - e_down.value) / (2.0 * step);
      EXPECT_NEAR(scratch->gradient[i], slope, 2e-5 * (1.0 + std::fabs(slope)))
          << "seed " << seed << ", " << l.parameters()[i].name;
      for (std::size_t j = 0; j < c.point.size(); ++j) {
        const double second = (g_up[j] - other->gradient[j]) / (2.0 * step);
        EXPECT_NEAR(
            h(static_cast<Eigen::Index>(i), static_cast<Eigen::Index>(j)), second,
            1e-5 * (1.0 + std::fabs(second) + std::fabs(h(static_cast<Eigen::Index>(i), static_cast<Eigen::Index>(i)))))
            << "seed " << seed << ", " << l.parameters()[i].name << ", " << l.parameters()[j].name;
      }
    }
  }
  EXPECT_GT(compared, n_models / 2);
}

TEST(Derivatives, ValueDoesNotDependOnWhatElseIsAskedFor) {
  for (unsigned seed = 0; seed < n_models; ++seed) {
    const Case c = make_case(seed, {});
    const model::Likelihood& l = *c.compiled.likelihood;
    const auto scratch = l.make_scratch();
    const double plain = l.evaluate(c.point, c.compiled.observed, Derivatives::none, {}, *scratch).value;
    EXPECT_EQ(plain, l.evaluate(c.point, c.compiled.observed, Derivatives::gradient, {}, *scratch).value);
    EXPECT_EQ(plain, l.evaluate(c.point, c.compiled.observed, Derivatives::curvature, {}, *scratch).value);
  }
}

TEST(ChannelMask, IsTheModelWithoutTheChannel) {
  unsigned compared = 0;
  for (unsigned seed = 0; seed < n_models; ++seed) {
    const spec::Workspace ws = RandomWorkspace(seed).make();
    if (ws.channels.size() < 2) continue;
    Case c = make_case(seed, {});
    const model::Likelihood& l = *c.compiled.likelihood;
    const auto dropped =
        model::compile(edit::prune(ws, {.channels = std::vector<std::string>{ws.channels[0].name}}).value());
    ASSERT_TRUE(dropped) << to_string(dropped.errors());
    const model::Likelihood& rest = *dropped->likelihood;
    std::vector<double> point;
    for (const auto& p : rest.parameters()) point.push_back(c.point[l.find_parameter(p.name)->index]);
    for (std::size_t i = 0; i < c.point.size();
         ++i) {  // what acts in the dropped channel alone stays where it was measured
      const model::Parameter& p = l.parameters()[i];
      const double measured = p.constraint.kind == model::ConstraintKind::none
                                  ? p.initial
                                  : c.compiled.observed.values[p.constraint.data_index];
      if (!rest.find_parameter(p.name)) {
        c.point[i] = p.constraint.kind == model::ConstraintKind::poisson ? measured / p.constraint.rate : measured;
      }
    }
    model::Data data = model::mask_channels(l, c.compiled.observed, {{ws.channels[0].name}}).value();
    const auto scratch = l.make_scratch(), other = rest.make_scratch(), again = l.make_scratch();
    // A scratch that has seen all channels, and the multipliers of a search: nothing of them stays.
    l.evaluate(c.point, c.compiled.observed, Derivatives::curvature, {.penalty = 1.0}, *scratch);
    const auto e = l.evaluate(c.point, data, Derivatives::curvature, {}, *scratch);
    const auto wanted = rest.evaluate(point, dropped->observed, Derivatives::curvature, {}, *other);
    ASSERT_EQ(e.status, wanted.status) << "seed " << seed;
    if (e.status != math::EvaluationStatus::ok) continue;
    ++compared;
    EXPECT_NEAR(e.value, wanted.value, 1e-11 * (1.0 + wanted.value)) << "seed " << seed;
    EXPECT_NEAR(l.constants(data).main, rest.constants(dropped->observed).main, 1e-10);
    const Eigen::MatrixXd h = test::dense_hessian(scratch->curvature, math::Form::exact),
                          k = test::dense_hessian(other->curvature, math::Form::exact);
    std::vector<char> is_idle(c.point.size(), 0);
    for (const std::uint32_t i : l.idle_parameters(data)) is_idle[i] = 1;
    std::vector<std::uint32_t> absent;  // what likelihoods of others get without writing it
    for (std::uint32_t i = 0; i < c.point.size(); ++i) {
      const model::Parameter& p = l.parameters()[i];
      const bool is_free = !p.is_fixed && p.constraint.kind == model::ConstraintKind::none;
      if (is_free && !rest.find_parameter(p.name)) absent.push_back(i);
    }
    EXPECT_EQ(l.model::Likelihood::idle_parameters(data), absent) << "seed " << seed;
    const double scale = k.cwiseAbs().maxCoeff();
    for (std::size_t i = 0; i < c.point.size(); ++i) {
      const auto row = static_cast<Eigen::Index>(i);
      const auto there = rest.find_parameter(l.parameters()[i].name);
      if (!there) {
        EXPECT_NEAR(scratch->gradient[i], 0.0, 1e-10);
        const bool has_constraint = l.parameters()[i].constraint.kind != model::ConstraintKind::none;
        EXPECT_EQ(is_idle[i] != 0, !has_constraint && !l.parameters()[i].is_fixed)
            << "seed " << seed << ", " << l.parameters()[i].name;
        continue;
      }
      EXPECT_NEAR(scratch->gradient[i], other->gradient[there->index],
                  1e-10 * (1.0 + std::fabs(other->gradient[there->index])));
      for (std::size_t j = 0; j < c.point.size(); ++j) {
        const auto also = rest.find_parameter(l.parameters()[j].name);
        const double second =
            also ? k(static_cast<Eigen::Index>(there->index), static_cast<Eigen::Index>(also->index)) : 0.0;
        EXPECT_NEAR(h(row, static_cast<Eigen::Index>(j)), second, 1e-11 * scale) << "seed " << seed;
      }
    }
    // Data of the masked channel are as if they were not there, to the last bit.
    for (std::size_t b = 0; b < l.channels()[0].n_bins; ++b) data.values[b] = 1e6 * static_cast<double>(b);
    const auto blind = l.evaluate(c.point, data, Derivatives::curvature, {}, *again);
    EXPECT_EQ(blind.value, e.value);
    EXPECT_EQ(again->gradient, scratch->gradient);
    EXPECT_EQ(l.constant(data),
              l.constant(model::mask_channels(l, c.compiled.observed, {{ws.channels[0].name}}).value()));
  }
  EXPECT_GT(compared, n_models / 3);
}

TEST(CurvatureSolver, SolvesLikeADenseMatrix) {
  unsigned compared = 0;
  for (unsigned seed = 0; seed < n_models; ++seed) {
    const Case c = make_case(seed, {});
    const model::Likelihood& l = *c.compiled.likelihood;
    const auto scratch = l.make_scratch();
    if (l.evaluate(c.point, c.compiled.observed, Derivatives::curvature, {}, *scratch).status !=
        math::EvaluationStatus::ok) {
      continue;
    }
    ++compared;
    const std::size_t n = c.point.size();
    RandomWorkspace random(seed + 1000);
    std::vector<char> free(n);
    std::vector<double> b(n), x(n);
    for (std::size_t i = 0; i < n; ++i) {
      free[i] = random.chance(0.8);
      b[i] = random.uniform(-1.0, 1.0);
    }
    math::CurvatureSolver solver(l.layout());
    for (const math::Form form : {math::Form::semidefinite, math::Form::exact}) {
      if (solver.factorise(scratch->curvature, free, form) != math::Factorisation::positive_definite) continue;
      solver.solve(b, x);
      // Degenerate models (a shapefactor beside a free normalisation) rest on the stiffness lent to flat directions.
      Eigen::MatrixXd h = test::dense_hessian(scratch->curvature, form);
      h += math::CurvatureSolver::null_direction_share *
           Eigen::MatrixXd(test::dense_hessian(scratch->curvature, math::Form::semidefinite).diagonal().asDiagonal());
      double largest = 1.0;
      for (const double v : x) largest = std::max(largest, std::fabs(v));
      for (std::size_t i = 0; i < n; ++i) {
        if (!free[i]) {
          EXPECT_EQ(x[i], 0.0);
          continue;
        }
        if (h(static_cast<Eigen::Index>(i), static_cast<Eigen::Index>(i)) == 0.0)
          continue;  // without effect: any value solves it
        double sum = 0.0;
        for (std::size_t j = 0; j < n; ++j) sum += h(static_cast<Eigen::Index>(i), static_cast<Eigen::Index>(j)) * x[j];
        // Eliminating a parameter that only the lent stiffness (1e-9 of its curvature) holds amplifies rounding by as
        // much.
        EXPECT_NEAR(sum, b[i], 1e-14 / math::CurvatureSolver::null_direction_share * std::max(1.0, 1e-3 * largest))
            << "seed " << seed << ", form " << static_cast<int>(form) << ", " << l.parameters()[i].name;
      }
    }
  }
  EXPECT_GT(compared, n_models / 2);
}

TEST(CurvatureSolver, AFailedFactorisationLeavesNothingBehind) {
  // The first channel's row is taken in before the second's own parameters turn out to be at a saddle: a product of two
  // with a count of zero.
  spec::Workspace w;
  w.version = "1.0.0";
  spec::Sample first{"first", {50.0}}, second{"second", {10.0}};
  for (const char* name : {"a", "b", "c", "d", "e"}) {
    for (spec::Sample* sample : {&first, &second}) {
      sample->modifiers.push_back({name, spec::ModifierType::normsys, spec::NormSysData{0.9, 1.2}});
    }
  }
  second.modifiers.push_back({"shape", spec::ModifierType::shapefactor});
  second.modifiers.push_back({"scale", spec::ModifierType::shapefactor});
  w.channels = {{"one", {first}}, {"two", {second}}};
  w.observations = {{"one", {40.0}}, {"two", {0.0}}};
  w.measurements = {{"measurement"}};
  const model::Compiled compiled = std::move(model::compile(w).value());
  const model::Likelihood& l = *compiled.likelihood;
  const auto scratch = l.make_scratch();
  const std::vector<double> point = infer::initial_point(l);
  ASSERT_EQ(l.evaluate(point, compiled.observed, Derivatives::curvature, {}, *scratch).status,
            math::EvaluationStatus::ok);
  const std::vector<char> free(point.size(), 1);
  const std::vector<double> b(point.size(), 1.0);
  std::vector<double> x(point.size()), fresh(point.size());
  math::CurvatureSolver solver(l.layout()), other(l.layout());
  ASSERT_EQ(solver.factorise(scratch->curvature, free, math::Form::exact), math::Factorisation::not_positive_definite);
  solver.factorise(scratch->curvature, free, math::Form::preconditioner);
  solver.solve(b, x);
  other.factorise(scratch->curvature, free, math::Form::preconditioner);
  other.solve(b, fresh);
  EXPECT_EQ(x, fresh);
}

TEST(CurvatureSolver, APreconditionerStaysAsItWasFactorised) {
  unsigned compared = 0;
  for (unsigned seed = 0; seed < n_models; ++seed) {
    const Case c = make_case(seed, {});
    const model::Likelihood& l = *c.compiled.likelihood;
    const auto scratch = l.make_scratch();
    if (l.evaluate(c.point, c.compiled.observed, Derivatives::curvature, {}, *scratch).status !=
        math::EvaluationStatus::ok) {
      continue;
    }
    const std::vector<char> free(c.point.size(), 1);
    const std::vector<double> b(c.point.size(), 1.0);
    std::vector<double> before(c.point.size()), after(c.point.size());
    math::CurvatureSolver solver(l.layout());
    solver.factorise(scratch->curvature, free, math::Form::preconditioner);
    solver.solve(b, before);
    std::vector<double> elsewhere = c.point;
    for (double& p : elsewhere) p += 0.1;
    if (l.evaluate(elsewhere, c.compiled.observed, Derivatives::curvature, {}, *scratch).status !=
        math::EvaluationStatus::ok) {
      continue;
    }
    ++compared;
    solver.solve(b, after);
    EXPECT_EQ(before, after) << "seed " << seed;
  }
  EXPECT_GT(compared, n_models / 2);
}

TEST(Invert, MatchesTheDenseInverseAtTheMinimum) {
  int compared = 0;
  for (unsigned seed = 0; seed < n_models; ++seed) {
    const Case c = make_case(seed, {});
    const model::Likelihood& l = *c.compiled.likelihood;
    infer::FitOptions options;
    options.covariance = true;
    const infer::FitResult fit = infer::fit(l, c.compiled.observed, options);
    ASSERT_TRUE(fit.minimum.is_usable()) << "seed " << seed << ": " << fit.minimum.reason;
    if (fit.covariance.empty()) continue;
    const auto scratch = l.make_scratch();
    l.evaluate(fit.minimum.x, c.compiled.observed, Derivatives::curvature, {.penalty = 1.0}, *scratch);
    if (!fit.minimum.edge.empty()) continue;  // a rate held at zero adds its own curvature
    const Eigen::MatrixXd h = test::dense_hessian(scratch->curvature, math::Form::exact);
    std::vector<Eigen::Index> free;
    for (std::size_t i = 0; i < c.point.size(); ++i) {
      if (fit.uncertainties[i] > 0.0) free.push_back(static_cast<Eigen::Index>(i));
    }
    const Eigen::MatrixXd inverse = h(free, free).inverse();
    // Nearly flat models: an inverse in double precision has lost more digits than the comparison asks for.
    constexpr double worst_condition = 1e9;
    if (inverse.cwiseAbs().maxCoeff() * h(free, free).cwiseAbs().maxCoeff() > worst_condition) continue;
    const auto n = static_cast<Eigen::Index>(c.point.size());
    const Eigen::Map<const Eigen::MatrixXd> covariance(fit.covariance.data(), n, n);
    const Eigen::MatrixXd mine = covariance(free, free);
    EXPECT_LT((mine - inverse).cwiseAbs().maxCoeff(), 1e-6 * inverse.cwiseAbs().maxCoeff()) << "seed " << seed;
    infer::FitOptions only_errors;
    const infer::FitResult again = infer::fit(l, c.compiled.observed, only_errors);
    for (std::size_t i = 0; i < c.point.size(); ++i)
      EXPECT_NEAR(again.uncertainties[i], fit.uncertainties[i], 1e-9 * (1.0 + fit.uncertainties[i]));
    ++compared;
  }
  EXPECT_GT(compared, 200);
}

// What is settled has no slope any more, unless a bound holds it; nothing else has moved.
TEST(Settle, PutsFactorsOfSingleBinsAtTheirMinima) {
  std::size_t n_settled = 0;
  for (unsigned seed = 0; seed < n_models; ++seed) {
    const Case c = make_case(seed, {});
    const model::Likelihood& likelihood = *c.compiled.likelihood;
    const model::Data& data = c.compiled.observed;
    const auto scratch = likelihood.make_scratch();
    const auto before = likelihood.evaluate(c.point, data, Derivatives::gradient, {}, *scratch);
    if (before.status != math::EvaluationStatus::ok) continue;
    std::vector<double> x = c.point;
    std::vector<char> fixed(x.size(), 0);
    likelihood.settle(x, data, fixed, *scratch);
    const auto after = likelihood.evaluate(x, data, Derivatives::curvature, {}, *scratch);
    ASSERT_EQ(after.status, math::EvaluationStatus::ok) << "model " << seed;
    EXPECT_LE(after.value, before.value + 1e-12 * (1.0 + std::fabs(before.value))) << "model " << seed;
    for (std::size_t i = 0; i < x.size(); ++i) {
      if (x[i] == c.point[i]) continue;
      ++n_settled;
      const model::Parameter& p = likelihood.parameters()[i];
      EXPECT_GE(likelihood.layout().private_of_parameter[i], 0) << p.name;
      const bool is_held = x[i] == p.lower || x[i] == p.upper;
      const double curvature = scratch->curvature.constraint[i];
      if (!is_held) {
        EXPECT_NEAR(scratch->gradient[i], 0.0, 1e-10 * (1.0 + curvature)) << "model " << seed << " " << p.name;
      }
    }
    std::fill(fixed.begin(), fixed.end(), char{1});
    std::vector<double> same = c.point;
    likelihood.settle(same, data, fixed, *scratch);
    EXPECT_EQ(same, c.point);
  }
  EXPECT_GT(n_settled, n_models);
}

// Whatever is tried after the descent, the objective ends with the derivatives of the point that is returned: slopes of
// profiles are read from it.
TEST(Minimizer, LeavesTheGradientOfItsMinimum) {
  for (unsigned seed = 0; seed < n_models; ++seed) {
    const Case c = make_case(seed, {});
    infer::LikelihoodObjective objective(*c.compiled.likelihood), other(*c.compiled.likelihood);
    objective.set_data(c.compiled.observed);
    other.set_data(c.compiled.observed);
    const minimize::Minimum m = minimize::Minimizer(objective).minimize(c.point);
    if (!m.is_usable() || !m.edge.empty()) continue;  // a rate held at zero adds its own force
    other.evaluate(m.x, Derivatives::gradient, {});
    for (std::size_t i = 0; i < m.x.size(); ++i)
      EXPECT_NEAR(objective.gradient()[i], other.gradient()[i], 1e-9 * (1.0 + std::fabs(other.gradient()[i])))
          << "seed " << seed;
  }
}

}  // namespace
}  // namespace relume
