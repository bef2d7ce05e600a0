// SPDX-FileCopyrightText: relume authors
// SPDX-License-Identifier: BSD-3-Clause
#include "formats/operations.hpp"

#include <array>
#include <charconv>

#include <fmt/format.h>

#include "formats/node_reader.hpp"

namespace relume::formats {
namespace {

constexpr std::array<std::string_view, 6> kind_names = {"add", "remove", "replace", "move", "copy", "test"};

constexpr auto optional = Key::Presence::optional;
constexpr std::array<Key, 4> operation_keys = {{{"op"}, {"path"}, {"from", optional}, {"value", optional}}};

}  // namespace

std::string_view to_string(OperationKind kind) { return kind_names[static_cast<std::size_t>(kind)]; }

std::optional<Tokens> split_pointer(std::string_view pointer) {
  Tokens tokens;
  if (pointer.empty()) return tokens;
  if (pointer.front() != '/') return std::nullopt;
  for (std::size_t i = 0; i < pointer.size(); ++i) {
    if (pointer[i] == '/') {
      tokens.emplace_back();
    } else if (pointer[i] != '~') {
      tokens.back().push_back(pointer[i]);
    } else {
      ++i;
      if (i == pointer.size() || (pointer[i] != '0' && pointer[i] != '1')) return std::nullopt;
      tokens.back().push_back(pointer[i] == '0' ? '~' : '/');
    }
  }
  return tokens;
}

std::optional<std::size_t> parse_index(std::string_view token) {
  if (token.empty() || (token.size() > 1 && token.front() == '0')) return std::nullopt;
  std::size_t index = 0;
  const char* last = token.data() + token.size();
  const auto [end, error] = std::from_chars(token.data(), last, index);
  if (error != std::errc{} || end != last) return std::nullopt;
  return index;
}

std::optional<Operation> read_operation(const spec::Json& node, const spec::Place& place, spec::Problems& problems) {
  const std::size_t n_problems = problems.count();
  const auto [op, path, from, value] = read_members(node, operation_keys, place, problems, OtherKeys::allowed);
  Operation operation;
  if (const std::optional<std::string> name = read_string(op, place / "op", problems)) {
    std::size_t kind = 0;
    while (kind < kind_names.size() && kind_names[kind] != *name) ++kind;
    if (kind == kind_names.size()) {
      problems.add(ErrorCode::schema, place / "op", fmt::format("unknown operation '{}'", *name),
                   "known are: add, remove, replace, move, copy, test");
      return std::nullopt;
    }
    operation.kind = static_cast<OperationKind>(kind);
    const bool needs_value = operation.kind == OperationKind::add || operation.kind == OperationKind::replace ||
                             operation.kind == OperationKind::test;
    const bool needs_from = operation.kind == OperationKind::move || operation.kind == OperationKind::copy;
    if ((needs_value && value == nullptr) || (needs_from && from == nullptr)) {
      problems.add(ErrorCode::schema, place,
                   fmt::format("the operation '{}' needs the key '{}'", *name, needs_value ? "value" : "from"));
    }
    if (needs_from && from != nullptr) read_string(from, place / "from", problems);
  }
  read_string(path, place / "path", problems);
  if (problems.count() != n_problems) return std::nullopt;
  operation.path = *path->string();
  if (from != nullptr && from->string() != nullptr) operation.from = *from->string();
  operation.value = value;
  return operation;
}

}  // namespace relume::formats
