// SPDX-FileCopyrightText: relume authors
// SPDX-License-Identifier: BSD-3-Clause
#include "formats/python_literal.hpp"

#include <array>
#include <charconv>
#include <cmath>
#include <optional>

#include <fmt/format.h>

namespace relume::formats {
namespace {

using Kind = Literal::Kind;

/// Deeper than any data base nests its points, and far from the end of the stack.
constexpr int max_depth = 32;
/// A map of a million points with four masses each; the rest is a mistake or an attack.
constexpr std::size_t max_values = 10'000'000;

struct Unit {
  std::string_view name;
  double value;  ///< in GeV or fb
  Dimension dimension;
};

constexpr Dimension energy{1, 0}, area{0, 1};
constexpr std::array<Unit, 12> units = {{{"eV", 1e-9, energy},
                                         {"keV", 1e-6, energy},
                                         {"MeV", 1e-3, energy},
                                         {"GeV", 1.0, energy},
                                         {"TeV", 1e3, energy},
                                         {"ab", 1e-3, area},
                                         {"fb", 1.0, area},
                                         {"pb", 1e3, area},
                                         {"nb", 1e6, area},
                                         {"ub", 1e9, area},
                                         {"mb", 1e12, area},
                                         {"b", 1e15, area}}};

bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_'; }
bool is_digit(char c) { return c >= '0' && c <= '9'; }

class Parser {
 public:
  Parser(std::string_view text, std::string_view source, std::size_t line)
      : text_(text), source_(source), line_(static_cast<std::uint32_t>(line)) {}

  Result<Literal> parse() {
    Literal value;
    if (!read_items(value, '\0')) return *error_;
    // A single value is itself.
    if (value.items.size() == 1 && !has_comma_) {
      Literal only = std::move(value.items.front());
      return only;
    }
    if (value.items.empty()) {
      fail("there is no value");
      return *error_;
    }
    value.kind = Kind::tuple;
    return value;
  }

 private:
  bool fail(std::string message, std::string hint = {}) {
    if (!error_) {
      error_ = Error{ErrorCode::syntax, fmt::format("{}:{}", source_, line_), std::move(message), std::move(hint)};
    }
    return false;
  }

  std::string here() const {
    if (at_ >= text_.size()) return "the end of the value";
    const auto c = static_cast<unsigned char>(text_[at_]);
    return c >= ' ' && c < 0x7f ? fmt::format("'{}'", text_[at_]) : fmt::format("byte {:#04x}", c);
  }

  void skip_blanks() {
    while (at_ < text_.size()) {
      const char c = text_[at_];
      if (c == '#') {
        while (at_ < text_.size() && text_[at_] != '\n') ++at_;
      } else if (c == '\n') {
        ++line_;
        ++at_;
      } else if (c == ' ' || c == '\t' || c == '\r' || (c == '\\' && joins_lines())) {
        ++at_;
      } else {
        return;
      }
    }
  }

  /// A backslash at the end of a line.
  bool joins_lines() const {
    std::size_t next = at_ + 1;
    while (next < text_.size() && (text_[next] == '\r' || text_[next] == ' ' || text_[next] == '\t')) ++next;
    return next >= text_.size() || text_[next] == '\n';
  }

  bool take(char c) {
    skip_blanks();
    if (at_ >= text_.size() || text_[at_] != c) return false;
    ++at_;
    return true;
  }

  /// Values with commas between them, up to `end` ('\0': up to the end of the text).
  bool read_items(Literal& into, char end) {
    into.line = line_;
    bool comma = false;
    for (;;) {
      skip_blanks();
      if (is_at(end)) break;
      if (at_ >= text_.size()) return fail("the value ends too early");
      if (!into.items.empty() && !comma) {
        return fail(fmt::format("expected a comma before {}", here()));
      }
      Literal item;
      if (!read_value(item)) return false;
      if (end == '}') {
        if (!take(':')) return fail(fmt::format("expected ':' after a key of a dictionary, not {}", here()));
        into.items.push_back(std::move(item));
        item = Literal{};
        if (!read_value(item)) return false;
      }
      into.items.push_back(std::move(item));
      comma = take(',');
    }
    has_comma_ = comma || into.items.size() > 1;
    return true;
  }

  /// At the end of a sequence, which is taken.
  bool is_at(char end) {
    if (end == '\0') return at_ >= text_.size();
    if (at_ < text_.size() && text_[at_] == end) {
      ++at_;
      return true;
    }
    return false;
  }

  /// Factors with '*' and '/' between them.
  bool read_value(Literal& value) {
    if (++n_values_ > max_values) return fail(fmt::format("more than {} values", max_values));
    if (!read_factor(value)) return false;
    for (;;) {
      const bool times = take('*');
      if (!times && !take('/')) return true;
      const int sign = times ? 1 : -1;
      Literal factor;
      if (!read_factor(factor)) return false;
      if (value.kind != Kind::number || factor.kind != Kind::number) {
        return fail(fmt::format("only numbers can be multiplied, not {} and {}", describe(value), describe(factor)));
      }
      value.number = times ? value.number * factor.number : value.number / factor.number;
      value.dimension.energy += sign * factor.dimension.energy;
      value.dimension.area += sign * factor.dimension.area;
      if (!std::isfinite(value.number)) return fail("a number that is not finite");
    }
  }

  bool read_factor(Literal& value) {
    skip_blanks();
    value.line = line_;
    if (at_ >= text_.size()) return fail("the value ends too early");
    const char c = text_[at_];
    if (c == '[') return read_sequence(value, ']', Kind::list);
    if (c == '(') return read_sequence(value, ')', Kind::tuple);
    if (c == '{') return read_sequence(value, '}', Kind::dictionary);
    if (c == '\'' || c == '"') return read_text(value);
    if (is_letter(c)) return read_name(value);
    return read_number(value);
  }

  bool read_sequence(Literal& value, char end, Kind kind) {
    if (depth_ >= max_depth) return fail(fmt::format("brackets are nested deeper than {}", max_depth));
    ++depth_;
    ++at_;
    const std::uint32_t begin = line_;
    has_comma_ = false;
    if (!read_items(value, end)) {
      if (at_ >= text_.size() && error_->hint.empty()) error_->hint = fmt::format("a bracket opens in line {}", begin);
      return false;
    }
    --depth_;
    value.kind = kind;
    value.line = begin;
    // Brackets around one value are just that.
    if (kind == Kind::tuple && !has_comma_ && value.items.size() == 1) {
      Literal only = std::move(value.items.front());
      value = std::move(only);
    }
    has_comma_ = true;
    return true;
  }

  bool read_text(Literal& value) {
    const char quote = text_[at_++];
    value.kind = Kind::text;
    for (; at_ < text_.size() && text_[at_] != '\n'; ++at_) {
      char c = text_[at_];
      if (c == quote) {
        ++at_;
        return true;
      }
      if (c == '\\' && at_ + 1 < text_.size()) {
        c = text_[++at_];
        if (c != quote && c != '\\') return fail("only quotes and backslashes can be escaped in a text");
      }
      value.text.push_back(c);
    }
    return fail("a text has no closing quote in its line");
  }

  bool read_name(Literal& value) {
    const std::size_t begin = at_;
    while (at_ < text_.size() && (is_letter(text_[at_]) || is_digit(text_[at_]))) ++at_;
    const std::string_view name = text_.substr(begin, at_ - begin);
    if (name == "None") return true;
    if (name == "True" || name == "False") {
      value.kind = Kind::boolean;
      value.truth = name == "True";
      return true;
    }
    for (const Unit& unit : units) {
      if (unit.name != name) continue;
      value.kind = Kind::number;
      value.number = unit.value;
      value.dimension = unit.dimension;
      return true;
    }
    return fail(fmt::format("'{}' is neither a number nor a unit that is known", printable(name)),
                "units are eV, keV, MeV, GeV, TeV and ab, fb, pb, nb, ub, mb, b; texts need quotes");
  }

  bool read_number(Literal& value) {
    const bool is_negative = text_[at_] == '-';
    if (is_negative || text_[at_] == '+') ++at_;
    // from_chars would take a second sign, or a name such as inf.
    if (at_ >= text_.size() || (!is_digit(text_[at_]) && text_[at_] != '.')) {
      return fail(fmt::format("expected a value, not {}", here()));
    }
    const char* const end = text_.data() + text_.size();
    const auto [stop, problem] = std::from_chars(text_.data() + at_, end, value.number);
    if (problem == std::errc::result_out_of_range) return fail("a number that is too large or too small");
    if (problem != std::errc{}) return fail(fmt::format("expected a number, not {}", here()));
    at_ = static_cast<std::size_t>(stop - text_.data());
    if (at_ < text_.size() && (is_letter(text_[at_]) || text_[at_] == '.')) {
      return fail(fmt::format("a number followed by {}", here()), "write units with '*', as in 400.*GeV");
    }
    value.kind = Kind::number;
    if (is_negative) value.number = -value.number;
    return true;
  }

  std::string_view text_, source_;
  std::uint32_t line_;
  std::size_t at_ = 0, n_values_ = 0;
  int depth_ = 0;
  bool has_comma_ = false;  ///< in the sequence that was read last
  std::optional<Error> error_;
};

}  // namespace

const Literal* Literal::find(std::string_view key) const {
  for (std::size_t i = 0; kind == Kind::dictionary && i + 1 < items.size(); i += 2) {
    if (items[i].kind == Kind::text && items[i].text == key) return &items[i + 1];
  }
  return nullptr;
}

std::string printable(std::string_view text) {
  constexpr std::size_t enough = 60;
  std::string shown;
  for (const char c : text.substr(0, enough)) shown.push_back(c >= ' ' && c < 0x7f ? c : '?');
  if (text.size() > enough) shown += "...";
  return shown;
}

std::string describe(const Literal& literal) {
  switch (literal.kind) {
    case Kind::none: return "None";
    case Kind::boolean: return literal.truth ? "True" : "False";
    case Kind::number:
      return literal.dimension == Dimension{} ? fmt::format("the number {}", literal.number)
                                              : fmt::format("the number {} with a unit", literal.number);
    case Kind::text: return fmt::format("the text '{}'", printable(literal.text));
    case Kind::list: return fmt::format("a list of {}", literal.items.size());
    case Kind::tuple: return fmt::format("a tuple of {}", literal.items.size());
    case Kind::dictionary: return fmt::format("a dictionary of {}", literal.items.size() / 2);
  }
  return {};
}

Result<Literal> parse_literal(std::string_view text, std::string_view source_name, std::size_t line) {
  return Parser(text, source_name, line).parse();
}

}  // namespace relume::formats
