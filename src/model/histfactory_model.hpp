// SPDX-FileCopyrightText: relume authors
// SPDX-License-Identifier: BSD-3-Clause
//
// The flat form of a HistFactory model. A block is one sample in one channel; its rate in bin b is
//
//   rate_b = F * G_b * h_b,   F = prod f_i(theta_i),   h_b = nominal_b + sum_k [l(theta_k) D_kb + s(theta_k) M_kb],
//   G_b = prod of per-bin factors (shapesys, staterror, shapefactor)
//
// F depends on the block only, so its derivatives are rank one per block; h is linear in two scalars per parameter.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "math/interpolation.hpp"
#include "relume/model/histfactory.hpp"

namespace relume::model {

enum class FactorKind : std::uint8_t { linear, code1, code4 };

/// One multiplicative scalar of a block.
struct Factor {
  std::uint32_t parameter = 0;
  std::uint32_t column = 0;    ///< among the columns of the channel's row group
  std::uint32_t position = 0;  ///< among the block's product term columns
  FactorKind kind = FactorKind::linear;
  std::uint32_t response = 0;  ///< index into responses, for normsys
};

/// One additive variation of a block.
struct Additive {
  std::uint32_t parameter = 0;
  std::uint32_t shape = 0;  ///< index among the parameters with additive effects
  std::uint32_t column = 0, position = 0;
  std::uint32_t linear = 0;                ///< offset of D in coefficients
  std::uint32_t symmetric = no_symmetric;  ///< offset of M, when it does not vanish
  static constexpr std::uint32_t no_symmetric = 0xffffffffu;
};

/// The normsys factors of one parameter: exponential_lists[first, first + size). Outside of |alpha| < 1 (code 1:
/// everywhere) they leave their polynomials.
struct ExponentialFactors {
  std::uint32_t parameter = 0, first = 0, size = 0;
};

/// A per-bin factor of a block: its parameter in bin b is bin_parameters[first + b].
struct BinFactor {
  std::uint32_t first = 0;
};

struct Block {
  std::uint32_t channel = 0, sample = 0;
  std::uint32_t first_bin = 0, n_bins = 0;
  std::uint32_t factors = 0, n_factors = 0;
  std::uint32_t additives = 0, n_additives = 0;
  std::uint32_t bin_factors = 0, n_bin_factors = 0;
  std::uint32_t nominal = 0;  ///< offset into nominals; also of the block's bins in the scratch
  std::uint32_t product = 0;  ///< index of its product term in the layout
  std::uint32_t matrix_uses = 0, n_matrix_uses = 0;
  std::uint32_t pair_uses = 0, n_pair_uses = 0;
};

/// A coupling matrix that a block's derivatives add to: its column for product position p is block_columns[columns +
/// p].
struct MatrixUse {
  std::size_t values = 0;  ///< the matrix's offset into Curvature::coupling_values
  std::uint32_t columns = 0;
};

/// A pair of per-bin factors of one block and bin that the layout lists as pair `pair`.
struct PairUse {
  std::uint32_t bin = 0, pair = 0;
};

class HistFactory final : public Likelihood {
 public:
  std::unique_ptr<Scratch> make_scratch() const override;
  math::Evaluation evaluate(std::span<const double> point, const Data& data, math::Derivatives derivatives,
                            const math::Relaxation& relaxation, Scratch& scratch) const noexcept override;
  bool has_channel_masks() const override { return true; }
  std::vector<std::uint32_t> idle_parameters(const Data& data) const override;
  Constants constants(const Data& data) const override;
  Data expected_data(std::span<const double> point) const override;
  void expected_main(std::span<const double> point, std::span<const char> masked, Scratch& scratch,
                     std::span<double> expected) const override;
  std::vector<double> expected_by_sample(std::span<const double> point) const override;
  PredictionSlopes prediction_slopes(std::span<const double> point) const override;
  std::vector<double> yield_gradient(std::span<const double> point, const Data& data, Scratch& scratch) const override;
  void fluctuate(const Data& expected, const RandomKey& key, Data& toy) const override;
  void settle(std::span<double> point, const Data& data, std::span<const char> fixed,
              Scratch& scratch) const noexcept override;
  void reset_multipliers(Scratch& scratch) const override;
  double update_multipliers(double penalty, Scratch& scratch) const override;
  std::string explain(std::span<const double> point, const Scratch& scratch) const override;

  struct RateWork;
  struct Work;
  /// Rates per bin; also fills the block quantities that derivatives need. Nothing is computed for channels that
  /// `masked` (empty: none) marks: their rates are 0, their block quantities what they were.
  void rates(std::span<const double> point, RateWork& work, bool derivatives,
             std::span<const char> masked = {}) const noexcept;

 private:
  void evaluate_factors(std::span<const double> point, RateWork& work, bool derivatives) const noexcept;
  template <bool one_bin>
  void add_block_rate(const Block& block, std::size_t k, std::span<const double> point, RateWork& work,
                      bool derivatives) const noexcept;
  void leave_out_bin(std::size_t bin, bool with_curvature, Work& work) const noexcept;
  void leave_out_block(const Block& block, math::Curvature& curvature) const noexcept;
  template <bool one_bin, bool with_curvature>
  void add_block_derivatives(const Block& block, std::size_t k, std::span<const double> point,
                             Work& work) const noexcept;

 public:
  std::vector<std::string> sample_names;
  std::vector<Block> blocks;
  std::vector<Factor> factors;
  std::vector<Additive> additives;
  std::vector<BinFactor> bin_factors;
  std::vector<std::uint32_t> bin_parameters;
  /// Column in the row group of a shared per-bin parameter, or no_column for a private one; parallel to bin_parameters.
  std::vector<std::uint32_t> bin_columns;
  static constexpr std::uint32_t no_column = 0xffffffffu;
  std::vector<math::MultiplicativeResponse> responses;
  /// Polynomial of each factor, coefficient by coefficient, so that one pass evaluates them all side by side: of code 4
  /// inside of |alpha| < 1, and of linear factors (0, 1, 0, …).
  std::array<std::vector<double>, 7> factor_polynomials;
  std::vector<std::uint32_t> factor_parameters;         ///< per factor
  std::vector<ExponentialFactors> exponential_factors;  ///< per parameter of a normsys
  std::vector<std::uint32_t> exponential_lists;
  std::vector<double> coefficients, nominals;
  std::vector<std::uint32_t> shape_parameters;  ///< parameters with additive effects
  std::vector<char> is_parabola;                ///< of these: has the parabola through its variations everywhere
  std::vector<MatrixUse> matrix_uses;
  std::vector<std::uint32_t> block_columns;
  std::vector<PairUse> pair_uses;
  std::vector<std::uint32_t> channel_of_bin;
  std::vector<double>
      bin_scale;  ///< per bin: nominal total, at least a thousandth of an event; the unit of its rate constraint
  std::size_t n_bins = 0;
  InterpolationCode normsys_code = InterpolationCode::code4, histosys_code = InterpolationCode::code4p;
  std::optional<double> clip_sample, clip_bin;

  friend struct HistFactoryCompiler;
  friend struct HistFactoryArranger;
};

/// Completes a model whose blocks, effects and parameters stand: curvature layout, columns, lists for evaluation.
void arrange(HistFactory& model);

/// What the rates need.
struct HistFactory::RateWork {
  /// Without `derivatives` for values alone.
  RateWork(const HistFactory& model, bool derivatives);

  std::vector<double> factor, factor_slope, factor_curvature;  ///< per factor
  std::vector<double> log_slope, log_curvature;  ///< f'/f and f''/f - (f'/f)^2, per factor; not finite where f vanishes
  std::vector<math::AdditiveShape> shapes;       ///< per parameter with additive effects
  std::vector<double> shifted, bin_product;      ///< h and G, per block bin; G is 0 where a sample is clipped
  std::vector<double> block_product;             ///< F, per block
  std::vector<double> rate;                      ///< per bin
};

/// Everything an evaluation writes.
struct HistFactory::Work final : Scratch, HistFactory::RateWork {
  explicit Work(const HistFactory& model);

  std::vector<double> slope;          ///< per bin: d value / d rate
  std::vector<double> multipliers;    ///< of rate >= 0, for bins without events
  std::vector<double> observed;       ///< main data of the last evaluation
  std::vector<double> pull;           ///< per bin of a block: slope * G
  std::ptrdiff_t bad_bin = -1;        ///< first bin that made the last evaluation infeasible
  std::ptrdiff_t bad_parameter = -1;  ///< the parameter whose constraint did
  bool is_too_large = false;          ///< every bin was fine, and their sum with the constraints is not finite
};

}  // namespace relume::model
