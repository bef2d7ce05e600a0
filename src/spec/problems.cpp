// SPDX-FileCopyrightText: relume authors
// SPDX-License-Identifier: BSD-3-Clause
#include "spec/problems.hpp"

#include <utility>

namespace relume::spec {

void append_pointer_token(std::string& pointer, std::string_view key) {
  pointer.push_back('/');
  for (const char c : key) {
    if (c == '~') {
      pointer.append("~0");
    } else if (c == '/') {
      pointer.append("~1");
    } else {
      pointer.push_back(c);
    }
  }
}

std::string Place::pointer() const {
  std::string text = parent_ != nullptr ? parent_->pointer() : std::string{};
  switch (kind_) {
    case Kind::root: break;
    case Kind::prefix: text.append(key_); break;
    case Kind::key: append_pointer_token(text, key_); break;
    case Kind::index: text.append("/").append(std::to_string(index_)); break;
  }
  return text;
}

void Problems::add(ErrorCode code, const Place& place, std::string message, std::string hint) {
  ++count_;
  if (count_ > max_reported_problems) return;
  std::string where(source_);
  where.append("#").append(place.pointer());
  errors_.push_back({code, std::move(where), std::move(message), std::move(hint)});
}

Errors Problems::take() {
  if (count_ > max_reported_problems) {
    errors_.push_back({errors_.back().code,
                       std::string(source_),
                       std::to_string(count_ - max_reported_problems) + " more problems are not shown",
                       {}});
  }
  count_ = 0;
  return std::exchange(errors_, {});
}

}  // namespace relume::spec
