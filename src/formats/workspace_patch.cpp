// SPDX-FileCopyrightText: relume authors
// SPDX-License-Identifier: BSD-3-Clause
//
// JSON Patch straight on a workspace. Published patches add whole samples to channels by their position; a workspace of
// 5000 modifiers need not become a document and be checked again for that. The rule that keeps both ways equal:
// whatever is not plainly one of the operations below, or leaves anything to complain about, is done over by the
// document's way.
#include <charconv>
#include <memory>
#include <unordered_set>

#include "formats/node_reader.hpp"
#include "formats/operations.hpp"
#include "formats/workspace_reader.hpp"
#include "relume/formats/json_patch.hpp"
#include "relume/formats/pyhf_json.hpp"
#include "spec/validate.hpp"

namespace relume::formats {

using spec::Channel;
using spec::Json;
using spec::JsonArray;
using spec::Measurement;
using spec::ParameterConfig;
using spec::Place;
using spec::Problems;
using spec::Sample;
using spec::Workspace;

namespace {

/// A sample of the patched workspace: one of the original, or one that the patch brings.
struct SampleSlot {
  std::size_t original = 0;
  std::unique_ptr<Sample> added;
};

/// A channel of the patched workspace.
struct ChannelSlot {
  std::size_t original = 0;
  bool is_changed = false;
  std::vector<SampleSlot> samples;  ///< meaningful if changed
};

/// Plans the operations without touching the workspace, so that it is still there if the plan has to be given up.
class Plan {
 public:
  explicit Plan(const Workspace& workspace) : workspace_(workspace), problems_("") {
    channels_.resize(workspace.channels.size());
    for (std::size_t i = 0; i < channels_.size(); ++i) channels_[i].original = i;
  }

  /// False: not one of the operations that are done here, or one that fails.
  bool add(const Json& operation) {
    const Place root;
    const std::optional<Operation> known = read_operation(operation, root, problems_);
    if (!known) return false;
    const std::optional<Tokens> path = split_pointer(known->path);
    if (!path || path->empty()) return false;
    if (path->front() == "channels") return change_channels(*known, *path) && problems_.empty();
    if (path->front() == "measurements") return change_measurement(*known, *path) && problems_.empty();
    return false;
  }

  /// Whether the planned workspace is one that reading would accept, given that the original is.
  bool is_valid() {
    if (channels_.empty()) return false;
    for (const ChannelSlot& channel : channels_) {
      if (channel.is_changed && !is_valid_channel(channel)) return false;
    }
    for (const auto& measurement : measurements_) {
      if (measurement) validate(*measurement, spec::Completeness::complete, Place(), problems_);
    }
    return problems_.empty();
  }

  /// `workspace` is the one that was planned for, or a copy of it.
  Workspace carry_out(Workspace&& workspace) {
    std::vector<Channel> channels;
    channels.reserve(channels_.size());
    for (ChannelSlot& slot : channels_) {
      Channel& original = workspace.channels[slot.original];
      if (slot.is_changed) {
        std::vector<Sample> samples;
        samples.reserve(slot.samples.size());
        for (SampleSlot& sample : slot.samples) {
          samples.push_back(std::move(sample.added ? *sample.added : original.samples[sample.original]));
        }
        original.samples = std::move(samples);
      }
      channels.push_back(std::move(original));
    }
    workspace.channels = std::move(channels);
    for (std::size_t i = 0; i < measurements_.size(); ++i) {
      if (measurements_[i]) workspace.measurements[i] = *std::move(measurements_[i]);
    }
    return std::move(workspace);
  }

 private:
  /// /channels/I is removed, or /channels/I/samples/J is added, replaced or removed.
  bool change_channels(const Operation& operation, const Tokens& path) {
    if (path.size() < 2) return false;
    const std::optional<std::size_t> c = parse_index(path[1]);
    if (!c || *c >= channels_.size()) return false;
    if (path.size() == 2) {
      if (operation.kind != OperationKind::remove) return false;
      channels_.erase(channels_.begin() + static_cast<std::ptrdiff_t>(*c));
      return true;
    }
    if (path.size() != 4 || path[2] != "samples") return false;
    std::vector<SampleSlot>& samples = changed_samples(channels_[*c]);
    return change_list(operation, path[3], samples, [this](const Json& value) {
      auto sample = std::make_unique<Sample>(read_sample(value, Place(), problems_));
      return SampleSlot{0, std::move(sample)};
    });
  }

  /// /measurements/I/config/poi is set, /measurements/I/config/parameters/J is added, replaced or removed, or all
  /// parameters are replaced.
  bool change_measurement(const Operation& operation, const Tokens& path) {
    if (path.size() < 4 || path[2] != "config") return false;
    const std::optional<std::size_t> m = parse_index(path[1]);
    if (!m || *m >= workspace_.measurements.size()) return false;
    measurements_.resize(workspace_.measurements.size());
    if (!measurements_[*m]) measurements_[*m] = workspace_.measurements[*m];
    Measurement& measurement = *measurements_[*m];
    const bool sets_value = operation.kind == OperationKind::add || operation.kind == OperationKind::replace;
    const auto read_parameter = [this](const Json& value) { return read_parameter_config(value, Place(), problems_); };
    if (path.size() == 4 && path[3] == "poi" && sets_value) {
      const std::string* poi = operation.value->string();
      if (poi != nullptr) measurement.poi = *poi;
      return poi != nullptr;
    }
    if (path[3] != "parameters") return false;
    if (path.size() == 5) return change_list(operation, path[4], measurement.parameters, read_parameter);
    const JsonArray* values = path.size() == 4 && sets_value ? operation.value->array() : nullptr;
    if (values == nullptr) return false;
    measurement.parameters.clear();
    for (const Json& value : *values) measurement.parameters.push_back(read_parameter(value));
    return true;
  }

  template <class Item, class ReadItem>
  static bool change_list(const Operation& operation, const std::string& token, std::vector<Item>& list,
                          ReadItem read_item) {
    if (operation.kind == OperationKind::add) {
      const std::optional<std::size_t> index = token == "-" ? list.size() : parse_index(token);
      if (!index || *index > list.size()) return false;
      list.insert(list.begin() + static_cast<std::ptrdiff_t>(*index), read_item(*operation.value));
      return true;
    }
    const std::optional<std::size_t> index = parse_index(token);
    if (!index || *index >= list.size()) return false;
    if (operation.kind == OperationKind::replace) {
      list[*index] = read_item(*operation.value);
      return true;
    }
    if (operation.kind != OperationKind::remove) return false;
    list.erase(list.begin() + static_cast<std::ptrdiff_t>(*index));
    return true;
  }

  std::vector<SampleSlot>& changed_samples(ChannelSlot& channel) {
    if (!channel.is_changed) {
      channel.is_changed = true;
      channel.samples.resize(workspace_.channels[channel.original].samples.size());
      for (std::size_t i = 0; i < channel.samples.size(); ++i) channel.samples[i].original = i;
    }
    return channel.samples;
  }

  bool is_valid_channel(const ChannelSlot& channel) {
    const std::vector<Sample>& originals = workspace_.channels[channel.original].samples;
    if (originals.empty()) return false;
    const std::size_t n_bins = originals.front().data.size();
    std::unordered_set<std::string_view> names;
    for (const SampleSlot& slot : channel.samples) {
      const Sample& sample = slot.added ? *slot.added : originals[slot.original];
      if (!names.insert(sample.name).second) return false;
      if (slot.added) validate(sample, n_bins, spec::Completeness::complete, Place(), problems_);
    }
    return !channel.samples.empty();
  }

  const Workspace& workspace_;
  Problems problems_;  ///< only their number matters here: the document's way words them
  std::vector<ChannelSlot> channels_;
  std::vector<std::optional<Measurement>> measurements_;  ///< changed ones; empty if none is
};

bool make_plan(Plan& plan, const Json& operations) {
  const JsonArray* list = operations.array();
  if (list == nullptr) return false;
  for (const Json& operation : *list) {
    if (!plan.add(operation)) return false;
  }
  return plan.is_valid();
}

Result<Workspace> patch_as_document(const Workspace& workspace, const Json& operations, std::string_view source_name) {
  const Result<Json> document = apply_patch(workspace_to_json(workspace), operations, source_name);
  if (!document) return document.errors();
  return workspace_from_json(*document, std::string(source_name) + " (the workspace after this patch)");
}

}  // namespace

Result<Workspace> apply_patch(Workspace&& workspace, const Json& operations, std::string_view source_name) {
  Plan plan(workspace);
  if (!make_plan(plan, operations)) return patch_as_document(workspace, operations, source_name);
  return plan.carry_out(std::move(workspace));
}

Result<Workspace> apply_patch(const Workspace& workspace, const Json& operations, std::string_view source_name) {
  Plan plan(workspace);
  if (!make_plan(plan, operations)) return patch_as_document(workspace, operations, source_name);
  return plan.carry_out(Workspace(workspace));
}

}  // namespace relume::formats
