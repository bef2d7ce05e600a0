// SPDX-FileCopyrightText: relume authors
// SPDX-License-Identifier: BSD-3-Clause
#include <benchmark/benchmark.h>

#include "kernels.hpp"
#include "relume/formats/json.hpp"
#include "relume/formats/pyhf_json.hpp"

namespace relume::benchmarks {
namespace {

template <class Function>
void add(const char* kernel, const std::shared_ptr<const KernelInput>& input, Function function, bool reads_bytes) {
  benchmark::RegisterBenchmark((std::string(kernel) + "/" + input->name).c_str(), [input, function, reads_bytes](
                                                                                      benchmark::State& state) {
    for (auto _ : state) benchmark::DoNotOptimize(function(*input));
    if (reads_bytes) state.SetBytesProcessed(static_cast<std::int64_t>(input->bytes.size()) * state.iterations());
  })->Unit(benchmark::kMicrosecond);
}

}  // namespace

void register_prepare(const std::shared_ptr<const KernelInput>& input) {
  add(
      "parse_json", input, [](const KernelInput& in) { return formats::parse_json(in.bytes, in.name); }, true);
  add(
      "read_workspace", input, [](const KernelInput& in) { return formats::read_workspace(in.bytes, in.name); }, true);
  add(
      "compile", input, [](const KernelInput& in) { return model::compile(in.workspace); }, false);
}

}  // namespace relume::benchmarks
