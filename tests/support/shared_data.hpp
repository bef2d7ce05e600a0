// SPDX-FileCopyrightText: relume authors
// SPDX-License-Identifier: BSD-3-Clause
//
// Where tests find published models and reference numbers, which are not ours to put into the repository:
// $RELUME_SHARED, or ../shared beside the checkout. Without them a test is skipped; with CI=true it fails.
//
//   TEST(Limit, AgreesWithReference) {
//     RELUME_NEEDS_SHARED_DATA();
//     auto bytes = read(shared_data() / "data" / "histfactory-json" / "two.json");
#pragma once

#include <cstdlib>
#include <filesystem>
#include <string_view>

#include <gtest/gtest.h>

namespace relume::test {

inline std::filesystem::path shared_data() {
  const char* named = std::getenv("RELUME_SHARED");
  if (named != nullptr && *named != '\0') return named;
  return std::filesystem::path(RELUME_SOURCE_DIR).parent_path() / "shared";
}

inline bool has_shared_data() { return std::filesystem::is_directory(shared_data() / "data"); }

inline bool is_ci() {
  const char* ci = std::getenv("CI");
  return ci != nullptr && std::string_view(ci) == "true";
}

}  // namespace relume::test

// A macro, because only the body of a test can end it.
#define RELUME_NEEDS_SHARED_DATA()                                                                        \
  do {                                                                                                    \
    if (!relume::test::has_shared_data()) {                                                               \
      if (relume::test::is_ci()) FAIL() << "no published models at " << relume::test::shared_data();      \
      GTEST_SKIP() << "no published models at " << relume::test::shared_data() << " (set RELUME_SHARED)"; \
    }                                                                                                     \
  } while (false)
