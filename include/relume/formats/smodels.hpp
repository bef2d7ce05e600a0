// SPDX-FileCopyrightText: relume authors
// SPDX-License-Identifier: BSD-3-Clause
//
// Directories of the SModels data base in their text form: globalInfo.txt, and a folder with dataInfo.txt and maps for
// each data set (docs/formats/smodels.md).
//
//   spec::Publication counts = formats::read_smodels("CMS-SUS-20-004-eff").value();
//   spec::SmodelsResult all = formats::read_smodels_result("CMS-SUS-20-004-eff").value();
//
// Nothing in the files is ever evaluated: values are read by a parser of numbers, units, texts, lists and dictionaries.
// Cost: some 10 ms per MB of maps. Thread-safety: pure.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "relume/base/error.hpp"
#include "relume/spec/publication.hpp"
#include "relume/spec/smodels.hpp"

namespace relume::formats {

/// Whether this is a directory with a globalInfo.txt.
bool is_smodels_directory(const std::string& path);

/// The statistics of a result of efficiency maps: a SimplifiedLikelihood where there is a covariance,
/// CountingExperiments otherwise. Maps are not read.
Result<spec::Publication> read_smodels(const std::string& path);

/// The same in two steps: all but the maps, and the statistics of that.
Result<spec::SmodelsResult> read_smodels_counts(const std::string& path);
Result<spec::Publication> publication_of(const spec::SmodelsResult& result);
/// Of results of upper limits: why they have no such statistics, and what to do about that.
std::optional<Error> needs_masses(const spec::SmodelsResult& result);

/// All of it. `topology`: maps of other names are left out, unread; empty: all are read.
Result<spec::SmodelsResult> read_smodels_result(const std::string& path, std::string_view topology = {});

/// One file of a map; its values must be of the kind.
Result<spec::MassMap> read_smodels_map(std::string_view text, std::string_view source_name, spec::MapKind kind);
/// One dataInfo.txt, without maps.
Result<spec::SmodelsDataSet> read_smodels_data_set(std::string_view text, std::string_view source_name);
/// One globalInfo.txt, without data sets. Files that it names are looked for beside `source_name`.
Result<spec::SmodelsResult> read_smodels_information(std::string_view text, std::string_view source_name);

}  // namespace relume::formats
