// SPDX-FileCopyrightText: relume authors
// SPDX-License-Identifier: BSD-3-Clause
#include "math/expression.hpp"

#include <cmath>
#include <numbers>
#include <random>

#include <gtest/gtest.h>

namespace relume::math {
namespace {

const std::vector<std::string> names = {"a", "b", "c", "mu ggF", "kappa_V"};
const std::vector<double> point = {0.7, 1.3, -0.4, 2.5, 1.05};

double value_of(const std::string& text) {
  ExpressionTape tape(names);
  const auto node = tape.compile(text);
  EXPECT_TRUE(node) << (node ? "" : to_string(node.errors()));
  if (!node) return std::numeric_limits<double>::quiet_NaN();
  ExpressionWork work = tape.make_work();
  tape.evaluate(point, Derivatives::none, work);
  return work.value[*node];
}

std::string problem_of(const std::string& text) {
  ExpressionTape tape(names);
  const auto node = tape.compile(text, "#/here");
  return node ? "none" : to_string(node.errors());
}

TEST(Expression, MeansWhatItSays) {
  const double a = point[0], b = point[1], c = point[2];
  EXPECT_EQ(value_of("1 + 2 * 3"), 7.0);
  EXPECT_EQ(value_of("(1 + 2) * 3"), 9.0);
  EXPECT_EQ(value_of("2 - 3 - 4"), -5.0);
  EXPECT_EQ(value_of("24 / 4 / 3"), 2.0);
  EXPECT_EQ(value_of("2^3^2"), 512.0);
  EXPECT_EQ(value_of("2**3**2"), 512.0);
  EXPECT_EQ(value_of("-2^2"), -4.0);
  EXPECT_EQ(value_of("2^-1"), 0.5);
  EXPECT_EQ(value_of("--2 + +3"), 5.0);
  EXPECT_EQ(value_of("2*-3"), -6.0);
  EXPECT_EQ(value_of("1.5e2 + .5 + 2."), 152.5);
  EXPECT_EQ(value_of(" a\t*\nb "), a * b);
  EXPECT_EQ(value_of("a * b - c / 2"), a * b - c / 2.0);
  EXPECT_EQ(value_of("kappa_V"), 1.05);
  EXPECT_EQ(value_of("2 * 'mu ggF'"), 5.0);
  EXPECT_DOUBLE_EQ(value_of("2 * pi"), 2.0 * std::numbers::pi);
  EXPECT_EQ(value_of("pow(a, 3)"), std::pow(a, 3.0));
  EXPECT_EQ(value_of("min(a, b) + 10 * max(a, b)"), a + 10.0 * b);
  EXPECT_EQ(value_of("abs(c)"), 0.4);
  EXPECT_EQ(value_of("c^2"), c * c);
  EXPECT_EQ(value_of("log(b) - ln(b)"), 0.0);
  EXPECT_DOUBLE_EQ(value_of("log10(1000)"), 3.0);
  EXPECT_EQ(value_of("exp(a) + sqrt(b) + sin(a) + cos(a) + tan(a) + tanh(a) + sinh(a) + cosh(a) + atan(a)"),
            std::exp(a) + std::sqrt(b) + std::sin(a) + std::cos(a) + std::tan(a) + std::tanh(a) + std::sinh(a) +
                std::cosh(a) + std::atan(a));
  EXPECT_EQ(value_of("asin(a) + acos(a) + erf(a)"), std::asin(a) + std::acos(a) + std::erf(a));
}

TEST(Expression, ProblemsHaveAPlaceAndAHint) {
  EXPECT_EQ(problem_of("a + kapa_V"),
            "#/here: nothing is called 'kapa_V', at character 5 of 'a + kapa_V' (did you mean 'kappa_V'?)");
  EXPECT_EQ(problem_of("(a + b"), "#/here: a ')' is missing, at character 7 of '(a + b'");
  EXPECT_EQ(problem_of("a + b)"), "#/here: there is no '(' for this ')', at character 6 of 'a + b)'");
  EXPECT_EQ(problem_of("a + "),
            "#/here: the expression ends where a number, a name or '(' is expected, at character 5 of 'a + '");
  EXPECT_EQ(problem_of(""),
            "#/here: the expression ends where a number, a name or '(' is expected, at character 1 of ''");
  EXPECT_EQ(problem_of("a $ b"), "#/here: '$' is not expected, at character 3 of 'a $ b'");
  EXPECT_EQ(problem_of("2a"),
            "#/here: 'a' follows a number, at character 2 of '2a' (write * between a number and a name)");
  EXPECT_EQ(problem_of("pow(a)"), "#/here: 'pow' takes 2 arguments, not 1, at character 1 of 'pow(a)'");
  EXPECT_EQ(problem_of("sqr(a)"),
            "#/here: there is no function 'sqr', at character 1 of 'sqr(a)' (did you mean 'sqrt'?)");
  EXPECT_EQ(problem_of("exp + 1"),
            "#/here: 'exp' is a function, at character 1 of 'exp + 1' (its argument stands in parentheses)");
  EXPECT_EQ(problem_of("'mu ggF"), "#/here: the name has no second quote, at character 1 of ''mu ggF'");
  EXPECT_EQ(problem_of("1e999"), "#/here: the number is too large or too small, at character 1 of '1e999'");
  // All unknown names at once.
  const std::string both = problem_of("x1 * a + y1");
  EXPECT_NE(both.find("'x1'"), std::string::npos) << both;
  EXPECT_NE(both.find("'y1'"), std::string::npos) << both;
}

TEST(Expression, IsBounded) {
  EXPECT_NE(problem_of(std::string(1000, '(') + "a" + std::string(1000, ')')).find("nested more than"),
            std::string::npos);
  EXPECT_NE(problem_of(std::string(1000, '-') + "a").find("nested more than"), std::string::npos);
  EXPECT_NE(problem_of(std::string(200'000, ' ')).find("characters"), std::string::npos);
  // Products of many variables have second derivatives without end.
  std::vector<std::string> many;
  std::string product = "1";
  for (int i = 0; i < 2000; ++i) {
    many.push_back("x" + std::to_string(i));
    product += " * x" + std::to_string(i);
  }
  ExpressionTape tape(many);
  const auto node = tape.compile(product);
  ASSERT_FALSE(node);
  EXPECT_NE(to_string(node.errors()).find("too many terms or variables"), std::string::npos);
  // Sums of as many have none.
  std::string sum = "0";
  for (const std::string& x : many) sum += " + 2 * " + x;
  ExpressionTape linear(many);
  const auto total = linear.compile(sum);
  ASSERT_TRUE(total);
  EXPECT_TRUE(linear.is_linear(*total));
}

TEST(Expression, DefinitionsAreSharedAndOrdered) {
  ExpressionTape tape(names);
  tape.announce(std::vector<std::string>{"width", "ratio", "later"});
  ASSERT_TRUE(tape.define("width", "0.75 * a^2 + 0.25 * b^2"));
  ASSERT_TRUE(tape.define("ratio", "a^2 / width"));
  const std::size_t before = tape.size();
  const auto node = tape.compile("ratio");
  ASSERT_TRUE(node);
  EXPECT_EQ(tape.size(), before);  // nothing is computed twice
  ExpressionWork work = tape.make_work();
  tape.evaluate(point, Derivatives::none, work);
  EXPECT_DOUBLE_EQ(work.value[*node], 0.49 / (0.75 * 0.49 + 0.25 * 1.69));
  const auto cycle = tape.define("later", "later + 1", "#/definitions/2");
  ASSERT_FALSE(cycle);
  EXPECT_EQ(to_string(cycle.errors()),
            "#/definitions/2: 'later' is defined later, at character 1 of 'later + 1' (a definition may use those "
            "before it, and not itself)");
  EXPECT_TRUE(tape.compile("later")) << "what could not be defined is not reported again";
  EXPECT_FALSE(tape.define("a", "1"));
  EXPECT_FALSE(tape.define("width", "1"));
}

TEST(Expression, KnowsWhatIsLinear) {
  ExpressionTape tape(names);
  for (const char* text : {"a", "2 * a - b / 3 + 1", "-(a + b) * 2^2", "sin(1) * a"}) {
    EXPECT_TRUE(tape.is_linear(tape.compile(text).value())) << text;
  }
  for (const char* text : {"a * b", "a^2", "1 / a", "exp(a)", "abs(a)"}) {
    EXPECT_FALSE(tape.is_linear(tape.compile(text).value())) << text;
  }
  EXPECT_EQ(tape.bare_variable(tape.compile("b").value()), 1);
  EXPECT_EQ(tape.bare_variable(tape.compile("2 * b").value()), -1);
}

/// Random expressions of the kind that couplings have, safe from poles.
class RandomExpression {
 public:
  explicit RandomExpression(unsigned seed) : random_(seed) {}
  std::string make(int depth) {
    static const std::vector<std::string> leaves = {"a", "b", "c", "'mu ggF'", "kappa_V", "1.7", "0.3"};
    if (depth == 0) return leaves[pick(leaves.size())];
    const std::string x = make(depth - 1);
    switch (pick(14)) {
      case 0: return "(" + x + " + " + make(depth - 1) + ")";
      case 1: return "(" + x + " - " + make(depth - 1) + ")";
      case 2:
      case 3: return "(" + x + " * " + make(depth - 1) + ")";
      case 4: return "(" + x + ") / (3 + (" + make(depth - 1) + ")^2)";
      case 5: return "(" + x + ")^2";
      case 6: return "(1 + (" + x + ")^2)^(0.3 * sin(" + make(depth - 1) + "))";
      case 7: return "sin(" + x + ") + cosh(0.1 * tanh(" + x + "))";
      case 8: return "exp(tanh(" + x + "))";
      case 9: return "log(2 + (" + x + ")^2)";
      case 10: return "sqrt(1.5 + (" + x + ")^2) + atan(" + x + ")";
      case 11: return "max(" + x + ", -100) + min(" + x + ", 1000) + abs(50 + tanh(" + x + "))";
      case 12: return "erf(" + x + ") - cos(" + x + ") + asin(0.9 * tanh(" + x + ")) + acos(0.9 * sin(" + x + "))";
      default: return "log10(3 + cos(" + x + ")) + tan(tanh(" + x + ")) + sinh(tanh(" + x + "))";
    }
  }

 private:
  std::size_t pick(std::size_t n) { return std::uniform_int_distribution<std::size_t>(0, n - 1)(random_); }
  std::mt19937 random_;
};

TEST(Expression, DerivativesAreThoseOfDifferences) {
  for (unsigned seed = 0; seed < 200; ++seed) {
    ExpressionTape tape(names);
    const std::string text = RandomExpression(seed).make(4);
    const auto node = tape.compile(text).value();
    const auto variables = tape.variables(node);
    ExpressionWork work = tape.make_work(), other = tape.make_work();
    tape.evaluate(point, Derivatives::curvature, work);
    const auto gradient = tape.gradient(node, work), hessian = tape.hessian(node, work);
    if (tape.is_linear(node)) {
      EXPECT_TRUE(hessian.empty());
    }
    for (std::size_t i = 0; i < variables.size(); ++i) {
      // Step h: truncation h^2 and rounding 1e-16 / h are alike.
      constexpr double h = 1e-5;
      std::vector<double> up = point, down = point;
      up[variables[i]] += h;
      down[variables[i]] -= h;
      ExpressionWork above = tape.make_work();
      tape.evaluate(up, Derivatives::gradient, above);
      tape.evaluate(down, Derivatives::gradient, other);
      const double slope = (above.value[node] - other.value[node]) / (2.0 * h);
      double size = 1.0 + std::fabs(work.value[node]);
      for (const double g : gradient) size += std::fabs(g);
      for (const double s : hessian) size += std::fabs(s);
      EXPECT_NEAR(gradient[i], slope, 1e-6 * size) << text;
      for (std::size_t j = 0; j < variables.size(); ++j) {
        const double second = (tape.gradient(node, above)[j] - tape.gradient(node, other)[j]) / (2.0 * h);
        const auto [low, high] = std::minmax(i, j);
        const double mine = hessian.empty() ? 0.0 : hessian[high * (high + 1) / 2 + low];
        EXPECT_NEAR(mine, second, 1e-5 * size) << text << " " << i << " " << j;
      }
    }
  }
}

TEST(Expression, PowersOfZeroHaveDerivatives) {
  ExpressionTape tape({"x"});
  const auto square = tape.compile("x^2").value(), cube = tape.compile("x^3").value(),
             plain = tape.compile("x^1").value();
  ExpressionWork work = tape.make_work();
  tape.evaluate(std::vector<double>{0.0}, Derivatives::curvature, work);
  EXPECT_EQ(tape.gradient(square, work)[0], 0.0);
  EXPECT_EQ(tape.hessian(square, work)[0], 2.0);
  EXPECT_EQ(tape.gradient(cube, work)[0], 0.0);
  EXPECT_EQ(tape.hessian(cube, work)[0], 0.0);
  EXPECT_EQ(tape.gradient(plain, work)[0], 1.0);
  EXPECT_EQ(tape.hessian(plain, work)[0], 0.0);
}

struct Derived {
  double value, slope, curvature;
};
Derived derived(const std::string& text, double x) {
  ExpressionTape tape({"x"});
  const auto node = tape.compile(text).value();
  ExpressionWork work = tape.make_work();
  tape.evaluate(std::vector<double>{x}, Derivatives::curvature, work);
  return {work.value[node], tape.gradient(node, work)[0], tape.hessian(node, work)[0]};
}

TEST(Expression, TheBranchNotTakenBringsNothing) {
  // The slope of sqrt(x) at 0 is infinite.
  for (const char* text : {"max(1 - 0.5 * x + x^2, sqrt(x))", "max(sqrt(x), 1 - 0.5 * x + x^2)",
                           "min(1 - 0.5 * x + x^2, 2 - sqrt(x))", "min(2 - sqrt(x), 1 - 0.5 * x + x^2)"}) {
    const Derived at_zero = derived(text, 0.0);
    EXPECT_EQ(at_zero.value, 1.0) << text;
    EXPECT_EQ(at_zero.slope, -0.5) << text;
    EXPECT_EQ(at_zero.curvature, 2.0) << text;
    // And below zero it is no number.
    EXPECT_TRUE(std::isnan(derived(text, -1.0).value)) << text;
  }
  // A slope of zero is no branch: by the chain rule this one is -1/2, which zero times infinity does not tell.
  EXPECT_TRUE(std::isnan(derived("cos(sqrt(x))", 0.0).slope));
  EXPECT_TRUE(std::isnan(derived("sqrt(x) * sqrt(x)", 0.0).slope));
}

}  // namespace
}  // namespace relume::math
