// SPDX-FileCopyrightText: relume authors
// SPDX-License-Identifier: BSD-3-Clause
//
// A signal that is read survives being written and read, and putting it into a workspace leaves a valid one or says why
// not.
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "relume/edit/signal.hpp"
#include "relume/formats/signal_json.hpp"
#include "relume/spec/validate.hpp"

namespace {

relume::spec::Workspace background() {
  using namespace relume::spec;
  const Modifier free{.name = "free", .type = ModifierType::normfactor};
  return {.channels = {{.name = "SR", .samples = {{.name = "bkg", .data = {5.0, 6.0}, .modifiers = {free}}}},
                       {.name = "CR", .samples = {{.name = "bkg", .data = {50.0}}, {.name = "old", .data = {1.0}}}}},
          .observations = {{.name = "SR", .data = {5.0, 7.0}}, {.name = "CR", .data = {49.0}}},
          .measurements = {{.name = "m", .poi = "mu"}}};
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace relume;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const Result<spec::Signal> signal = formats::read_signal(text, "fuzz");
  if (!signal) return to_string(signal.errors()).empty() ? (std::abort(), 0) : 0;
  const spec::Json document = formats::signal_to_json(*signal);
  const Result<spec::Signal> again = formats::signal_from_json(document, "fuzz");
  if (!again || !equal(formats::signal_to_json(*again), document)) std::abort();
  const Result<spec::Workspace> with = edit::add_signal(background(), *signal, {.other_channels_are_zero = true});
  if (with && !spec::validate(*with, "fuzz").empty()) std::abort();
  return 0;
}
