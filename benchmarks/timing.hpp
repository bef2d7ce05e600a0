// SPDX-FileCopyrightText: relume authors
// SPDX-License-Identifier: BSD-3-Clause
//
// Wall clock and what the harness reads: one JSON object per line on standard output.
#pragma once

#include <chrono>
#include <cstdio>
#include <string>
#include <string_view>
#include <vector>

#include "relume/base/error.hpp"
#include "relume/formats/json.hpp"

namespace relume::benchmarks {

class Stopwatch {
 public:
  double seconds() const { return std::chrono::duration<double>(Clock::now() - begin_).count(); }
  /// Time since the last lap, or since the start.
  double lap() {
    const Clock::time_point now = Clock::now();
    const double seconds = std::chrono::duration<double>(now - lap_).count();
    lap_ = now;
    return seconds;
  }

 private:
  using Clock = std::chrono::steady_clock;
  Clock::time_point begin_ = Clock::now(), lap_ = begin_;
};

/// Written at once: a contender that is stopped later has still said what it found.
inline void say(const spec::JsonObject& line) {
  std::puts(formats::write_json(line, {.indent = 0}).c_str());
  std::fflush(stdout);
}

inline spec::JsonArray to_array(const std::vector<double>& values) { return {values.begin(), values.end()}; }

/// Ends the program: input that the harness prepared is expected to be good.
template <class T>
T expect(Result<T> result) {
  if (!result) throw Exception(result.errors());
  return *std::move(result);
}

}  // namespace relume::benchmarks
