// SPDX-FileCopyrightText: relume authors
// SPDX-License-Identifier: BSD-3-Clause
//
// A user's -ln L as a likelihood: its Hessian is one dense block, and the semidefinite form of it has the absolute
// values of its eigenvalues.
#include <algorithm>
#include <cmath>
#include <exception>
#include <limits>
#include <numeric>

#include <Eigen/Dense>
#include <fmt/format.h>

#include "model/user_model.hpp"
#include "relume/model/constraint_terms.hpp"

namespace relume::model {

namespace {

constexpr double infinity = std::numeric_limits<double>::infinity();

class ValueLikelihood final : public UserDefined {
 public:
  ValueLikelihood(std::unique_ptr<const RateFunction> function, std::span<const UserParameter> parameters,
                  const ValueOptions& options, Data& observed, Errors& errors)
      : function_(std::move(function)) {
    add_parameters(parameters, options.poi, options.correlations, observed, errors);
    if (!errors.empty()) return;
    const std::size_t n = parameters_.size();
    layout_.n_parameters = n;
    layout_.row_privates = layout_.row_couplings = layout_.row_pairs = {0};
    layout_.private_of_parameter.assign(n, -1);
    add_dense_blocks(correlated_constraints_, layout_);
    block_ = layout_.dense_size;
    math::DenseBlock all{std::vector<std::uint32_t>(n), block_};
    std::iota(all.parameters.begin(), all.parameters.end(), 0u);
    layout_.dense_blocks.push_back(std::move(all));
    layout_.dense_size += n * n;
  }

  std::unique_ptr<Scratch> make_scratch() const override {
    auto work = std::make_unique<Work>(*this);
    fill_dense_blocks(*this, *work);
    return work;
  }

  math::Evaluation evaluate(std::span<const double> point, const Data& data, math::Derivatives derivatives,
                            const math::Relaxation&, Scratch& scratch) const noexcept override {
    Work& work = static_cast<Work&>(scratch);
    work.failure.clear();
    work.bad_parameter = -1;
    work.main = 0.0;
    const ConstraintSum constraints = add_constraint_terms(*this, point, data, derivatives, work);
    if (constraints.bad_parameter >= 0) {
      work.bad_parameter = constraints.bad_parameter;
      return {math::EvaluationStatus::infeasible, infinity, infinity};
    }
    try {
      function_->evaluate({0, 1, 1, point, {}}, false, derivatives, {std::span(&work.main, 1), work.first, work.second},
                          *work.buffers);
    } catch (const std::exception& problem) {
      work.failure = fmt::format("the user's function threw: {}", problem.what());
      return {math::EvaluationStatus::not_finite, infinity, infinity};
    } catch (...) {
      work.failure = "the user's function threw";
      return {math::EvaluationStatus::not_finite, infinity, infinity};
    }
    const double value = constraints.value + work.main;
    if (!std::isfinite(value)) {
      const bool is_outside = work.main == infinity;
      return {is_outside ? math::EvaluationStatus::infeasible : math::EvaluationStatus::not_finite, infinity, infinity};
    }
    if (derivatives != math::Derivatives::none) {
      for (std::size_t i = 0; i < point.size(); ++i) work.gradient[i] += work.first[i];
    }
    if (derivatives == math::Derivatives::curvature) set_curvature(work);
    return {math::EvaluationStatus::ok, value, work.main};
  }

  Constants constants(const Data& data) const override { return {0.0, constraint_constant(*this, data)}; }
  std::string why_no_expected_data() const override {
    return "the likelihood is a function of its parameters alone, whose data cannot be changed";
  }
  Data expected_data(std::span<const double> point) const override {
    Data data;
    data.values.assign(n_data_, 0.0);
    set_expected_auxiliary(*this, point, data);
    return data;
  }
  void fluctuate(const Data& expected, const RandomKey& key, Data& toy) const override {
    toy = expected;
    fluctuate_auxiliary(*this, expected, key, toy);
  }
  void reset_multipliers(Scratch&) const override {}
  double update_multipliers(double, Scratch&) const override { return 0.0; }

  std::string explain(std::span<const double> point, const Scratch& scratch) const override {
    const Work& work = static_cast<const Work&>(scratch);
    if (!work.failure.empty()) return work.failure;
    if (work.bad_parameter >= 0) {
      return explain_constraint(*this, point, static_cast<std::size_t>(work.bad_parameter));
    }
    if (std::isfinite(work.main)) return {};
    std::string text;
    for (std::size_t i = 0; i < point.size(); ++i) {
      text += fmt::format("{}{} = {:g}", i == 0 ? "" : ", ", parameters_[i].name, point[i]);
    }
    return fmt::format("-ln L is {} at {}", work.main == infinity ? "infinite" : "no finite number", text);
  }

 private:
  using Matrix = Eigen::MatrixXd;

  struct Work final : Scratch {
    explicit Work(const ValueLikelihood& l)
        : Scratch(l.layout()),
          buffers(l.function_->make_buffers()),
          first(l.parameters().size()),
          second(first.size() * (first.size() + 1) / 2),
          hessian(size(), size()),
          safe(size(), size()),
          factors(size()),
          eigen(size()) {}
    Eigen::Index size() const { return static_cast<Eigen::Index>(first.size()); }

    std::unique_ptr<RateFunction::Buffers> buffers;
    std::vector<double> first, second;
    double main = 0.0;
    std::ptrdiff_t bad_parameter = -1;
    std::string failure;
    Matrix hessian, safe;
    Eigen::LLT<Matrix> factors;
    Eigen::SelfAdjointEigenSolver<Matrix> eigen;
  };

  void set_curvature(Work& work) const noexcept {
    const Eigen::Index n = work.size();
    for (Eigen::Index i = 0; i < n; ++i) {
      for (Eigen::Index j = 0; j <= i; ++j) {
        const std::size_t place = math::Dual<1>::place(static_cast<std::size_t>(i), static_cast<std::size_t>(j));
        work.hessian(i, j) = work.hessian(j, i) = work.second[place];
      }
    }
    work.safe = work.hessian;
    work.factors.compute(work.hessian);
    if (work.factors.info() != Eigen::Success) {
      work.eigen.compute(work.hessian);
      const Matrix& vectors = work.eigen.eigenvectors();
      for (Eigen::Index i = 0; i < n; ++i) {
        for (Eigen::Index j = 0; j < n; ++j) {
          double sum = 0.0;
          for (Eigen::Index k = 0; k < n; ++k) {
            sum += vectors(i, k) * vectors(j, k) * std::fabs(work.eigen.eigenvalues()[k]);
          }
          work.safe(i, j) = sum;
        }
      }
    }
    const auto size = static_cast<std::size_t>(n * n);
    std::copy_n(work.hessian.data(), size, work.curvature.dense_exact.begin() + static_cast<std::ptrdiff_t>(block_));
    std::copy_n(work.safe.data(), size, work.curvature.dense_safe.begin() + static_cast<std::ptrdiff_t>(block_));
  }

  std::unique_ptr<const RateFunction> function_;
  std::size_t block_ = 0;  ///< offset of the Hessian among the dense blocks
};

}  // namespace

Result<Compiled> value_from(std::unique_ptr<const RateFunction> value, std::vector<UserParameter> parameters,
                            ValueOptions options) {
  Errors errors;
  Data observed;
  auto likelihood = std::make_unique<ValueLikelihood>(std::move(value), parameters, options, observed, errors);
  if (!errors.empty()) return errors;
  return Compiled{std::move(likelihood), std::move(observed), {}};
}

}  // namespace relume::model
