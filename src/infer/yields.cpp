// SPDX-FileCopyrightText: relume authors
// SPDX-License-Identifier: BSD-3-Clause
#include "relume/infer/yields.hpp"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <limits>
#include <numeric>

#include <fmt/format.h>

#include "base/quoted_list.hpp"
#include "infer/asimov_rates.hpp"
#include "math/quadratic_forms.hpp"

namespace relume::infer {

namespace {

constexpr double nan = std::numeric_limits<double>::quiet_NaN();
/// In a channel of more bins, parameters of one bin are kept in lists: as columns of a dense product they would make
/// its cost grow with the cube of the bins.
constexpr std::size_t few_bins = 32;
constexpr std::size_t names_told = 10;

/// C of the propagation: a matrix, variances alone, or nothing.
class Covariance {
 public:
  Covariance(std::span<const double> values, std::size_t n) : values_(values), n_(n) {}

  bool is_known() const { return n_ == 0 || !values_.empty(); }
  bool is_diagonal() const { return values_.size() == n_; }
  std::size_t size() const { return n_; }
  std::span<const double> matrix() const { return values_; }
  double variance(std::size_t i) const { return is_diagonal() ? values_[i] : values_[i * n_ + i]; }
  double at(std::size_t i, std::size_t j) const {
    return is_diagonal() ? (i == j ? values_[i] : 0.0) : values_[i * n_ + j];
  }

 private:
  std::span<const double> values_;
  std::size_t n_;
};

using Entry = std::pair<std::uint32_t, double>;

/// The derivatives of some yields: dense in the columns that they share, lists of the parameters of single bins.
class Rows {
 public:
  Rows(std::size_t n_rows, std::vector<std::uint32_t> columns, std::vector<std::uint32_t>& place)
      : columns_(std::move(columns)), place_(place), dense_(n_rows * columns_.size()), lists_(n_rows) {
    for (std::uint32_t j = 0; j < columns_.size(); ++j) place_[columns_[j]] = j;
  }
  ~Rows() {
    for (const std::uint32_t parameter : columns_) place_[parameter] = nowhere;
  }
  Rows(const Rows&) = delete;
  Rows& operator=(const Rows&) = delete;

  static constexpr std::uint32_t nowhere = std::numeric_limits<std::uint32_t>::max();

  void add(std::size_t row, std::uint32_t parameter, double slope) {
    if (place_[parameter] != nowhere) {
      dense_[row * columns_.size() + place_[parameter]] += slope;
    } else if (!lists_[row].empty() && lists_[row].back().first == parameter) {
      lists_[row].back().second += slope;
    } else {
      lists_[row].emplace_back(parameter, slope);
    }
  }

  std::vector<double> uncertainties(const Covariance& c) {
    std::vector<double> variances(lists_.size(), 0.0);
    if (!c.is_known()) return std::vector<double>(lists_.size(), nan);
    const std::size_t width = columns_.size();
    if (c.is_diagonal()) {
      for (std::size_t r = 0; r < lists_.size(); ++r) {
        for (std::size_t j = 0; j < width; ++j) {
          variances[r] += dense_[r * width + j] * dense_[r * width + j] * c.variance(columns_[j]);
        }
      }
    } else if (width > 0) {
      math::row_variances(dense_, columns_, c.matrix(), c.size(), variances);
    }
    for (std::size_t r = 0; r < lists_.size(); ++r) {
      add_list(lists_[r], std::span(dense_).subspan(r * width, width), c, variances[r]);
      variances[r] = std::sqrt(std::max(0.0, variances[r]));
    }
    return variances;
  }

 private:
  void add_list(std::vector<Entry>& list, std::span<const double> dense, const Covariance& c, double& variance) const {
    std::sort(list.begin(), list.end());
    std::size_t n = 0;  // a parameter once, with the sum of its slopes
    for (const Entry& entry : list) {
      if (n > 0 && list[n - 1].first == entry.first) {
        list[n - 1].second += entry.second;
      } else {
        list[n++] = entry;
      }
    }
    list.resize(n);
    for (std::size_t i = 0; i < n; ++i) {
      const auto [parameter, slope] = list[i];
      variance += slope * slope * c.variance(parameter);
      if (c.is_diagonal()) continue;
      const std::span<const double> row = c.matrix().subspan(parameter * c.size(), c.size());
      double others = 0.0;
      for (std::size_t j = 0; j < i; ++j) others += list[j].second * row[list[j].first];
      for (std::size_t j = 0; j < dense.size(); ++j) others += dense[j] * row[columns_[j]];
      variance += 2.0 * slope * others;
    }
  }

  std::vector<std::uint32_t> columns_;
  std::vector<std::uint32_t>& place_;  ///< of a parameter among the columns
  std::vector<double> dense_;
  std::vector<std::vector<Entry>> lists_;
};

class YieldMaker {
 public:
  YieldMaker(const model::Likelihood& likelihood, std::span<const double> point, const Covariance& covariance,
             const YieldOptions& options, Yields& result)
      : likelihood_(likelihood),
        point_(point),
        covariance_(covariance),
        options_(options),
        result_(result),
        place_(point.size(), Rows::nowhere) {}

  void run() {
    if (std::string why = why_not_available(likelihood_); !why.empty()) {
      result_.status = Status::not_defined;
      result_.reason = std::move(why);
      return;
    }
    list_channels();
    predict();
    if (!is_finite()) return;
    list_samples();
    sums_.assign(result_.samples.size() + 1, std::vector<double>(point_.size(), 0.0));
    for (const std::size_t c : shown_) add_channel(c);
    add_sums();
    if (options_.covariance) add_covariances();
  }

 private:
  const model::ChannelInfo& info(std::size_t channel) const { return likelihood_.channels()[channel]; }
  /// Of predictions: one per sample and bin, or per bin where there are no samples.
  static std::size_t n_rows_of(const model::ChannelInfo& c) {
    return c.n_bins * std::max<std::size_t>(c.samples.size(), 1);
  }

  void list_channels() {
    shown_ = options_.channels;
    if (shown_.empty()) {
      shown_.resize(likelihood_.channels().size());
      std::iota(shown_.begin(), shown_.end(), std::size_t{0});
    }
  }

  void predict() {
    totals_ = likelihood_.expected_data(point_).values;
    by_sample_ = likelihood_.expected_by_sample(point_);
    slopes_ = likelihood_.prediction_slopes(point_);
    std::size_t at = 0;
    for (const model::ChannelInfo& c : likelihood_.channels()) {
      first_row_.push_back(at);
      at += n_rows_of(c);
    }
  }

  bool is_finite() {
    for (const std::size_t c : shown_) {
      for (std::size_t b = 0; b < info(c).n_bins; ++b) {
        if (std::isfinite(totals_[info(c).first_bin + b])) continue;
        result_.status = Status::not_defined;
        result_.reason = fmt::format("the prediction in channel '{}' bin {} is not finite", info(c).name, b);
        return false;
      }
    }
    return true;
  }

  std::size_t place_of_sample(const std::string& name) const {
    const auto found = std::find_if(result_.samples.begin(), result_.samples.end(),
                                    [&](const SampleSum& s) { return s.name == name; });
    return static_cast<std::size_t>(found - result_.samples.begin());
  }

  /// Names in the order of their first channel, and which of them are proportional to the parameter of interest.
  void list_samples() {
    for (std::size_t c = 0; c < likelihood_.channels().size(); ++c) {
      const bool is_shown = std::find(shown_.begin(), shown_.end(), c) != shown_.end();
      for (std::size_t s = 0; s < info(c).samples.size(); ++s) {
        const bool is_proportional = is_signal(first_row_[c] + s * info(c).n_bins, info(c).n_bins);
        if (is_proportional) signals_.push_back(info(c).samples[s]);
        if (is_shown && place_of_sample(info(c).samples[s]) == result_.samples.size()) {
          result_.samples.push_back({info(c).samples[s], false, {}});
        }
      }
    }
    for (SampleSum& s : result_.samples) s.is_signal = is_signal_name(s.name);
  }

  bool is_signal_name(const std::string& name) const {
    return std::find(signals_.begin(), signals_.end(), name) != signals_.end();
  }

  bool is_signal(std::size_t first_row, std::size_t n) const {
    const auto poi = likelihood_.poi();
    if (!poi) return false;
    constexpr double rounding = 1e-6;  // of slopes by central differences
    bool has_slope = false;
    for (std::size_t row = first_row; row < first_row + n; ++row) {
      double slope = 0.0;
      for (std::size_t k = slopes_.rows[row]; k < slopes_.rows[row + 1]; ++k) {
        if (slopes_.parameters[k] == poi->index) slope += slopes_.slopes[k];
      }
      const double value = by_sample_[row];
      if (std::fabs(value - slope * point_[poi->index]) > rounding * std::fabs(value)) return false;
      has_slope |= slope != 0.0;
    }
    return has_slope;
  }

  /// Those that the propagation uses.
  const model::PredictionSlopes& propagated() {
    if (options_.propagation == Propagation::linear || !covariance_.is_known()) return slopes_;
    if (!differences_) {
      std::vector<double> sigmas(point_.size());
      for (std::size_t i = 0; i < sigmas.size(); ++i) sigmas[i] = std::sqrt(std::max(0.0, covariance_.variance(i)));
      differences_ = likelihood_.difference_slopes(point_, sigmas);
    }
    return *differences_;
  }

  /// The parameters that move a channel; those of single bins are left out where there are many bins.
  std::vector<std::uint32_t> columns_of(std::size_t channel) {
    const model::PredictionSlopes& slopes = propagated();
    const std::size_t n = info(channel).n_bins;
    const std::size_t n_rows = n_rows_of(info(channel));
    constexpr std::uint32_t unseen = 0xffffffffu, several = unseen - 1;
    std::vector<std::uint32_t> bin_of(point_.size(), unseen);
    for (std::size_t row = 0; row < n_rows; ++row) {
      const auto bin = static_cast<std::uint32_t>(row % n);
      const std::size_t at = first_row_[channel] + row;
      for (std::size_t k = slopes.rows[at]; k < slopes.rows[at + 1]; ++k) {
        std::uint32_t& seen = bin_of[slopes.parameters[k]];
        seen = seen == unseen || seen == bin ? bin : several;
      }
    }
    std::vector<std::uint32_t> columns;
    for (std::uint32_t i = 0; i < bin_of.size(); ++i) {
      if (bin_of[i] == several || (bin_of[i] != unseen && n <= few_bins)) columns.push_back(i);
    }
    return columns;
  }

  void add_channel(std::size_t channel) {
    const model::ChannelInfo& c = info(channel);
    const model::PredictionSlopes& slopes = propagated();
    const std::size_t n = c.n_bins, n_samples = c.samples.size();
    ChannelYields yields;
    yields.channel = channel;
    yields.samples.resize(n_samples);
    for (std::size_t s = 0; s < n_samples; ++s) {
      yields.samples[s].name = c.samples[s];
      yields.samples[s].is_signal = is_signal_name(c.samples[s]);
    }
    const bool has_signal =
        std::any_of(yields.samples.begin(), yields.samples.end(), [](const SampleYields& s) { return s.is_signal; });
    // Rows: the bins and the sum of each sample, then of the background, then of the total.
    const std::size_t background = n_samples, total = n_samples + 1;
    Rows rows((n_samples + 2) * (n + 1), columns_of(channel), place_);
    std::vector<double>& all = sums_.back();
    for (std::size_t s = 0; s < std::max<std::size_t>(n_samples, 1); ++s) {
      std::vector<double>* const sample_sum = s < n_samples ? &sums_[place_of_sample(c.samples[s])] : nullptr;
      for (std::size_t b = 0; b < n; ++b) {
        const std::size_t at = first_row_[channel] + s * n + b;
        // A bin that is clipped as a whole does not respond to anything.
        const bool moves_total = !is_clipped(channel, b);
        for (std::size_t k = slopes.rows[at]; k < slopes.rows[at + 1]; ++k) {
          const std::uint32_t parameter = slopes.parameters[k];
          const double slope = slopes.slopes[k];
          const auto add = [&](std::size_t group) {
            rows.add(group * (n + 1) + b, parameter, slope);
            rows.add(group * (n + 1) + n, parameter, slope);
          };
          if (sample_sum != nullptr) {
            add(s);
            (*sample_sum)[parameter] += slope;
            if (!yields.samples[s].is_signal) add(background);
          }
          if (moves_total) {
            add(total);
            all[parameter] += slope;
          }
        }
      }
    }
    const std::vector<double> sigmas = rows.uncertainties(covariance_);
    const auto fill = [&](BinYields& out, std::size_t group, auto&& value_of) {
      for (std::size_t b = 0; b < n; ++b) {
        out.bins.push_back({value_of(b), sigmas[group * (n + 1) + b]});
        out.sum.value += out.bins.back().value;
      }
      out.sum.uncertainty = sigmas[group * (n + 1) + n];
    };
    const auto of_sample = [&](std::size_t s, std::size_t b) { return by_sample_[first_row_[channel] + s * n + b]; };
    for (std::size_t s = 0; s < n_samples; ++s) {
      fill(yields.samples[s], s, [&](std::size_t b) { return of_sample(s, b); });
      result_.samples[place_of_sample(c.samples[s])].sum.value += yields.samples[s].sum.value;
    }
    if (has_signal) {
      fill(yields.background, background, [&](std::size_t b) {
        double sum = 0.0;
        for (std::size_t s = 0; s < n_samples; ++s) sum += yields.samples[s].is_signal ? 0.0 : of_sample(s, b);
        return sum;
      });
    }
    fill(yields.total, total, [&](std::size_t b) { return totals_[c.first_bin + b]; });
    result_.total.value += yields.total.sum.value;
    result_.channels.push_back(std::move(yields));
  }

  bool is_clipped(std::size_t channel, std::size_t bin) const {
    const model::ChannelInfo& c = info(channel);
    if (c.samples.empty()) return false;
    double sum = 0.0, size = 0.0;
    for (std::size_t s = 0; s < c.samples.size(); ++s) {
      const double value = by_sample_[first_row_[channel] + s * c.n_bins + bin];
      sum += value;
      size += std::fabs(value);
    }
    constexpr double rounding = 1e-9;
    return std::fabs(totals_[c.first_bin + bin] - sum) > rounding * size;
  }

  void add_sums() {
    std::vector<std::uint32_t> every(point_.size());
    std::iota(every.begin(), every.end(), 0u);
    Rows rows(sums_.size(), every, place_);
    for (std::size_t r = 0; r < sums_.size(); ++r) {
      for (std::uint32_t i = 0; i < point_.size(); ++i) rows.add(r, i, sums_[r][i]);
    }
    const std::vector<double> sigmas = rows.uncertainties(covariance_);
    for (std::size_t s = 0; s < result_.samples.size(); ++s) result_.samples[s].sum.uncertainty = sigmas[s];
    result_.total.uncertainty = sigmas.back();
  }

  void add_covariances() {
    if (!covariance_.is_known()) return;
    const std::size_t n = point_.size();
    std::vector<double> bins, channels;
    for (const std::size_t c : shown_) {
      const std::size_t first = bins.size(), n_bins = info(c).n_bins;
      bins.resize(first + n_bins * n, 0.0);
      const model::PredictionSlopes& slopes = propagated();
      for (std::size_t row = 0; row < n_rows_of(info(c)); ++row) {
        const std::size_t b = row % n_bins, at = first_row_[c] + row;
        if (is_clipped(c, b)) continue;
        for (std::size_t k = slopes.rows[at]; k < slopes.rows[at + 1]; ++k) {
          bins[first + b * n + slopes.parameters[k]] += slopes.slopes[k];
        }
      }
      const std::size_t sum = channels.size();
      channels.resize(sum + n, 0.0);
      for (std::size_t b = 0; b < n_bins; ++b) {
        for (std::size_t i = 0; i < n; ++i) channels[sum + i] += bins[first + b * n + i];
      }
    }
    std::vector<double> matrix(covariance_.matrix().begin(), covariance_.matrix().end());
    if (covariance_.is_diagonal()) {
      matrix.assign(n * n, 0.0);
      for (std::size_t i = 0; i < n; ++i) matrix[i * n + i] = covariance_.variance(i);
    }
    result_.covariance = math::row_covariance(bins, n == 0 ? 0 : bins.size() / n, matrix, n);
    result_.channel_covariance = math::row_covariance(channels, shown_.size(), matrix, n);
  }

  const model::Likelihood& likelihood_;
  std::span<const double> point_;
  const Covariance& covariance_;
  const YieldOptions& options_;
  Yields& result_;
  std::vector<std::size_t> shown_, first_row_;
  std::vector<double> totals_, by_sample_;
  model::PredictionSlopes slopes_;
  std::optional<model::PredictionSlopes> differences_;
  std::vector<std::string> signals_;
  std::vector<std::vector<double>> sums_;  ///< derivatives of the sums over channels: of each sample, of the total
  std::vector<std::uint32_t> place_;
};

/// "'a', 'b' and 3 more"
std::string names_of(const model::Likelihood& likelihood, std::span<const std::uint32_t> parameters) {
  std::vector<std::string> names;
  for (const std::uint32_t i : parameters) names.push_back(likelihood.parameters()[i].name);
  return quoted_beginning(names, names_told);
}

}  // namespace

std::optional<Propagation> propagation_from_string(std::string_view name) {
  if (name == "linear") return Propagation::linear;
  if (name == "one-sigma") return Propagation::one_sigma;
  return std::nullopt;
}

std::string_view to_string(Propagation propagation) {
  return propagation == Propagation::linear ? "linear" : "one-sigma";
}

Yields yields_at(const model::Likelihood& likelihood, std::span<const double> point, std::span<const double> covariance,
                 const YieldOptions& options) {
  const auto begin = std::chrono::steady_clock::now();
  Yields result;
  result.propagation = options.propagation;
  result.parameters.assign(point.begin(), point.end());
  const Covariance c(covariance, point.size());
  YieldMaker(likelihood, point, c, options, result).run();
  result.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
  return result;
}

Yields prefit_yields(const model::Likelihood& likelihood, const YieldOptions& options) {
  std::vector<double> point = initial_point(likelihood), variances;
  std::vector<char> is_held;
  for (const model::Parameter& p : likelihood.parameters()) {
    is_held.push_back(p.is_fixed);
    variances.push_back(p.is_fixed ? 0.0 : p.prefit_sigma() * p.prefit_sigma());
  }
  for (const FixedParameter& f : options.fixed) {
    point[f.parameter.index] = f.value;
    variances[f.parameter.index] = 0.0;
    is_held[f.parameter.index] = 1;
  }
  Yields result = yields_at(likelihood, point, variances, options);
  std::vector<std::uint32_t> free;
  for (std::uint32_t i = 0; i < is_held.size(); ++i) {
    if (is_held[i] == 0 && variances[i] == 0.0) free.push_back(i);
  }
  if (!free.empty()) {
    result.notes.push_back("without constraint, and so without uncertainty before a fit: " +
                           names_of(likelihood, free));
  }
  return result;
}

Yields postfit_yields(const model::Likelihood& likelihood, const FitResult& fit, const YieldOptions& options) {
  Yields result;
  if (fit.minimum.is_usable()) {
    result = yields_at(likelihood, fit.minimum.x, fit.covariance, options);
  } else {
    const bool is_interrupted = fit.minimum.status == minimize::MinimumStatus::interrupted;
    result.status = is_interrupted ? Status::interrupted : Status::fit_failed;
    result.reason = "fit: " + fit.minimum.reason;
    result.propagation = options.propagation;
    result.parameters = fit.minimum.x;
  }
  result.is_postfit = true;
  result.notes.insert(result.notes.end(), fit.notes.begin(), fit.notes.end());
  if (!result.is_usable()) return result;
  if (fit.covariance.empty()) {
    result.notes.push_back("no uncertainties: " + (fit.covariance_problem.empty()
                                                       ? "the fit was made without its covariance matrix"
                                                       : fit.covariance_problem));
    return result;
  }
  std::vector<std::uint32_t> at_bounds = fit.minimum.at_lower;
  at_bounds.insert(at_bounds.end(), fit.minimum.at_upper.begin(), fit.minimum.at_upper.end());
  if (!at_bounds.empty()) {
    result.notes.push_back("at a bound, and so without uncertainty: " + names_of(likelihood, at_bounds));
  }
  return result;
}

Propagated propagate(const model::Likelihood& likelihood, const FitResult& fit, const ParameterFunction& function,
                     const PropagateOptions& options) {
  Propagated result;
  const auto fail = [&](Status status, std::string reason) {
    result.status = status;
    result.reason = std::move(reason);
    return result;
  };
  if (!fit.minimum.is_usable()) return fail(Status::fit_failed, "fit: " + fit.minimum.reason);
  const std::vector<double>& x = fit.minimum.x;
  result.values = function(x);
  const std::size_t m = result.values.size(), n = x.size();
  if (fit.covariance.empty()) {
    return fail(Status::not_defined, fit.covariance_problem.empty() ? "the fit was made without its covariance matrix"
                                                                    : fit.covariance_problem);
  }
  if (!(options.step > 0.0 && std::isfinite(options.step))) {
    return fail(Status::not_defined, "the step of central differences must be positive");
  }
  std::vector<double> gradient;
  const auto wrong_size = [&](std::size_t size, std::size_t wanted) {
    return fail(Status::not_defined, fmt::format("the function returned {} numbers, where {} were due", size, wanted));
  };
  if (options.gradient) {
    gradient = options.gradient(x);
    if (gradient.size() != m * n) return wrong_size(gradient.size(), m * n);
  } else {
    gradient.assign(m * n, 0.0);
    std::vector<double> moved = x;
    for (std::size_t i = 0; i < n; ++i) {
      const double sigma = std::sqrt(std::max(0.0, fit.covariance[i * n + i]));
      if (!(sigma > 0.0)) continue;
      const model::Parameter& p = likelihood.parameters()[i];
      const auto [low, high] = std::minmax({x[i], p.lower, p.upper});
      const double up = std::min(x[i] + options.step * sigma, high), down = std::max(x[i] - options.step * sigma, low);
      moved[i] = up;
      const std::vector<double> above = function(moved);
      moved[i] = down;
      const std::vector<double> below = function(moved);
      moved[i] = x[i];
      if (above.size() != m || below.size() != m) return wrong_size(above.size() != m ? above.size() : below.size(), m);
      for (std::size_t k = 0; k < m; ++k) gradient[k * n + i] = (above[k] - below[k]) / (up - down);
    }
  }
  result.covariance = math::row_covariance(gradient, m, fit.covariance, n);
  for (std::size_t k = 0; k < m; ++k) {
    result.uncertainties.push_back(std::sqrt(std::max(0.0, result.covariance[k * m + k])));
    if (!std::isfinite(result.values[k]) || !std::isfinite(result.uncertainties[k])) {
      return fail(Status::not_defined, fmt::format("number {} of the function, or its derivative, is not finite", k));
    }
  }
  return result;
}

}  // namespace relume::infer
