// SPDX-FileCopyrightText: relume authors
// SPDX-License-Identifier: BSD-3-Clause
//
// Runs a libFuzzer target without libFuzzer: every seed as it is, then thousands of mutations of them, the same ones
// each time. Finds what is shallow in a second, with any compiler; scripts/test-slow does the deep search.
//
//   fuzz_pyhf_json_smoke tests/fuzz/seeds/pyhf_json [mutations]
//
// The input being tried is kept in <program>.input: when the process dies, that is what killed it.
#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <iterator>
#include <random>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

namespace {

constexpr std::size_t default_mutations = 20000;
constexpr std::size_t max_changes_per_input = 6;
constexpr std::uint64_t fixed_seed = 20260101;

// What readers of JSON, numbers and archives are most likely to trip over.
constexpr std::array<std::string_view, 24> tokens = {
    "null",      "true",     "[]", "{}", "\"\"", "-1", "0",   "-0.0", "1e999", "1e-999", "18446744073709551616",
    "NaN",       "[[",       "]",  "}",  ",",    ":",  "\\u", "\xff", "\n",    "/",      "~0~1~2",
    "\"name\":", "\"data\":"};

using Random = std::mt19937_64;

std::size_t below(std::size_t n, Random& random) { return static_cast<std::size_t>(random() % n); }

std::vector<std::string> read_seeds(const std::filesystem::path& folder) {
  std::vector<std::filesystem::path> paths;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(folder)) {
    if (entry.is_regular_file()) paths.push_back(entry.path());
  }
  std::sort(paths.begin(), paths.end());  // the order of a directory is not the same everywhere
  std::vector<std::string> seeds;
  for (const auto& path : paths) {
    std::ifstream file(path, std::ios::binary);
    seeds.emplace_back(std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>());
  }
  return seeds;
}

void change(std::string& input, const std::vector<std::string>& seeds, Random& random) {
  const std::size_t at = below(input.size() + 1, random);
  const std::size_t length = std::min(input.size() - at, below(16, random) + 1);
  switch (below(7, random)) {
    case 0:  // flip a bit
      if (at < input.size()) input[at] = static_cast<char>(input[at] ^ (1 << below(8, random)));
      break;
    case 1: input.erase(at, length); break;
    case 2: input.insert(at, input.substr(at, length)); break;
    case 3: input.insert(at, tokens[below(tokens.size(), random)]); break;
    case 4: input.replace(at, length, tokens[below(tokens.size(), random)]); break;
    case 5: input.resize(at); break;
    default: {  // go on with the end of another seed
      const std::string& other = seeds[below(seeds.size(), random)];
      input.resize(at);
      input += other.substr(below(other.size() + 1, random));
    }
  }
}

/// The input being tried, on disk. The file stays open: closing it thousands of times makes some file systems wait for
/// the disk.
class Record {
 public:
  explicit Record(std::string path) : path_(std::move(path)), file_(path_, std::ios::binary | std::ios::trunc) {}

  void hold(const std::string& input) {
    file_.seekp(0);
    file_.write(input.data(), static_cast<std::streamsize>(input.size()));
    file_.flush();
    std::filesystem::resize_file(path_, input.size());
  }
  void remove() { std::filesystem::remove(path_); }

 private:
  std::string path_;
  std::ofstream file_;
};

void run(const std::string& input, Record& record) {
  record.hold(input);
  LLVMFuzzerTestOneInput(reinterpret_cast<const std::uint8_t*>(input.data()), input.size());
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 2) {
    std::cerr << "usage: " << argv[0] << " <folder of seeds> [mutations]\n";
    return 1;
  }
  const std::vector<std::string> seeds = read_seeds(argv[1]);
  if (seeds.empty()) {
    std::cerr << argv[0] << ": no seeds in " << argv[1] << '\n';
    return 1;
  }
  const std::size_t mutations = argc > 2 ? std::strtoull(argv[2], nullptr, 10) : default_mutations;
  Record record{std::string(argv[0]) + ".input"};

  run("", record);
  for (const std::string& seed : seeds) run(seed, record);
  Random random(fixed_seed);
  for (std::size_t i = 0; i < mutations; ++i) {
    std::string input = seeds[i % seeds.size()];
    for (std::size_t n = below(max_changes_per_input, random) + 1; n > 0; --n) change(input, seeds, random);
    run(input, record);
  }
  record.remove();
  std::cout << seeds.size() << " seeds and " << mutations << " mutations survived\n";
}
