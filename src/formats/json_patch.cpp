// SPDX-FileCopyrightText: relume authors
// SPDX-License-Identifier: BSD-3-Clause
//
// JSON Patch on a document. The document is the function's own copy: an operation that fails leaves nothing half done,
// because the copy is dropped.
#include "relume/formats/json_patch.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "formats/operations.hpp"
#include "relume/formats/json.hpp"

namespace relume::formats {

using spec::Json;
using spec::JsonArray;
using spec::JsonMember;
using spec::JsonObject;
using spec::Place;
using spec::Problems;

namespace {

/// Why an operation does not apply; empty if it does.
using Complaint = std::string;

class Document {
 public:
  explicit Document(Json root) : root_(std::move(root)) {}
  Json take() { return std::move(root_); }

  Complaint apply(const Operation& operation);

 private:
  /// A container and what the last token of a pointer means in it.
  struct Slot {
    Json* parent = nullptr;
    std::string_view token;
  };

  Complaint find_value(const Tokens& tokens, std::size_t n_tokens, Json*& found);
  Complaint find_slot(const Tokens& tokens, Slot& slot);
  Complaint add(const Tokens& path, Json value);
  Complaint replace(const Tokens& path, Json value);
  Complaint remove(const Tokens& path);
  Complaint test(const Tokens& path, const Json& value);
  Complaint move_or_copy(OperationKind kind, const Tokens& from, const Tokens& path);

  static Complaint check_depth(const Json& value, std::size_t depth_of_place);

  Json root_;
  std::size_t n_copied_ = 0;
};

/// A few "copy" operations can double a document again and again; what a patch copies is limited so that a hostile one
/// cannot fill the memory. A large published workspace has 5e4 values; published patches copy nothing. A string counts
/// as one value per 16 bytes.
constexpr std::size_t max_copied_values = 1'000'000, bytes_per_value = 16;

struct Extent {
  std::size_t n_values = 1;
  std::size_t depth = 0;  ///< levels of nesting
};

void include_child(Extent& extent, const Extent& child) {
  extent.n_values += child.n_values;
  extent.depth = std::max(extent.depth, child.depth + 1);
}

/// Recurses no deeper than max_json_depth, because nothing deeper gets into a document.
Extent measure(const Json& value) {
  Extent extent;
  if (const JsonArray* array = value.array()) {
    extent.depth = 1;
    for (const Json& entry : *array) include_child(extent, measure(entry));
  } else if (const JsonObject* object = value.object()) {
    extent.depth = 1;
    for (const JsonMember& member : *object) {
      include_child(extent, measure(member.second));
      extent.n_values += member.first.size() / bytes_per_value;
    }
  } else if (const std::string* text = value.string()) {
    extent.n_values += text->size() / bytes_per_value;
  }
  return extent;
}

/// An index below `limit` into a list of `size` entries.
Complaint read_index(std::string_view token, std::size_t limit, std::size_t size, std::size_t& index) {
  const std::optional<std::size_t> parsed = parse_index(token);
  if (!parsed && token == "-") return "'-' stands for the place behind the last entry, where nothing is";
  if (!parsed) return fmt::format("'{}' is no index into a list", token);
  if (*parsed >= limit) return fmt::format("index {} is outside of a list with {} entries", token, size);
  index = *parsed;
  return {};
}

/// The child `token` of a container, which must exist.
Complaint step(Json& parent, std::string_view token, Json*& child) {
  if (parent.is_object()) {
    child = find(parent, token);
    return child != nullptr ? Complaint{} : fmt::format("there is no member '{}'", token);
  }
  JsonArray* array = parent.array();
  if (array == nullptr) return fmt::format("'{}' leads into a value that is neither an object nor a list", token);
  std::size_t index = 0;
  Complaint complaint = read_index(token, array->size(), array->size(), index);
  if (complaint.empty()) child = &(*array)[index];
  return complaint;
}

Complaint Document::find_value(const Tokens& tokens, std::size_t n_tokens, Json*& found) {
  found = &root_;
  for (std::size_t i = 0; i < n_tokens; ++i) {
    Json* child = nullptr;
    if (Complaint complaint = step(*found, tokens[i], child); !complaint.empty()) return complaint;
    found = child;
  }
  return {};
}

Complaint Document::check_depth(const Json& value, std::size_t depth_of_place) {
  if (depth_of_place + measure(value).depth <= static_cast<std::size_t>(max_json_depth)) return {};
  return fmt::format("the document would be nested deeper than {} levels", max_json_depth);
}

Complaint Document::find_slot(const Tokens& tokens, Slot& slot) {
  slot.token = tokens.back();
  return find_value(tokens, tokens.size() - 1, slot.parent);
}

Complaint Document::add(const Tokens& path, Json value) {
  if (Complaint complaint = check_depth(value, path.size()); !complaint.empty()) return complaint;
  if (path.empty()) {
    root_ = std::move(value);
    return {};
  }
  Slot slot;
  if (Complaint complaint = find_slot(path, slot); !complaint.empty()) return complaint;
  if (JsonObject* object = slot.parent->object()) {
    if (Json* old = find(*slot.parent, slot.token)) {
      *old = std::move(value);
    } else {
      object->emplace_back(std::string(slot.token), std::move(value));
    }
    return {};
  }
  JsonArray* array = slot.parent->array();
  if (array == nullptr) return "the place to add to is neither an object nor a list";
  std::size_t index = array->size();
  if (slot.token != "-") {
    if (Complaint complaint = read_index(slot.token, array->size() + 1, array->size(), index); !complaint.empty()) {
      return complaint;
    }
  }
  array->insert(array->begin() + static_cast<std::ptrdiff_t>(index), std::move(value));
  return {};
}

Complaint Document::replace(const Tokens& path, Json value) {
  if (Complaint complaint = check_depth(value, path.size()); !complaint.empty()) return complaint;
  Json* old = nullptr;
  Complaint complaint = find_value(path, path.size(), old);
  if (complaint.empty()) *old = std::move(value);
  return complaint;
}

Complaint Document::remove(const Tokens& path) {
  if (path.empty()) return "the whole document cannot be removed";
  Json* old = nullptr;
  if (Complaint complaint = find_value(path, path.size(), old); !complaint.empty()) return complaint;
  Slot slot;
  find_slot(path, slot);
  if (JsonArray* array = slot.parent->array()) {
    array->erase(array->begin() + (old - array->data()));
  } else {
    JsonObject* object = slot.parent->object();
    std::erase_if(*object, [&](const JsonMember& member) { return &member.second == old; });
  }
  return {};
}

Complaint Document::test(const Tokens& path, const Json& value) {
  Json* found = nullptr;
  Complaint complaint = find_value(path, path.size(), found);
  if (complaint.empty() && !equal(*found, value)) complaint = "the value there is not the one that is tested for";
  return complaint;
}

Complaint Document::move_or_copy(OperationKind kind, const Tokens& from, const Tokens& path) {
  Json* source = nullptr;
  if (Complaint complaint = find_value(from, from.size(), source); !complaint.empty()) {
    return fmt::format("'from': {}", complaint);
  }
  if (kind == OperationKind::copy) {
    n_copied_ += measure(*source).n_values;
    if (n_copied_ > max_copied_values) return fmt::format("the patch copies more than {} values", max_copied_values);
    return add(path, *source);
  }
  if (from == path) return {};
  if (path.size() > from.size() && std::equal(from.begin(), from.end(), path.begin())) {
    return "a value cannot be moved into itself";
  }
  Json value = std::move(*source);
  if (Complaint complaint = remove(from); !complaint.empty()) return complaint;
  return add(path, std::move(value));
}

Complaint Document::apply(const Operation& operation) {
  const std::optional<Tokens> path = split_pointer(operation.path);
  if (!path) return "the path is no JSON pointer: it must start with '/', and '~' must be written '~0'";
  switch (operation.kind) {
    case OperationKind::add: return add(*path, *operation.value);
    case OperationKind::replace: return replace(*path, *operation.value);
    case OperationKind::remove: return remove(*path);
    case OperationKind::test: return test(*path, *operation.value);
    case OperationKind::move:
    case OperationKind::copy: break;
  }
  const std::optional<Tokens> from = split_pointer(operation.from);
  if (!from) return "'from' is no JSON pointer: it must start with '/', and '~' must be written '~0'";
  return move_or_copy(operation.kind, *from, *path);
}

}  // namespace

Result<Json> apply_patch(Json document, const Json& operations, std::string_view source_name) {
  const JsonArray* list = operations.array();
  if (list == nullptr) {
    return Error{ErrorCode::schema, std::string(source_name), "a JSON patch must be a list of operations", {}};
  }
  Problems problems(source_name);
  const Place root;
  Document patched(std::move(document));
  for (std::size_t i = 0; i < list->size(); ++i) {
    const Place place = root / i;
    const std::optional<Operation> operation = read_operation((*list)[i], place, problems);
    if (!operation) return problems.take();
    if (const Complaint complaint = patched.apply(*operation); !complaint.empty()) {
      problems.add(ErrorCode::patch, place,
                   fmt::format("operation {} ({} {}) does not apply: {}", i, to_string(operation->kind),
                               operation->path, complaint),
                   "is the patch for this workspace?");
      return problems.take();
    }
  }
  return patched.take();
}

}  // namespace relume::formats
