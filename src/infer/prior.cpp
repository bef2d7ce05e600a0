// SPDX-FileCopyrightText: relume authors
// SPDX-License-Identifier: BSD-3-Clause
#include "relume/infer/prior.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <vector>

#include <fmt/format.h>

#include "infer/prior_terms.hpp"

namespace relume::infer {

namespace {

std::string range_text(const PriorRange& range) { return fmt::format("[{:g}, {:g}]", range.lower, range.upper); }

}  // namespace

Result<Prior> prior_from_string(ParamId parameter, std::string_view text) {
  const auto refuse = [&](std::string why) {
    return Errors{{ErrorCode::option, "prior", fmt::format("'{}' is no prior: {}", text, why),
                   "flat, flat:LOWER,UPPER, normal:MEAN,SD, half-normal:SD, exponential:MEAN, log-flat:LOWER,UPPER"}};
  };
  const std::size_t colon = text.find(':');
  const std::string_view kind = text.substr(0, colon);
  std::vector<double> numbers;
  for (std::string_view rest = colon == text.npos ? std::string_view{} : text.substr(colon + 1); !rest.empty();) {
    const std::string_view word = rest.substr(0, rest.find(','));
    double value = 0.0;
    const auto [end, problem] = std::from_chars(word.data(), word.data() + word.size(), value);
    if (problem != std::errc() || end != word.data() + word.size() || !std::isfinite(value)) {
      return refuse(fmt::format("'{}' is no number", word));
    }
    numbers.push_back(value);
    rest.remove_prefix(std::min(rest.size(), word.size() + 1));
  }
  const auto has = [&](std::size_t n) { return numbers.size() == n; };
  Prior prior;
  prior.parameter = parameter;
  if (kind == "flat" || kind == "log-flat") {
    prior.kind = kind == "flat" ? PriorKind::flat : PriorKind::log_flat;
    if (!has(0) && !has(2)) return refuse("a range has two ends");
    if (has(2)) {
      prior.lower = numbers[0];
      prior.upper = numbers[1];
    }
  } else if (kind == "normal") {
    if (!has(2)) return refuse("a normal one has a mean and a standard deviation");
    prior.kind = PriorKind::normal;
    prior.mean = numbers[0];
    prior.width = numbers[1];
  } else if (kind == "half-normal") {
    if (!has(1)) return refuse("a half-normal one has a standard deviation");
    prior.kind = PriorKind::half_normal;
    prior.width = numbers[0];
  } else if (kind == "exponential") {
    if (!has(1)) return refuse("an exponential one has a mean");
    prior.kind = PriorKind::exponential;
    prior.mean = numbers[0];
  } else {
    return refuse(fmt::format("there is no kind '{}'", kind));
  }
  return prior;
}

PriorTerm prior_term(const Prior& prior, double x) {
  switch (prior.kind) {
    case PriorKind::flat: return {};
    case PriorKind::normal: {
      const double pull = (x - prior.mean) / prior.width;
      return {0.5 * pull * pull, pull / prior.width, 1.0 / (prior.width * prior.width)};
    }
    case PriorKind::half_normal: {
      const double pull = x / prior.width;
      return {0.5 * pull * pull, pull / prior.width, 1.0 / (prior.width * prior.width)};
    }
    case PriorKind::exponential: return {x / prior.mean, 1.0 / prior.mean, 0.0};
    case PriorKind::log_flat: return {std::log(x), 1.0 / x, -1.0 / (x * x)};
  }
  return {};
}

PriorRange prior_range(const model::Parameter& p, const Prior& prior) {
  double lower = prior.lower.value_or(p.lower), upper = prior.upper.value_or(p.upper);
  const bool is_positive = prior.kind == PriorKind::half_normal || prior.kind == PriorKind::exponential;
  return {is_positive ? std::max(lower, 0.0) : lower, upper};
}

std::string describe_prior(const model::Parameter& p, const Prior& prior, const model::Data& data) {
  const PriorRange range = prior_range(p, prior);
  std::string text;
  if (p.constraint.kind == model::ConstraintKind::normal ||
      p.constraint.kind == model::ConstraintKind::correlated_normal) {
    text =
        fmt::format("normal({:g}, {:g}) of its constraint{}", data.values[p.constraint.data_index], p.constraint.width,
                    p.constraint.kind == model::ConstraintKind::normal ? "" : ", correlated with others");
  } else if (p.constraint.kind == model::ConstraintKind::poisson) {
    text = fmt::format("gamma(shape {:g}, rate {:g}) of its constraint", data.values[p.constraint.data_index] + 1.0,
                       p.constraint.rate);
  } else if (p.constraint.kind == model::ConstraintKind::gamma_variance) {
    const double e = p.constraint.error_on_error;
    text = fmt::format("student-t({:g} degrees of freedom, location {:g}, scale {:g}) of its constraint", 0.5 / (e * e),
                       data.values[p.constraint.data_index], std::sqrt(data.values[p.constraint.variance_index]));
  }
  const auto times = [&](std::string own) { return text.empty() ? own : text + " times " + own; };
  switch (prior.kind) {
    case PriorKind::flat: text = text.empty() ? "flat" : text; break;
    case PriorKind::normal: text = times(fmt::format("normal({:g}, {:g})", prior.mean, prior.width)); break;
    case PriorKind::half_normal: text = times(fmt::format("half-normal({:g})", prior.width)); break;
    case PriorKind::exponential: text = times(fmt::format("exponential of mean {:g}", prior.mean)); break;
    case PriorKind::log_flat: text = times("log-flat"); break;
  }
  return text + " on " + range_text(range);
}

std::string prior_problem(const model::Parameter& p, const Prior& prior) {
  const PriorRange range = prior_range(p, prior);
  const auto say = [&](const std::string& what) { return fmt::format("the prior of '{}' {}", p.name, what); };
  if (!(range.lower < range.upper)) return say("has an empty range " + range_text(range));
  const bool is_bounded = std::isfinite(range.lower) && std::isfinite(range.upper);
  const bool is_constrained = p.constraint.kind != model::ConstraintKind::none;
  switch (prior.kind) {
    case PriorKind::flat:
      if (!is_bounded && !is_constrained) {
        return say("is improper: flat over the infinite range " + range_text(range) + "; give it one, as flat:0,10");
      }
      break;
    case PriorKind::log_flat:
      if (!(range.lower > 0.0) || !is_bounded) {
        return say("is improper: 1/x over " + range_text(range) + " has no norm; give it a range, as log-flat:0.01,10");
      }
      break;
    case PriorKind::normal:
    case PriorKind::half_normal:
      if (!(prior.width > 0.0) || !std::isfinite(prior.width) || !std::isfinite(prior.mean)) {
        return say(fmt::format("has a standard deviation of {:g}", prior.width));
      }
      break;
    case PriorKind::exponential:
      if (!(prior.mean > 0.0) || !std::isfinite(prior.mean)) return say(fmt::format("has a mean of {:g}", prior.mean));
      break;
  }
  return {};
}

}  // namespace relume::infer
