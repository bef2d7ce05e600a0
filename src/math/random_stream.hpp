// SPDX-FileCopyrightText: relume authors
// SPDX-License-Identifier: BSD-3-Clause
//
// Counter-based random numbers (Philox 4x32-10: Salmon et al., SC 2011): the number that a place gets does not depend
// on who draws it, in what order, or on how many numbers another place needed.
//
//   const RandomSpace space(seed, stream);
//   RandomStream s = space.at(toy, datum);
//   double count = draw_poisson(3.2, s);
//
// Cost: ten rounds of integer arithmetic per four numbers. Thread-safety: a stream belongs to one thread.
#pragma once

#include <array>
#include <cmath>
#include <cstdint>

#include <Random123/philox.h>
#include <boost/random/gamma_distribution.hpp>
#include <boost/random/normal_distribution.hpp>
#include <boost/random/poisson_distribution.hpp>

namespace relume::math {

/// A uniform bit generator over the counter (draw, item, index).
class RandomStream {
 public:
  using result_type = std::uint32_t;
  RandomStream(const r123::Philox4x32::key_type& key, std::uint64_t index, std::uint32_t item)
      : key_(key), counter_{{0, item, static_cast<std::uint32_t>(index), static_cast<std::uint32_t>(index >> 32)}} {}
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

/// The streams of one seed and stream number, which Philox itself hashes into one key.
class RandomSpace {
 public:
  RandomSpace(std::uint64_t seed, std::uint64_t stream) {
    const r123::Philox4x32::key_type from_seed{
        {static_cast<std::uint32_t>(seed), static_cast<std::uint32_t>(seed >> 32)}};
    const r123::Philox4x32::ctr_type from_stream{
        {static_cast<std::uint32_t>(stream), static_cast<std::uint32_t>(stream >> 32), 0, 0}};
    const auto out = r123::Philox4x32()(from_stream, from_seed);
    key_ = {{out[0], out[1]}};
  }
  RandomStream at(std::uint64_t index, std::size_t item) const {
    return {key_, index, static_cast<std::uint32_t>(item)};
  }

 private:
  r123::Philox4x32::key_type key_;
};

inline double draw_normal(double mean, double sigma, RandomStream& stream) {
  return boost::random::normal_distribution<double>(mean, sigma)(stream);
}

/// No count below a mean of zero.
inline double draw_poisson(double mean, RandomStream& stream) {
  // Above this mean the count is drawn from the normal approximation: its relative width is below 1e-6, and integer
  // samplers lose digits there.
  constexpr double huge_mean = 1e12;
  if (!(mean > 0.0)) return 0.0;
  if (mean > huge_mean) return std::round(draw_normal(mean, std::sqrt(mean), stream));
  return static_cast<double>(boost::random::poisson_distribution<std::int64_t, double>(mean)(stream));
}

/// Density x^(shape - 1) exp(-x).
inline double draw_gamma(double shape, RandomStream& stream) {
  return boost::random::gamma_distribution<double>(shape)(stream);
}

}  // namespace relume::math
