// SPDX-FileCopyrightText: relume authors
// SPDX-License-Identifier: BSD-3-Clause
//
// The text that Python's json.dumps writes, byte for byte: published digests are hashes of it.
#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>

#include "relume/formats/json.hpp"

namespace relume::formats {
namespace {

using spec::Json;
using spec::JsonArray;
using spec::JsonMember;
using spec::JsonObject;

constexpr std::string_view hex_digits = "0123456789abcdef";

/// Python's repr: the shortest digits that give the same double; an exponent where the first digit stands for less than
/// 1e-4 or for 1e16 and more; always a point or an exponent.
void append_double(std::string& out, double value) {
  if (!std::isfinite(value)) {
    out.append("null");
    return;
  }
  std::array<char, 32> buffer;
  const auto written =
      std::to_chars(buffer.data(), buffer.data() + buffer.size(), value, std::chars_format::scientific);
  std::string_view text(buffer.data(), static_cast<std::size_t>(written.ptr - buffer.data()));
  if (text.front() == '-') {
    out.push_back('-');
    text.remove_prefix(1);
  }
  const std::size_t e = text.find('e');
  const std::string_view exponent_text = text.substr(e + (text[e + 1] == '+' ? 2 : 1));
  int exponent = 0;
  std::from_chars(exponent_text.data(), exponent_text.data() + exponent_text.size(), exponent);
  if (exponent < -4 || exponent >= 16) {
    out.append(text);  // std::to_chars writes the sign and two digits of the exponent, as Python does
    return;
  }
  std::array<char, 20> digits;
  std::size_t n_digits = 0;
  for (const char c : text.substr(0, e)) {
    if (c != '.') digits[n_digits++] = c;
  }
  if (exponent < 0) {
    out.append("0.").append(static_cast<std::size_t>(-exponent - 1), '0').append(digits.data(), n_digits);
    return;
  }
  const std::size_t n_before_point = static_cast<std::size_t>(exponent) + 1;
  if (n_digits <= n_before_point) {
    out.append(digits.data(), n_digits).append(n_before_point - n_digits, '0').append(".0");
  } else {
    out.append(digits.data(), n_before_point)
        .append(".")
        .append(digits.data() + n_before_point, n_digits - n_before_point);
  }
}

void append_unicode_escape(std::string& out, unsigned code_unit) {
  out.append("\\u");
  for (int shift = 12; shift >= 0; shift -= 4) out.push_back(hex_digits[(code_unit >> shift) & 15U]);
}

/// The code point that starts at `text[i]`; moves i to its last byte. `text` is valid UTF-8: the reader sees to it, and
/// of other text every byte that starts nothing is taken as Latin-1.
unsigned code_point_at(std::string_view text, std::size_t& i) {
  const auto lead = static_cast<unsigned char>(text[i]);
  const std::size_t n_more = lead >= 0xf0 ? 3 : lead >= 0xe0 ? 2 : lead >= 0xc0 ? 1 : 0;
  if (n_more == 0 || i + n_more >= text.size()) return lead;
  unsigned code_point = lead & (0x3fU >> n_more);
  for (std::size_t k = 1; k <= n_more; ++k) {
    code_point = code_point << 6 | (static_cast<unsigned char>(text[i + k]) & 0x3fU);
  }
  i += n_more;
  return code_point;
}

void append_string(std::string& out, std::string_view text, bool ascii_only) {
  out.push_back('"');
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto c = static_cast<unsigned char>(text[i]);
    switch (c) {
      case '"': out.append("\\\""); break;
      case '\\': out.append("\\\\"); break;
      case '\n': out.append("\\n"); break;
      case '\r': out.append("\\r"); break;
      case '\t': out.append("\\t"); break;
      case '\f': out.append("\\f"); break;
      case '\b': out.append("\\b"); break;
      default:
        if (c < 0x20 || (c >= 0x7f && ascii_only)) {
          const unsigned code_point = code_point_at(text, i);
          if (code_point < 0x10000) {
            append_unicode_escape(out, code_point);
          } else {
            append_unicode_escape(out, 0xd800U + ((code_point - 0x10000U) >> 10));
            append_unicode_escape(out, 0xdc00U + ((code_point - 0x10000U) & 0x3ffU));
          }
        } else {
          out.push_back(static_cast<char>(c));
        }
    }
  }
  out.push_back('"');
}

class Writer {
 public:
  explicit Writer(const JsonStyle& style) : style_(style) {}

  void write(const Json& node) {
    std::visit([this](const auto& value) { write_value(value); }, node.value);
  }
  std::string take() { return std::move(out_); }

 private:
  void write_value(std::nullptr_t) { out_.append("null"); }
  void write_value(bool truth) { out_.append(truth ? "true" : "false"); }
  void write_value(std::int64_t integer) {
    std::array<char, 24> buffer;
    const auto written = std::to_chars(buffer.data(), buffer.data() + buffer.size(), integer);
    out_.append(buffer.data(), written.ptr);
  }
  void write_value(double real) { append_double(out_, real); }
  void write_value(const spec::BigInteger& integer) { out_.append(integer.digits); }
  void write_value(const std::string& text) { append_string(out_, text, style_.ascii_only); }

  void write_value(const JsonArray& array) {
    open('[');
    for (std::size_t i = 0; i < array.size(); ++i) {
      separate(i);
      write(array[i]);
    }
    close(']', array.empty());
  }

  void write_value(const JsonObject& object) {
    open('{');
    if (style_.sort_keys) {
      // Bytes of UTF-8 sort like code points.
      std::vector<const JsonMember*> members;
      members.reserve(object.size());
      for (const JsonMember& member : object) members.push_back(&member);
      std::sort(members.begin(), members.end(),
                [](const JsonMember* a, const JsonMember* b) { return a->first < b->first; });
      for (std::size_t i = 0; i < members.size(); ++i) write_member(i, *members[i]);
    } else {
      for (std::size_t i = 0; i < object.size(); ++i) write_member(i, object[i]);
    }
    close('}', object.empty());
  }

  void write_member(std::size_t i, const JsonMember& member) {
    separate(i);
    append_string(out_, member.first, style_.ascii_only);
    out_.append(": ");
    write(member.second);
  }

  void open(char bracket) {
    out_.push_back(bracket);
    ++depth_;
  }
  void separate(std::size_t i) {
    if (i > 0) out_.append(style_.indent > 0 ? "," : ", ");
    break_line();
  }
  void close(char bracket, bool is_empty) {
    --depth_;
    if (!is_empty) break_line();
    out_.push_back(bracket);
  }
  void break_line() {
    if (style_.indent <= 0) return;
    out_.push_back('\n');
    out_.append(depth_ * static_cast<std::size_t>(style_.indent), ' ');
  }

  JsonStyle style_;
  std::string out_;
  std::size_t depth_ = 0;
};

}  // namespace

std::string write_json(const spec::Json& document, const JsonStyle& style) {
  Writer writer(style);
  writer.write(document);
  return writer.take();
}

}  // namespace relume::formats
