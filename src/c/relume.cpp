// SPDX-FileCopyrightText: relume authors
// SPDX-License-Identifier: BSD-3-Clause
#include "relume/c/relume.h"

#include <algorithm>
#include <cmath>
#include <exception>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "relume/base/version.hpp"
#include "relume/edit/signal.hpp"
#include "relume/formats/input.hpp"
#include "relume/formats/pyhf_json.hpp"
#include "relume/formats/signal_json.hpp"
#include "relume/infer/hypotest.hpp"
#include "relume/model/histfactory.hpp"

struct relume_analysis {
  relume::spec::Workspace background;
  /// Of the background itself until a signal is set; none when the background makes no model.
  std::optional<relume::model::Compiled> model;
  relume::Errors why_no_model;
  std::unique_ptr<relume::model::Scratch> scratch;
};

namespace {

using relume::ErrorCode;
using relume::Exception;

thread_local std::string last_error;

relume_status fail(relume_status status, std::string message) {
  last_error = std::move(message);
  return status;
}

[[noreturn]] void refuse(const char* where, const char* message) {
  throw Exception({{ErrorCode::option, where, message, {}}});
}

/// Without a message: there is no memory for one, or nothing to say. One of an earlier failure would mislead.
relume_status fail_unexplained() noexcept {
  last_error.clear();
  return RELUME_INTERNAL;
}

/// Runs f; what it throws becomes a status and a message.
template <class F>
relume_status guarded(F&& f) noexcept {
  try {
    return f();
  } catch (const Exception& exception) {
    try {
      return fail(RELUME_BAD_INPUT, exception.what());
    } catch (...) {
      return fail_unexplained();
    }
  } catch (const std::exception& exception) {
    try {
      return fail(RELUME_INTERNAL, exception.what());
    } catch (...) {
      return fail_unexplained();
    }
  } catch (...) {
    return fail_unexplained();
  }
}

void use(relume_analysis& analysis, relume::model::Compiled compiled) {
  auto scratch = compiled.likelihood->make_scratch();
  analysis.model = std::move(compiled);
  analysis.scratch = std::move(scratch);
  analysis.why_no_model.clear();
}

relume_status open(std::string_view text, const std::string& source, relume_analysis** analysis) {
  auto made = std::make_unique<relume_analysis>();
  made->background = relume::formats::read_workspace(text, source).value();
  // No failure: a signal may bring what is missing. Whatever needs a model before that says what it is.
  if (auto compiled = relume::model::compile(made->background))
    use(*made, *std::move(compiled));
  else
    made->why_no_model = compiled.errors();
  *analysis = made.release();
  return RELUME_OK;
}

relume_status set(relume_analysis& analysis, const relume::spec::Signal& signal) {
  const auto with = relume::edit::add_signal(analysis.background, signal).value();
  use(analysis, relume::model::compile(with).value());
  return RELUME_OK;
}

void need_model(const relume_analysis& analysis) {
  if (analysis.model) return;
  relume::Errors errors = {
      {ErrorCode::option, "analysis", "the background alone makes no model: set a signal first", {}}};
  errors.insert(errors.end(), analysis.why_no_model.begin(), analysis.why_no_model.end());
  throw Exception(std::move(errors));
}

void need_poi(const relume_analysis& analysis) {
  need_model(analysis);
  if (!analysis.model->likelihood->poi())
    refuse("analysis", "the model has no parameter of interest: set a signal first");
}

}  // namespace

const char* relume_version(void) {
  static const std::string version(relume::version());
  return version.c_str();
}

const char* relume_last_error(void) { return last_error.c_str(); }

relume_status relume_open(const char* path, relume_analysis** analysis) {
  return guarded([&] {
    if (path == nullptr || analysis == nullptr) refuse("relume_open", "a NULL argument");
    return open(relume::formats::read_input(path).value(), path, analysis);
  });
}

relume_status relume_open_text(const char* text, size_t size, relume_analysis** analysis) {
  return guarded([&] {
    if (text == nullptr || analysis == nullptr) refuse("relume_open_text", "a NULL argument");
    return open({text, size}, "<text>", analysis);
  });
}

void relume_close(relume_analysis* analysis) { delete analysis; }

relume_status relume_set_yields(relume_analysis* analysis, const relume_yields* yields, size_t n_channels,
                                int other_channels_are_zero) {
  return guarded([&] {
    if (analysis == nullptr || (yields == nullptr && n_channels > 0)) refuse("relume_set_yields", "a NULL argument");
    relume::spec::Signal signal;
    signal.name = "signal";
    signal.other_channels_are_zero = other_channels_are_zero != 0;
    relume::spec::SignalSample sample{.name = "signal"};
    for (std::size_t i = 0; i < n_channels; ++i) {
      if (yields[i].channel == nullptr || (yields[i].events == nullptr && yields[i].n_bins > 0))
        refuse("yields", "a NULL pointer");
      relume::spec::SignalYields region{.channel = yields[i].channel};
      for (std::size_t b = 0; b < yields[i].n_bins; ++b) {
        if (!std::isfinite(yields[i].events[b])) refuse(yields[i].channel, "a number of events is not finite");
        region.yields.emplace_back(yields[i].events[b]);
      }
      sample.channels.push_back(std::move(region));
    }
    signal.samples.push_back(std::move(sample));
    return set(*analysis, signal);
  });
}

relume_status relume_set_signal(relume_analysis* analysis, const char* text, size_t size) {
  return guarded([&] {
    if (analysis == nullptr || text == nullptr) refuse("relume_set_signal", "a NULL argument");
    return set(*analysis, relume::formats::read_signal({text, size}, "<signal>").value());
  });
}

size_t relume_n_parameters(const relume_analysis* analysis) {
  return analysis == nullptr || !analysis->model ? 0 : analysis->model->likelihood->parameters().size();
}

const char* relume_parameter_name(const relume_analysis* analysis, size_t index) {
  return index < relume_n_parameters(analysis) ? analysis->model->likelihood->parameters()[index].name.c_str()
                                               : nullptr;
}

relume_status relume_initial(const relume_analysis* analysis, double* parameters) {
  return guarded([&] {
    if (analysis == nullptr || parameters == nullptr) refuse("relume_initial", "a NULL argument");
    need_model(*analysis);
    const auto point = relume::infer::initial_point(*analysis->model->likelihood);
    std::copy(point.begin(), point.end(), parameters);
    return RELUME_OK;
  });
}

relume_status relume_nll(relume_analysis* analysis, const double* parameters, size_t n, double* nll) {
  return guarded([&] {
    if (analysis == nullptr || parameters == nullptr || nll == nullptr) refuse("relume_nll", "a NULL argument");
    need_model(*analysis);
    if (n != relume_n_parameters(analysis)) refuse("parameters", "not one number per parameter");
    const auto& m = *analysis->model;
    const std::span<const double> point(parameters, n);
    const auto e = m.likelihood->evaluate(point, m.observed, relume::math::Derivatives::none, {}, *analysis->scratch);
    if (e.status != relume::math::EvaluationStatus::ok)
      return fail(RELUME_NOT_USABLE, m.likelihood->explain(point, *analysis->scratch));
    *nll = e.value + m.likelihood->constant(m.observed);
    return RELUME_OK;
  });
}

relume_status relume_cls(relume_analysis* analysis, double signal_strength, double* observed, double expected[5]) {
  return guarded([&] {
    if (analysis == nullptr || observed == nullptr) refuse("relume_cls", "a NULL argument");
    if (!std::isfinite(signal_strength)) refuse("signal_strength", "not a finite number");
    need_poi(*analysis);
    const auto& m = *analysis->model;
    const auto test = relume::infer::hypotest(*m.likelihood, m.observed, signal_strength);
    if (!test.is_usable()) return fail(RELUME_NOT_USABLE, test.reason);
    *observed = test.observed.cls;
    for (std::size_t i = 0; expected != nullptr && i < test.expected.size(); ++i) expected[i] = test.expected[i].cls;
    return RELUME_OK;
  });
}

relume_status relume_limit(relume_analysis* analysis, double level, double* observed, double expected[5]) {
  return guarded([&] {
    if (analysis == nullptr || observed == nullptr) refuse("relume_limit", "a NULL argument");
    if (!(level > 0.0 && level < 1.0)) refuse("level", "not between 0 and 1");
    need_poi(*analysis);
    const auto& m = *analysis->model;
    const auto limit =
        relume::infer::upper_limit(*m.likelihood, m.observed, {.level = level, .expected = expected != nullptr});
    if (!limit.is_usable()) return fail(RELUME_NOT_USABLE, limit.reason);
    *observed = *limit.observed;
    for (std::size_t i = 0; expected != nullptr && i < limit.expected.size(); ++i) expected[i] = *limit.expected[i];
    return RELUME_OK;
  });
}
