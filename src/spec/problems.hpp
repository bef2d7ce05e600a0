// SPDX-FileCopyrightText: relume authors
// SPDX-License-Identifier: BSD-3-Clause
//
// Collecting every problem of a document together with its place.
//
//   Problems problems("file.json");
//   const Place root, channels = root / "channels", channel = channels / 3;
//   problems.add(ErrorCode::schema, channel, "has no samples");  // file.json#/channels/3: has no samples
#pragma once

#include <string>
#include <string_view>

#include "relume/base/error.hpp"

namespace relume::spec {

/// "/channels/0" + "a/b" -> "/channels/0/a~1b" (RFC 6901).
void append_pointer_token(std::string& pointer, std::string_view key);

/// Where in a document: a chain of keys and indices that live on the caller's stack. It costs nothing until a problem
/// is reported. A Place refers to the one it was made from and to its key; a step from a temporary is refused because
/// the result would dangle.
class Place {
 public:
  Place() = default;
  /// Starts at a place that is already known as text.
  explicit Place(std::string_view pointer) : key_(pointer), kind_(Kind::prefix) {}

  Place operator/(std::string_view key) const& { return {this, key}; }
  Place operator/(std::size_t index) const& { return {this, index}; }
  Place operator/(std::string_view) && = delete;
  Place operator/(std::size_t) && = delete;

  std::string pointer() const;

 private:
  enum class Kind { root, prefix, key, index };
  Place(const Place* parent, std::string_view key) : parent_(parent), key_(key), kind_(Kind::key) {}
  Place(const Place* parent, std::size_t index) : parent_(parent), index_(index), kind_(Kind::index) {}

  const Place* parent_ = nullptr;
  std::string_view key_;
  std::size_t index_ = 0;
  Kind kind_ = Kind::root;
};

/// Errors of one document, in the order in which they are found. Only the first `max_reported_problems` are kept:
/// nobody reads more, and a hostile document could ask for millions.
inline constexpr std::size_t max_reported_problems = 100;

class Problems {
 public:
  explicit Problems(std::string_view source_name) : source_(source_name) {}

  void add(ErrorCode code, const Place& place, std::string message, std::string hint = {});
  std::size_t count() const { return count_; }
  bool empty() const { return count_ == 0; }
  /// Whether the next one would only be counted: what is costly to say about it need not be worked out.
  bool is_full() const { return count_ >= max_reported_problems; }
  /// The errors; if there were more than are kept, a last one says how many.
  Errors take();

 private:
  std::string_view source_;
  Errors errors_;
  std::size_t count_ = 0;
};

}  // namespace relume::spec
