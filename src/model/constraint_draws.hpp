// SPDX-FileCopyrightText: relume authors
// SPDX-License-Identifier: BSD-3-Clause
//
// Parameters drawn from what their constraints say of them at given auxiliary data. Where members of a correlated
// constraint are held, the others are drawn from their distribution given these, as the likelihood has it.
//
//   const ConstraintDraws draws(likelihood, observed, point, is_drawn, {.counts = CountPrior::flat});
//   draws.draw(space, toy, point);  // writes what is_drawn marks
//
// A draw beyond the bounds of a parameter is repeated, that of a correlated constraint as a whole: at most `most_draws`
// are made, and what is still outside then is moved to its bound.
//
// Cost: a draw per parameter, n^2 for n correlated ones; making one costs n^3 for n correlated ones of which some are
// held. Thread-safety: immutable; keeps no reference to what it was made from.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "math/random_stream.hpp"
#include "relume/model/likelihood.hpp"

namespace relume::model {

/// What a Poisson constraint with m auxiliary events makes of its parameter (docs/concepts/toys.md and simplify.md say
/// who takes which).
enum class CountPrior {
  flat,        ///< Gamma(m + 1) / rate: the posterior of a flat prior
  reciprocal,  ///< Gamma(m) / rate, of mean m / rate: the posterior of a prior 1 / theta; 0 where m is
};

class ConstraintDraws {
 public:
  /// The most that are made of one parameter or block: bounds usually lie at five standard deviations; where they leave
  /// a hundredth, one in 2e4 parameters is moved.
  static constexpr int most_draws = 1000;

  struct Options {
    CountPrior counts = CountPrior::flat;
    bool within_bounds = true;
  };
  /// Whether some draw was beyond a bound, and whether some parameter was moved to its bound in the end.
  struct Outcome {
    bool is_redrawn = false, is_clipped = false;
  };

  /// `is_drawn` has one entry per parameter. Those without constraint are never drawn; all that are not are held where
  /// `point` has them.
  ConstraintDraws(const Likelihood& likelihood, const Data& data, std::span<const double> point,
                  std::span<const char> is_drawn, const Options& options);

  /// All numbers from one stream.
  Outcome draw(math::RandomStream& stream, std::span<double> x) const;
  /// Each parameter from the stream (index, parameter), a correlated constraint from that of its first one that is
  /// drawn: where a parameter has to be drawn again, that changes no other.
  Outcome draw(const math::RandomSpace& space, std::uint64_t index, std::span<double> x) const;

 private:
  struct Single {
    std::size_t parameter = 0;
    Constraint constraint;
    double auxiliary = 0.0, variance = 0.0, lower = 0.0, upper = 0.0;
  };
  struct Member {
    std::size_t parameter = 0;
    double centre = 0.0, width = 0.0, lower = 0.0, upper = 0.0;
  };
  /// x = centre + width * (root z)
  struct Block {
    std::vector<Member> members;
    std::vector<double> root;  ///< lower triangle, row by row
  };

  static Block block_of(const Likelihood& likelihood, const CorrelatedConstraint& constraint, const Data& data,
                        std::span<const double> point, std::span<const char> is_drawn);
  double draw_once(const Single& single, math::RandomStream& stream) const;
  void draw(const Single& single, math::RandomStream& stream, std::span<double> x, Outcome& outcome) const;
  void draw(const Block& block, math::RandomStream& stream, std::span<double> x, Outcome& outcome) const;

  Options options_;
  std::vector<Single> singles_;
  std::vector<Block> blocks_;
};

}  // namespace relume::model
