// SPDX-FileCopyrightText: relume authors
// SPDX-License-Identifier: BSD-3-Clause
#include "formats/yaml_read.hpp"

#include <sstream>
#include <unordered_map>
#include <unordered_set>
#include <utility>

#include <fmt/format.h>
#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/exceptions.h>
#include <yaml-cpp/parser.h>

#include "relume/formats/json.hpp"

namespace relume::formats {

using spec::Json;
using spec::JsonArray;
using spec::JsonObject;

namespace {

/// What aliases may add to a document, in nodes and 16 bytes of text: a shared block of qualifiers in every column of a
/// long table needs thousands, a document made to fill the memory 2^60.
constexpr std::size_t allowance_for_aliases = 1000000;

struct Refused {
  YAML::Mark mark;
  std::string message;
};

std::size_t cost_of(const Json& node) {
  std::size_t cost = 1;
  if (const std::string* text = node.string()) cost += text->size() / 16;
  if (const JsonArray* array = node.array()) {
    for (const Json& item : *array) cost += cost_of(item);
  } else if (const JsonObject* object = node.object()) {
    for (const auto& [key, value] : *object) cost += key.size() / 16 + cost_of(value);
  }
  return cost;
}

/// Builds documents from the parser's events, so that nothing is kept that is not asked for.
class Builder : public YAML::EventHandler {
 public:
  explicit Builder(std::size_t n_bytes) : budget_(n_bytes + allowance_for_aliases) {}

  std::vector<Json> documents;

  /// What cannot begin a document (a comma, a closing bracket) is not consumed by the parser, and would be the next one
  /// for ever.
  void OnDocumentStart(const YAML::Mark& mark) override {
    if (mark.pos == last_start_) throw Refused{mark, "there is something between documents"};
    last_start_ = mark.pos;
    anchors_.clear();
  }
  void OnDocumentEnd() override {}

  void OnNull(const YAML::Mark& mark, YAML::anchor_t anchor) override { add(mark, anchor, nullptr); }

  void OnAlias(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    const auto found = anchors_.find(anchor);
    if (found == anchors_.end()) throw Refused{mark, "an alias refers to a node that contains it"};
    spend(mark, cost_of(found->second));
    add(mark, YAML::NullAnchor, found->second);
  }

  void OnScalar(const YAML::Mark& mark, const std::string&, YAML::anchor_t anchor, const std::string& value) override {
    add(mark, anchor, value);
  }

  void OnSequenceStart(const YAML::Mark& mark, const std::string&, YAML::anchor_t anchor,
                       YAML::EmitterStyle::value) override {
    open(mark, anchor, JsonArray{});
  }
  void OnSequenceEnd() override { close(); }

  void OnMapStart(const YAML::Mark& mark, const std::string&, YAML::anchor_t anchor,
                  YAML::EmitterStyle::value) override {
    open(mark, anchor, JsonObject{});
  }
  void OnMapEnd() override { close(); }

 private:
  struct Level {
    YAML::Mark mark;
    YAML::anchor_t anchor;
    Json node;
    std::string key = {};
    bool has_key = false;
    std::unordered_set<std::string> keys = {};
  };

  void spend(const YAML::Mark& mark, std::size_t cost) {
    if (cost > budget_) throw Refused{mark, "aliases make this document larger than any table"};
    budget_ -= cost;
  }

  void open(const YAML::Mark& mark, YAML::anchor_t anchor, Json empty) {
    if (levels_.size() >= static_cast<std::size_t>(max_json_depth)) {
      throw Refused{mark, fmt::format("nested deeper than {} levels", max_json_depth)};
    }
    if (!levels_.empty() && levels_.back().node.is_object() && !levels_.back().has_key) {
      throw Refused{mark, "a key must be a scalar"};
    }
    levels_.push_back({mark, anchor, std::move(empty)});
  }

  void close() {
    Level done = std::move(levels_.back());
    levels_.pop_back();
    add(done.mark, done.anchor, std::move(done.node));
  }

  void add(const YAML::Mark& mark, YAML::anchor_t anchor, Json node) {
    if (anchor != YAML::NullAnchor) {
      spend(mark, cost_of(node));
      anchors_.insert_or_assign(anchor, node);
    }
    if (levels_.empty()) {
      documents.push_back(std::move(node));
      return;
    }
    Level& level = levels_.back();
    if (JsonArray* array = level.node.array()) {
      array->push_back(std::move(node));
    } else if (level.has_key) {
      level.node.object()->emplace_back(std::move(level.key), std::move(node));
      level.has_key = false;
    } else {
      if (!node.string()) throw Refused{mark, "a key must be a scalar"};
      level.key = *node.string();
      level.has_key = true;
      if (!level.keys.insert(level.key).second) {
        throw Refused{mark, fmt::format("the key '{}' occurs twice", level.key)};
      }
    }
  }

  std::vector<Level> levels_;
  std::unordered_map<YAML::anchor_t, Json> anchors_;
  std::size_t budget_;
  int last_start_ = -1;
};

Error syntax_error(std::string_view source_name, const YAML::Mark& mark, std::string message) {
  std::string where(source_name);
  if (!mark.is_null()) where += fmt::format(":{}:{}", mark.line + 1, mark.column + 1);
  return {ErrorCode::syntax, std::move(where), std::move(message), {}};
}

}  // namespace

Result<std::vector<Json>> parse_yaml(std::string_view text, std::string_view source_name) {
  Builder builder(text.size());
  try {
    std::istringstream stream{std::string(text)};
    YAML::Parser parser(stream);
    while (parser.HandleNextDocument(builder)) {
    }
  } catch (const Refused& refused) {
    return syntax_error(source_name, refused.mark, refused.message);
  } catch (const YAML::Exception& exception) {
    return syntax_error(source_name, exception.mark, "this is no YAML: " + exception.msg);
  }
  return std::move(builder.documents);
}

}  // namespace relume::formats
