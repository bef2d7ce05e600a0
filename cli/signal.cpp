// SPDX-FileCopyrightText: relume authors
// SPDX-License-Identifier: BSD-3-Clause
//
// From published maps and masses to a signal file or, of upper limits, to a likelihood file.
#include <algorithm>
#include <charconv>
#include <variant>

#include <fmt/format.h>

#include "output.hpp"
#include "relume/base/error.hpp"
#include "relume/formats/publication_json.hpp"
#include "relume/formats/signal_json.hpp"
#include "relume/formats/smodels.hpp"
#include "relume/reinterpret/signal_maps.hpp"
#include "relume/report/maps.hpp"

namespace relume::cli {
namespace {

/// "400,100"
std::vector<double> numbers_in(const Arguments& arguments, const Option& option) {
  std::vector<double> numbers;
  if (!arguments.given(option)) return numbers;
  const std::string text = arguments.text(option);
  for (const char *at = text.data(), *const end = at + text.size();;) {
    double number = 0.0;
    const auto [stop, problem] = std::from_chars(at, end, number);
    if (problem != std::errc{} || (stop != end && *stop != ',')) {
      throw UsageError(fmt::format("--{} must be numbers with commas between them, not '{}'", option.name, text));
    }
    numbers.push_back(number);
    if (stop == end) return numbers;
    at = stop + 1;
  }
}

/// "10fb"
spec::CrossSection cross_section(const std::string& text) {
  spec::CrossSection read;
  const auto [stop, problem] = std::from_chars(text.data(), text.data() + text.size(), read.value);
  const std::string_view rest(stop, static_cast<std::size_t>(text.data() + text.size() - stop));
  read.unit = rest.substr(std::min(rest.size(), rest.find_first_not_of(" *")));
  if (problem != std::errc{} || read.unit.empty()) {
    throw UsageError(fmt::format("--cross-section must be a number with its unit, such as 10fb, not '{}'", text));
  }
  return read;
}

/// A likelihood file, which needs more than an observed limit.
spec::Json limits_file(const reinterpret::SignalMaps& maps, const reinterpret::MassPoint& point,
                       const spec::CrossSection& predicted) {
  const spec::Publication limits{maps.upper_limits(point, predicted).value()};
  const auto& read = std::get<spec::UpperLimits>(limits.value);
  constexpr std::size_t median = 2;
  if (!read.expected[median]) {
    throw Exception({{ErrorCode::unsupported,
                      read.name,
                      fmt::format("the observed upper limit is {:g} fb; there is no expected one here, and no "
                                  "likelihood without it",
                                  read.observed),
                      {}}});
  }
  return formats::likelihood_to_json(limits);
}

}  // namespace

int run_signal(const Arguments& arguments) {
  const std::string& directory = arguments.positionals.front();
  if (arguments.given(options::list_topologies)) {
    for (const Option* option : {&options::topology, &options::masses, &options::widths, &options::cross_section,
                                 &options::outside_is_zero, &options::for_model}) {
      if (arguments.given(*option)) {
        throw UsageError(fmt::format("--{} is about a signal, and --list makes none", option->name));
      }
    }
    const spec::SmodelsResult result = formats::read_smodels_result(directory).value();
    const std::vector<reinterpret::TopologySummary> topologies = reinterpret::topologies(result);
    write_result(arguments, options::inspect_format, report::to_json(topologies, result),
                 [&] { return report::to_table(topologies, result); });
    return exit_code::ok;
  }
  if (arguments.given(options::inspect_format)) {
    throw UsageError("--format is about --list: a signal is written as the file that it is");
  }
  if (!arguments.given(options::topology)) {
    const spec::SmodelsResult result = formats::read_smodels_result(directory).value();
    throw UsageError("--topology names one of the maps:\n" + report::to_table(reinterpret::topologies(result), result));
  }
  if (!arguments.given(options::masses)) throw UsageError("--masses says where the maps are read");
  if (!arguments.given(options::cross_section)) throw UsageError("a signal needs its --cross-section");
  const reinterpret::MassPoint point{numbers_in(arguments, options::masses), numbers_in(arguments, options::widths)};
  const spec::CrossSection predicted = cross_section(arguments.text(options::cross_section));
  const reinterpret::SignalMaps maps =
      reinterpret::SignalMaps::read(directory, arguments.text(options::topology)).value();
  if (maps.kind() == spec::MapKind::upper_limits) {
    for (const Option* option : {&options::outside_is_zero, &options::for_model}) {
      if (!arguments.given(*option)) continue;
      throw UsageError(
          fmt::format("--{} is about the regions of efficiency maps, and this is a map of upper limits", option->name));
    }
    write_document(arguments, limits_file(maps, point, predicted));
    return exit_code::ok;
  }
  reinterpret::SignalOptions how;
  how.outside_is_zero = arguments.given(options::outside_is_zero);
  if (arguments.given(options::for_model)) how.model_file = arguments.text(options::for_model);
  const reinterpret::MapSignal made = maps.signal(point, predicted, how).value();
  for (const reinterpret::RegionEfficiency& region : made.outside) {
    warn(fmt::format("{} {}: {}", region.region,
                     how.outside_is_zero ? "is taken to see no signal" : "is left out of the signal", region.reason));
  }
  write_document(arguments, formats::signal_to_json(made.signal));
  return exit_code::ok;
}

}  // namespace relume::cli
