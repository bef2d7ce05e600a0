// SPDX-FileCopyrightText: relume authors
// SPDX-License-Identifier: BSD-3-Clause
#include "relume/infer/goodness.hpp"

#include <algorithm>
#include <atomic>
#include <thread>

#include <fmt/format.h>

#include "hypothesis_test.hpp"
#include "interrupt.hpp"
#include "model_input.hpp"
#include "output.hpp"
#include "picture.hpp"
#include "progress.hpp"
#include "relume/edit/workspace.hpp"
#include "relume/model/channel_mask.hpp"
#include "relume/report/goodness.hpp"
#include "relume/report/parameters.hpp"

namespace relume::cli {
namespace {

infer::Goodness run_with_progress(const Model& model, infer::GoodnessOptions options) {
  std::atomic<std::size_t> n_done = 0;
  options.n_done = &n_done;
  if (options.n_toys == 0) return infer::goodness(model.likelihood(), model.observed(), options);
  ProgressBar progress(options.n_toys, "toys");
  const std::jthread watch([&](const std::stop_token& end) {
    while (!end.stop_requested()) {
      progress.set(n_done.load(std::memory_order_relaxed));
      std::this_thread::sleep_for(std::chrono::milliseconds(50));
    }
  });
  return infer::goodness(model.likelihood(), model.observed(), options);
}

/// The answer, with the model in which each channel has its own parameter.
struct Agreement {
  std::string parameter;
  Model separate;
  infer::Compatibility compatibility;
};

Agreement compare_channels(const spec::Workspace& workspace, const Model& model, const ModelSettings& settings) {
  const auto poi = model.likelihood().poi();
  if (!poi)
    throw UsageError(
        "--compatibility is about the parameter of interest, and the model has none: choose one with --poi");
  const std::string name = model.likelihood().parameters()[poi->index].name;
  if (settings.asimov_data)
    throw UsageError("--compatibility compares channels of observed data: leave out --asimov-data");
  const std::vector<std::string> masked = model::masked_channels(model.likelihood(), model.observed());
  edit::SplitByChannel parts = edit::split_by_channel(workspace, name).value();
  ModelSettings separate_settings = settings;
  separate_settings.compile.poi = "";
  separate_settings.fixed.clear();
  Agreement result{name, build({std::move(parts.workspace)}, separate_settings).value(), {}};
  infer::CompatibilityQuestion question{model.likelihood(),           model.observed(),           *poi,
                                        result.separate.likelihood(), result.separate.observed(), {}};
  for (const auto& [channel, parameter] : parts.parameters) {
    // Channels that --drop-channel has left out have no parameter.
    const auto id = result.separate.likelihood().find_parameter(parameter);
    const bool is_masked = std::find(masked.begin(), masked.end(), channel) != masked.end();
    if (id && !is_masked) question.channels.push_back({channel, *id, 0.0, {}});
  }
  result.compatibility = infer::compatibility(question, model.fixed, &catch_interrupts());
  return result;
}

}  // namespace

int run_goodness(const Arguments& arguments) {
  const bool has_toys = arguments.given(options::goodness_toys);
  for (const Option* option : {&options::seed, &options::jobs, &options::values}) {
    if (!has_toys && arguments.given(*option)) throw UsageError(fmt::format("--{} is for --toys N", option->name));
  }
  check_picture(arguments, "goodness");
  Input input = read_input(arguments, PatchsetUse::one_point);
  const ModelSettings settings = model_settings(arguments);
  const bool wants_channels = arguments.given(options::compatibility);
  const spec::Workspace workspace =
      wants_channels ? workspace_of(input.publication, "--compatibility") : spec::Workspace{};
  const Model model = build(std::move(input.publication), settings).value();
  infer::GoodnessOptions options;
  options.fixed = model.fixed;
  options.stop = &catch_interrupts();
  if (has_toys) {
    options.n_toys = static_cast<std::size_t>(arguments.integer(options::goodness_toys));
    options.seed = static_cast<std::uint64_t>(arguments.integer(options::seed));
    options.threads = static_cast<int>(arguments.integer(options::jobs));
  }
  std::optional<Agreement> agreement;
  if (wants_channels) agreement.emplace(compare_channels(workspace, model, settings));
  infer::Goodness goodness = run_with_progress(model, options);
  std::vector<std::string>& notes = goodness.notes;
  notes.insert(notes.begin(), model.compiled.notices.begin(), model.compiled.notices.end());
  notes.insert(notes.begin(), input.notes.begin(), input.notes.end());
  const auto document = [&](report::ToyValues values) {
    spec::JsonObject result = report::to_json(goodness, model.likelihood(), values);
    if (agreement) {
      result.emplace_back("compatibility", report::to_json(agreement->compatibility, agreement->separate.likelihood(),
                                                           agreement->parameter));
    }
    return result;
  };
  const auto kept = arguments.given(options::values) ? report::ToyValues::kept : report::ToyValues::left_out;
  write_result(arguments, options::format, document(kept), [&] {
    std::string text = report::to_table(goodness, model.likelihood());
    if (agreement) {
      text += "\nchannels\n" +
              report::to_table(agreement->compatibility, agreement->separate.likelihood(), agreement->parameter);
    }
    return text;
  });
  int code = exit_code_of(goodness.status);
  if (agreement && code == exit_code::ok) code = exit_code_of(agreement->compatibility.status);
  if (!arguments.given(options::plot)) return code;
  return draw_picture(arguments, "goodness", document(report::ToyValues::kept), code);
}

}  // namespace relume::cli
