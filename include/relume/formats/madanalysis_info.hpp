// SPDX-FileCopyrightText: relume authors
// SPDX-License-Identifier: BSD-3-Clause
//
// The .info files of MadAnalysis 5 (docs/formats/madanalysis.md): counts per region, covariances of subsets of regions,
// and which pyhf workspaces go with them.
//
//   const formats::MadAnalysisInfo info = formats::read_madanalysis_info(bytes, "cms_sus_16_039.info").value();
//   formats::NotedPublication chosen = formats::publication_of(info, "SRA", "cms_sus_16_039.info").value();
//
// Thread-safety: pure functions.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "relume/base/error.hpp"
#include "relume/formats/noted_publication.hpp"
#include "relume/spec/publication.hpp"

namespace relume::formats {

struct MadAnalysisInfo {
  /// Regions whose covariance is given.
  struct Subset {
    std::string name;  ///< empty where the file does not name it
    spec::SimplifiedLikelihood likelihood;
    std::vector<std::string> notes = {};  ///< what was taken for what
  };
  /// A pyhf workspace beside the file, and which regions fill which of its channels.
  struct Profile {
    struct Channel {
      std::string name;
      std::vector<std::string> regions = {};  ///< one per bin; none: the channel sees no signal
      bool is_included = false;               ///< kept although it sees no signal
    };
    std::string name, file;
    std::vector<Channel> channels = {};
  };
  spec::CountingExperiments experiments;  ///< all signal regions
  std::vector<Subset> subsets = {};
  std::vector<Profile> profiles = {};
};

Result<MadAnalysisInfo> read_madanalysis_info(std::string_view bytes, std::string_view source_name);

/// The subset of that name; without a name the only one, or, where there is none, the counting experiments.
Result<NotedPublication> publication_of(const MadAnalysisInfo& info, const std::optional<std::string>& subset,
                                        std::string_view source_name);

}  // namespace relume::formats
