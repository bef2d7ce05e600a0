// SPDX-FileCopyrightText: relume authors
// SPDX-License-Identifier: BSD-3-Clause
//
// Boost.JSON's event parser drives a builder of spec::Json (why this library: docs/decisions/0001-json-library.md). It
// never recurses deeper than max_json_depth and hands over the raw digits of numbers, which std::from_chars reads:
// the parser's own doubles are not always the nearest ones.
#include <algorithm>
#include <charconv>
#include <limits>
#include <optional>

#include "formats/archive.hpp"
#include "formats/json_beginning.hpp"
#include "formats/text_edges.hpp"
#include "relume/formats/json.hpp"
#include "spec/problems.hpp"

// Compiled here and nowhere else, so that no Boost library needs to be linked.
#include <boost/json/src.hpp>
// The event parser's definitions are not part of the above.
#include <boost/json/basic_parser_impl.hpp>

namespace relume::formats {
namespace {

using spec::BigInteger;
using spec::Json;
using spec::JsonArray;
using spec::JsonMember;
using spec::JsonObject;

/// Objects up to this size are searched for duplicate keys pair by pair, larger ones by sorting.
constexpr std::size_t small_object = 12;

/// from_chars says "out of range" for numbers too large and too small. Too small ones (1e-400) become zero, as
/// everywhere else; this tells the two apart by the decimal exponent of the first digit that is not zero.
bool is_overflow(std::string_view number) {
  const std::size_t e = number.find_first_of("eE");
  const std::string_view mantissa = number.substr(0, e);
  const std::size_t first_digit = mantissa.find_first_of("123456789");
  if (first_digit == std::string_view::npos) return false;
  const std::size_t point = std::min(mantissa.find('.'), mantissa.size());
  const double position = static_cast<double>(point) - static_cast<double>(first_digit);
  double exponent = 0.0;
  if (e != std::string_view::npos) {
    std::string_view digits = number.substr(e + 1);
    const bool is_negative = digits.front() == '-';
    if (is_negative || digits.front() == '+') digits.remove_prefix(1);
    for (const char digit : digits) exponent = 10.0 * exponent + (digit - '0');
    if (is_negative) exponent = -exponent;
  }
  return exponent + position > 0.0;
}

/// Collects values on a stack; when an array or object closes, its children move into it at their exact number.
class Builder {
 public:
  static constexpr std::size_t max_object_size = std::numeric_limits<std::size_t>::max();
  static constexpr std::size_t max_array_size = std::numeric_limits<std::size_t>::max();
  static constexpr std::size_t max_key_size = std::numeric_limits<std::size_t>::max();
  static constexpr std::size_t max_string_size = std::numeric_limits<std::size_t>::max();

  using Code = boost::json::error_code;
  using View = boost::json::string_view;

  void set_source(std::string_view source_name) { problems_.emplace(source_name); }
  spec::Problems& problems() { return *problems_; }
  /// Text of the number that does not fit in a double, if that is what stopped the parser.
  const std::string& overflow() const { return overflow_; }
  Json take() { return std::move(values_.back()); }

  bool on_document_begin(Code&) { return true; }
  bool on_document_end(Code&) { return true; }
  bool on_array_begin(Code&) { return open(false); }
  bool on_object_begin(Code&) { return open(true); }
  bool on_array_end(std::size_t, Code&) {
    const auto first = values_.begin() + static_cast<std::ptrdiff_t>(open_.back().first_value);
    JsonArray array(std::make_move_iterator(first), std::make_move_iterator(values_.end()));
    close(std::move(array));
    return true;
  }
  bool on_object_end(std::size_t, Code&) {
    const Frame frame = open_.back();
    const std::size_t size = values_.size() - frame.first_value;
    JsonObject object;
    object.reserve(size);
    for (std::size_t i = 0; i < size; ++i) {
      object.emplace_back(std::move(keys_[frame.first_key + i]), std::move(values_[frame.first_value + i]));
    }
    keys_.resize(frame.first_key);
    if (has_duplicate_key(object)) report_duplicate_keys(object);
    close(std::move(object));
    return true;
  }
  bool on_key_part(View part, std::size_t, Code&) { return append(part); }
  bool on_key(View part, std::size_t, Code&) {
    append(part);
    keys_.push_back(text_);
    text_.clear();
    return true;
  }
  bool on_string_part(View part, std::size_t, Code&) { return append(part); }
  bool on_string(View part, std::size_t, Code&) {
    append(part);
    values_.emplace_back(text_);
    text_.clear();
    return true;
  }
  bool on_number_part(View part, Code&) { return append(part); }
  bool on_int64(std::int64_t, View part, Code& code) { return number(part, code); }
  bool on_uint64(std::uint64_t, View part, Code& code) { return number(part, code); }
  bool on_double(double, View part, Code& code) { return number(part, code); }
  bool on_bool(bool truth, Code&) {
    values_.emplace_back(truth);
    return true;
  }
  bool on_null(Code&) {
    values_.emplace_back(nullptr);
    return true;
  }
  bool on_comment_part(View, Code&) { return true; }
  bool on_comment(View, Code&) { return true; }

 private:
  struct Frame {
    std::size_t first_value, first_key;
    bool is_object;
  };

  bool open(bool is_object) {
    open_.push_back({values_.size(), keys_.size(), is_object});
    return true;
  }
  template <class Container>
  void close(Container container) {
    values_.resize(open_.back().first_value);
    values_.emplace_back(std::move(container));
    open_.pop_back();
  }
  bool append(View part) {
    text_.append(part.data(), part.size());
    return true;
  }

  bool number(View part, Code& code) {
    // Only numbers that straddle two pieces of input were collected; the others are used where they are.
    std::string_view text(part.data(), part.size());
    if (!text_.empty()) text = text_.append(text);
    const char* first = text.data();
    const char* last = first + text.size();
    if (text.find_first_of(".eE") == std::string_view::npos) {
      std::int64_t integer = 0;
      if (std::from_chars(first, last, integer).ec == std::errc{}) {
        values_.emplace_back(integer);
      } else {
        values_.emplace_back(BigInteger{std::string(text)});
      }
    } else {
      double real = 0.0;
      if (std::from_chars(first, last, real).ec == std::errc::result_out_of_range) {
        if (is_overflow(text)) {
          overflow_ = text;
          code = boost::json::error::exponent_overflow;
          return false;
        }
        real = text.front() == '-' ? -0.0 : 0.0;
      }
      values_.emplace_back(real);
    }
    text_.clear();
    return true;
  }

  static bool has_duplicate_key(const JsonObject& object) {
    if (object.size() <= small_object) {
      for (std::size_t i = 1; i < object.size(); ++i) {
        for (std::size_t j = 0; j < i; ++j) {
          if (object[i].first == object[j].first) return true;
        }
      }
      return false;
    }
    const std::vector<std::string_view> keys = sorted_keys(object);
    return std::adjacent_find(keys.begin(), keys.end()) != keys.end();
  }

  static std::vector<std::string_view> sorted_keys(const JsonObject& object) {
    std::vector<std::string_view> keys;
    keys.reserve(object.size());
    for (const JsonMember& member : object) keys.push_back(member.first);
    std::sort(keys.begin(), keys.end());
    return keys;
  }

  void report_duplicate_keys(const JsonObject& object) {
    const std::vector<std::string_view> keys = sorted_keys(object);
    const std::string pointer = pointer_to_open_container();
    const spec::Place here(pointer);
    for (std::size_t i = 0; i < keys.size();) {
      const std::size_t begin = i;
      while (i < keys.size() && keys[i] == keys[begin]) ++i;
      if (i - begin == 1) continue;
      problems_->add(
          ErrorCode::syntax, here,
          "key '" + std::string(keys[begin]) + "' occurs " + std::to_string(i - begin) + " times in one object",
          "which one is meant is not defined: keep one of them");
    }
  }

  /// In every open container but the innermost, the child under construction is the next one.
  std::string pointer_to_open_container() const {
    std::string pointer;
    for (std::size_t i = 0; i + 1 < open_.size(); ++i) {
      if (open_[i].is_object) {
        spec::append_pointer_token(pointer, keys_[open_[i + 1].first_key - 1]);
      } else {
        pointer.append("/").append(std::to_string(open_[i + 1].first_value - open_[i].first_value));
      }
    }
    return pointer;
  }

  std::vector<Json> values_;
  std::vector<std::string> keys_;
  std::vector<Frame> open_;
  std::string text_;  ///< the string, key or number that is being received in pieces
  std::string overflow_;
  std::optional<spec::Problems> problems_;
};

/// Only asks whether it is JSON.
struct Ignore : Builder {
  bool on_array_begin(Code&) { return true; }
  bool on_object_begin(Code&) { return true; }
  bool on_array_end(std::size_t, Code&) { return true; }
  bool on_object_end(std::size_t, Code&) { return true; }
  bool on_key_part(View, std::size_t, Code&) { return true; }
  bool on_key(View, std::size_t, Code&) { return true; }
  bool on_string_part(View, std::size_t, Code&) { return true; }
  bool on_string(View, std::size_t, Code&) { return true; }
  bool on_number_part(View, Code&) { return true; }
  bool on_int64(std::int64_t, View, Code&) { return true; }
  bool on_uint64(std::uint64_t, View, Code&) { return true; }
  bool on_double(double, View, Code&) { return true; }
  bool on_bool(bool, Code&) { return true; }
  bool on_null(Code&) { return true; }
};

std::string location(std::string_view text, std::size_t offset, std::string_view source_name) {
  const std::string_view before = text.substr(0, offset);
  const auto line = 1 + std::count(before.begin(), before.end(), '\n');
  const std::size_t last_break = before.rfind('\n');
  const std::size_t column = last_break == std::string_view::npos ? offset + 1 : offset - last_break;
  return std::string(source_name) + ":" + std::to_string(line) + ":" + std::to_string(column);
}

/// Where NaN or an infinity starts if that is what the parser stumbled over: it stops at the first letter that cannot
/// belong to a value, which may be one inside the literal.
std::optional<std::size_t> find_non_finite_literal(std::string_view text, std::size_t offset) {
  for (const std::string_view literal : {"NaN", "Infinity"}) {
    for (std::size_t back = 0; back <= std::min(offset, literal.size()); ++back) {
      std::size_t start = offset - back;
      if (!text.substr(start).starts_with(literal) || (start > 0 && text[start - 1] == '"')) continue;
      if (start > 0 && text[start - 1] == '-') --start;
      return start;
    }
  }
  return std::nullopt;
}

std::string shown_character(char c) {
  const auto byte = static_cast<unsigned char>(c);
  if (byte >= 0x20 && byte < 0x7f) return std::string("'") + c + "'";
  constexpr std::string_view hex = "0123456789abcdef";
  return std::string("byte 0x") + hex[byte >> 4] + hex[byte & 15];
}

Error syntax_error(std::string_view text, std::size_t offset, const boost::json::error_code& code,
                   const std::string& overflow, std::string_view source_name) {
  using boost::json::error;
  offset = std::min(offset, text.size());
  Error problem{ErrorCode::syntax, location(text, offset, source_name), {}, {}};
  const std::string_view rest = text.substr(offset);
  if (const std::optional<std::size_t> literal = find_non_finite_literal(text, offset)) {
    problem.where = location(text, *literal, source_name);
    problem.message = "NaN and Infinity are not JSON numbers";
    problem.hint = "a statistical model needs finite numbers: look at what produced this file";
    return problem;
  }
  if (code == error::too_deep) {
    problem.message = "nested deeper than " + std::to_string(max_json_depth) + " levels";
  } else if (code == error::exponent_overflow) {
    problem.message =
        "the number " + (overflow.empty() ? std::string("here") : overflow.substr(0, 40)) + " does not fit in a double";
  } else if (code == error::incomplete) {
    problem.message = text.find_first_not_of(" \t\r\n") == std::string_view::npos ? "the document is empty"
                                                                                  : "the document ends too early";
    problem.hint = "is the file complete?";
  } else if (code == error::illegal_leading_surrogate || code == error::illegal_trailing_surrogate) {
    problem.message = "half of a surrogate pair in a \\u escape";
  } else if (code == error::expected_hex_digit) {
    problem.message = "\\u needs four hexadecimal digits";
  } else if (!rest.empty() && static_cast<unsigned char>(rest.front()) >= 0x80) {
    problem.message = "invalid UTF-8: " + shown_character(rest.front());
    problem.hint = "JSON must be encoded in UTF-8";
  } else if (!rest.empty()) {
    problem.message = "unexpected " + shown_character(rest.front());
  } else {
    problem.message = "the document ends too early";
  }
  return problem;
}

}  // namespace

std::optional<Errors> hopeless_beginning(std::string_view beginning, std::string_view source_name) {
  if (looks_packed(beginning)) return std::nullopt;
  boost::json::parse_options options;
  options.max_depth = max_json_depth;
  boost::json::basic_parser<Ignore> parser(options);
  boost::json::error_code code;
  const std::string_view text = without_byte_order_mark(beginning);
  const std::size_t consumed = parser.write_some(true, text.data(), text.size(), code);
  if (!code && consumed == text.size()) return std::nullopt;
  Result<spec::Json> document = parse_json(beginning, source_name);  // the same complaint as about the whole
  if (document) return std::nullopt;
  return document.errors();
}

Result<spec::Json> parse_json(std::string_view text, std::string_view source_name) {
  text = without_byte_order_mark(text);
  boost::json::parse_options options;
  options.max_depth = max_json_depth;
  boost::json::basic_parser<Builder> parser(options);
  parser.handler().set_source(source_name);
  boost::json::error_code code;
  const std::size_t consumed = parser.write_some(false, text.data(), text.size(), code);
  if (code) return syntax_error(text, consumed, code, parser.handler().overflow(), source_name);
  const std::size_t rest = text.find_first_not_of(" \t\r\n", consumed);
  if (rest != std::string_view::npos) {
    return Error{ErrorCode::syntax,
                 location(text, rest, source_name),
                 "unexpected " + shown_character(text[rest]) + " after the end of the document",
                 {}};
  }
  if (!parser.handler().problems().empty()) return parser.handler().problems().take();
  return parser.handler().take();
}

std::string join_pointer(std::string_view pointer, std::string_view key) {
  std::string joined(pointer);
  spec::append_pointer_token(joined, key);
  return joined;
}

std::string join_pointer(std::string_view pointer, std::size_t index) {
  return std::string(pointer) + "/" + std::to_string(index);
}

}  // namespace relume::formats
