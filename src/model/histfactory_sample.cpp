// SPDX-FileCopyrightText: relume authors
// SPDX-License-Identifier: BSD-3-Clause
//
// Toy data. Every datum draws from its own counter-based stream (Philox 4x32-10: Salmon et al., SC 2011), so a toy does
// not depend on who draws it, in what order, or on how many numbers another datum needed.
#include <array>
#include <cmath>

#include <Random123/philox.h>
#include <boost/random/normal_distribution.hpp>
#include <boost/random/poisson_distribution.hpp>

#include "model/histfactory_model.hpp"

namespace relume::model {

namespace {

/// Seed and stream, hashed into one Philox key by Philox itself.
r123::Philox4x32::key_type philox_key(const RandomKey& key) {
  const r123::Philox4x32::key_type seed{
      {static_cast<std::uint32_t>(key.seed), static_cast<std::uint32_t>(key.seed >> 32)}};
  const r123::Philox4x32::ctr_type stream{
      {static_cast<std::uint32_t>(key.stream), static_cast<std::uint32_t>(key.stream >> 32), 0, 0}};
  const auto out = r123::Philox4x32()(stream, seed);
  return {{out[0], out[1]}};
}

/// A uniform bit generator over the counter (draw, datum, index).
class PhiloxStream {
 public:
  using result_type = std::uint32_t;
  PhiloxStream(const r123::Philox4x32::key_type& key, std::uint64_t index, std::uint32_t datum)
      : key_(key), counter_{{0, datum, static_cast<std::uint32_t>(index), static_cast<std::uint32_t>(index >> 32)}} {}
  static constexpr result_type min() { return 0; }
  static constexpr result_type max() { return 0xffffffffu; }
  result_type operator()() {
    if (used_ == block_.size()) {
      const auto out = r123::Philox4x32()(counter_, key_);
      for (std::size_t i = 0; i < 4; ++i) block_[i] = out[i];
      ++counter_[0];
      used_ = 0;
    }
    return block_[used_++];
  }

 private:
  r123::Philox4x32::key_type key_;
  r123::Philox4x32::ctr_type counter_;
  std::array<std::uint32_t, 4> block_{};
  std::size_t used_ = 4;
};

/// Above this mean the count is drawn from the normal approximation: its relative width is below 1e-6, and integer
/// samplers lose digits there.
constexpr double huge_mean = 1e12;

double draw_poisson(double mean, PhiloxStream& stream) {
  if (!(mean > 0.0)) return 0.0;
  if (mean > huge_mean) return std::round(boost::random::normal_distribution<double>(mean, std::sqrt(mean))(stream));
  return static_cast<double>(boost::random::poisson_distribution<std::int64_t, double>(mean)(stream));
}

}  // namespace

Data HistFactory::sample(std::span<const double> point, const RandomKey& key) const {
  Data toy = expected_data(point);
  const auto keyed = philox_key(key);
  const auto stream = [&](std::size_t datum) {
    return PhiloxStream(keyed, key.index, static_cast<std::uint32_t>(datum));
  };
  for (std::size_t b = 0; b < n_bins; ++b) {
    PhiloxStream s = stream(b);
    toy.values[b] = draw_poisson(toy.values[b], s);
  }
  for (const Parameter& parameter : parameters_) {
    const Constraint& c = parameter.constraint;
    if (c.kind == ConstraintKind::none) continue;
    PhiloxStream s = stream(c.data_index);
    double& value = toy.values[c.data_index];
    value = c.kind == ConstraintKind::poisson ? draw_poisson(value, s)
                                              : boost::random::normal_distribution<double>(value, c.width)(s);
  }
  return toy;
}

}  // namespace relume::model
