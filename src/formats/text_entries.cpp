// SPDX-FileCopyrightText: relume authors
// SPDX-License-Identifier: BSD-3-Clause
#include "formats/text_entries.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "formats/text_edges.hpp"

namespace relume::formats {
namespace {

/// Without its comment: from a '#' that is not escaped.
std::string_view without_comment(std::string_view line) {
  for (std::size_t at = line.find('#'); at != std::string_view::npos; at = line.find('#', at + 1)) {
    if (at == 0 || line[at - 1] != '\\') return line.substr(0, at);
  }
  return line;
}

bool is_key(std::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == ' ';
  });
}

/// More than any file of the data base has; a hostile one could have millions.
constexpr std::size_t max_entries = 1000;

}  // namespace

std::string_view describe(Dimension dimension) {
  if (dimension == Dimension{}) return "a plain number";
  if (dimension == Dimension{1, 0}) return "an energy, such as 13*TeV";
  if (dimension == Dimension{0, 1}) return "a cross section, such as 0.3*fb";
  if (dimension == Dimension{0, -1}) return "a luminosity, such as 139./fb";
  return "something else";
}

void TextEntries::add(std::size_t line, ErrorCode code, std::string message, std::string hint) {
  problems_.push_back({code, fmt::format("{}:{}", source_, line), std::move(message), std::move(hint)});
}

void TextEntries::read(std::string_view text) {
  text = without_byte_order_mark(text);
  bool goes_on = false;
  std::size_t number = 0;
  for (std::size_t begin = 0; begin < text.size();) {
    const std::size_t end = std::min(text.find('\n', begin), text.size());
    const std::string_view line = text.substr(begin, end - begin);
    const std::string_view content = trimmed(without_comment(line));
    ++number;
    begin = end + 1;
    if (content.empty()) continue;
    const bool is_indented = line.front() == ' ' || line.front() == '\t' || line.front() == '}';
    if (goes_on || (is_indented && !entries_.empty())) {
      // The value is one piece of the text, with the comments between its lines.
      std::string_view& value = entries_.back().value;
      value = std::string_view(value.data(), static_cast<std::size_t>(line.data() + line.size() - value.data()));
    } else {
      const std::size_t colon = content.find(':');
      const std::string_view key = trimmed(content.substr(0, std::min(colon, content.size())));
      if (colon == std::string_view::npos || !is_key(key)) {
        add(number, ErrorCode::syntax, fmt::format("expected 'key: value', not '{}'", printable(content)));
        return;
      }
      if (const Entry* other = find(key)) {
        add(number, ErrorCode::reference, fmt::format("'{}' is there twice", printable(key)),
            fmt::format("it is also in line {}", other->line));
        return;
      }
      if (entries_.size() == max_entries) {
        add(number, ErrorCode::unsupported, fmt::format("more than {} keys", max_entries));
        return;
      }
      const std::size_t at = line.find(':') + 1;
      entries_.push_back({key, line.substr(at), number});
    }
    goes_on = content.back() == ',' || content.back() == '\\';
  }
}

TextEntries::Entry* TextEntries::find(std::string_view key) {
  const auto entry = std::find_if(entries_.begin(), entries_.end(), [&](const Entry& e) { return e.key == key; });
  return entry == entries_.end() ? nullptr : &*entry;
}

bool TextEntries::has(std::string_view key) const {
  return std::any_of(entries_.begin(), entries_.end(), [&](const Entry& e) { return e.key == key; });
}

std::size_t TextEntries::line_of(std::string_view key) const {
  const auto entry = std::find_if(entries_.begin(), entries_.end(), [&](const Entry& e) { return e.key == key; });
  return entry == entries_.end() ? 1 : entry->line;
}

bool TextEntries::require(std::string_view key) {
  if (has(key)) return true;
  problems_.push_back({ErrorCode::schema, std::string(source_), fmt::format("has no '{}'", key), {}});
  return false;
}

std::optional<std::string> TextEntries::text(std::string_view key) {
  Entry* entry = find(key);
  if (entry == nullptr) return std::nullopt;
  entry->is_used = true;
  std::string joined;
  for (std::size_t begin = 0; begin < entry->value.size();) {
    const std::size_t end = std::min(entry->value.find('\n', begin), entry->value.size());
    std::string_view line = trimmed(without_comment(entry->value.substr(begin, end - begin)));
    if (!line.empty() && line.back() == '\\') line = trimmed(line.substr(0, line.size() - 1));
    if (!joined.empty() && !line.empty()) joined += ' ';
    joined += line;
    begin = end + 1;
  }
  if (joined.empty() || joined == "None") return std::nullopt;
  return joined;
}

std::optional<std::string> TextEntries::name(std::string_view key) {
  std::optional<std::string> written = text(key);
  if (!written || (written->front() != '\'' && written->front() != '"')) return written;
  const std::optional<Literal> value = literal(key);
  if (!value) return std::nullopt;
  if (value->kind == Literal::Kind::text && !value->text.empty()) return value->text;
  add(line_of(key), ErrorCode::schema, fmt::format("'{}' must be a name, not {}", key, describe(*value)));
  return std::nullopt;
}

std::optional<Literal> TextEntries::literal(std::string_view key) {
  Entry* entry = find(key);
  if (entry == nullptr) return std::nullopt;
  entry->is_used = true;
  Result<Literal> value = parse_literal(entry->value, source_, entry->line);
  if (!value) {
    problems_.push_back(value.error());
    return std::nullopt;
  }
  if (value->kind == Literal::Kind::none) return std::nullopt;
  return *std::move(value);
}

std::optional<double> TextEntries::number(std::string_view key, Dimension dimension) {
  const std::optional<Literal> value = literal(key);
  if (!value) return std::nullopt;
  if (value->kind != Literal::Kind::number || value->dimension != dimension) {
    add(value->line, ErrorCode::schema,
        fmt::format("'{}' must be {}, not {}", key, describe(dimension), describe(*value)));
    return std::nullopt;
  }
  return value->number;
}

std::vector<std::string> TextEntries::unused() const {
  std::vector<std::string> keys;
  for (const Entry& entry : entries_) {
    if (!entry.is_used) keys.emplace_back(entry.key);
  }
  return keys;
}

}  // namespace relume::formats
