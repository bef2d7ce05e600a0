// SPDX-FileCopyrightText: relume authors
// SPDX-License-Identifier: BSD-3-Clause
//
// A progress bar on standard error, when that is a terminal.
#pragma once

#include <chrono>
#include <cstddef>
#include <mutex>

namespace relume::cli {

/// Thread-safe. Takes itself off the screen when it ends.
class ProgressBar {
 public:
  /// `what`: of what there are `total`, in the plural.
  explicit ProgressBar(std::size_t total, const char* what = "points");
  ~ProgressBar();
  ProgressBar(const ProgressBar&) = delete;
  ProgressBar& operator=(const ProgressBar&) = delete;

  void step();
  void set(std::size_t done);

 private:
  void draw_now_and_then();
  void draw();

  const std::size_t total_;
  const char* const what_;
  const bool is_shown_;
  std::mutex mutex_;
  std::size_t done_ = 0;
  std::chrono::steady_clock::time_point started_, drawn_;
};

}  // namespace relume::cli
