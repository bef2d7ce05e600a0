// SPDX-FileCopyrightText: relume authors
// SPDX-License-Identifier: BSD-3-Clause
//
// Poisson terms of rates that a user's template computes. With t_b = d value / d rate_b, the second derivatives of a
// channel are J^T W J over its bins, and sum_b t_b d2 rate_b: a dense block among the shared parameters, couplings of
// the own parameter of each bin with them, and its own diagonal.
#include <algorithm>
#include <cmath>
#include <exception>
#include <limits>
#include <numeric>

#include <fmt/format.h>

#include "math/gather.hpp"
#include "model/poisson_rows.hpp"
#include "model/user_model.hpp"
#include "relume/model/constraint_terms.hpp"

namespace relume::model {

namespace {

constexpr std::uint32_t none = std::numeric_limits<std::uint32_t>::max();

class UserLikelihood final : public UserDefined {
 public:
  UserLikelihood(std::unique_ptr<const RateFunction> function, const UserModel& model, Data& observed, Errors& errors);

  std::unique_ptr<Scratch> make_scratch() const override;
  math::Evaluation evaluate(std::span<const double> point, const Data& data, math::Derivatives derivatives,
                            const math::Relaxation& relaxation, Scratch& scratch) const noexcept override;
  bool has_channel_masks() const override { return true; }
  Constants constants(const Data& data) const override;
  Data expected_data(std::span<const double> point) const override;
  void expected_main(std::span<const double> point, std::span<const char> masked, Scratch& scratch,
                     std::span<double> expected) const override;
  std::vector<double> expected_by_sample(std::span<const double> point) const override;
  PredictionSlopes prediction_slopes(std::span<const double> point) const override;
  void fluctuate(const Data& expected, const RandomKey& key, Data& toy) const override;
  void reset_multipliers(Scratch& scratch) const override;
  double update_multipliers(double penalty, Scratch& scratch) const override;
  std::string explain(std::span<const double> point, const Scratch& scratch) const override;

 private:
  struct Channel {
    std::size_t first_bin = 0, n_bins = 0, n_samples = 1;
    std::vector<std::uint32_t> shared, own;
    std::vector<std::uint32_t> columns;      ///< in the row group, of the shared parameters
    std::vector<std::uint32_t> own_columns;  ///< of the own parameters that are not private, or none
    std::vector<std::size_t> places;         ///< of the shared parameters in the dense block
    std::size_t dense = 0;                   ///< offset of the dense block
    std::size_t coupling_values = 0, couplings = 0;
    std::size_t n_variables() const { return shared.size() + (own.empty() ? 0 : 1); }
    std::size_t n_pairs() const { return n_variables() * (n_variables() + 1) / 2; }
  };

  /// What one call of the user's function needs and leaves.
  struct Call {
    Call(const UserLikelihood& likelihood, bool by_sample);

    std::unique_ptr<RateFunction::Buffers> buffers;
    std::vector<double> shared, own, rates;
    std::vector<double> first, second;  ///< of all channels, one after the other
  };
  struct Work;

  void add_channel(const UserChannel& given, Errors& errors);
  void arrange();
  void find_privates();
  void set_scales(Errors& errors);
  std::size_t offset(std::size_t channel, bool by_sample) const;
  /// May throw what the user's function throws.
  void call(std::size_t channel, std::span<const double> point, bool by_sample, math::Derivatives derivatives,
            Call& work) const;
  bool call_all(std::span<const double> point, std::span<const char> masked, math::Derivatives derivatives,
                Work& work) const noexcept;
  void add_gradient(const Channel& channel, const double* first, Work& work) const noexcept;
  void set_curvature(std::size_t c, const double* first, const double* second, Work& work) const noexcept;
  void leave_out_curvature(std::size_t c, Work& work) const noexcept;
  PoissonBins poisson_bins() const { return {channel_of_bin_, bin_scale_}; }
  std::string describe(std::size_t bin, std::span<const double> point, const Work& work) const;

  std::unique_ptr<const RateFunction> function_;
  std::vector<Channel> in_;  ///< per channel
  std::vector<std::uint32_t> channel_of_bin_;
  std::vector<double> bin_scale_;
  std::vector<std::size_t> first_at_, second_at_;  ///< offsets into Call::first and second, per channel and the end
  std::size_t n_by_sample_ = 0;
};

struct UserLikelihood::Work final : Scratch, PoissonRows {
  explicit Work(const UserLikelihood& l) : Scratch(l.layout()), PoissonRows(l.channel_of_bin_.size()), call(l, false) {}

  Call call;
  std::string failure;  ///< what the user's function threw
};

UserLikelihood::Call::Call(const UserLikelihood& l, bool by_sample)
    : buffers(l.function_->make_buffers()), rates(by_sample ? l.n_by_sample_ : l.channel_of_bin_.size()) {
  std::size_t n_first = 0, n_second = 0;
  for (const Channel& c : l.in_) {
    const std::size_t rows = c.n_bins * (by_sample ? c.n_samples : 1);
    n_first += c.n_variables() * rows;
    n_second += c.n_pairs() * rows;
  }
  first.resize(n_first);
  second.resize(by_sample ? 0 : n_second);
}

UserLikelihood::UserLikelihood(std::unique_ptr<const RateFunction> function, const UserModel& model, Data& observed,
                               Errors& errors)
    : function_(std::move(function)) {
  constraints_are_priors_ = model.constraints_are_priors;
  for (const UserChannel& channel : model.channels) {
    for (const double n : channel.observed) observed.values.push_back(n);
  }
  add_parameters(model.parameters, model.poi, model.correlations, observed, errors);
  if (model.channels.empty()) errors.push_back({ErrorCode::model, {}, "the model has no channel", {}});
  if (!errors.empty()) return;
  std::vector<DataBlock> auxiliary = std::exchange(data_blocks_, {});
  for (const UserChannel& channel : model.channels) add_channel(channel, errors);
  data_blocks_.insert(data_blocks_.end(), auxiliary.begin(), auxiliary.end());
  const bool has_samples = !model.channels[0].samples.empty();
  for (const UserChannel& channel : model.channels) {
    if (channel.samples.empty() != has_samples) continue;
    errors.push_back(
        {ErrorCode::model, "channel '" + channel.name + "'", "some channels have samples, others do not", {}});
    break;
  }
  if (!errors.empty()) return;
  arrange();
  set_scales(errors);
}

void UserLikelihood::add_channel(const UserChannel& given, Errors& errors) {
  const std::string where = "channel '" + given.name + "'";
  const auto problem = [&](std::string message) {
    errors.push_back({ErrorCode::model, where, std::move(message), {}});
  };
  Channel channel;
  channel.first_bin = channel_of_bin_.size();
  channel.n_bins = given.observed.size();
  channel.n_samples = std::max<std::size_t>(1, given.samples.size());
  for (const ChannelInfo& other : channels_) {
    if (other.name == given.name) problem("there are two channels of this name");
  }
  if (channel.n_bins == 0) problem("it has no bin");
  for (const double n : given.observed) {
    if (!(n >= 0.0) || !std::isfinite(n)) problem(fmt::format("{:g} events cannot be observed", n));
  }
  for (const std::string& name : given.shared) {
    const std::uint32_t i = place_of(name, where, errors);
    if (std::find(channel.shared.begin(), channel.shared.end(), i) != channel.shared.end()) {
      problem(fmt::format("'{}' is shared twice", name));
    }
    channel.shared.push_back(i);
  }
  if (!given.own.empty() && given.own.size() != channel.n_bins) {
    problem(fmt::format("{} own parameters for {} bins", given.own.size(), channel.n_bins));
  }
  for (const std::string& name : given.own) {
    const std::uint32_t i = place_of(name, where, errors);
    if (std::find(channel.shared.begin(), channel.shared.end(), i) != channel.shared.end()) {
      problem(fmt::format("'{}' is shared by all bins and own to one", name));
    }
    channel.own.push_back(i);
  }
  channels_.push_back({given.name, channel.first_bin, channel.n_bins, given.samples});
  data_blocks_.push_back({given.name, BlockKind::counts, channel.first_bin, channel.n_bins, false});
  channel_of_bin_.insert(channel_of_bin_.end(), channel.n_bins, static_cast<std::uint32_t>(in_.size()));
  n_by_sample_ += channel.n_bins * channel.n_samples;
  in_.push_back(std::move(channel));
}

/// Private is what is own to one bin of all, and not correlated with others.
void UserLikelihood::find_privates() {
  math::CurvatureLayout& l = layout_;
  std::vector<std::uint32_t> uses(parameters_.size(), 0);
  for (const Channel& channel : in_) {
    for (const std::uint32_t i : channel.own) ++uses[i];
    for (const std::uint32_t i : channel.shared) uses[i] += 2;
  }
  for (const CorrelatedConstraint& block : correlated_constraints_) {
    for (const std::uint32_t i : block.parameters) uses[i] += 2;
  }
  l.private_of_parameter.assign(parameters_.size(), -1);
  l.row_privates.assign(l.n_rows + 1, 0);
  for (const Channel& channel : in_) {
    for (std::size_t b = 0; b < channel.own.size(); ++b) {
      const std::uint32_t i = channel.own[b];
      if (uses[i] != 1) continue;
      l.private_of_parameter[i] = static_cast<std::int32_t>(l.privates.size());
      l.privates.push_back({i, static_cast<std::uint32_t>(channel.first_bin + b)});
      ++l.row_privates[channel.first_bin + b + 1];
    }
  }
  std::partial_sum(l.row_privates.begin(), l.row_privates.end(), l.row_privates.begin());
}

void UserLikelihood::arrange() {
  math::CurvatureLayout& l = layout_;
  l.n_parameters = parameters_.size();
  l.n_rows = channel_of_bin_.size();
  find_privates();
  add_dense_blocks(correlated_constraints_, l);
  l.row_couplings.assign(l.n_rows + 1, 0);
  l.row_pairs.assign(l.n_rows + 1, 0);
  first_at_ = second_at_ = {0};
  for (std::uint32_t c = 0; c < in_.size(); ++c) {
    Channel& channel = in_[c];
    math::RowGroup group{channel.first_bin, channel.n_bins, channel.shared, l.jacobian_size};
    for (const std::uint32_t i : channel.own) {
      if (l.private_of_parameter[i] < 0) group.columns.push_back(i);
    }
    std::sort(group.columns.begin(), group.columns.end());
    group.columns.erase(std::unique(group.columns.begin(), group.columns.end()), group.columns.end());
    const auto column_of = [&](std::uint32_t i) {
      return static_cast<std::uint32_t>(std::lower_bound(group.columns.begin(), group.columns.end(), i) -
                                        group.columns.begin());
    };
    for (const std::uint32_t i : channel.shared) channel.columns.push_back(column_of(i));
    for (const std::uint32_t i : channel.own) {
      channel.own_columns.push_back(l.private_of_parameter[i] < 0 ? column_of(i) : none);
    }
    l.jacobian_size += group.n_rows * group.columns.size();

    if (!channel.shared.empty()) {
      math::DenseBlock block{channel.shared, l.dense_size};
      std::sort(block.parameters.begin(), block.parameters.end());
      for (const std::uint32_t i : channel.shared) {
        channel.places.push_back(static_cast<std::size_t>(
            std::lower_bound(block.parameters.begin(), block.parameters.end(), i) - block.parameters.begin()));
      }
      channel.dense = l.dense_size;
      l.dense_size += channel.shared.size() * channel.shared.size();
      l.dense_blocks.push_back(std::move(block));
    }
    channel.couplings = l.couplings.size();
    channel.coupling_values = l.coupling_size;
    if (!channel.shared.empty() && !channel.own.empty()) {
      math::CouplingMatrix matrix{c, false, channel.columns, l.coupling_size};
      std::sort(matrix.columns.begin(), matrix.columns.end());
      l.coupling_size += channel.n_bins * matrix.columns.size();
      const auto index = static_cast<std::uint32_t>(l.coupling_matrices.size());
      l.coupling_matrices.push_back(std::move(matrix));
      for (std::size_t b = 0; b < channel.n_bins; ++b) {
        const auto row = static_cast<std::uint32_t>(channel.first_bin + b);
        l.couplings.push_back({channel.own[b], row, index, l.private_of_parameter[channel.own[b]]});
        ++l.row_couplings[row + 1];
      }
    }
    l.groups.push_back(std::move(group));
    first_at_.push_back(first_at_.back() + channel.n_variables() * channel.n_bins);
    second_at_.push_back(second_at_.back() + channel.n_pairs() * channel.n_bins);
  }
  std::partial_sum(l.row_couplings.begin(), l.row_couplings.end(), l.row_couplings.begin());
}

void UserLikelihood::set_scales(Errors& errors) {
  std::vector<double> point;
  for (const Parameter& p : parameters_) point.push_back(p.initial);
  Call work(*this, true);
  bin_scale_.assign(channel_of_bin_.size(), 0.0);
  for (std::size_t c = 0; c < in_.size(); ++c) {
    const Channel& channel = in_[c];
    call(c, point, true, math::Derivatives::none, work);
    const double* const rates = work.rates.data() + offset(c, true);
    for (std::size_t k = 0; k < channel.n_bins * channel.n_samples; ++k) {
      if (!std::isfinite(rates[k])) {
        errors.push_back(
            {ErrorCode::model,
             "channel '" + channels_[c].name + "'",
             fmt::format("the rate of bin {} is no finite number at the initial values", k % channel.n_bins),
             {}});
        return;
      }
      bin_scale_[channel.first_bin + k % channel.n_bins] += std::fabs(rates[k]);
    }
  }
  for (double& scale : bin_scale_) scale = std::max(scale, min_bin_scale);
}

std::size_t UserLikelihood::offset(std::size_t channel, bool by_sample) const {
  if (!by_sample) return in_[channel].first_bin;
  std::size_t at = 0;
  for (std::size_t c = 0; c < channel; ++c) at += in_[c].n_bins * in_[c].n_samples;
  return at;
}

void UserLikelihood::call(std::size_t c, std::span<const double> point, bool by_sample, math::Derivatives derivatives,
                          Call& work) const {
  const Channel& channel = in_[c];
  work.shared.clear();
  for (const std::uint32_t i : channel.shared) work.shared.push_back(point[i]);
  work.own.clear();
  for (const std::uint32_t i : channel.own) work.own.push_back(point[i]);
  const std::size_t n = channel.n_bins * (by_sample ? channel.n_samples : 1);
  RateFunction::Output out{std::span(work.rates).subspan(offset(c, by_sample), n), {}, {}};
  // By sample, derivatives are needed one channel at a time.
  if (derivatives != math::Derivatives::none) {
    out.first = std::span(work.first).subspan(by_sample ? 0 : first_at_[c], channel.n_variables() * n);
  }
  if (derivatives == math::Derivatives::curvature) {
    out.second = std::span(work.second).subspan(second_at_[c], channel.n_pairs() * n);
  }
  function_->evaluate({c, channel.n_samples, channel.n_bins, work.shared, work.own}, by_sample, derivatives, out,
                      *work.buffers);
}

std::unique_ptr<Scratch> UserLikelihood::make_scratch() const {
  auto work = std::make_unique<Work>(*this);
  fill_dense_blocks(*this, *work);
  return work;
}

bool UserLikelihood::call_all(std::span<const double> point, std::span<const char> masked,
                              math::Derivatives derivatives, Work& work) const noexcept {
  work.failure.clear();
  try {
    for (std::size_t c = 0; c < in_.size(); ++c) {
      if (!masked.empty() && masked[c] != 0) {
        std::fill_n(work.call.rates.begin() + static_cast<std::ptrdiff_t>(in_[c].first_bin), in_[c].n_bins, 0.0);
      } else {
        call(c, point, false, derivatives, work.call);
      }
    }
    return true;
  } catch (const std::exception& problem) {
    work.failure = fmt::format("the user's function threw: {}", problem.what());
  } catch (...) {
    work.failure = "the user's function threw";
  }
  return false;
}

math::Evaluation UserLikelihood::evaluate(std::span<const double> point, const Data& data,
                                          math::Derivatives derivatives, const math::Relaxation& relaxation,
                                          Scratch& scratch) const noexcept {
  constexpr double infinity = std::numeric_limits<double>::infinity();
  Work& work = static_cast<Work&>(scratch);
  const bool with_curvature = derivatives == math::Derivatives::curvature;
  work.begin();
  if (!call_all(point, data.masked, derivatives, work)) return {math::EvaluationStatus::not_finite, infinity, infinity};
  const ConstraintSum constraints = add_constraint_terms(*this, point, data, derivatives, work);
  if (constraints.bad_parameter >= 0) {
    work.bad_parameter = constraints.bad_parameter;
    return {math::EvaluationStatus::infeasible, infinity, infinity};
  }
  double main = 0.0;
  const math::EvaluationStatus status =
      work.add(poisson_bins(), data, with_curvature, relaxation, work.call.rates, work.curvature, main);
  if (status != math::EvaluationStatus::ok) return {status, infinity, infinity};
  const double value = constraints.value + main;
  if (!std::isfinite(value)) {
    work.is_too_large = true;
    return {math::EvaluationStatus::not_finite, infinity, infinity};
  }
  if (derivatives == math::Derivatives::none) return {math::EvaluationStatus::ok, value, main};
  for (std::size_t c = 0; c < in_.size(); ++c) {
    if (data.is_masked(c)) {
      if (with_curvature) leave_out_curvature(c, work);
      continue;
    }
    const double* const first = work.call.first.data() + first_at_[c];
    add_gradient(in_[c], first, work);
    if (with_curvature) set_curvature(c, first, work.call.second.data() + second_at_[c], work);
  }
  return {math::EvaluationStatus::ok, value, main};
}

void UserLikelihood::add_gradient(const Channel& channel, const double* first, Work& work) const noexcept {
  const double* const t = work.slope.data() + channel.first_bin;
  const std::size_t n = channel.n_bins;
  for (std::size_t k = 0; k < channel.shared.size(); ++k) {
    work.gradient[channel.shared[k]] += math::plain_dot(t, first + k * n, n);
  }
  const double* const own = first + channel.shared.size() * n;
  for (std::size_t b = 0; b < channel.own.size(); ++b) work.gradient[channel.own[b]] += t[b] * own[b];
}

void UserLikelihood::set_curvature(std::size_t c, const double* first, const double* second,
                                   Work& work) const noexcept {
  const Channel& channel = in_[c];
  const math::RowGroup& group = layout_.groups[c];
  math::Curvature& curvature = work.curvature;
  const std::size_t n = channel.n_bins, n_shared = channel.shared.size();
  const double* const t = work.slope.data() + channel.first_bin;
  const auto pair = [&](std::size_t i, std::size_t j) { return second + math::Dual<1>::place(i, j) * n; };
  double* const jacobian = curvature.jacobian.data() + group.jacobian;
  double* const dense = curvature.dense_exact.data() + channel.dense;
  for (std::size_t k = 0; k < n_shared; ++k) {
    std::copy_n(first + k * n, n, jacobian + channel.columns[k] * n);
    for (std::size_t j = 0; j <= k; ++j) {
      const std::size_t row = channel.places[k], column = channel.places[j];
      dense[row * n_shared + column] = dense[column * n_shared + row] = math::plain_dot(t, pair(k, j), n);
    }
  }
  if (channel.own.empty()) return;
  const double* const own = first + n_shared * n;
  const double* const bend = pair(n_shared, n_shared);
  for (std::size_t b = 0; b < n; ++b) {
    const std::uint32_t i = channel.own[b], column = channel.own_columns[b];
    if (column == none) {
      curvature.private_slope[static_cast<std::size_t>(layout_.private_of_parameter[i])] = own[b];
    } else {
      std::fill_n(jacobian + column * n, n, 0.0);
    }
    curvature.exact_diagonal[i] += t[b] * bend[b];
  }
  for (std::size_t b = 0; b < n; ++b) {
    if (channel.own_columns[b] != none) jacobian[channel.own_columns[b] * n + b] += own[b];
  }
  for (std::size_t k = 0; k < n_shared; ++k) {
    // Columns of the coupling matrix ascend, as those of the dense block do.
    std::copy_n(pair(n_shared, k), n,
                curvature.coupling_values.data() + channel.coupling_values + channel.places[k] * n);
  }
  for (std::size_t b = 0; n_shared > 0 && b < n; ++b) curvature.coupling_scale[channel.couplings + b] = t[b];
}

void UserLikelihood::leave_out_curvature(std::size_t c, Work& work) const noexcept {
  const Channel& channel = in_[c];
  const math::RowGroup& group = layout_.groups[c];
  math::Curvature& curvature = work.curvature;
  const std::size_t n = channel.n_bins, n_shared = channel.shared.size();
  std::fill_n(curvature.jacobian.begin() + static_cast<std::ptrdiff_t>(group.jacobian), n * group.columns.size(), 0.0);
  std::fill_n(curvature.dense_exact.begin() + static_cast<std::ptrdiff_t>(channel.dense), n_shared * n_shared, 0.0);
  for (const std::uint32_t i : channel.own) {
    if (layout_.private_of_parameter[i] >= 0) {
      curvature.private_slope[static_cast<std::size_t>(layout_.private_of_parameter[i])] = 0.0;
    }
  }
  if (channel.own.empty()) return;
  const auto first = static_cast<std::ptrdiff_t>(channel.coupling_values);
  std::fill_n(curvature.coupling_values.begin() + first, n * n_shared, 0.0);
  for (std::size_t b = 0; n_shared > 0 && b < n; ++b) curvature.coupling_scale[channel.couplings + b] = 0.0;
}

Constants UserLikelihood::constants(const Data& data) const {
  return {poisson_constant(channel_of_bin_, data), constraint_constant(*this, data)};
}

Data UserLikelihood::expected_data(std::span<const double> point) const {
  Call work(*this, false);
  for (std::size_t c = 0; c < in_.size(); ++c) call(c, point, false, math::Derivatives::none, work);
  Data data;
  data.values = std::move(work.rates);
  data.values.resize(n_data_, 0.0);
  set_expected_auxiliary(*this, point, data);
  return data;
}

void UserLikelihood::expected_main(std::span<const double> point, std::span<const char> masked, Scratch& scratch,
                                   std::span<double> expected) const {
  Work& work = static_cast<Work&>(scratch);
  for (std::size_t c = 0; c < in_.size(); ++c) {
    const bool is_shown = masked.empty() || masked[c] == 0;
    const auto first = work.call.rates.begin() + static_cast<std::ptrdiff_t>(in_[c].first_bin);
    if (is_shown) {
      call(c, point, false, math::Derivatives::none, work.call);
    } else {
      std::fill_n(first, in_[c].n_bins, 0.0);
    }
  }
  std::copy_n(work.call.rates.begin(), expected.size(), expected.begin());
}

std::vector<double> UserLikelihood::expected_by_sample(std::span<const double> point) const {
  if (channels_[0].samples.empty()) return {};
  Call work(*this, true);
  for (std::size_t c = 0; c < in_.size(); ++c) call(c, point, true, math::Derivatives::none, work);
  return std::move(work.rates);
}

PredictionSlopes UserLikelihood::prediction_slopes(std::span<const double> point) const {
  Call work(*this, true);
  PredictionSlopes result;
  for (std::size_t c = 0; c < in_.size(); ++c) {
    const Channel& channel = in_[c];
    call(c, point, true, math::Derivatives::gradient, work);
    const std::size_t n = channel.n_bins * channel.n_samples;
    for (std::size_t row = 0; row < n; ++row) {
      for (std::size_t k = 0; k < channel.n_variables(); ++k) {
        const double slope = work.first[k * n + row];
        if (slope == 0.0) continue;
        result.parameters.push_back(k < channel.shared.size() ? channel.shared[k] : channel.own[row % channel.n_bins]);
        result.slopes.push_back(slope);
      }
      result.rows.push_back(result.parameters.size());
    }
  }
  return result;
}

void UserLikelihood::fluctuate(const Data& expected, const RandomKey& key, Data& toy) const {
  fluctuate_counts(channel_of_bin_.size(), expected, key, toy);
  fluctuate_auxiliary(*this, expected, key, toy);
}

void UserLikelihood::reset_multipliers(Scratch& scratch) const { static_cast<Work&>(scratch).reset_multipliers(); }

double UserLikelihood::update_multipliers(double penalty, Scratch& scratch) const {
  Work& work = static_cast<Work&>(scratch);
  return work.PoissonRows::update_multipliers(penalty, poisson_bins(), work.call.rates);
}

/// The rate, and which parameters pull it down: those that would raise it by a tenth of its scale if they stood at
/// their initial values.
std::string UserLikelihood::describe(std::size_t bin, std::span<const double> point, const Work& work) const {
  constexpr double share_told = 0.1;
  const std::size_t c = channel_of_bin_[bin];
  const Channel& channel = in_[c];
  const std::size_t at = bin - channel.first_bin;
  std::string text = describe_rate(*this, c, bin, work.call.rates[bin], work.observed[bin]);
  std::string samples, culprits;
  const auto add = [](std::string& list, const std::string& item) { list += (list.empty() ? "" : ", ") + item; };
  Call again(*this, true);
  std::vector<double> moved(point.begin(), point.end());
  const auto sum_of_samples = [&] {
    call(c, moved, true, math::Derivatives::none, again);
    double sum = 0.0;
    for (std::size_t s = 0; s < channel.n_samples; ++s) sum += again.rates[offset(c, true) + s * channel.n_bins + at];
    return sum;
  };
  const double rate = sum_of_samples();
  for (std::size_t s = 0; s < channels_[c].samples.size(); ++s) {
    const double r = again.rates[offset(c, true) + s * channel.n_bins + at];
    if (r < 0.0) add(samples, fmt::format("'{}' {:g}", channels_[c].samples[s], r));
  }
  const auto ask = [&](std::uint32_t i) {
    moved[i] = parameters_[i].initial;
    const double without = sum_of_samples();
    const bool mends =
        std::isfinite(without) && (!std::isfinite(rate) || without - rate > share_told * bin_scale_[bin]);
    if (mends) add(culprits, "'" + parameters_[i].name + "'");
    moved[i] = point[i];
  };
  for (const std::uint32_t i : channel.shared) ask(i);
  if (!channel.own.empty()) ask(channel.own[at]);
  if (!samples.empty()) text += "; negative samples: " + samples;
  if (!culprits.empty()) text += (std::isfinite(rate) ? "; pulled down by " : "; made so by ") + culprits;
  return text;
}

std::string UserLikelihood::explain(std::span<const double> point, const Scratch& scratch) const {
  const Work& work = static_cast<const Work&>(scratch);
  if (!work.failure.empty()) return work.failure;
  return explain_rows(*this, point, work, [&](std::size_t bin) { return describe(bin, point, work); });
}

}  // namespace

Result<Compiled> binned_from(std::unique_ptr<const RateFunction> rates, UserModel model) {
  Errors errors;
  Data observed;
  auto likelihood = std::make_unique<UserLikelihood>(std::move(rates), model, observed, errors);
  if (!errors.empty()) return errors;
  return Compiled{std::move(likelihood), std::move(observed), {}};
}

}  // namespace relume::model
