// SPDX-FileCopyrightText: relume authors
// SPDX-License-Identifier: BSD-3-Clause
#include "relume/model/product.hpp"

#include <cmath>

#include <Eigen/Dense>
#include <gtest/gtest.h>

#include "relume/edit/as_workspace.hpp"
#include "relume/edit/signal.hpp"
#include "relume/infer/hypotest.hpp"
#include "relume/infer/yields.hpp"
#include "relume/model/histfactory.hpp"
#include "support/counting.hpp"
#include "support/frozen.hpp"
#include "support/normal_likelihood.hpp"

namespace relume::model {
namespace {

using spec::ModifierType;
using test::NormalLikelihood;

ProductComponent normal(const std::string& name, double y, double sigma, double width) {
  return {name, std::make_shared<NormalLikelihood>(sigma, width), {.values = {y, 0.0}}};
}

/// mu s + b in one bin; the background has a normal uncertainty `alpha`, and a per-bin one.
spec::Workspace one_bin(const std::string& channel, double signal, double background, double observed,
                        const std::string& alpha = "alpha", double up = 1.2) {
  spec::Workspace ws;
  ws.channels.push_back({channel, {}});
  ws.channels[0].samples.push_back({"background",
                                    {background},
                                    {{alpha, ModifierType::normsys, spec::NormSysData{1.0 / up, up}},
                                     {"stat_" + channel, ModifierType::shapesys, spec::Numbers{0.1 * background}}}});
  ws.channels[0].samples.push_back({"signal", {signal}, {{"mu", ModifierType::normfactor, {}}}});
  ws.observations.push_back({channel, {observed}});
  ws.measurements.push_back({"measurement", "mu", {}});
  return ws;
}

spec::Workspace both(const spec::Workspace& a, const spec::Workspace& b) {
  spec::Workspace ws = a;
  ws.channels.push_back(b.channels[0]);
  ws.observations.push_back(b.observations[0]);
  return ws;
}

ProductComponent component(const std::string& name, const spec::Workspace& ws) {
  Compiled compiled = test::compile(ws);
  return {name, std::move(compiled.likelihood), std::move(compiled.observed)};
}

const spec::Product::Shared mu{"mu", {{"a", "mu"}, {"b", "mu"}}};

TEST(Product, OfNormalsIsTheMultivariateNormal) {
  // Weighted mean (Particle Data Group, statistics review, 40.2.1), with systematic uncertainties that are correlated:
  // V = diag(sigma^2) + W R W, mu = 1^T V^-1 y / 1^T V^-1 1.
  Eigen::VectorXd y(3), sigma(3), width(3);
  y << 1.0, 2.5, 1.7;
  sigma << 0.5, 0.8, 0.3;
  width << 0.2, 0.6, 0.4;
  Eigen::MatrixXd correlation(3, 3);
  correlation << 1.0, 0.6, -0.2, 0.6, 1.0, 0.3, -0.2, 0.3, 1.0;
  for (const bool is_correlated : {false, true}) {
    std::vector<ProductComponent> components;
    ProductOptions options{.shared = {{"mu", {{"0", "mu"}, {"1", "mu"}, {"2", "mu"}}}}, .poi = "mu"};
    for (int i = 0; i < 3; ++i) components.push_back(normal(std::to_string(i), y[i], sigma[i], width[i]));
    Eigen::MatrixXd v = width.cwiseProduct(width).asDiagonal();
    if (is_correlated) {
      // Given in another order than that of the parameters.
      spec::SquareMatrix matrix{3, {}};
      const int order[] = {2, 0, 1};
      for (const int i : order) {
        for (const int j : order) matrix.values.push_back(correlation(i, j));
      }
      options.correlations = {{{"2/theta", "0/theta", "1/theta"}, matrix}};
      v = width.asDiagonal() * correlation * width.asDiagonal();
    }
    v += sigma.cwiseProduct(sigma).asDiagonal();
    const auto product = multiply(std::move(components), options);
    ASSERT_TRUE(product) << to_string(product.errors());
    const infer::FitResult fit = infer::fit(*product->likelihood, product->observed);
    ASSERT_TRUE(fit.minimum.is_converged()) << fit.minimum.reason;
    const Eigen::MatrixXd precision = v.inverse();
    const Eigen::VectorXd weights = precision.rowwise().sum();
    const double best = weights.dot(y) / weights.sum();
    EXPECT_NEAR(fit.minimum.x[product->likelihood->poi()->index], best, 1e-8);
    EXPECT_NEAR(fit.uncertainties[product->likelihood->poi()->index], 1.0 / std::sqrt(weights.sum()), 1e-9);
    const Eigen::VectorXd r = y - best * Eigen::VectorXd::Ones(3);
    EXPECT_NEAR(2.0 * fit.minimum.value, r.dot(precision * r), 1e-9);
  }
}

TEST(Product, CountsASharedConstraintOnce) {
  const spec::Workspace a = one_bin("SR", 5.0, 50.0, 58.0), b = one_bin("VR", 3.0, 20.0, 24.0);
  const Compiled whole = test::compile(both(a, b));
  const auto product = multiply({component("a", a), component("b", b)},
                                {.shared = {mu, {"alpha", {{"a", "alpha"}, {"b", "alpha"}}}}, .poi = "mu"});
  ASSERT_TRUE(product) << to_string(product.errors());
  EXPECT_TRUE(product->notices.empty());
  std::vector<std::string> names, blocks;
  for (const Parameter& p : product->likelihood->parameters()) names.push_back(p.name);
  EXPECT_EQ(names, (std::vector<std::string>{"mu", "alpha", "a/stat_SR[0]", "b/stat_VR[0]"}));
  for (const DataBlock& block : product->likelihood->data_blocks()) blocks.push_back(block.name);
  EXPECT_EQ(blocks, (std::vector<std::string>{"a/SR", "b/VR", "alpha", "a/stat_SR", "b/stat_VR"}));
  EXPECT_EQ(product->likelihood->n_data(), whole.likelihood->n_data());
  const infer::FitResult fit = infer::fit(*product->likelihood, product->observed);
  EXPECT_NEAR(fit.twice_nll, infer::fit(*whole.likelihood, whole.observed).twice_nll, 1e-8);
  // What only one of them has can be given a name of its own.
  const auto renamed = multiply({component("a", a), component("b", b)}, {.shared = {{"r", {{"a", "mu"}}}}, .poi = "r"});
  ASSERT_TRUE(renamed);
  EXPECT_TRUE(renamed->likelihood->find_parameter("b/mu"));
  EXPECT_TRUE(renamed->likelihood->find_parameter("b/alpha"));
}

TEST(Product, CorrelatesConstraintsOfComponents) {
  const spec::Workspace a = one_bin("SR", 5.0, 50.0, 58.0, "scale"), b = one_bin("VR", 3.0, 20.0, 14.0, "energy");
  spec::Workspace ws = both(a, b);
  const spec::SquareMatrix matrix{2, {1.0, 0.7, 0.7, 1.0}};
  ws.correlations = {{{"scale", "energy"}, matrix}};
  const Compiled whole = test::compile(ws);
  const auto product = multiply({component("a", a), component("b", b)},
                                {.shared = {mu}, .correlations = {{{"a/scale", "b/energy"}, matrix}}, .poi = "mu"});
  ASSERT_TRUE(product) << to_string(product.errors());
  const infer::Limit limit = infer::upper_limit(*product->likelihood, product->observed);
  const infer::Limit wanted = infer::upper_limit(*whole.likelihood, whole.observed);
  ASSERT_TRUE(limit.is_usable() && wanted.is_usable());
  EXPECT_NEAR(*limit.observed, *wanted.observed, 1e-6 * *wanted.observed);
  EXPECT_NEAR(*limit.expected[2], *wanted.expected[2], 1e-6 * *wanted.expected[2]);
  EXPECT_NEAR(product->likelihood->constant(product->observed), whole.likelihood->constant(whole.observed), 1e-12);
}

TEST(Product, CarriesCorrelationsOfComponents) {
  const spec::SimplifiedLikelihood simplified{.regions = {{"SR1", 36, 50.0}, {"SR2", 33, 48.0}},
                                              .covariance = {2, {144.0, 19.0, 19.0, 256.0}}};
  const spec::Workspace background = edit::as_workspace(simplified).value().workspace;
  spec::SignalSample sample{.name = "signal",
                            .channels = {{.channel = "SR1", .yields = {12.0}}, {.channel = "SR2", .yields = {15.0}}}};
  const spec::Workspace sl = edit::add_signal(background, {.name = "signal", .samples = {sample}}).value();
  const spec::Workspace full = one_bin("SR", 5.0, 50.0, 58.0);
  const std::string poi = test::compile(sl).likelihood->parameters()[test::compile(sl).likelihood->poi()->index].name;
  const auto product = multiply({component("sl", sl), component("full", full)},
                                {.shared = {{"mu", {{"sl", poi}, {"full", "mu"}}}}, .poi = "mu"});
  ASSERT_TRUE(product) << to_string(product.errors());
  ASSERT_EQ(product->likelihood->correlated_constraints().size(), 1u);
  EXPECT_EQ(product->notices.size(), 1u) << "priors beside measurements";
  // Nothing but mu is common: profiles add up.
  const Compiled one = test::compile(sl), two = test::compile(full);
  for (const double value : {0.0, 0.5, 2.0}) {
    const auto profile = [&](const Compiled& c) {
      const auto fit = infer::fit(*c.likelihood, c.observed, {.fixed = {{*c.likelihood->poi(), value}}});
      EXPECT_TRUE(fit.minimum.is_usable()) << fit.minimum.reason;
      return fit.twice_nll;
    };
    EXPECT_NEAR(profile(*product), profile(one) + profile(two), 1e-7);
  }
  // Correlating one of a correlated pair with something else needs the other one too.
  std::vector<std::string> members;
  for (const std::uint32_t i : product->likelihood->correlated_constraints()[0].parameters) {
    members.push_back(product->likelihood->parameters()[i].name);
  }
  const auto torn = multiply({component("sl", sl), component("full", full)},
                             {.correlations = {{{members[0], "full/alpha"}, {2, {1.0, 0.2, 0.2, 1.0}}}}});
  ASSERT_FALSE(torn);
  EXPECT_NE(torn.error().message.find(members[1]), std::string::npos) << torn.error().message;
  const auto replaced = multiply(
      {component("sl", sl), component("full", full)},
      {.correlations = {{{members[0], "full/alpha", members[1]}, {3, {1.0, 0.2, 0.1, 0.2, 1.0, 0.0, 0.1, 0.0, 1.0}}}}});
  ASSERT_TRUE(replaced) << to_string(replaced.errors());
  EXPECT_EQ(replaced->likelihood->correlated_constraints().size(), 1u);
  // The same measurement twice is one, with all that is correlated.
  const auto twice = multiply({component("a", sl), component("b", sl)},
                              {.shared = {{"mu", {{"a", poi}, {"b", poi}}},
                                          {"t1", {{"a", members[0].substr(3)}, {"b", members[0].substr(3)}}},
                                          {"t2", {{"a", members[1].substr(3)}, {"b", members[1].substr(3)}}}}});
  ASSERT_TRUE(twice) << to_string(twice.errors());
  EXPECT_EQ(twice->likelihood->correlated_constraints().size(), 1u);
  const auto half = multiply({component("a", sl), component("b", sl)},
                             {.shared = {{"t1", {{"a", members[0].substr(3)}, {"b", members[0].substr(3)}}}}});
  ASSERT_FALSE(half);
}

TEST(Product, RejectsConstraintsThatDiffer) {
  // The same name and a normal constraint of another width: another measurement.
  const auto product = multiply({normal("a", 1.0, 0.5, 0.2), normal("b", 2.0, 0.5, 0.3)},
                                {.shared = {{"theta", {{"a", "theta"}, {"b", "theta"}}}}});
  ASSERT_FALSE(product);
  EXPECT_EQ(product.error().code, ErrorCode::model);
  for (const char* part : {"'theta' of 'a'", "'theta' of 'b'", "0.2", "0.3"}) {
    EXPECT_NE(product.error().message.find(part), std::string::npos) << product.error().message;
  }
  EXPECT_FALSE(product.error().hint.empty());
  ProductComponent moved = normal("b", 2.0, 0.5, 0.2);
  moved.observed.values[1] = 0.1;
  EXPECT_FALSE(
      multiply({normal("a", 1.0, 0.5, 0.2), moved}, {.shared = {{"theta", {{"a", "theta"}, {"b", "theta"}}}}}));
  // A parameter that is free elsewhere takes its constraint along.
  const auto lent = multiply({normal("a", 1.0, 0.5, 0.2), normal("b", 2.0, 0.5, 0.3)},
                             {.shared = {{"x", {{"a", "mu"}, {"b", "theta"}}}}});
  ASSERT_TRUE(lent) << to_string(lent.errors());
  EXPECT_EQ(lent->likelihood->parameters()[0].constraint.width, 0.3);
}

TEST(Product, NamesAllThatDoesNotFit) {
  const auto components = [] {
    return std::vector<ProductComponent>{normal("a", 1.0, 0.5, 0.2), normal("b", 2.0, 0.5, 0.2)};
  };
  const auto problem = [&](const ProductOptions& options) {
    const auto product = multiply(components(), options);
    return product ? std::string("none") : to_string(product.errors());
  };
  const std::string unknown = problem({.shared = {{"x", {{"c", "mu"}, {"a", "nu"}}}}});
  EXPECT_NE(unknown.find("no component is called 'c'"), std::string::npos) << unknown;
  EXPECT_NE(unknown.find("'a' has no parameter 'nu'"), std::string::npos) << unknown;
  EXPECT_NE(problem({.shared = {{"x", {{"a", "mu"}}}, {"y", {{"a", "mu"}}}}}).find("shared twice"), std::string::npos);
  EXPECT_NE(problem({.shared = {{"x", {{"a", "mu"}, {"a", "theta"}}}}}).find("cannot become one"), std::string::npos);
  EXPECT_NE(problem({.shared = {{"b/mu", {{"a", "mu"}}}}}).find("two parameters"), std::string::npos);
  EXPECT_NE(problem({.poi = "mu"}).find("no parameter of the product is called 'mu'"), std::string::npos);
  EXPECT_NE(problem({.correlations = {{{"a/mu", "b/theta"}, {2, {1.0, 0.1, 0.1, 1.0}}}}}).find("no normal constraint"),
            std::string::npos);
  EXPECT_NE(problem({.correlations = {{{"a/theta", "b/theta"}, {2, {1.0, 1.0, 1.0, 1.0}}}}}).find("positive definite"),
            std::string::npos);
  EXPECT_NE(to_string(multiply({normal("a", 1, 1, 1), normal("a", 1, 1, 1)}).errors()).find("two components"),
            std::string::npos);
  EXPECT_FALSE(multiply({}));
  const spec::Workspace low = [] {
    spec::Workspace ws = test::counting(1.0, 1.0, 1.0);
    ws.measurements[0].parameters.push_back({.name = "mu", .inits = spec::Numbers{-7.0}, .bounds = {{{-9.0, -5.0}}}});
    return ws;
  }();
  const auto apart = multiply({component("a", low), component("b", test::counting(1.0, 1.0, 1.0))}, {.shared = {mu}});
  ASSERT_FALSE(apart);
  EXPECT_NE(apart.error().message.find("exclude each other"), std::string::npos) << apart.error().message;
}

TEST(Product, OfProductsIsTheSameProduct) {
  auto inner = multiply({normal("x", 1.0, 0.5, 0.2), normal("y", 2.5, 0.8, 0.6)},
                        {.shared = {{"mu", {{"x", "mu"}, {"y", "mu"}}}},
                         .correlations = {{{"x/theta", "y/theta"}, {2, {1.0, 0.4, 0.4, 1.0}}}},
                         .poi = "mu"});
  ASSERT_TRUE(inner);
  const auto flat = multiply({normal("x", 1.0, 0.5, 0.2), normal("y", 2.5, 0.8, 0.6), normal("z", 1.7, 0.3, 0.4)},
                             {.shared = {{"mu", {{"x", "mu"}, {"y", "mu"}, {"z", "mu"}}}},
                              .correlations = {{{"x/theta", "y/theta"}, {2, {1.0, 0.4, 0.4, 1.0}}}},
                              .poi = "mu"});
  const auto outer = multiply({{"xy", std::move(inner->likelihood), inner->observed}, normal("z", 1.7, 0.3, 0.4)},
                              {.shared = {{"mu", {{"xy", "mu"}, {"z", "mu"}}}}, .poi = "mu"});
  ASSERT_TRUE(flat && outer);
  EXPECT_TRUE(outer->likelihood->find_parameter("xy/y/theta"));
  const auto a = infer::fit(*flat->likelihood, flat->observed), b = infer::fit(*outer->likelihood, outer->observed);
  EXPECT_NEAR(a.twice_nll, b.twice_nll, 1e-10);
  EXPECT_NEAR(a.uncertainties[0], b.uncertainties[0], 1e-10);
}

TEST(Product, ToysOfComponentsAreIndependent) {
  // Two components of the same model: were they drawn from one stream, they would be equal.
  const spec::Workspace ws = one_bin("SR", 5.0, 40.0, 50.0);
  const auto product = multiply({component("a", ws), component("b", ws)},
                                {.shared = {mu, {"alpha", {{"a", "alpha"}, {"b", "alpha"}}}}, .poi = "mu"});
  ASSERT_TRUE(product) << to_string(product.errors());
  const Likelihood& likelihood = *product->likelihood;
  std::vector<double> point;
  for (const Parameter& p : likelihood.parameters()) point.push_back(p.initial);
  const Data expected = likelihood.expected_data(point);
  constexpr int n_toys = 20000;
  const std::size_t n = likelihood.n_data();
  Eigen::MatrixXd draws(n_toys, static_cast<Eigen::Index>(n));
  Data toy;
  for (int k = 0; k < n_toys; ++k) {
    likelihood.fluctuate(expected, {7, 1, static_cast<std::uint64_t>(k)}, toy);
    for (std::size_t i = 0; i < n; ++i) draws(k, static_cast<Eigen::Index>(i)) = toy.values[i];
  }
  const Eigen::RowVectorXd mean = draws.colwise().mean();
  const Eigen::MatrixXd centred = draws.rowwise() - mean;
  const Eigen::MatrixXd covariance = centred.transpose().lazyProduct(centred) / n_toys;
  for (Eigen::Index i = 0; i < mean.size(); ++i) {
    const double wanted = expected.values[static_cast<std::size_t>(i)];
    const double variance = wanted == 0.0 ? 1.0 : wanted;  // Poisson, or the normal constraint of width one
    EXPECT_NEAR(mean[i], wanted, 4.0 * std::sqrt(variance / n_toys));
    EXPECT_NEAR(covariance(i, i), variance, 5.0 * variance * std::sqrt(2.0 / n_toys));
    for (Eigen::Index j = 0; j < i; ++j) {
      EXPECT_NEAR(covariance(i, j) / std::sqrt(covariance(i, i) * covariance(j, j)), 0.0, 4.0 / std::sqrt(n_toys));
    }
  }
}

TEST(Product, TellsWhichComponentHasNoExpectedData) {
  const NormalLikelihood inner(0.5, 0.2);
  const auto product =
      multiply({{"grid", std::make_shared<test::Frozen>(inner), {.values = {1.0, 0.0}}}, normal("b", 2.0, 0.5, 0.2)},
               {.shared = {{"mu", {{"grid", "mu"}, {"b", "mu"}}}}, .poi = "mu"});
  ASSERT_TRUE(product);
  EXPECT_TRUE(infer::fit(*product->likelihood, product->observed).minimum.is_usable());
  EXPECT_EQ(product->likelihood->why_no_expected_data(), "'grid': published at observed data only");
  EXPECT_EQ(product->likelihood->why_no_toys(), "'grid': published at observed data only");
  const infer::Limit limit = infer::upper_limit(*product->likelihood, product->observed);
  EXPECT_EQ(limit.status, infer::Status::not_defined);
  EXPECT_NE(limit.reason.find("'grid'"), std::string::npos) << limit.reason;
}

/// A region with samples, in which nothing was seen, and a measured value without: in both orders.
Compiled mixed(bool samples_first) {
  const ProductComponent region = component("a", one_bin("SR", 5.0, 3.0, 0.0)), value = normal("b", 0.3, 0.5, 0.2);
  auto product =
      multiply(samples_first ? std::vector{region, value} : std::vector{value, region}, {.shared = {mu}, .poi = "mu"});
  EXPECT_TRUE(product) << to_string(product.errors());
  return *std::move(product);
}

TEST(Product, PredictsChannelsWithAndWithoutSamples) {
  for (const bool samples_first : {true, false}) {
    const Compiled c = mixed(samples_first);
    const Likelihood& l = *c.likelihood;
    std::vector<double> point = infer::initial_point(l);
    for (double& x : point) x += 0.1;
    EXPECT_EQ(l.expected_by_sample(point).size(), 3u);
    const std::vector<double> slopes = l.main_slopes(point);
    ASSERT_EQ(slopes.size(), 2 * point.size());
    for (std::size_t i = 0; i < point.size(); ++i) {
      constexpr double step = 1e-6;
      std::vector<double> up = point, down = point;
      up[i] += step;
      down[i] -= step;
      const Data above = l.expected_data(up), below = l.expected_data(down);
      for (std::size_t r = 0; r < 2; ++r) {
        EXPECT_NEAR(slopes[r * point.size() + i], (above.values[r] - below.values[r]) / (2.0 * step), 1e-6);
      }
    }
    const infer::Yields yields = infer::postfit_yields(l, infer::fit(l, c.observed, {.covariance = true}));
    ASSERT_EQ(yields.status, infer::Status::ok) << yields.reason;
    const std::size_t value = samples_first ? 1 : 0;
    EXPECT_TRUE(yields.channels[value].samples.empty());
    EXPECT_EQ(yields.channels[1 - value].samples.size(), 2u);
    EXPECT_GT(yields.channels[value].total.bins[0].uncertainty, 0.0);
    const auto gradient = l.yield_gradient(point, c.observed, *l.make_scratch());
    ASSERT_EQ(gradient.size(), 3u);
    EXPECT_TRUE(std::isnan(gradient[samples_first ? 2 : 0]));
  }
}

TEST(Product, LimitsDoNotDependOnTheOrderOfComponents) {
  const Compiled one = mixed(true), other = mixed(false);
  const infer::Limit a = infer::upper_limit(*one.likelihood, one.observed),
                     b = infer::upper_limit(*other.likelihood, other.observed);
  ASSERT_TRUE(a.is_usable()) << a.reason;
  ASSERT_TRUE(b.is_usable()) << b.reason;
  EXPECT_NEAR(*a.observed, *b.observed, 1e-8);
  for (std::size_t i = 0; i < 5; ++i) EXPECT_NEAR(*a.expected[i], *b.expected[i], 1e-8);
}

TEST(Product, RefusesAParameterThatIsHeldAtTwoValues) {
  const auto held_at = [](double value) {
    spec::Workspace ws = test::counting(5.0, 50.0, 55.0);
    ws.measurements[0].parameters.push_back({.name = "mu", .inits = spec::Numbers{value}, .fixed = true});
    return ws;
  };
  const auto product =
      multiply({component("a", held_at(1.0)), component("b", held_at(2.0))}, {.shared = {mu}, .poi = "mu"});
  ASSERT_FALSE(product);
  EXPECT_NE(to_string(product.errors()).find("'a' holds it at 1, 'b' at 2"), std::string::npos)
      << to_string(product.errors());
}

TEST(Product, ExplainsWhichComponentFailed) {
  const auto product =
      multiply({component("a", test::counting(5.0, 50.0, 55.0)), component("b", test::counting(1.0, 2.0, 3.0))},
               {.shared = {mu}, .poi = "mu"});
  ASSERT_TRUE(product);
  const auto scratch = product->likelihood->make_scratch();
  const std::vector<double> point = {-5.0};
  const auto e = product->likelihood->evaluate(point, product->observed, math::Derivatives::none, {}, *scratch);
  EXPECT_EQ(e.status, math::EvaluationStatus::infeasible);
  const std::string why = product->likelihood->explain(point, *scratch);
  EXPECT_TRUE(why.starts_with("in 'b': rate -3")) << why;
}

TEST(Product, IsCompiledFromItsPublication) {
  spec::Product product{.name = "combination", .poi = "mu", .components = {}, .shared = {mu}};
  product.components.push_back({"a", {one_bin("SR", 5.0, 50.0, 58.0)}});
  product.components.push_back({"b", {one_bin("SR", 3.0, 20.0, 24.0)}});
  const CompileComponent each = [](const spec::Component& c) {
    return compile(std::get<spec::Workspace>(c.publication.value));
  };
  const auto compiled = compile(product, each);
  ASSERT_TRUE(compiled) << to_string(compiled.errors());
  EXPECT_EQ(compiled->likelihood->parameters()[compiled->likelihood->poi()->index].name, "mu");
  EXPECT_EQ(compiled->likelihood->channels()[1].name, "b/SR");
  EXPECT_EQ(compiled->observed.values[1], 24.0);
  const auto failed = compile(product, [](const spec::Component& c) -> Result<Compiled> {
    return Error{ErrorCode::unsupported, "#/x", "not " + c.name, {}};
  });
  ASSERT_FALSE(failed);
  EXPECT_EQ(failed.errors().size(), 2u);
  EXPECT_EQ(failed.errors()[1].where, "b: #/x");
}

}  // namespace
}  // namespace relume::model
