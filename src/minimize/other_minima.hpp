// SPDX-FileCopyrightText: relume authors
// SPDX-License-Identifier: BSD-3-Clause
//
// Where a lower minimum than the one that a descent found may be: starts for further descents.
#pragma once

#include <span>
#include <vector>

#include "minimize/descent.hpp"

namespace relume::minimize {

/// Another minimum counts when it is lower by more than the certificate can blur.
inline constexpr double lower_minimum = 1e-8;

/// Whether a constrained parameter is pulled to one of its bounds, far from where it began: the likelihood is far from
/// parabolic there.
bool is_constrained_at_bound(const Descent& descent, std::span<const double> point, std::span<const double> from);

/// Moves such parameters, one at a time, to `from` or to the opposite bound where that lowers the value. The result is
/// left in `descent.trial`; false: nothing helped.
bool flip(Descent& descent, std::span<const double> point, std::span<const double> from);

/// Two-sided parameters with a lower minimum on their other side, perhaps: those that stand far enough from zero at
/// x, and those whose exact diagonal of the Hessian is at least half as negative as their constraint is positive. It
/// is about as negative where the one-sided part of the effect alone makes the distance from zero, and more than that
/// on the top between the two sides.
std::vector<std::uint32_t> other_sides(const Descent& descent);

/// The columns of the inverse Hessian at the minimum for these parameters, as the last factorisation sees them; one
/// after the other.
std::vector<double> inverse_columns(Descent& descent, std::span<const std::uint32_t> parameters);

/// Takes parameter i to the other side of zero and the others along its profile, both from the minimum `point` by means
/// of i's column of the inverse Hessian there, and leaves that in `descent.trial`. Were the profile the parabola that
/// it is at the minimum, the slope there would be the distance over the variance. Where it is less than a third of
/// that, or the value lower than `lowest`, a descent has to tell; where it is neither that nor the parabola's, half as
/// far out is asked, too. From next to zero both sides are asked.
bool bends_away(Descent& descent, std::span<const double> point, std::uint32_t i, std::span<const double> column,
                double lowest);

/// Where else a term with a heavy tail may have its minimum, along the profile of its parameter.
struct OtherEnd {
  std::uint32_t parameter = 0;
  double target = 0.0;
};

/// For each free parameter with such a term, as seen from x with these columns of the inverse Hessian: the centre of
/// the term where x lies in its tail. Where x lies in its core, the place at which everything else would leave the
/// parameter, if everything else were the parabola that it is at x, and if it could win more on the way there than the
/// term loses. Both near the bend, none where x is the only place.
std::vector<OtherEnd> other_ends(const Descent& descent, std::span<const std::uint32_t> parameters,
                                 std::span<const double> columns);

/// Takes parameter i to `target` and the others along its profile, as bends_away does; the point is left in
/// `descent.trial`. False: it is outside of the domain, or of the bounds.
bool move_along_profile(Descent& descent, std::span<const double> point, std::uint32_t i, double target,
                        std::span<const double> column);

}  // namespace relume::minimize
