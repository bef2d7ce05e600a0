// SPDX-FileCopyrightText: relume authors
// SPDX-License-Identifier: BSD-3-Clause
//
// max(x, 0) with continuous derivatives.
#pragma once

namespace relume::math {

struct SmoothClip {
  double value = 0.0, slope = 0.0, curvature = 0.0;
};

/// x above `width`, 0 below -`width`; in between the second derivative is 15/16 (1 - u^2)^2 / width with u = x / width,
/// whose integral is one, so that value, slope and curvature are continuous. It is too large by 5/32 width at most.
inline SmoothClip smooth_clip(double x, double width) {
  if (x >= width) return {x, 1.0, 0.0};
  if (x <= -width) return {};
  const double u = x / width, u2 = u * u, rest = 1.0 - u2;
  return {width * (5.0 / 32.0 + 0.5 * u + 15.0 / 16.0 * u2 * (0.5 - u2 * (1.0 / 6.0 - u2 / 30.0))),
          0.5 + 15.0 / 16.0 * u * (1.0 - u2 * (2.0 / 3.0 - 0.2 * u2)), 15.0 / 16.0 * rest * rest / width};
}

}  // namespace relume::math
