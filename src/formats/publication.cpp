// SPDX-FileCopyrightText: relume authors
// SPDX-License-Identifier: BSD-3-Clause
#include "relume/formats/publication.hpp"

#include <algorithm>
#include <filesystem>
#include <memory>
#include <system_error>

#include <fmt/format.h>

#include "base/quoted_list.hpp"
#include "formats/node_reader.hpp"
#include "formats/text_edges.hpp"
#include "formats/yaml_read.hpp"
#include "relume/formats/hepdata.hpp"
#include "relume/formats/input.hpp"
#include "relume/formats/json.hpp"
#include "relume/formats/madanalysis_info.hpp"
#include "relume/formats/plain_json.hpp"
#include "relume/formats/publication_json.hpp"
#include "relume/formats/pyhf_json.hpp"
#include "relume/formats/signal_json.hpp"
#include "relume/formats/smodels.hpp"

namespace relume::formats {

using spec::Json;
using spec::JsonArray;
using spec::Publication;

namespace {

/// What a text is, before anything of it is checked.
struct Guess {
  Format format = Format::unknown;
  std::string looks_like = {};  ///< "a ROOT file": of what is not read
  std::string missing = {};
  Json document = {};  ///< where the text is JSON
  Errors errors = {};  ///< of its syntax
};

bool has(const Json& document, std::string_view key) { return find(document, key) != nullptr; }

std::string keys_of(const Json& document) {
  constexpr std::size_t shown = 8;
  std::vector<std::string> keys;
  for (const auto& member : *document.object()) keys.push_back(member.first.substr(0, 60));
  return keys.empty() ? "no keys" : "the keys " + quoted_beginning(keys, shown);
}

Guess guess_plain(Guess guess, bool has_observed, bool has_background, bool has_covariance) {
  if (has_observed && has_background && has_covariance) {
    guess.format = Format::plain;
    return guess;
  }
  std::vector<std::string> there, missing;
  for (const auto& [is_there, key] : {std::pair(has_observed, "observed"), std::pair(has_background, "background"),
                                      std::pair(has_covariance, "covariance")}) {
    (is_there ? there : missing).emplace_back(key);
  }
  guess.looks_like = "a JSON object with " + quoted_list(there, " and ");
  guess.missing = fmt::format("{} would make it a simplified likelihood", quoted_list(missing, " and "));
  return guess;
}

Guess guess_object(Guess guess) {
  const Json& document = guess.document;
  const Json* format = find(document, "format");
  const std::string* name = format != nullptr ? format->string() : nullptr;
  const auto is = [&](Format known) {
    guess.format = known;
    return std::move(guess);
  };
  const auto other = [&](std::string looks_like, std::string missing) {
    guess.looks_like = std::move(looks_like);
    guess.missing = std::move(missing);
    return std::move(guess);
  };
  if (is_likelihood_document(document)) return is(Format::likelihood);
  if (name != nullptr && *name == "relume-signal") return is(Format::signal);
  if (has(document, "channels")) return is(Format::pyhf_workspace);
  if (has(document, "patches")) return is(Format::patchset);
  if (has(document, "distributions") || has(document, "likelihoods"))
    return other("an HS3 document", "HS3 is not read yet");
  if (has(document, "independent_variables") || has(document, "dependent_variables")) return is(Format::hepdata_table);
  if (const Json* values = find(document, "values"); values != nullptr && values->is_array()) {
    const JsonArray& rows = *values->array();
    if (!rows.empty() && has(rows.front(), "x") && has(rows.front(), "y")) return is(Format::hepdata_table);
  }
  if (has(document, "data_tables")) return other("a HEPData record", "download its tables, each as a file");
  const bool observed = has(document, "observed"), background = has(document, "background");
  const bool covariance = has(document, "covariance");
  if (observed + background + covariance >= 2) return guess_plain(std::move(guess), observed, background, covariance);
  if (has(document, "observations") || has(document, "measurements")) return is(Format::pyhf_workspace);
  return other("a JSON object with " + keys_of(document), "no format that relume reads begins like this");
}

Guess guess_json(std::string_view bytes, std::string_view source_name) {
  Guess guess;
  Result<Json> document = parse_json(bytes, source_name);
  if (!document) {
    guess.looks_like = "JSON that is not well-formed";
    guess.errors = document.errors();
    return guess;
  }
  guess.document = *std::move(document);
  if (guess.document.is_object()) return guess_object(std::move(guess));
  const JsonArray* array = guess.document.array();
  if (array != nullptr && !array->empty() && has(array->front(), "op")) {
    guess.format = Format::json_patch;
  } else {
    guess.looks_like = "a JSON list";
    guess.missing = "likelihoods are JSON objects";
  }
  return guess;
}

/// Text that is neither JSON nor XML: YAML tables, and files of an SModels result, which YAML can read so far.
Guess guess_text(std::string_view bytes, std::string_view source_name) {
  Guess guess;
  Result<std::vector<Json>> documents = parse_yaml(bytes, source_name);
  if (documents) {
    for (Json& document : *documents) {
      if (has(document, "independent_variables") || has(document, "dependent_variables")) {
        guess.format = Format::hepdata_table;
        return guess;
      }
      if (has(document, "data_file")) {
        guess.looks_like = "the index of a HEPData submission";
        guess.missing = "give the tables that it names as 'data_file'";
        return guess;
      }
    }
  }
  const bool is_smodels =
      bytes.find("dataId:") != std::string_view::npos || bytes.find("sqrts:") != std::string_view::npos;
  guess.looks_like = is_smodels ? "one file of an SModels result" : "a text";
  guess.missing =
      is_smodels ? "give the directory that holds globalInfo.txt" : "no format that relume reads begins like this";
  return guess;
}

Guess guess_format(std::string_view bytes, std::string_view source_name) {
  bytes = without_byte_order_mark(bytes);
  const std::size_t begin = std::min(bytes.find_first_not_of(" \t\r\n"), bytes.size());
  const std::string_view text = trimmed(bytes.substr(begin, 1 << 16));
  const auto other = [](std::string looks_like, std::string missing) {
    return Guess{.looks_like = std::move(looks_like), .missing = std::move(missing)};
  };
  if (text.empty()) return other("an empty file", {});
  if (text.starts_with('{') || text.starts_with('[')) return guess_json(bytes, source_name);
  if (text.starts_with("root")) return other("a ROOT file", "only text formats are read");
  if (text.starts_with("imax")) return other("a datacard of Combine", "datacards are not read yet");
  if (text.starts_with('<')) {
    if (text.find("<analysis") != std::string_view::npos) return {.format = Format::madanalysis_info};
    if (text.find("Combination") != std::string_view::npos || text.find("<Channel") != std::string_view::npos) {
      return other("a HistFactory XML file", "convert it first, with `pyhf xml2json`");
    }
    return other("an XML file", "of these, only the .info files of MadAnalysis 5 are read");
  }
  return guess_text(bytes, source_name);
}

std::string count(std::size_t n, std::string_view what) { return fmt::format("{} {}{}", n, what, n == 1 ? "" : "s"); }

std::string in_words(const spec::Workspace& workspace) {
  std::size_t n_bins = 0;
  for (const spec::Channel& channel : workspace.channels) {
    n_bins += channel.samples.empty() ? 0 : channel.samples.front().data.size();
  }
  std::string text = fmt::format("a HistFactory workspace of {} and {}", count(workspace.channels.size(), "channel"),
                                 count(n_bins, "bin"));
  if (!workspace.measurements.empty() && !workspace.measurements.front().poi.empty()) {
    text += fmt::format(", parameter of interest '{}'", workspace.measurements.front().poi);
  }
  return text;
}

std::string in_words(const spec::SimplifiedLikelihood& s) {
  const auto n_moments = static_cast<std::size_t>(std::count_if(s.third_moments.begin(), s.third_moments.end(),
                                                                [](const auto& moment) { return moment.has_value(); }));
  return fmt::format("a simplified likelihood of {}, {}", count(s.regions.size(), "region"),
                     n_moments == 0 ? "linear" : fmt::format("with {}", count(n_moments, "third moment")));
}

std::string in_words(const spec::CountingExperiments& c) {
  return fmt::format("counts in {} whose correlations are not given", count(c.regions.size(), "region"));
}

std::string in_words(const spec::UpperLimits& u) {
  const auto n_expected = static_cast<std::size_t>(
      std::count_if(u.expected.begin(), u.expected.end(), [](const auto& limit) { return limit.has_value(); }));
  return fmt::format("an observed and {} upper limit on one rate, in {}",
                     n_expected == 1 ? "an expected" : fmt::format("{} expected", n_expected), u.unit);
}

std::string in_words(const spec::Measurements& m) {
  std::size_t n_values = 0;
  for (const spec::MeasuredValues& together : m.measured) n_values += together.values.size();
  return fmt::format("{} and {} over {}", count(n_values, "measured value"),
                     count(m.grids.size(), "tabulated likelihood"), count(m.parameters.size(), "parameter"));
}

std::string in_words(const spec::Product& product) {
  std::vector<std::string> parts;
  for (const spec::Component& component : product.components) {
    parts.push_back(fmt::format("{}: {}", component.name, describe(component.publication)));
  }
  return fmt::format("a product of {} ({})", count(parts.size(), "component"), fmt::join(parts, "; "));
}

bool is_object_with_keys(const Json& document) { return document.object() != nullptr && !document.object()->empty(); }

Result<NotedPublication> without_notes(Result<Publication> publication) {
  if (!publication) return publication.errors();
  return NotedPublication{*std::move(publication)};
}

Result<NotedPublication> no_subset() {
  return Error{ErrorCode::option, "subset", "only files of MadAnalysis 5 have covariances of several subsets", {}};
}

Result<NotedPublication> read_guessed(const Guess& guess, std::string_view bytes, std::string_view source_name,
                                      const ReadOptions& options) {
  const std::string source(source_name);
  if (!guess.errors.empty()) return guess.errors;
  const auto no_likelihood = [&](std::string what, std::string hint) -> Result<NotedPublication> {
    return Error{ErrorCode::unsupported, source, fmt::format("this is {}, which is no likelihood by itself", what),
                 std::move(hint)};
  };
  const bool has_no_subsets =
      guess.format == Format::likelihood || guess.format == Format::pyhf_workspace || guess.format == Format::plain;
  if (options.subset && has_no_subsets) return no_subset();
  switch (guess.format) {
    case Format::likelihood: return without_notes(likelihood_from_json(guess.document, source_name));
    case Format::pyhf_workspace: {
      Result<spec::Workspace> workspace = workspace_from_json(guess.document, source_name);
      if (!workspace) return workspace.errors();
      return NotedPublication{{*std::move(workspace)}};
    }
    case Format::plain: return without_notes(plain_from_json(guess.document, source_name));
    case Format::madanalysis_info: {
      const Result<MadAnalysisInfo> info = read_madanalysis_info(bytes, source_name);
      if (!info) return info.errors();
      return publication_of(*info, options.subset, source_name);
    }
    case Format::patchset:
      return no_likelihood("a patchset", "give the workspace that it belongs to, and this file with --patchset");
    case Format::json_patch:
      return no_likelihood("a JSON Patch", "give the workspace that it belongs to, and this file with --patch");
    case Format::signal: return no_likelihood("a signal file", "give a likelihood, and this file with --signal");
    case Format::hepdata_table: {
      if (!options.yields) {
        return no_likelihood(
            "a HEPData table",
            "`relume convert YIELDS --covariance TABLE` makes one of a table of yields and its covariance");
      }
      const Result<spec::HepdataTable> table = guess.document.is_object()
                                                   ? hepdata_table_from_json(guess.document, source_name)
                                                   : read_hepdata_table(bytes, source_name);
      if (!table) return table.errors();
      TableOptions how = *options.yields;
      how.yields_source = source;
      return publication_from_tables(*table, std::nullopt, how);
    }
    case Format::smodels_directory:
    case Format::unknown: break;
  }
  if (Result<Json> document = parse_json(bytes, source_name); document && !is_object_with_keys(*document)) {
    const Result<spec::Workspace> none = workspace_from_json(*document, source_name);
    return none.errors();  // what a JSON document must be at least
  }
  const bool is_text = guess.looks_like == "a text" || guess.looks_like == "an empty file";
  return Error{ErrorCode::unsupported, is_text ? source + ":1:1" : source, fmt::format("this is {}", guess.looks_like),
               guess.missing};
}

/// What a table of yields or a matrix is good for.
Detected detect_table(std::string_view bytes, std::string_view source_name) {
  Detected found{.format = Format::hepdata_table};
  const Result<spec::HepdataTable> table = read_hepdata_table(bytes, source_name);
  if (!table) {
    found.errors = table.errors();
    found.description = "a HEPData table that cannot be read";
    return found;
  }
  const TableOptions options{.yields_source = std::string(source_name), .matrix_source = std::string(source_name)};
  if (const auto matrix = matrix_from_table(*table, options)) {
    found.description = fmt::format("a HEPData table with {} of {}",
                                    matrix->kind == TableMatrixKind::correlation ? "correlations" : "covariances",
                                    count(matrix->labels.size(), "region"));
    found.missing = "observed events and backgrounds: `relume convert YIELDS --covariance THIS`";
  } else if (const auto yields = yields_from_table(*table, options)) {
    found.description = fmt::format("a HEPData table with observed events and backgrounds of {}",
                                    count(yields->experiments.regions.size(), "region"));
    found.missing =
        "`relume convert THIS` makes counting experiments of it, with --covariance TABLE a simplified likelihood";
  } else {
    std::vector<std::string> names;
    for (const spec::HepdataColumn& column : table->dependent) names.push_back(column.name);
    constexpr std::size_t shown = 8;
    found.description = fmt::format("a HEPData table of {} and the columns {}", count(table->n_rows(), "row"),
                                    quoted_beginning(names, shown));
    found.missing = "columns of observed events and of backgrounds, or the entries of a covariance";
  }
  return found;
}

bool is_directory(const std::string& name) {
  std::error_code no_error;
  return std::filesystem::is_directory(name, no_error);
}

Error not_a_result(const std::string& name) {
  return {ErrorCode::unsupported, name, "this is a directory without a globalInfo.txt",
          "of directories, only results of SModels are read"};
}

}  // namespace

std::string_view to_string(Format format) {
  switch (format) {
    case Format::likelihood: return "relume likelihood";
    case Format::pyhf_workspace: return "pyhf workspace";
    case Format::plain: return "plain JSON";
    case Format::madanalysis_info: return "MadAnalysis 5 info";
    case Format::smodels_directory: return "SModels directory";
    case Format::patchset: return "pyhf patchset";
    case Format::json_patch: return "JSON Patch";
    case Format::signal: return "relume signal";
    case Format::hepdata_table: return "HEPData table";
    case Format::unknown: break;
  }
  return "unknown";
}

std::string describe(const Publication& publication) {
  return std::visit([](const auto& value) { return in_words(value); }, publication.value);
}

Detected detect(std::string_view bytes, std::string_view source_name) {
  const Guess guess = guess_format(bytes, source_name);
  Detected found{
      .format = guess.format, .description = guess.looks_like, .missing = guess.missing, .errors = guess.errors};
  switch (guess.format) {
    case Format::unknown:
    case Format::smodels_directory: return found;
    case Format::hepdata_table: return detect_table(bytes, source_name);
    case Format::patchset: {
      const Result<spec::PatchSet> patchset = patchset_from_json(guess.document, source_name);
      if (!patchset) found.errors = patchset.errors();
      found.description = patchset ? fmt::format("a patchset of {}", count(patchset->patches.size(), "signal"))
                                   : "a patchset that cannot be read";
      found.missing = "the workspace that it belongs to";
      return found;
    }
    case Format::json_patch:
      found.description = fmt::format("a JSON Patch of {}", count(guess.document.array()->size(), "operation"));
      found.missing = "the workspace that it belongs to";
      return found;
    case Format::signal: {
      const Result<spec::Signal> signal = signal_from_json(guess.document, source_name);
      if (!signal) found.errors = signal.errors();
      found.description = signal ? fmt::format("the signal '{}'", signal->name) : "a signal file that cannot be read";
      found.missing = "the likelihood that it is put into";
      return found;
    }
    default: break;
  }
  if (guess.format == Format::madanalysis_info) {
    const Result<MadAnalysisInfo> info = read_madanalysis_info(bytes, source_name);
    if (info) {
      found.kind = info->subsets.empty() ? "counting" : "simplified";
      found.description = describe(Publication{info->experiments});
      std::vector<std::string> names;
      for (const MadAnalysisInfo::Subset& subset : info->subsets) names.push_back(subset.name);
      if (names.size() > 1) {
        found.missing =
            fmt::format("there are covariances of the subsets {}: choose one with --subset", quoted_list(names));
      } else if (!names.empty()) {
        found.notes = info->subsets.front().notes;
        found.description +=
            fmt::format("; a covariance of {}", count(info->subsets.front().likelihood.regions.size(), "region"));
      }
      if (!info->profiles.empty())
        found.description += fmt::format("; names {}", count(info->profiles.size(), "pyhf workspace"));
      return found;
    }
    found.errors = info.errors();
  } else if (const Result<NotedPublication> read = read_guessed(guess, bytes, source_name, {})) {
    found.kind = likelihood_kind(read->publication);
    found.description = describe(read->publication);
    found.notes = read->notes;
    return found;
  } else {
    found.errors = read.errors();
  }
  found.description = fmt::format("{}, which cannot be read", to_string(guess.format));
  return found;
}

Result<Detected> detect_input(const std::string& name) {
  if (is_smodels_directory(name)) {
    Detected found{.format = Format::smodels_directory, .description = "a result of the SModels data base"};
    const Result<spec::SmodelsResult> result = read_smodels_counts(name);
    if (!result) {
      found.errors = result.errors();
    } else if (const std::optional<Error> why = needs_masses(*result)) {
      found.missing = fmt::format("{} ({})", why->message, why->hint);
    } else if (const Result<Publication> publication = publication_of(*result)) {
      found.kind = likelihood_kind(*publication);
      found.description += ", " + describe(*publication);
    } else {
      found.errors = publication.errors();
    }
    return found;
  }
  if (is_directory(name)) return not_a_result(name);
  const Result<std::string> bytes = read_input(name);
  if (!bytes) return bytes.errors();
  return detect(*bytes, source_name(name));
}

Result<NotedPublication> read_publication(std::string_view bytes, std::string_view source_name,
                                          const ReadOptions& options) {
  return read_guessed(guess_format(bytes, source_name), bytes, source_name, options);
}

Result<NotedPublication> read_publication_input(const std::string& name, const ReadOptions& options) {
  if (is_smodels_directory(name)) return options.subset ? no_subset() : without_notes(read_smodels(name));
  if (is_directory(name)) return not_a_result(name);
  const Result<std::string> bytes = read_input(name);
  if (!bytes) return bytes.errors();
  return read_publication(*bytes, source_name(name), options);
}

}  // namespace relume::formats
