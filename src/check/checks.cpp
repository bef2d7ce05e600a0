// SPDX-FileCopyrightText: relume authors
// SPDX-License-Identifier: BSD-3-Clause
#include <iterator>

#include <fmt/format.h>

#include "check/kinds.hpp"
#include "relume/check/findings.hpp"

namespace relume::check {
namespace {

using enum Severity;

/// What decides about the answer first.
constexpr Check all_checks[] = {
    {"poi-without-effect", error, "the parameter of interest changes nothing: the samples that carry it are empty",
     "there is no limit: bring a signal with yields, or choose another parameter of interest"},
    {"poi-degenerate", error, "the parameter of interest cannot be told from free parameters",
     "fix one of these parameters, or add a channel that constrains them"},
    {"data-without-prediction", error, "events were observed where no sample predicts any",
     "no parameter point has a likelihood: add the missing sample, or drop the bin"},
    {"negative-prediction", error, "the samples add up to a negative expectation at the nominal point",
     "look at negative samples and at initial values; rates below zero are not allowed"},
    {"nothing-at-nominal", error, "the likelihood has no value at the nominal point",
     "change initial values or the samples that are named"},
    {"poi-fixed", warning, "the measurement holds the parameter of interest",
     "set \"fixed\": false, or choose another parameter of interest: tests and limits refuse this one"},
    {"poi-constrained", warning, "the parameter of interest is a constrained one, no signal strength",
     "choose the signal strength by --poi, unless a systematic uncertainty is what you ask about"},
    {"free-parameter-without-effect", warning, "free parameters that change nothing at the nominal point",
     "fix them, or remove their modifiers: fits have no unique minimum"},
    {"degenerate-parameters", warning, "free parameters that cannot be told from each other",
     "fix one of each group, or add a channel that constrains them: fits have no unique minimum"},
    {"signal-without-background", warning, "bins with signal where no background is expected",
     "add a background, however small, or merge bins: an observed event there excludes the background-only hypothesis"},
    {"signal-negligible", warning, "the signal is far smaller than the uncertainty of the background everywhere",
     "check its normalisation: limits will be very large"},
    {"configured-unknown-parameter", warning, "parameters that the measurement configures and no modifier uses",
     "check the spelling: what is configured is lost"},
    {"lumi-not-configured", warning,
     "lumi is used, and the measurement configures no uncertainty for it: it is held at its nominal value",
     "give it auxdata and sigmas"},
    {"empty-variation", warning, "histosys variations that remove the whole sample",
     "a histogram is likely missing: check where up and down came from"},
    {"up-equals-down", warning, "variations whose up and down are the same",
     "one of the two was likely copied: vary to both sides, or symmetrise"},
    {"one-sided-variation", warning, "variations to one side only (the other one is nominal)",
     "symmetrise, unless the effect really has one side: as it is, the response bends at the nominal point"},
    {"same-side-normalisation", warning, "variations that change the yield to the same side, up and down",
     "often statistics of the simulation: symmetrise, smooth or prune; the likelihood may have two minima"},
    {"large-normalisation", warning, "variations that change the yield of their sample by a large factor",
     "check that this is one standard deviation; a free factor describes what is hardly known better"},
    {"large-shape", warning, "variations that change a bin by a large factor",
     "check the statistics of the varied histogram; merge bins, smooth or prune"},
    {"normsys-zero", warning, "normsys factors of zero",
     "code 4 takes them in the limit, code 1 cannot: give the size of the uncertainty"},
    {"histosys-negative", warning, "histosys variations with negative bins",
     "the sample becomes negative within one standard deviation: check the histogram"},
    {"nominal-negative", warning, "nominal yields below zero", "merge bins or samples, unless they are interference"},
    {"identical-samples", warning, "samples of one channel with the same histogram",
     "one is a copy, and counted twice, or both are placeholders"},
    {"sample-without-yield", warning, "samples whose yields are zero in every channel",
     "remove them, or fill the missing histograms"},
    {"staterror-zero", warning, "no statistical uncertainty on a yield that is not zero: the parameter is held",
     "give the uncertainties, unless the bin has none"},
    {"staterror-above-nominal", warning, "statistical uncertainties of a bin above 100 %",
     "merge bins: the constraint reaches far below zero, where the bound of the parameter cuts it"},
    {"shapesys-above-nominal", warning, "shapesys uncertainties above 100 %",
     "merge bins: less than one auxiliary event constrains the parameter"},
    {"shapesys-nearly-exact", warning,
     "shapesys uncertainties below 0.01 %: constraints so tight that they unsettle many minimisers",
     "check units: uncertainties are numbers of events"},
    {"poi-on-no-sample", note, "the parameter of interest is carried by no sample: a signal has to bring it",
     "normal for a background-only workspace; bring a signal by --patch, --patchset or --signal"},
    {"channel-without-poi", note, "channels that never see the parameter of interest",
     "normal for control regions; in a signal region, a signal was forgotten"},
    {"signal-without-yield", note, "signal samples whose yields are all zero in a channel",
     "normal for control regions; otherwise look for the missing histogram"},
    {"signal-negligible-in-channel", note,
     "channels where the signal is far smaller than the uncertainty of the background", "normal for control regions"},
    {"background-empty-bin", note, "bins where neither background nor signal is expected, and nothing was observed",
     "they tell nothing: drop or merge them"},
    {"same-side-bin", note, "shape variations that change a bin to the same side, up and down",
     "often statistics of the simulation: smooth, symmetrise or prune"},
    {"odd-and-small", note,
     "variations that are empty, one-sided, copied, negative, large or to the same side, and change no bin by 1 %",
     "nothing to worry about: relume validate --relevant 0 lists them by kind"},
    {"identical-variations", note, "histosys modifiers of one sample with the same histograms",
     "one may be a copy, which would be counted twice; samples of a few simulated events have them by chance"},
    {"negligible-variation", note, "variations that change neither the yield nor a bin of their sample by 0.1 %",
     "remove them: relume prune-small"},
    {"shape-is-normalisation", note, "histosys variations that only scale the nominal histogram",
     "a normsys says the same with two numbers: relume prune-small"},
    {"modifier-without-effect", note, "modifiers without any effect (lo and hi are nominal)",
     "remove them: relume prune-small"},
    {"parameter-without-effect", note, "constrained parameters none of whose modifiers has an effect",
     "remove them: relume prune-small"},
    {"histosys-on-zero-nominal", note, "histosys variations of a bin whose nominal yield is zero",
     "fine, but uncertainties relative to the bin do nothing at the nominal point"},
    {"histosys-and-normsys-share-name", note, "names shared by a histosys and a normsys: one parameter moves both",
     "as a rule meant so: a systematic uncertainty split into shape and normalisation"},
    {"nominal-tiny", note, "nominal yields that are tiny and not zero", "placeholders for zero, as a rule"},
    {"shapesys-zero", note, "shapesys uncertainties of zero: the parameter is held",
     "fine for empty bins; otherwise give the uncertainty"},
    {"observation-not-integer", note, "observed counts that are not whole numbers", "Asimov data, or weighted events"},
    {"observation-zero", note, "observed counts of zero", "where bins are empty, prefer toys to asymptotic formulas"},
    {"observation-of-no-channel", note, "observations of channels that do not exist", "they are ignored"},
};
static_assert(std::size(all_checks) == n_kinds);

}  // namespace

std::span<const Check> checks() { return all_checks; }

std::string_view to_string(Severity severity) {
  switch (severity) {
    case note: return "note";
    case warning: return "warning";
    case error: return "error";
  }
  return "";
}

std::string to_string(const Place& place) {
  std::string text;
  const auto add = [&](std::string_view what, const std::string& name) {
    if (!name.empty()) text += fmt::format("{}{} '{}'", text.empty() ? "" : ", ", what, name);
  };
  add("channel", place.channel);
  add("sample", place.sample);
  add("sample", place.other_sample);
  add(place.type.empty() ? "modifier" : place.type, place.modifier);
  add(place.type.empty() ? "modifier" : place.type, place.other_modifier);
  if (place.bin) text += fmt::format("{}bin {}", text.empty() ? "" : ", ", *place.bin);
  for (const std::string& parameter : place.parameters) {
    text += fmt::format("{}'{}'", text.empty() ? "" : ", ", parameter);
  }
  for (std::size_t i = 0; i < place.numbers.size(); ++i) {
    text += fmt::format("{}{} {:.6g}",
                        i > 0          ? ", "
                        : text.empty() ? ""
                                       : ": ",
                        place.numbers[i].first, place.numbers[i].second);
  }
  return text;
}

}  // namespace relume::check
