// SPDX-FileCopyrightText: relume authors
// SPDX-License-Identifier: BSD-3-Clause
#include "relume/report/yields.hpp"

#include <algorithm>
#include <cmath>
#include <functional>

#include <fmt/format.h>

#include "relume/report/json.hpp"
#include "relume/report/parameters.hpp"
#include "relume/report/table.hpp"

namespace relume::report {

using infer::BinYields;
using infer::ChannelYields;
using infer::SampleYields;
using infer::Yield;
using infer::Yields;
using model::Likelihood;
using spec::Json;
using spec::JsonArray;
using spec::JsonObject;

namespace {

Json or_null(double value) { return std::isfinite(value) ? Json(value) : Json(nullptr); }

bool is_shown(const model::Data& data, std::size_t channel, Blinding blinding) {
  return blinding == Blinding::none || !data.is_masked(channel);
}

double sum_of(const model::Data& data, const model::ChannelInfo& c) {
  double sum = 0.0;
  for (std::size_t b = 0; b < c.n_bins; ++b) sum += data.values[c.first_bin + b];
  return sum;
}

void add(JsonObject& object, const BinYields& yields) {
  JsonArray values, sigmas;
  for (const Yield& y : yields.bins) {
    values.emplace_back(or_null(y.value));
    sigmas.emplace_back(or_null(y.uncertainty));
  }
  object.emplace_back("yields", std::move(values));
  object.emplace_back("uncertainties", std::move(sigmas));
  object.emplace_back("sum", or_null(yields.sum.value));
  object.emplace_back("sum_uncertainty", or_null(yields.sum.uncertainty));
}

JsonObject to_object(const BinYields& yields) {
  JsonObject object;
  add(object, yields);
  return object;
}

JsonObject to_json(const ChannelYields& yields, const Likelihood& likelihood, const model::Data& data,
                   Blinding blinding) {
  const model::ChannelInfo& c = likelihood.channels()[yields.channel];
  JsonArray samples, counts;
  for (const SampleYields& s : yields.samples) {
    JsonObject sample;
    sample.emplace_back("name", s.name);
    sample.emplace_back("is_signal", s.is_signal);
    add(sample, s);
    samples.emplace_back(std::move(sample));
  }
  for (std::size_t b = 0; b < c.n_bins; ++b) counts.emplace_back(data.values[c.first_bin + b]);
  const bool shows_data = is_shown(data, yields.channel, blinding);
  JsonObject object;
  object.emplace_back("name", c.name);
  object.emplace_back("is_masked", data.is_masked(yields.channel));
  object.emplace_back("samples", std::move(samples));
  object.emplace_back("background", yields.background.bins.empty() ? Json(nullptr) : to_object(yields.background));
  object.emplace_back("total", to_object(yields.total));
  object.emplace_back("data", shows_data ? Json(std::move(counts)) : Json(nullptr));
  object.emplace_back("data_sum", shows_data ? Json(sum_of(data, c)) : Json(nullptr));
  return object;
}

JsonObject matrix_to_json(const std::vector<std::string>& labels, const std::vector<double>& covariance) {
  const std::size_t n = labels.size();
  JsonArray names, matrix, correlation;
  for (std::size_t i = 0; i < n; ++i) {
    names.emplace_back(labels[i]);
    JsonArray row, normalised;
    for (std::size_t j = 0; j < n; ++j) {
      const double size = std::sqrt(covariance[i * n + i] * covariance[j * n + j]);
      row.emplace_back(covariance[i * n + j]);
      normalised.emplace_back(size > 0.0 ? covariance[i * n + j] / size : 0.0);
    }
    matrix.emplace_back(std::move(row));
    correlation.emplace_back(std::move(normalised));
  }
  JsonObject object;
  object.emplace_back("labels", std::move(names));
  object.emplace_back("matrix", std::move(matrix));
  object.emplace_back("correlation", std::move(correlation));
  return object;
}

/// "12.3 +- 1.2": two digits of the uncertainty, as many decimals of the value.
std::string text_of(const Yield& y) {
  if (!std::isfinite(y.uncertainty)) return format_number(y.value);
  if (!(y.uncertainty > 0.0)) return format_number(y.value) + " +- 0";
  constexpr int digits = 2, most_decimals = 12;
  const int decimals = digits - 1 - static_cast<int>(std::floor(std::log10(y.uncertainty)));
  const int shown = std::clamp(decimals, 0, most_decimals);
  return fmt::format("{:.{}f} +- {:.{}f}", y.value, shown, y.uncertainty, shown);
}

/// One column of a table: a bin of a channel, or its sum.
struct Column {
  std::string title;
  const ChannelYields* channel = nullptr;
  std::ptrdiff_t bin = -1;  ///< -1: the sum
};

const Yield& pick(const BinYields& yields, const Column& column) {
  return column.bin < 0 ? yields.sum : yields.bins[static_cast<std::size_t>(column.bin)];
}

std::string data_text(const Column& column, const Likelihood& likelihood, const model::Data& data, Blinding blinding) {
  if (!is_shown(data, column.channel->channel, blinding)) return "blinded";
  const model::ChannelInfo& c = likelihood.channels()[column.channel->channel];
  return format_number(column.bin < 0 ? sum_of(data, c)
                                      : data.values[c.first_bin + static_cast<std::size_t>(column.bin)]);
}

/// Samples from top to bottom, signals last, in slices that fit on a page.
std::string table_of(const std::vector<Column>& columns, const std::vector<infer::SampleSum>& samples,
                     const Likelihood& likelihood, const model::Data& data, Blinding blinding) {
  constexpr std::size_t at_most = 6;
  std::string text;
  for (std::size_t first = 0; first < columns.size(); first += at_most) {
    const std::size_t last = std::min(columns.size(), first + at_most);
    std::vector<std::string> titles = {""};
    for (std::size_t k = first; k < last; ++k) titles.push_back(columns[k].title);
    Table table(titles);
    const auto row = [&](const std::string& name, const std::function<std::string(const Column&)>& cell) {
      std::vector<std::string> cells = {name};
      bool is_empty = true;
      for (std::size_t k = first; k < last; ++k) {
        cells.push_back(cell(columns[k]));
        is_empty &= cells.back() == "-";
      }
      if (!is_empty) table.add(std::move(cells));
    };
    const auto add_samples = [&](bool signals) {
      for (const infer::SampleSum& s : samples) {
        if (s.is_signal != signals) continue;
        row(s.name, [&](const Column& column) {
          for (const SampleYields& y : column.channel->samples) {
            if (y.name == s.name) return text_of(pick(y, column));
          }
          return std::string("-");
        });
      }
    };
    add_samples(false);
    row("total background", [&](const Column& column) {
      return column.channel->background.bins.empty() ? "-" : text_of(pick(column.channel->background, column));
    });
    add_samples(true);
    row("total", [&](const Column& column) { return text_of(pick(column.channel->total, column)); });
    row("data", [&](const Column& column) { return data_text(column, likelihood, data, blinding); });
    text += (text.empty() ? "" : "\n") + table.text();
  }
  return text;
}

}  // namespace

JsonObject to_json(const Yields& yields, const Likelihood& likelihood, const model::Data& data, Blinding blinding) {
  JsonArray channels, samples;
  for (const ChannelYields& c : yields.channels) channels.emplace_back(to_json(c, likelihood, data, blinding));
  for (const infer::SampleSum& s : yields.samples) {
    JsonObject sample;
    sample.emplace_back("name", s.name);
    sample.emplace_back("is_signal", s.is_signal);
    sample.emplace_back("sum", or_null(s.sum.value));
    sample.emplace_back("sum_uncertainty", or_null(s.sum.uncertainty));
    samples.emplace_back(std::move(sample));
  }
  JsonObject object;
  object.emplace_back("kind", yields.is_postfit ? "postfit" : "prefit");
  object.emplace_back("propagation", infer::to_string(yields.propagation));
  object.emplace_back("channels", std::move(channels));
  object.emplace_back("samples", std::move(samples));
  object.emplace_back("sum", yields.is_usable() ? or_null(yields.total.value) : Json(nullptr));
  object.emplace_back("sum_uncertainty", yields.is_usable() ? or_null(yields.total.uncertainty) : Json(nullptr));
  if (!yields.covariance.empty()) {
    std::vector<std::string> bins, names;
    for (const ChannelYields& c : yields.channels) {
      names.push_back(likelihood.channels()[c.channel].name);
      for (std::size_t b = 0; b < c.total.bins.size(); ++b) bins.push_back(fmt::format("{}[{}]", names.back(), b));
    }
    JsonObject covariance;
    covariance.emplace_back("bins", matrix_to_json(bins, yields.covariance));
    covariance.emplace_back("channels", matrix_to_json(names, yields.channel_covariance));
    object.emplace_back("covariance", std::move(covariance));
  }
  object.emplace_back("parameters", parameters_to_json(likelihood, yields.parameters));
  object.emplace_back("status", infer::to_string(yields.status));
  object.emplace_back("reason", yields.reason);
  object.emplace_back("notes", to_json(yields.notes));
  object.emplace_back("seconds", yields.seconds);
  return object;
}

std::string to_table(const Yields& yields, const Likelihood& likelihood, const model::Data& data, Blinding blinding) {
  Table head;
  const auto status = infer::to_string(yields.status);
  head.add({"status", yields.reason.empty() ? std::string(status) : fmt::format("{}: {}", status, yields.reason)});
  if (!yields.is_usable()) return head.text() + format_notes(yields.notes);
  head.add({"yields", yields.is_postfit ? "after the fit" : "before a fit"});
  const bool all_are_counts = std::all_of(yields.channels.begin(), yields.channels.end(),
                                          [](const ChannelYields& c) { return c.total.bins.size() == 1; });
  std::string text = head.text();
  std::vector<Column> columns;
  const auto flush = [&] {
    text += '\n' + table_of(columns, yields.samples, likelihood, data, blinding);
    columns.clear();
  };
  for (const ChannelYields& c : yields.channels) {
    const std::string& name = likelihood.channels()[c.channel].name;
    if (all_are_counts) {
      columns.push_back({name, &c, 0});
      continue;
    }
    for (std::size_t b = 0; b < c.total.bins.size(); ++b) {
      columns.push_back(
          {c.total.bins.size() == 1 ? name : fmt::format("{} bin {}", name, b), &c, static_cast<std::ptrdiff_t>(b)});
    }
    if (c.total.bins.size() > 1) columns.push_back({name + " sum", &c, -1});
    flush();
  }
  if (all_are_counts) flush();
  if (yields.channels.size() > 1) {
    Table sums({"all channels", ""});
    for (const infer::SampleSum& s : yields.samples) sums.add({s.name, text_of(s.sum)});
    sums.add({"total", text_of(yields.total)});
    text += '\n' + sums.text();
  }
  return text + format_notes(yields.notes);
}

}  // namespace relume::report
