// SPDX-FileCopyrightText: relume authors
// SPDX-License-Identifier: BSD-3-Clause
#include "math/expression.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <limits>
#include <numbers>

#include <fmt/format.h>

#include "base/nearest.hpp"

namespace relume::math {

enum class ExpressionTape::Operation : std::uint8_t {
  constant,
  variable,
  add,
  subtract,
  multiply,
  divide,
  power,
  min,
  max,
  negate,
  abs,
  acos,
  asin,
  atan,
  cos,
  cosh,
  erf,
  exp,
  log,
  log10,
  sin,
  sinh,
  sqrt,
  tan,
  tanh,
};

namespace {

/// Formulas of models are a few lines long. Beyond this length, depth or size a file is broken or an attack.
constexpr std::size_t max_length = 100'000, max_nodes = 1'000'000;
constexpr int max_depth = 200;
/// First and second derivatives of all nodes, numbers per thread: 80 MB.
constexpr std::size_t max_derivatives = 10'000'000;

constexpr double nan = std::numeric_limits<double>::quiet_NaN();

bool starts_name(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || static_cast<unsigned char>(c) >= 0x80;
}
bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_space(char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r'; }

/// factor * a^exponent, which is 0 where the factor is, even at a = 0.
double scaled_power(double factor, double a, double exponent) {
  return factor == 0.0 ? 0.0 : factor * std::pow(a, exponent);
}

}  // namespace

/// Value and derivatives of an operation in its operands.
struct ExpressionTape::Partials {
  double value = 0.0, a = 0.0, b = 0.0, aa = 0.0, ab = 0.0, bb = 0.0;
};

/// Recursive descent; what is wrong is noted, and reading goes on where that makes sense.
class ExpressionParser {
 public:
  using Node = ExpressionTape::Node;
  using Operation = ExpressionTape::Operation;

  struct Function {
    std::string_view name;
    Operation operation;
    int n_arguments;
  };
  static constexpr std::array<Function, 19> functions = {{
      {"abs", Operation::abs, 1},   {"acos", Operation::acos, 1},   {"asin", Operation::asin, 1},
      {"atan", Operation::atan, 1}, {"cos", Operation::cos, 1},     {"cosh", Operation::cosh, 1},
      {"erf", Operation::erf, 1},   {"exp", Operation::exp, 1},     {"ln", Operation::log, 1},
      {"log", Operation::log, 1},   {"log10", Operation::log10, 1}, {"max", Operation::max, 2},
      {"min", Operation::min, 2},   {"pow", Operation::power, 2},   {"sin", Operation::sin, 1},
      {"sinh", Operation::sinh, 1}, {"sqrt", Operation::sqrt, 1},   {"tan", Operation::tan, 1},
      {"tanh", Operation::tanh, 1},
  }};

  ExpressionParser(ExpressionTape& tape, std::string_view text, const std::string& where)
      : tape_(tape), text_(text), where_(where) {}

  Result<Node> parse() {
    if (text_.size() > max_length) {
      return Error{ErrorCode::syntax, where_, fmt::format("an expression of {} characters", text_.size()),
                   fmt::format("at most {} are read", max_length)};
    }
    const Node node = expression();
    skip_spaces();
    if (!is_broken_ && at_ < text_.size()) {
      broken(text_[at_] == ')' ? "there is no '(' for this ')'" : fmt::format("'{}' is not expected", here()));
    }
    if (!errors_.empty()) return std::move(errors_);
    if (tape_.is_too_large_) {
      return Error{ErrorCode::unsupported, where_, "the expressions have too many terms or variables",
                   fmt::format("all together may have {} terms and {} derivatives", max_nodes, max_derivatives)};
    }
    return node;
  }

 private:
  /// Nothing can be read after this.
  Node broken(std::string message, std::string hint = {}) {
    if (!is_broken_) complain(ErrorCode::syntax, at_, std::move(message), std::move(hint));
    is_broken_ = true;
    return 0;
  }
  void complain(ErrorCode code, std::size_t position, std::string message, std::string hint = {}) {
    // The neighbourhood of the position is enough to find it.
    constexpr std::size_t before = 30, after = 30;
    const std::size_t first = position > before ? position - before : 0;
    const std::string_view part = text_.substr(first, position - first + after);
    std::string shown;
    for (const char c : part) shown += is_space(c) ? ' ' : c;
    errors_.push_back({code, where_,
                       fmt::format("{}, at character {} of '{}{}{}'", message, position + 1, first > 0 ? "…" : "",
                                   shown, first + part.size() < text_.size() ? "…" : ""),
                       std::move(hint)});
  }

  void skip_spaces() {
    while (at_ < text_.size() && is_space(text_[at_])) ++at_;
  }
  char next() {
    skip_spaces();
    return at_ < text_.size() ? text_[at_] : '\0';
  }
  /// The character here as text, whole where it has several bytes.
  std::string here() const {
    std::size_t end = at_ + 1;
    while (end < text_.size() && (static_cast<unsigned char>(text_[end]) & 0xc0u) == 0x80u) ++end;
    return std::string(text_.substr(at_, end - at_));
  }
  bool take(char c) {
    if (next() != c || at_ >= text_.size()) return false;
    ++at_;
    return true;
  }
  bool take_power() {
    skip_spaces();
    if (text_.substr(at_, 2) == "**") {
      at_ += 2;
      return true;
    }
    return take('^');
  }

  struct Depth {
    explicit Depth(int& depth) : depth_(depth) { ++depth_; }
    ~Depth() { --depth_; }
    int& depth_;
  };

  Node expression() {
    Node left = term();
    while (!is_broken_) {
      if (take('+')) {
        left = tape_.append(Operation::add, left, term());
      } else if (take('-')) {
        left = tape_.append(Operation::subtract, left, term());
      } else {
        break;
      }
    }
    return left;
  }

  Node term() {
    Node left = factor();
    while (!is_broken_) {
      skip_spaces();
      if (text_.substr(at_, 2) == "**") break;
      if (take('*')) {
        left = tape_.append(Operation::multiply, left, factor());
      } else if (take('/')) {
        left = tape_.append(Operation::divide, left, factor());
      } else {
        break;
      }
    }
    return left;
  }

  Node factor() {
    const Depth guard(depth_);
    if (depth_ > max_depth) return broken(fmt::format("nested more than {} deep", max_depth));
    if (take('+')) return factor();
    if (take('-')) return tape_.append_unary(Operation::negate, factor());
    const Node base = primary();
    if (is_broken_ || !take_power()) return base;
    return tape_.append(Operation::power, base, factor());
  }

  Node primary() {
    const char c = next();
    if (at_ >= text_.size()) return broken("the expression ends where a number, a name or '(' is expected");
    if (is_digit(c) || c == '.') return number();
    if (c == '\'') return quoted_name();
    if (starts_name(c)) return name();
    if (take('(')) {
      const Node inner = expression();
      if (!is_broken_ && !take(')')) return broken("a ')' is missing");
      return inner;
    }
    return broken(fmt::format("'{}' is not expected where a number, a name or '(' should be", here()));
  }

  Node number() {
    double value = 0.0;
    const char* first = text_.data() + at_;
    const auto [end, error] = std::from_chars(first, text_.data() + text_.size(), value);
    if (error == std::errc::result_out_of_range) return broken("the number is too large or too small");
    if (error != std::errc{}) return broken("this is not a number");
    at_ += static_cast<std::size_t>(end - first);
    if (at_ < text_.size() && (starts_name(text_[at_]) || is_digit(text_[at_]) || text_[at_] == '.')) {
      return broken(fmt::format("'{}' follows a number", here()), "write * between a number and a name");
    }
    return tape_.constant(value);
  }

  Node quoted_name() {
    const std::size_t first = at_ + 1, end = text_.find('\'', first);
    if (end == std::string_view::npos) return broken("the name has no second quote");
    const std::size_t start = at_;
    at_ = end + 1;
    return value_of(text_.substr(first, end - first), start);
  }

  Node name() {
    const std::size_t start = at_;
    while (at_ < text_.size() && (starts_name(text_[at_]) || is_digit(text_[at_]) || text_[at_] == '.')) ++at_;
    const std::string_view word = text_.substr(start, at_ - start);
    if (next() == '(' && at_ < text_.size()) return call(word, start);
    return value_of(word, start);
  }

  Node value_of(std::string_view word, std::size_t start) {
    if (const std::optional<Node> node = tape_.definition(word)) return *node;
    if (const auto variable = tape_.variable_index_.find(std::string(word)); variable != tape_.variable_index_.end()) {
      return tape_.variable(variable->second);
    }
    if (word == "pi") return tape_.constant(std::numbers::pi);
    const auto is_word = [&](const auto& name) { return name == word; };
    if (std::any_of(tape_.announced_.begin(), tape_.announced_.end(), is_word)) {
      complain(ErrorCode::reference, start, fmt::format("'{}' is defined later", word),
               "a definition may use those before it, and not itself");
      return 0;
    }
    if (std::any_of(functions.begin(), functions.end(), [&](const Function& f) { return f.name == word; })) {
      complain(ErrorCode::reference, start, fmt::format("'{}' is a function", word),
               "its argument stands in parentheses");
      return 0;
    }
    std::vector<std::string> known = tape_.variables_;
    for (const auto& [defined, unused] : tape_.definitions_) known.push_back(defined);
    complain(ErrorCode::reference, start, fmt::format("nothing is called '{}'", word), hint_for_unknown(word, known));
    return 0;
  }

  Node call(std::string_view word, std::size_t start) {
    take('(');
    std::array<Node, 2> arguments{};
    int n = 0;
    do {
      const Node argument = expression();
      if (is_broken_) return 0;
      if (n < 2) arguments[static_cast<std::size_t>(n)] = argument;
      ++n;
    } while (take(','));
    if (!take(')')) return broken("a ')' is missing");
    const auto found =
        std::find_if(functions.begin(), functions.end(), [&](const Function& f) { return f.name == word; });
    if (found == functions.end()) {
      complain(ErrorCode::reference, start, fmt::format("there is no function '{}'", word),
               hint_for_unknown(word, ExpressionTape::functions()));
      return 0;
    }
    if (n != found->n_arguments) {
      complain(ErrorCode::syntax, start,
               fmt::format("'{}' takes {} argument{}, not {}", word, found->n_arguments,
                           found->n_arguments == 1 ? "" : "s", n));
      return 0;
    }
    return n == 1 ? tape_.append_unary(found->operation, arguments[0])
                  : tape_.append(found->operation, arguments[0], arguments[1]);
  }

  ExpressionTape& tape_;
  std::string_view text_;
  const std::string& where_;
  std::size_t at_ = 0;
  int depth_ = 0;
  bool is_broken_ = false;
  Errors errors_;
};

std::vector<std::string> ExpressionTape::functions() {
  std::vector<std::string> names;
  for (const auto& f : ExpressionParser::functions) names.emplace_back(f.name);
  return names;
}

ExpressionTape::ExpressionTape(std::vector<std::string> variables)
    : variables_(std::move(variables)), variable_node_(variables_.size(), nowhere) {
  for (std::size_t i = 0; i < variables_.size(); ++i) {
    variable_index_.emplace(variables_[i], static_cast<std::uint32_t>(i));
  }
  constant(0.0);  // node 0: what stands for parts that could not be read
}

std::optional<ExpressionTape::Node> ExpressionTape::definition(std::string_view name) const {
  const auto found = definition_index_.find(std::string(name));
  if (found == definition_index_.end()) return std::nullopt;
  return definitions_[found->second].second;
}

Result<ExpressionTape::Node> ExpressionTape::define(const std::string& name, std::string_view text,
                                                    const std::string& where) {
  if (variable_index_.contains(name) || definition_index_.contains(name)) {
    return Error{ErrorCode::reference, where, fmt::format("the name '{}' is taken already", name), {}};
  }
  auto node = compile(text, where);
  // Known all the same: what uses it has no problem of its own.
  definition_index_.emplace(name, static_cast<std::uint32_t>(definitions_.size()));
  definitions_.emplace_back(name, node ? *node : Node{0});
  return node;
}

Result<ExpressionTape::Node> ExpressionTape::compile(std::string_view text, const std::string& where) {
  return ExpressionParser(*this, text, where).parse();
}

ExpressionTape::Node ExpressionTape::constant(double value) {
  Entry entry{Operation::constant, constant_degree};
  entry.number = value;
  nodes_.push_back(entry);
  return static_cast<Node>(nodes_.size() - 1);
}

ExpressionTape::Node ExpressionTape::variable(std::size_t index) {
  Node& node = variable_node_[index];
  if (node != nowhere) return node;
  Entry entry{Operation::variable, linear};
  entry.a = static_cast<Node>(index);
  entry.support = static_cast<std::uint32_t>(supports_.size());
  entry.n_support = 1;
  supports_.push_back(static_cast<std::uint32_t>(index));
  entry.gradient = gradient_size_++;
  nodes_.push_back(entry);
  return node = static_cast<Node>(nodes_.size() - 1);
}

ExpressionTape::Node ExpressionTape::sum(Node a, Node b) { return append(Operation::add, a, b); }
ExpressionTape::Node ExpressionTape::product(Node a, Node b) { return append(Operation::multiply, a, b); }

int ExpressionTape::arity(Operation operation) {
  return operation <= Operation::variable ? 0 : operation <= Operation::max ? 2 : 1;
}

ExpressionTape::Node ExpressionTape::append(Operation operation, Node a, Node b) {
  const bool is_binary = arity(operation) == 2;
  const Entry &first = nodes_[a], &second = nodes_[b];
  Entry entry{operation, nonlinear, a, b};
  if (first.degree == constant_degree && (!is_binary || second.degree == constant_degree)) {
    return constant(partials(entry, first.number, second.number, false).value);
  }
  switch (operation) {
    case Operation::negate: entry.degree = first.degree; break;
    case Operation::add:
    case Operation::subtract: entry.degree = std::max(first.degree, second.degree); break;
    case Operation::multiply:
      if (first.degree == constant_degree) entry.degree = second.degree;
      if (second.degree == constant_degree) entry.degree = first.degree;
      break;
    case Operation::divide:
      if (second.degree == constant_degree) entry.degree = first.degree;
      break;
    default: break;
  }
  const std::size_t support = supports_.size();
  const auto of = [&](Node node) { return variables(node); };
  std::vector<std::uint32_t> merged(of(a).begin(), of(a).end());
  if (is_binary) {
    merged.clear();
    std::set_union(of(a).begin(), of(a).end(), of(b).begin(), of(b).end(), std::back_inserter(merged));
  }
  const std::size_t k = merged.size(), second_size = entry.degree == nonlinear ? k * (k + 1) / 2 : 0;
  if (nodes_.size() >= max_nodes || gradient_size_ + hessian_size_ + k + second_size > max_derivatives) {
    is_too_large_ = true;
    return 0;
  }
  supports_.insert(supports_.end(), merged.begin(), merged.end());
  entry.support = static_cast<std::uint32_t>(support);
  entry.n_support = static_cast<std::uint32_t>(k);
  entry.places_a = places_in(entry, a);
  entry.places_b = is_binary ? places_in(entry, b) : entry.places_a;
  entry.gradient = gradient_size_;
  entry.hessian = hessian_size_;
  gradient_size_ += k;
  hessian_size_ += second_size;
  nodes_.push_back(entry);
  return static_cast<Node>(nodes_.size() - 1);
}

std::uint32_t ExpressionTape::places_in(const Entry& entry, Node operand) {
  const auto first = static_cast<std::uint32_t>(places_.size());
  const auto own = supports_.begin() + entry.support, end = own + entry.n_support;
  for (std::uint32_t i = 0; i < nodes_[operand].n_support; ++i) {
    const std::uint32_t variable = supports_[nodes_[operand].support + i];
    places_.push_back(static_cast<std::uint32_t>(std::lower_bound(own, end, variable) - own));
  }
  return first;
}

ExpressionTape::Partials ExpressionTape::partials(const Entry& entry, double a, double b, bool second) {
  Partials p;
  switch (entry.operation) {
    case Operation::constant:
    case Operation::variable: break;
    case Operation::add: p = {a + b, 1.0, 1.0}; break;
    case Operation::subtract: p = {a - b, 1.0, -1.0}; break;
    case Operation::multiply: p = {a * b, b, a, 0.0, 1.0, 0.0}; break;
    case Operation::divide: {
      const double inverse = 1.0 / b, ratio = a / b;
      p = {ratio, inverse, -ratio * inverse, 0.0, -inverse * inverse, 2.0 * ratio * inverse * inverse};
      break;
    }
    case Operation::power: {
      p.value = std::pow(a, b);
      p.a = scaled_power(b, a, b - 1.0);
      if (!second) {
        p.b = a > 0.0 ? std::log(a) * p.value : a == 0.0 && b > 0.0 ? 0.0 : nan;
        break;
      }
      p.aa = scaled_power(b * (b - 1.0), a, b - 2.0);
      if (a > 0.0) {
        const double l = std::log(a);
        p.b = l * p.value;
        p.ab = std::pow(a, b - 1.0) * (1.0 + b * l);
        p.bb = l * l * p.value;
      } else if (!(a == 0.0 && b > 1.0)) {
        p.b = p.ab = p.bb = nan;  // only asked for where the exponent varies
      }
      break;
    }
    // What is no number is neither larger nor smaller: the result is none either, in both orders.
    case Operation::min: p = a <= b || std::isnan(a) ? Partials{a, 1.0} : Partials{b, 0.0, 1.0}; break;
    case Operation::max: p = a >= b || std::isnan(a) ? Partials{a, 1.0} : Partials{b, 0.0, 1.0}; break;
    case Operation::negate: p = {-a, -1.0}; break;
    case Operation::abs: p = {std::fabs(a), std::signbit(a) ? -1.0 : 1.0}; break;
    case Operation::acos:
    case Operation::asin: {
      const double square = 1.0 - a * a, slope = 1.0 / std::sqrt(square);
      const double sign = entry.operation == Operation::asin ? 1.0 : -1.0;
      p.value = entry.operation == Operation::asin ? std::asin(a) : std::acos(a);
      p.a = sign * slope;
      p.aa = sign * a * slope / square;
      break;
    }
    case Operation::atan: {
      const double slope = 1.0 / (1.0 + a * a);
      p = {std::atan(a), slope, 0.0, -2.0 * a * slope * slope};
      break;
    }
    case Operation::cos: p = {std::cos(a), -std::sin(a), 0.0, -std::cos(a)}; break;
    case Operation::sin: p = {std::sin(a), std::cos(a), 0.0, -std::sin(a)}; break;
    case Operation::cosh: p = {std::cosh(a), std::sinh(a), 0.0, std::cosh(a)}; break;
    case Operation::sinh: p = {std::sinh(a), std::cosh(a), 0.0, std::sinh(a)}; break;
    case Operation::erf: {
      const double slope = 2.0 * std::numbers::inv_sqrtpi * std::exp(-a * a);
      p = {std::erf(a), slope, 0.0, -2.0 * a * slope};
      break;
    }
    case Operation::exp: p.value = p.a = p.aa = std::exp(a); break;
    case Operation::log: p = {std::log(a), 1.0 / a, 0.0, -1.0 / (a * a)}; break;
    case Operation::log10: {
      constexpr double scale = std::numbers::log10e;
      p = {std::log10(a), scale / a, 0.0, -scale / (a * a)};
      break;
    }
    case Operation::sqrt: {
      const double root = std::sqrt(a);
      p = {root, 0.5 / root, 0.0, -0.25 / (a * root)};
      break;
    }
    case Operation::tan: {
      const double t = std::tan(a), slope = 1.0 + t * t;
      p = {t, slope, 0.0, 2.0 * t * slope};
      break;
    }
    case Operation::tanh: {
      const double t = std::tanh(a), slope = (1.0 - t) * (1.0 + t);
      p = {t, slope, 0.0, -2.0 * t * slope};
      break;
    }
  }
  return p;
}

ExpressionWork ExpressionTape::make_work() const {
  ExpressionWork work;
  work.value.resize(nodes_.size());
  work.gradients.resize(gradient_size_);
  work.hessians.resize(hessian_size_);
  for (std::size_t i = 0; i < nodes_.size(); ++i) {
    if (nodes_[i].operation == Operation::constant) work.value[i] = nodes_[i].number;
    if (nodes_[i].operation == Operation::variable) work.gradients[nodes_[i].gradient] = 1.0;
  }
  return work;
}

/// What one operand brings: slope times its own derivatives.
void ExpressionTape::add_operand(const Entry& entry, Node operand, std::uint32_t places, double slope, bool second,
                                 ExpressionWork& work) const noexcept {
  const Entry& from = nodes_[operand];
  const std::uint32_t* place = places_.data() + places;
  double* gradient = work.gradients.data() + entry.gradient;
  const double* own = work.gradients.data() + from.gradient;
  for (std::uint32_t i = 0; i < from.n_support; ++i) gradient[place[i]] += slope * own[i];
  if (!second || from.degree != nonlinear || slope == 0.0) return;
  double* hessian = work.hessians.data() + entry.hessian;
  const double* h = work.hessians.data() + from.hessian;
  for (std::uint32_t i = 0; i < from.n_support; ++i) {
    const std::size_t row = std::size_t{place[i]} * (place[i] + 1) / 2;
    for (std::uint32_t j = 0; j <= i; ++j) hessian[row + place[j]] += slope * *h++;
  }
}

/// factor times (x y^T + y x^T) / 2 of the gradients of two operands.
void ExpressionTape::add_products(const Entry& entry, Node x, std::uint32_t places_x, Node y, std::uint32_t places_y,
                                  double factor, ExpressionWork& work) const noexcept {
  if (factor == 0.0) return;
  double* hessian = work.hessians.data() + entry.hessian;
  const double* gx = work.gradients.data() + nodes_[x].gradient;
  const double* gy = work.gradients.data() + nodes_[y].gradient;
  for (std::uint32_t i = 0; i < nodes_[x].n_support; ++i) {
    const std::uint32_t row = places_[places_x + i];
    const double scaled = 0.5 * factor * gx[i];
    for (std::uint32_t j = 0; j < nodes_[y].n_support; ++j) {
      const std::uint32_t column = places_[places_y + j];
      const auto [low, high] = std::minmax(row, column);
      hessian[std::size_t{high} * (high + 1) / 2 + low] += row == column ? 2.0 * scaled * gy[j] : scaled * gy[j];
    }
  }
}

void ExpressionTape::evaluate(std::span<const double> point, Derivatives derivatives,
                              ExpressionWork& work) const noexcept {
  const bool with_gradient = derivatives != Derivatives::none;
  const bool with_hessian = derivatives == Derivatives::curvature;
  for (std::size_t k = 0; k < nodes_.size(); ++k) {
    const Entry& entry = nodes_[k];
    if (entry.operation == Operation::constant) continue;
    if (entry.operation == Operation::variable) {
      work.value[k] = point[entry.a];
      continue;
    }
    const bool is_binary = arity(entry.operation) == 2;
    const bool second = with_hessian && entry.degree == nonlinear;
    const Partials p = partials(entry, work.value[entry.a], work.value[entry.b], second);
    work.value[k] = p.value;
    if (!with_gradient) continue;
    std::fill_n(work.gradients.data() + entry.gradient, entry.n_support, 0.0);
    if (second) {
      std::fill_n(work.hessians.data() + entry.hessian, std::size_t{entry.n_support} * (entry.n_support + 1) / 2, 0.0);
    }
    // The branch of a minimum or maximum that is not taken may have no finite slope, and brings none. In all else zero
    // times infinity stays no number: the slope of cos(sqrt(x)) at 0 is -1/2, not 0.
    const bool chooses = entry.operation == Operation::min || entry.operation == Operation::max;
    if (!chooses || p.a != 0.0) add_operand(entry, entry.a, entry.places_a, p.a, second, work);
    if (second) add_products(entry, entry.a, entry.places_a, entry.a, entry.places_a, p.aa, work);
    if (!is_binary || nodes_[entry.b].degree == constant_degree) continue;
    if (!chooses || p.b != 0.0) add_operand(entry, entry.b, entry.places_b, p.b, second, work);
    if (!second) continue;
    add_products(entry, entry.b, entry.places_b, entry.b, entry.places_b, p.bb, work);
    add_products(entry, entry.a, entry.places_a, entry.b, entry.places_b, 2.0 * p.ab, work);
  }
}

std::span<const std::uint32_t> ExpressionTape::variables(Node node) const {
  return {supports_.data() + nodes_[node].support, nodes_[node].n_support};
}

std::int64_t ExpressionTape::bare_variable(Node node) const {
  return nodes_[node].operation == Operation::variable ? static_cast<std::int64_t>(nodes_[node].a) : -1;
}

std::span<const double> ExpressionTape::gradient(Node node, const ExpressionWork& work) const {
  return {work.gradients.data() + nodes_[node].gradient, nodes_[node].n_support};
}

std::span<const double> ExpressionTape::hessian(Node node, const ExpressionWork& work) const {
  if (nodes_[node].degree != nonlinear) return {};
  const std::size_t k = nodes_[node].n_support;
  return {work.hessians.data() + nodes_[node].hessian, k * (k + 1) / 2};
}

}  // namespace relume::math
