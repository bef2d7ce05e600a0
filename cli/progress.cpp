// SPDX-FileCopyrightText: relume authors
// SPDX-License-Identifier: BSD-3-Clause
#include "progress.hpp"

#include <cstdio>
#include <string>

#include <fmt/format.h>
#include <unistd.h>

namespace relume::cli {
namespace {

using Clock = std::chrono::steady_clock;
/// Often enough to look alive, rarely enough to cost nothing.
constexpr auto redraw_after = std::chrono::milliseconds(100);
constexpr std::size_t bar_width = 40;

}  // namespace

ProgressBar::ProgressBar(std::size_t total, const char* what)
    : total_(total), what_(what), is_shown_(::isatty(STDERR_FILENO) != 0), started_(Clock::now()) {
  if (is_shown_) draw();
}

ProgressBar::~ProgressBar() {
  if (is_shown_) std::fputs("\r\033[K", stderr);
}

void ProgressBar::step() {
  if (!is_shown_) return;
  const std::lock_guard lock(mutex_);
  ++done_;
  draw_now_and_then();
}

void ProgressBar::set(std::size_t done) {
  if (!is_shown_) return;
  const std::lock_guard lock(mutex_);
  done_ = done;
  draw_now_and_then();
}

void ProgressBar::draw_now_and_then() {
  if (done_ == total_ || Clock::now() - drawn_ >= redraw_after) draw();
}

void ProgressBar::draw() {
  drawn_ = Clock::now();
  const std::size_t filled = total_ == 0 ? bar_width : bar_width * done_ / total_;
  std::string text = fmt::format("\r\033[K[{}{}] {}/{} {}", std::string(filled, '#'),
                                 std::string(bar_width - filled, ' '), done_, total_, what_);
  if (done_ > 0) {
    const double elapsed = std::chrono::duration<double>(drawn_ - started_).count();
    text += fmt::format(", {:.0f} s left", elapsed * static_cast<double>(total_ - done_) / static_cast<double>(done_));
  }
  std::fputs(text.c_str(), stderr);
  std::fflush(stderr);
}

}  // namespace relume::cli
