// SPDX-FileCopyrightText: relume authors
// SPDX-License-Identifier: BSD-3-Clause
//
// The No-U-Turn sampler: Hamiltonian trajectories of random length on a density with gradient (M. D. Hoffman, A.
// Gelman, J. Mach. Learn. Res. 15 (2014) 1593; multinomial sampling from the trajectory and the criterion over the sum
// of momenta: M. Betancourt, arXiv:1701.02434, appendix A).
//
//   Nuts nuts(density);
//   nuts.set_scale(factor);                                  // covariance = factor factor^T, lower triangular
//   nuts.start(y);
//   nuts.step_size = 0.4;
//   Transition t = nuts.move(stream);
//   use(nuts.position());
//
// Momenta are in units in which they are standard normal: y moves along factor * p, and p along factor^T * gradient,
// which is the same as a dense mass matrix (factor factor^T)^-1. Cost of a leapfrog step: one gradient and two products
// with a triangle; nothing is allocated. Thread-safety: one thread each.
#pragma once

#include <cstddef>
#include <vector>

#include <Eigen/Dense>

#include "math/random_stream.hpp"

namespace relume::infer {

/// A density to sample from, known up to a factor.
class Density {
 public:
  virtual ~Density() = default;
  virtual std::size_t size() const = 0;
  /// Potential -ln(density) and its gradient; +infinity, and any gradient, where the density is zero.
  virtual double evaluate(const Eigen::VectorXd& y, Eigen::VectorXd& gradient) = 0;
};

/// What one step of the chain did.
struct Transition {
  double potential = 0.0;   ///< at the new position
  double energy = 0.0;      ///< potential and kinetic energy there
  double acceptance = 0.0;  ///< mean acceptance probability of Metropolis over the trajectory
  int depth = 0;            ///< doublings of the trajectory
  int n_leapfrog = 0;
  bool is_divergent = false;     ///< the energy was not kept: the step size is too large for the curvature somewhere
  bool left_the_domain = false;  ///< the trajectory ended where the density is zero
};

class Nuts {
 public:
  explicit Nuts(Density& density);

  double step_size = 1.0;
  int max_depth = 10;

  /// `factor`: lower triangular, factor * factor^T is about the covariance of the density.
  void set_scale(const Eigen::MatrixXd& factor);
  /// The potential at y; the chain may only start where it is finite.
  double start(const Eigen::VectorXd& y);
  const Eigen::VectorXd& position() const { return sample_.y; }
  Transition move(math::RandomStream& stream);

  /// A point of phase space. For tests: `leapfrog` is what trajectories are made of.
  struct State {
    Eigen::VectorXd y, p, force;  ///< position, momentum, factor^T * gradient
    double potential = 0.0;
    double energy() const { return potential + 0.5 * p.squaredNorm(); }
  };
  State state_at(const Eigen::VectorXd& y, const Eigen::VectorXd& p);
  void leapfrog(State& state, double step);

 private:
  /// Work space of one level of the recursion.
  struct Level {
    Eigen::VectorXd first_sum, last_sum, first_end, last_begin;
    State proposal;
  };
  struct Tree {
    double log_weight;  ///< of all its points, relative to the start
    Eigen::VectorXd *sum, *begin, *end;
    State* proposal;
  };
  /// Extends the trajectory from state_ by 2^depth steps; false when it turns or has to end.
  bool grow(int depth, double direction, Tree& tree);
  bool goes_on(const Eigen::VectorXd& sum, const Eigen::VectorXd& begin, const Eigen::VectorXd& end) const {
    return sum.dot(begin) > 0.0 && sum.dot(end) > 0.0;
  }
  double uniform();
  void pull_back(State& state) const;
  static void resize(State& state, Eigen::Index n);

  Density& density_;
  Eigen::MatrixXd factor_;
  Eigen::VectorXd gradient_, sum_, old_sum_, new_sum_, begin_, end_, inner_begin_, inner_end_, turn_;
  State state_, forward_, backward_, sample_, proposal_;
  std::vector<Level> levels_;
  math::RandomStream* stream_ = nullptr;
  double initial_energy_ = 0.0;
  bool is_started_ = false;
  Transition transition_;
};

/// Dual averaging of the logarithm of the step size towards an acceptance (Hoffman, Gelman, algorithm 5).
class StepSizeSearch {
 public:
  StepSizeSearch(double step_size, double target) : target_(target) { restart(step_size); }
  void restart(double step_size);
  /// The step size to try next.
  double update(double acceptance);
  /// The one to sample with.
  double average() const;

 private:
  double target_, centre_ = 0.0, error_ = 0.0, log_average_ = 0.0, count_ = 0.0;
};

}  // namespace relume::infer
