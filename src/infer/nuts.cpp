// SPDX-FileCopyrightText: relume authors
// SPDX-License-Identifier: BSD-3-Clause
#include "infer/nuts.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

namespace relume::infer {

namespace {

constexpr double infinity = std::numeric_limits<double>::infinity();
/// An energy that has risen by this much is no error of integration any more (Betancourt, arXiv:1701.02434).
constexpr double divergence = 1000.0;

double log_sum(double a, double b) {
  const double high = std::max(a, b), low = std::min(a, b);
  return low == -infinity ? high : high + std::log1p(std::exp(low - high));
}

}  // namespace

Nuts::Nuts(Density& density) : density_(density), levels_(static_cast<std::size_t>(max_depth) + 1) {
  const auto n = static_cast<Eigen::Index>(density.size());
  for (Eigen::VectorXd* v :
       {&gradient_, &sum_, &old_sum_, &new_sum_, &begin_, &end_, &inner_begin_, &inner_end_, &turn_}) {
    v->setZero(n);
  }
  for (State* s : {&state_, &forward_, &backward_, &sample_, &proposal_}) resize(*s, n);
  factor_ = Eigen::MatrixXd::Identity(n, n);
}

void Nuts::resize(State& state, Eigen::Index n) {
  state.y.setZero(n);
  state.p.setZero(n);
  state.force.setZero(n);
}

void Nuts::set_scale(const Eigen::MatrixXd& factor) {
  factor_ = factor.triangularView<Eigen::Lower>();
  if (is_started_) start(Eigen::VectorXd(sample_.y));
}

double Nuts::start(const Eigen::VectorXd& y) {
  const Eigen::Index n = y.size();
  levels_.resize(static_cast<std::size_t>(max_depth) + 1);
  for (Level& level : levels_) {
    for (Eigen::VectorXd* v : {&level.first_sum, &level.last_sum, &level.first_end, &level.last_begin}) v->setZero(n);
    resize(level.proposal, n);
  }
  sample_.y = y;
  sample_.potential = density_.evaluate(sample_.y, gradient_);
  pull_back(sample_);
  is_started_ = true;
  return sample_.potential;
}

Nuts::State Nuts::state_at(const Eigen::VectorXd& y, const Eigen::VectorXd& p) {
  State state{y, p, Eigen::VectorXd::Zero(y.size()), 0.0};
  state.potential = density_.evaluate(state.y, gradient_);
  pull_back(state);
  return state;
}

void Nuts::leapfrog(State& state, double step) {
  state.p -= (0.5 * step) * state.force;
  turn_.noalias() = factor_.triangularView<Eigen::Lower>() * state.p;
  state.y += step * turn_;
  state.potential = density_.evaluate(state.y, gradient_);
  pull_back(state);
  state.p -= (0.5 * step) * state.force;
}

void Nuts::pull_back(State& state) const {
  state.force.noalias() = factor_.transpose().triangularView<Eigen::Upper>() * gradient_;
}

double Nuts::uniform() {
  const std::uint64_t high = (*stream_)() >> 6, low = (*stream_)() >> 5;  // 26 and 27 bits: 53 together
  return (static_cast<double>((high << 27) | low) + 0.5) * 0x1p-53;
}

bool Nuts::grow(int depth, double direction, Tree& tree) {
  if (depth == 0) {
    leapfrog(state_, direction * step_size);
    ++transition_.n_leapfrog;
    const bool is_outside = state_.potential == infinity;
    double energy = state_.energy();
    if (std::isnan(energy)) energy = infinity;
    const double loss = initial_energy_ - energy;
    tree.log_weight = loss;
    if (is_outside) {
      transition_.left_the_domain = true;
    } else if (-loss > divergence) {
      transition_.is_divergent = true;
    }
    if (-loss > divergence) return false;
    transition_.acceptance += loss >= 0.0 ? 1.0 : std::exp(loss);
    *tree.proposal = state_;
    *tree.begin = *tree.end = *tree.sum = state_.p;
    return true;
  }
  Level& level = levels_[static_cast<std::size_t>(depth)];
  Tree first{0.0, &level.first_sum, tree.begin, &level.first_end, tree.proposal};
  if (!grow(depth - 1, direction, first)) return false;
  Tree last{0.0, &level.last_sum, &level.last_begin, tree.end, &level.proposal};
  if (!grow(depth - 1, direction, last)) return false;
  // Within a subtree each point is drawn with its weight.
  tree.log_weight = log_sum(first.log_weight, last.log_weight);
  if (uniform() < std::exp(last.log_weight - tree.log_weight)) std::swap(*tree.proposal, level.proposal);
  *tree.sum = level.first_sum + level.last_sum;
  if (!goes_on(*tree.sum, *tree.begin, *tree.end)) return false;
  // Between the halves too: else a trajectory may turn exactly once between two checks.
  turn_ = level.first_sum + level.last_begin;
  if (!goes_on(turn_, *tree.begin, level.last_begin)) return false;
  turn_ = level.last_sum + level.first_end;
  return goes_on(turn_, level.first_end, *tree.end);
}

Transition Nuts::move(math::RandomStream& stream) {
  stream_ = &stream;
  transition_ = {};
  for (double& p : sample_.p) p = math::draw_normal(0.0, 1.0, stream);
  initial_energy_ = sample_.energy();
  forward_ = backward_ = sample_;
  begin_ = end_ = sum_ = sample_.p;
  double log_weight = 0.0;
  for (; transition_.depth < max_depth; ++transition_.depth) {
    const bool is_forward = uniform() < 0.5;
    std::swap(state_, is_forward ? forward_ : backward_);
    // What there is becomes one half, what grows the other: begin .. inner_end | inner_begin .. end.
    old_sum_ = sum_;
    Tree grown{};
    if (is_forward) {
      inner_end_ = end_;
      grown = {0.0, &new_sum_, &inner_begin_, &end_, &proposal_};
    } else {
      inner_begin_ = begin_;
      grown = {0.0, &new_sum_, &inner_end_, &begin_, &proposal_};
    }
    const bool is_valid = grow(transition_.depth, is_forward ? 1.0 : -1.0, grown);
    std::swap(state_, is_forward ? forward_ : backward_);
    if (!is_valid) break;
    // Between old and new, the new one is preferred: chains move further (Betancourt, appendix A.3.2).
    if (uniform() < std::exp(std::min(0.0, grown.log_weight - log_weight))) std::swap(sample_, proposal_);
    log_weight = log_sum(log_weight, grown.log_weight);
    sum_ = old_sum_ + new_sum_;
    const Eigen::VectorXd& backward_sum = is_forward ? old_sum_ : new_sum_;
    const Eigen::VectorXd& forward_sum = is_forward ? new_sum_ : old_sum_;
    bool is_going_on = goes_on(sum_, begin_, end_);
    turn_ = backward_sum + inner_begin_;
    is_going_on = is_going_on && goes_on(turn_, begin_, inner_begin_);
    turn_ = forward_sum + inner_end_;
    is_going_on = is_going_on && goes_on(turn_, inner_end_, end_);
    if (!is_going_on) {
      ++transition_.depth;
      break;
    }
  }
  transition_.acceptance /= std::max(1, transition_.n_leapfrog);
  transition_.potential = sample_.potential;
  transition_.energy = sample_.energy();
  return transition_;
}

void StepSizeSearch::restart(double step_size) {
  centre_ = std::log(10.0 * step_size);
  error_ = count_ = 0.0;
  log_average_ = std::log(step_size);
}

double StepSizeSearch::update(double acceptance) {
  // Values of the paper: gamma, t0 and kappa of section 3.2.1.
  constexpr double gamma = 0.05, t0 = 10.0, kappa = 0.75;
  count_ += 1.0;
  error_ += ((target_ - acceptance) - error_) / (count_ + t0);
  const double log_step = centre_ - std::sqrt(count_) / gamma * error_;
  const double weight = std::pow(count_, -kappa);
  log_average_ = weight * log_step + (1.0 - weight) * log_average_;
  return std::exp(log_step);
}

double StepSizeSearch::average() const { return std::exp(log_average_); }

}  // namespace relume::infer
