// SPDX-FileCopyrightText: relume authors
// SPDX-License-Identifier: BSD-3-Clause
//
// relume_kernels [--benchmark_…] WORKSPACE | synthetic:BINS,SAMPLES,SHARED,PER_BIN,SHARE …
//
//   build/bench/benchmarks/relume_kernels --benchmark_filter='value|gradient' two_bins.json
//   synthetic:1000,12,400,340,0.2
#include <exception>
#include <filesystem>

#include <benchmark/benchmark.h>

#include "contender.hpp"
#include "kernels.hpp"
#include "relume/formats/input.hpp"
#include "relume/formats/pyhf_json.hpp"
#include "synthetic_model.hpp"

namespace {

using namespace relume;
using benchmarks::expect;

constexpr std::string_view synthetic = "synthetic:";

std::shared_ptr<const benchmarks::KernelInput> load(const std::string& name) {
  auto input = std::make_shared<benchmarks::KernelInput>();
  input->name = name;
  if (name.starts_with(synthetic)) {
    benchmarks::SyntheticSize size;
    if (std::sscanf(name.c_str() + synthetic.size(), "%zu,%zu,%zu,%zu,%lf", &size.bins, &size.samples,
                    &size.shared_parameters, &size.per_bin_parameters, &size.share) != 5) {
      throw std::runtime_error("expected synthetic:BINS,SAMPLES,SHARED,PER_BIN,SHARE instead of " + name);
    }
    input->workspace = benchmarks::make_synthetic(size);
    input->bytes = formats::write_json(formats::workspace_to_json(input->workspace), {.indent = 0});
  } else {
    input->name = std::filesystem::path(name).stem().string();
    input->bytes = expect(formats::read_input(name));
    input->workspace = expect(formats::read_workspace(input->bytes, name));
  }
  input->compiled = expect(model::compile(input->workspace));
  return input;
}

}  // namespace

int main(int argc, char** argv) {
  benchmark::Initialize(&argc, argv);
  try {
    for (int i = 1; i < argc; ++i) {
      const auto input = load(argv[i]);
      benchmarks::register_evaluate(input);
      benchmarks::register_prepare(input);
    }
  } catch (const std::exception& error) {
    std::fprintf(stderr, "%s\n", error.what());
    return 2;
  }
  benchmark::RunSpecifiedBenchmarks();
  benchmark::Shutdown();
  return 0;
}
