// SPDX-FileCopyrightText: relume authors
// SPDX-License-Identifier: BSD-3-Clause
//
// Directories in the form of the SModels data base, made by hand and gone after the test.
#pragma once

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <stdexcept>
#include <string>
#include <string_view>

#include <fmt/format.h>

namespace relume::test {

class SmodelsDirectory {
 public:
  SmodelsDirectory() {
    std::string name = (std::filesystem::temp_directory_path() / "relume-smodels-XXXXXX").string();
    if (::mkdtemp(name.data()) == nullptr) throw std::runtime_error("no temporary directory");
    path_ = name;
  }
  SmodelsDirectory(const SmodelsDirectory&) = delete;
  SmodelsDirectory& operator=(const SmodelsDirectory&) = delete;
  ~SmodelsDirectory() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }

  const std::string& path() const { return path_; }

  void write(std::string_view name, std::string_view text) const {
    const std::filesystem::path file = std::filesystem::path(path_) / name;
    std::filesystem::create_directories(file.parent_path());
    std::ofstream(file, std::ios::binary) << text;
  }

 private:
  std::string path_;
};

inline std::string information(std::string_view more = {}) {
  return fmt::format("id: HAND-MADE-1\nsqrts: 13*TeV\nlumi: 100./fb\n{}", more);
}

inline std::string counts(std::string_view name, int observed, double background, double uncertainty,
                          std::string_view more = {}) {
  return fmt::format("dataId: {}\ndataType: efficiencyMap\nobservedN: {}\nexpectedBG: {}\nbgError: {}\n{}", name,
                     observed, background, uncertainty, more);
}

}  // namespace relume::test
