// SPDX-FileCopyrightText: relume authors
// SPDX-License-Identifier: BSD-3-Clause
#include "math/smooth_clip.hpp"

#include <algorithm>

#include <gtest/gtest.h>

namespace relume::math {
namespace {

TEST(SmoothClip, IsTheLargerOfXAndZeroOutsideOfItsWidth) {
  EXPECT_EQ(smooth_clip(0.3, 0.2).value, 0.3);
  EXPECT_EQ(smooth_clip(-0.3, 0.2).value, 0.0);
  EXPECT_EQ(smooth_clip(-0.3, 0.2).slope, 0.0);
  EXPECT_DOUBLE_EQ(smooth_clip(0.0, 0.2).value, 0.2 * 5.0 / 32.0);
}

TEST(SmoothClip, ValueSlopeAndCurvatureAreContinuousDerivatives) {
  constexpr double width = 0.2, step = 1e-6;
  for (const double end : {-width, width}) {
    const SmoothClip inside = smooth_clip(end * (1.0 - 1e-12), width),
                     outside = smooth_clip(end * (1.0 + 1e-12), width);
    EXPECT_NEAR(inside.value, outside.value, 1e-12);
    EXPECT_NEAR(inside.slope, outside.slope, 1e-12);
    EXPECT_NEAR(inside.curvature, outside.curvature, 1e-9);
  }
  for (double x = -0.25; x < 0.25; x += 0.01) {
    const SmoothClip up = smooth_clip(x + step, width), down = smooth_clip(x - step, width), at = smooth_clip(x, width);
    EXPECT_NEAR((up.value - down.value) / (2.0 * step), at.slope, 1e-9);
    EXPECT_NEAR((up.slope - down.slope) / (2.0 * step), at.curvature, 1e-7);
    EXPECT_GE(at.value, std::max(x, 0.0));
  }
}

}  // namespace
}  // namespace relume::math
