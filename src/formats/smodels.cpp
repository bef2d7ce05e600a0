// SPDX-FileCopyrightText: relume authors
// SPDX-License-Identifier: BSD-3-Clause
//
// A directory of the SModels data base: what is in its information files, and which files there are.
#include "relume/formats/smodels.hpp"

#include <algorithm>
#include <array>
#include <filesystem>
#include <set>
#include <system_error>

#include <fmt/format.h>

#include "base/nearest.hpp"
#include "base/quoted_list.hpp"
#include "formats/smodels_reader.hpp"
#include "formats/text_edges.hpp"
#include "formats/text_entries.hpp"
#include "relume/formats/input.hpp"
#include "relume/spec/validate.hpp"

namespace relume::formats {

using spec::Json;
using spec::JsonObject;
using spec::MapKind;
using spec::MassMap;
using spec::Publication;
using spec::SmodelsDataSet;
using spec::SmodelsModelFile;
using spec::SmodelsResult;
using spec::SquareMatrix;

namespace {

namespace fs = std::filesystem;
using Kind = Literal::Kind;

constexpr std::string_view information_file = "globalInfo.txt";
constexpr std::string_view data_set_file = "dataInfo.txt";
constexpr std::string_view map_suffix = ".txt";
constexpr Dimension plain{}, energy{1, 0}, cross_section{0, 1}, inverse_cross_section{0, -1};
/// The largest files of the data base have some MB.
constexpr std::uintmax_t max_file_bytes = std::uintmax_t{256} << 20;

/// Only a regular file is opened: a pipe of that name would never end.
Result<std::string> read_text(const fs::path& path) {
  std::error_code problem;
  const fs::file_status status = fs::status(path, problem);
  if (!fs::exists(status)) return Error{ErrorCode::io, path.string(), "is missing", {}};
  if (!fs::is_regular_file(status)) return Error{ErrorCode::io, path.string(), "is not a file", {}};
  if (fs::file_size(path, problem) > max_file_bytes && !problem) {
    return Error{ErrorCode::unsupported, path.string(), fmt::format("has more than {} bytes", max_file_bytes), {}};
  }
  return read_input(path.string());
}

/// Names, sorted so that nothing depends on the order of the file system.
std::vector<fs::path> entries_of(const fs::path& directory) {
  std::vector<fs::path> entries;
  std::error_code problem;
  for (fs::directory_iterator it(directory, problem), end; !problem && it != end; it.increment(problem)) {
    if (it->path().filename().string().front() != '.') entries.push_back(it->path());
  }
  std::sort(entries.begin(), entries.end());
  return entries;
}

bool is_map_file(const fs::path& path) {
  const std::string name = path.filename().string();
  std::error_code problem;
  return path.extension() == map_suffix && name != data_set_file && fs::is_regular_file(path, problem);
}

void append(Errors& to, const Errors& more) { to.insert(to.end(), more.begin(), more.end()); }

std::optional<std::vector<std::string>> read_names(TextEntries& entries, std::string_view key, const Literal& list) {
  std::vector<std::string> names;
  // One name needs no brackets.
  if (list.kind == Kind::text) return std::vector<std::string>{list.text};
  for (const Literal& item : list.items) {
    if (!list.is_sequence() || item.kind != Kind::text || item.text.empty()) {
      entries.add(item.line, ErrorCode::schema, fmt::format("'{}' must be a list of names", key));
      return std::nullopt;
    }
    if (std::find(names.begin(), names.end(), item.text) != names.end()) {
      entries.add(item.line, ErrorCode::reference, fmt::format("'{}' names '{}' twice", key, printable(item.text)));
      return std::nullopt;
    }
    names.push_back(item.text);
  }
  if (names.empty()) {
    entries.add(list.line, ErrorCode::schema, fmt::format("'{}' must be a list of names", key));
    return std::nullopt;
  }
  return names;
}

/// n rows of n numbers; whether they are a covariance is checked with the publication.
std::optional<SquareMatrix> read_matrix(const Literal& rows, std::size_t n, std::string_view source, Errors& problems) {
  const auto refuse = [&](const Literal& where, std::string message) {
    problems.push_back({ErrorCode::schema, fmt::format("{}:{}", source, where.line), std::move(message), {}});
    return std::nullopt;
  };
  if (!rows.is_sequence() || rows.items.size() != n) {
    return refuse(rows, fmt::format("the covariance must be a list of {} rows, one per data set in the order, not {}",
                                    n, describe(rows)));
  }
  SquareMatrix matrix{n, {}};
  for (const Literal& row : rows.items) {
    if (!row.is_sequence() || row.items.size() != n) {
      return refuse(row, fmt::format("a row of the covariance must have {} numbers, not be {}", n, describe(row)));
    }
    for (const Literal& item : row.items) {
      if (item.kind != Kind::number || item.dimension != plain) {
        return refuse(item, "the covariance must have plain numbers, not " + describe(item));
      }
      matrix.values.push_back(item.number);
    }
  }
  return matrix;
}

/// {'file.json': ['SR1', {'smodels': 'SR2', 'pyhf': 'SR2_cuts'}, {'pyhf': 'CR', 'type': 'CR'}], …}
void read_model_files(TextEntries& entries, std::string_view key, std::vector<SmodelsModelFile>& files) {
  const std::optional<Literal> map = entries.literal(key);
  if (!map) return;
  const auto refuse = [&](const Literal& where) {
    entries.add(
        where.line, ErrorCode::schema,
        fmt::format("'{}' must be a dictionary of files and lists of their regions, not {}", key, describe(where)));
  };
  if (map->kind != Kind::dictionary) return refuse(*map);
  for (std::size_t i = 0; i + 1 < map->items.size(); i += 2) {
    const Literal& file = map->items[i];
    const Literal& regions = map->items[i + 1];
    if (file.kind != Kind::text || !regions.is_sequence()) return refuse(regions);
    SmodelsModelFile& model = files.emplace_back(SmodelsModelFile{file.text, {}});
    for (const Literal& region : regions.items) {
      SmodelsModelFile::Region& r = model.regions.emplace_back();
      const auto text_of = [&](std::string_view name, std::string otherwise) {
        const Literal* value = region.find(name);
        return value != nullptr && value->kind == Kind::text ? value->text : otherwise;
      };
      if (region.kind == Kind::text) {
        r.data_set = region.text;
      } else if (region.kind == Kind::dictionary) {
        r = {text_of("smodels", ""), text_of("pyhf", ""), text_of("type", "SR")};
      } else {
        return refuse(region);
      }
    }
  }
}

/// The newer form: statModels {set: [('sl', file)]}, regionSets {set: [label]}, regionMappings {label: {…}}.
void read_stat_models(TextEntries& entries, SmodelsResult& result, const fs::path& directory, Errors& problems) {
  const std::optional<Literal> models = entries.literal("statModels");
  const std::optional<Literal> sets = entries.literal("regionSets");
  const std::optional<Literal> mappings = entries.literal("regionMappings");
  if (!models) return;
  const auto refuse = [&](std::string message, std::string hint = {}) {
    entries.add(models->line, ErrorCode::schema, std::move(message), std::move(hint));
  };
  if (models->kind != Kind::dictionary) return refuse("'statModels' must be a dictionary, not " + describe(*models));
  std::string name, file;
  for (std::size_t i = 0; i + 1 < models->items.size(); i += 2) {
    for (const Literal& model : models->items[i + 1].items) {
      const bool is_sound = model.is_sequence() && model.items.size() == 2 && model.items[0].kind == Kind::text &&
                            model.items[1].kind == Kind::text && models->items[i].kind == Kind::text;
      if (!is_sound) return refuse("'statModels' must have lists of pairs of a kind and a file");
      if (model.items[0].text != "sl") continue;
      if (!file.empty()) {
        return refuse("'statModels' has more than one covariance", "keep one of kind 'sl' in a copy of the directory");
      }
      name = models->items[i].text;
      file = model.items[1].text;
    }
  }
  if (file.empty()) return;
  const Literal* labels = sets ? sets->find(name) : nullptr;
  if (labels == nullptr) return refuse(fmt::format("'regionSets' has no '{}'", printable(name)));
  std::optional<std::vector<std::string>> order = read_names(entries, "regionSets", *labels);
  if (!order) return;
  for (std::string& label : *order) {
    const Literal* region = mappings ? mappings->find(label) : nullptr;
    if (region == nullptr) continue;
    const Literal* data_set = region->kind == Kind::text ? region : region->find("smodels");
    if (data_set != nullptr && data_set->kind == Kind::text) label = data_set->text;
  }
  // A file beside this one, nothing else.
  if (fs::path(file).filename() != fs::path(file)) return refuse(fmt::format("'{}' is no file name", printable(file)));
  const std::string path = (directory / file).string();
  const Result<std::string> text = read_text(path);
  if (!text) return append(problems, text.errors());
  const Result<Literal> rows = parse_literal(without_byte_order_mark(*text), path, 1);
  if (!rows) return append(problems, rows.errors());
  result.covariance_order = *std::move(order);
  if (auto matrix = read_matrix(*rows, result.covariance_order.size(), path, problems)) {
    result.covariance = *std::move(matrix);
  }
}

void read_covariance(TextEntries& entries, SmodelsResult& result, std::string_view source, Errors& problems) {
  const std::optional<Literal> order = entries.literal("datasetOrder");
  const std::optional<Literal> rows = entries.literal("covariance");
  if (order) {
    if (auto names = read_names(entries, "datasetOrder", *order)) result.covariance_order = *std::move(names);
  }
  if (!rows) {
    result.covariance_order.clear();
    return;
  }
  if (!entries.require("datasetOrder") || result.covariance_order.empty()) return;
  if (auto matrix = read_matrix(*rows, result.covariance_order.size(), source, problems)) {
    result.covariance = *std::move(matrix);
  }
}

/// Kept as they are, for people.
constexpr std::array<std::string_view, 5> reference_keys = {"url", "arxiv", "publication", "publicationDOI",
                                                            "supersedes"};

std::optional<MapKind> kind_of(TextEntries& entries) {
  if (!entries.require("dataType")) return std::nullopt;
  const std::string kind = entries.name("dataType").value_or("None");
  if (kind == "efficiencyMap") return MapKind::efficiencies;
  if (kind == "upperLimit") return MapKind::upper_limits;
  entries.add(entries.line_of("dataType"), ErrorCode::schema,
              fmt::format("'dataType' must be efficiencyMap or upperLimit, not '{}'", printable(kind)));
  return std::nullopt;
}

void ignore(std::set<std::string>& ignored, std::string_view file, const std::vector<std::string>& keys) {
  for (const std::string& key : keys) ignored.insert(fmt::format("{}: {}", file, key));
}

Result<SmodelsResult> read_information(std::string_view text, std::string_view source, std::set<std::string>& ignored) {
  Errors problems;
  TextEntries entries(source, problems);
  entries.read(text);
  if (!problems.empty()) return problems;
  SmodelsResult result;
  if (entries.require("id")) result.id = entries.name("id").value_or("");
  if (entries.require("sqrts")) {
    constexpr double tev = 1e3;
    result.energy = entries.number("sqrts", energy).value_or(0.0) / tev;
  }
  if (entries.require("lumi")) {
    result.luminosity = entries.number("lumi", inverse_cross_section).value_or(0.0);
    if (problems.empty() && !(result.luminosity > 0.0)) {
      entries.add(entries.line_of("lumi"), ErrorCode::schema, "the luminosity must be positive");
    }
  }
  read_covariance(entries, result, source, problems);
  if (result.covariance.empty()) {
    read_stat_models(entries, result, fs::path(source).parent_path(), problems);
  }
  read_model_files(entries, "jsonFiles", result.model_files);
  read_model_files(entries, "jsonFiles_FullLikelihood", result.model_files);
  JsonObject references;
  for (const std::string_view key : reference_keys) {
    if (auto value = entries.text(key)) references.emplace_back(std::string(key), *std::move(value));
  }
  result.references = std::move(references);
  ignore(ignored, information_file, entries.unused());
  if (!problems.empty()) return problems;
  return result;
}

Result<SmodelsDataSet> read_data_set(std::string_view text, std::string_view source, std::set<std::string>& ignored) {
  Errors problems;
  TextEntries entries(source, problems);
  entries.read(text);
  if (!problems.empty()) return problems;
  SmodelsDataSet data;
  data.name = entries.name("dataId").value_or("");
  const std::optional<MapKind> kind = kind_of(entries);
  data.kind = kind.value_or(MapKind::upper_limits);
  if (data.kind == MapKind::efficiencies) {
    const auto events = [&](std::string_view key) {
      std::optional<double> n;
      if (!entries.require(key)) return n;
      n = entries.number(key, plain);
      if (!n && problems.empty()) entries.add(entries.line_of(key), ErrorCode::schema, "has no value");
      if (n && *n < 0.0) {
        entries.add(entries.line_of(key), ErrorCode::schema, fmt::format("'{}' is negative: {}", key, *n));
      }
      return n;
    };
    if (data.name.empty()) entries.require("dataId");
    if (data.name.empty() && problems.empty()) {
      entries.add(entries.line_of("dataId"), ErrorCode::schema, "a data set of efficiencies must have a name");
    }
    data.observed = events("observedN");
    data.background = events("expectedBG");
    data.uncertainty = events("bgError");
    data.third_moment = entries.number("thirdMoment", plain);
    data.limits.observed = entries.number("upperLimit", cross_section);
    data.limits.expected = entries.number("expectedUpperLimit", cross_section);
  }
  ignore(ignored, data_set_file, entries.unused());
  if (!problems.empty()) return problems;
  return data;
}

enum class MapsWanted { none, of_one_name, all };

/// The maps in the folder of a data set.
void read_maps(const fs::path& folder, MapsWanted wanted, std::string_view topology, SmodelsDataSet& data,
               std::set<std::string>& ignored, Errors& problems) {
  for (const fs::path& path : entries_of(folder)) {
    if (!is_map_file(path) || (wanted == MapsWanted::of_one_name && path.stem().string() != topology)) continue;
    const Result<std::string> text = read_text(path);
    if (!text) {
      append(problems, text.errors());
      continue;
    }
    if (text->find("txName") == std::string::npos) {
      ignored.insert(fmt::format("{}: all of it", path.filename().string()));
      continue;
    }
    std::vector<std::string> unused;
    Result<MassMap> map = read_map(*text, path.string(), data.kind, unused);
    if (!map) {
      append(problems, map.errors());
      continue;
    }
    ignore(ignored, "maps", unused);
    const auto has_its_name = [&](const MassMap& other) { return other.name == map->name; };
    if (std::any_of(data.maps.begin(), data.maps.end(), has_its_name)) {
      problems.push_back({ErrorCode::reference,
                          path.string(),
                          fmt::format("a second map of '{}' for the same data set", printable(map->name)),
                          {}});
      continue;
    }
    data.maps.push_back(*std::move(map));
  }
}

/// Data sets in the order of the covariance; those of the file system otherwise.
void check_data_sets(SmodelsResult& result, const std::string& where, Errors& problems) {
  std::vector<std::string> names;
  for (const SmodelsDataSet& data : result.data_sets) {
    if (std::find(names.begin(), names.end(), data.name) != names.end()) {
      problems.push_back(
          {ErrorCode::reference, where, fmt::format("two folders have the data set '{}'", printable(data.name)), {}});
    }
    names.push_back(data.name);
  }
  if (result.covariance.empty() || !problems.empty()) return;
  std::vector<SmodelsDataSet> ordered;
  for (const std::string& name : result.covariance_order) {
    const auto found = std::find(names.begin(), names.end(), name);
    if (found == names.end()) {
      problems.push_back(
          {ErrorCode::reference, where,
           fmt::format("the covariance is of '{}', and there is no folder with that data set", printable(name)),
           hint_for_unknown(name, names)});
      continue;
    }
    const auto data = result.data_sets.begin() + (found - names.begin());
    ordered.push_back(std::move(*data));
    result.data_sets.erase(data);
    names.erase(found);
  }
  if (!problems.empty()) return;
  // Those that it is not of stay behind them.
  for (SmodelsDataSet& data : result.data_sets) ordered.push_back(std::move(data));
  result.data_sets = std::move(ordered);
}

Result<SmodelsResult> read_directory(const std::string& path, MapsWanted wanted, std::string_view topology) {
  const fs::path directory(path);
  std::error_code problem;
  if (!fs::is_directory(directory, problem)) {
    return Error{ErrorCode::io, path, "is not a directory", "name the folder that has globalInfo.txt"};
  }
  const fs::path information = directory / information_file;
  const Result<std::string> text = read_text(information);
  if (!text) return text.errors();
  Errors problems;
  std::set<std::string> ignored;
  Result<SmodelsResult> read = read_information(*text, information.string(), ignored);
  SmodelsResult result;
  if (read)
    result = *std::move(read);
  else
    append(problems, read.errors());
  result.directory = path;
  for (const fs::path& folder : entries_of(directory)) {
    if (!fs::is_directory(folder, problem)) continue;
    const fs::path file = folder / data_set_file;
    if (!fs::exists(file, problem)) {
      const std::vector<fs::path> files = entries_of(folder);
      if (std::any_of(files.begin(), files.end(), is_map_file)) {
        problems.push_back({ErrorCode::io, file.string(), "is missing, and there are maps beside it", {}});
      } else {
        ignored.insert(fmt::format("{}: all of it", folder.filename().string()));
      }
      continue;
    }
    const Result<std::string> data_text = read_text(file);
    if (!data_text) {
      append(problems, data_text.errors());
      continue;
    }
    Result<SmodelsDataSet> data = read_data_set(*data_text, file.string(), ignored);
    if (!data) {
      append(problems, data.errors());
      continue;
    }
    if (data->name.empty()) data->name = folder.filename().string();
    if (wanted != MapsWanted::none) read_maps(folder, wanted, topology, *data, ignored, problems);
    result.data_sets.push_back(*std::move(data));
  }
  if (problems.empty() && result.data_sets.empty()) {
    problems.push_back({ErrorCode::io, path, "has no folder with a dataInfo.txt", {}});
  }
  if (problems.empty()) check_data_sets(result, information.string(), problems);
  if (!problems.empty()) return problems;
  result.ignored.assign(ignored.begin(), ignored.end());
  return result;
}

/// What is of no use to the statistics, and of some to people.
Json metadata_of(const SmodelsResult& result) {
  JsonObject metadata;
  metadata.emplace_back("format", "SModels");
  metadata.emplace_back("id", result.id);
  metadata.emplace_back("energy_TeV", result.energy);
  metadata.emplace_back("luminosity_per_fb", result.luminosity);
  if (const JsonObject* references = result.references.object()) {
    metadata.insert(metadata.end(), references->begin(), references->end());
  }
  spec::JsonArray ignored(result.ignored.begin(), result.ignored.end());
  metadata.emplace_back("ignored", std::move(ignored));
  return metadata;
}

}  // namespace

bool is_smodels_directory(const std::string& path) {
  std::error_code problem;
  return fs::is_directory(path, problem) && fs::is_regular_file(fs::path(path) / information_file, problem);
}

Result<SmodelsResult> read_smodels_information(std::string_view text, std::string_view source_name) {
  std::set<std::string> ignored;
  Result<SmodelsResult> result = read_information(text, source_name, ignored);
  if (result) result->ignored.assign(ignored.begin(), ignored.end());
  return result;
}

Result<SmodelsDataSet> read_smodels_data_set(std::string_view text, std::string_view source_name) {
  std::set<std::string> ignored;
  return read_data_set(text, source_name, ignored);
}

Result<SmodelsResult> read_smodels_result(const std::string& path, std::string_view topology) {
  return read_directory(path, topology.empty() ? MapsWanted::all : MapsWanted::of_one_name, topology);
}

namespace {

Result<Publication> checked(Publication publication, const std::string& path) {
  Errors problems = spec::validate(publication, path);
  if (!problems.empty()) return problems;
  return publication;
}

}  // namespace

Result<SmodelsResult> read_smodels_counts(const std::string& path) {
  return read_directory(path, MapsWanted::none, {});
}

std::optional<Error> needs_masses(const SmodelsResult& result) {
  const auto has_limits = [](const SmodelsDataSet& data) { return data.kind == MapKind::upper_limits; };
  if (std::none_of(result.data_sets.begin(), result.data_sets.end(), has_limits)) return std::nullopt;
  return Error{ErrorCode::unsupported, result.directory,
               "has maps of upper limits: it says something at given masses only",
               "relume signal --list shows its maps; with masses it makes a likelihood file of them"};
}

Result<Publication> read_smodels(const std::string& path) {
  const Result<SmodelsResult> read = read_smodels_counts(path);
  if (!read) return read.errors();
  return publication_of(*read);
}

Result<Publication> publication_of(const SmodelsResult& result) {
  if (std::optional<Error> error = needs_masses(result)) return *std::move(error);
  const std::string& path = result.directory;
  if (result.covariance.empty()) {
    spec::CountingExperiments counts{
        .name = result.id, .luminosity = result.luminosity, .metadata = metadata_of(result)};
    for (const SmodelsDataSet& d : result.data_sets) {
      counts.regions.push_back({d.name, *d.observed, *d.background, *d.uncertainty, d.third_moment, d.limits});
    }
    return checked({std::move(counts)}, path);
  }
  const std::size_t n = result.covariance_order.size();
  if (result.data_sets.size() > n) {
    std::vector<std::string> others;
    for (std::size_t i = n; i < result.data_sets.size(); ++i) others.push_back(result.data_sets[i].name);
    return Error{ErrorCode::model, (fs::path(path) / information_file).string(),
                 fmt::format("the covariance leaves out {}", quoted_beginning(others, 3)),
                 "move the folders of these data sets away if they are not part of the result"};
  }
  spec::SimplifiedLikelihood likelihood{
      .name = result.id, .covariance = result.covariance, .metadata = metadata_of(result)};
  bool has_moments = false;
  for (const SmodelsDataSet& d : result.data_sets) {
    likelihood.regions.push_back({d.name, *d.observed, *d.background});
    likelihood.third_moments.push_back(d.third_moment);
    has_moments = has_moments || d.third_moment.has_value();
  }
  if (!has_moments) likelihood.third_moments.clear();
  return checked({std::move(likelihood)}, path);
}

}  // namespace relume::formats
