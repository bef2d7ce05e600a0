// SPDX-FileCopyrightText: relume authors
// SPDX-License-Identifier: BSD-3-Clause
//
// .info files of MadAnalysis 5: the layout of its manual (arXiv:1910.11418, 2206.14870) and of the files in its public
// analysis database.
#include "relume/formats/madanalysis_info.hpp"

#include <algorithm>
#include <cmath>
#include <map>
#include <sstream>
#include <unordered_map>

#include <fmt/format.h>
#include <pugixml.hpp>

#include "base/nearest.hpp"
#include "base/quoted_list.hpp"
#include "formats/matrix_size.hpp"
#include "formats/printed_number.hpp"
#include "relume/spec/validate.hpp"
#include "spec/problems.hpp"

namespace relume::formats {

using spec::Place;
using spec::Problems;

namespace {

/// Pairs without an entry are not correlated: this many in a file are believed, 1400 regions of one variance each.
/// Files of the analysis database have less than 100 regions.
constexpr std::size_t most_absent_pairs = 1000000;

struct Covariance {
  std::string subset, first, second;
  double value;
};

class Reader {
 public:
  Reader(std::string_view bytes, std::string_view source) : bytes_(bytes), source_(source), problems_(source) {}

  Result<MadAnalysisInfo> read() {
    pugi::xml_document document;
    const pugi::xml_parse_result parsed = document.load_buffer(bytes_.data(), bytes_.size());
    if (!parsed) {
      return Error{
          ErrorCode::syntax, position(parsed.offset), fmt::format("this is no XML: {}", parsed.description()), {}};
    }
    const pugi::xml_node analysis = document.document_element();
    if (std::string_view(analysis.name()) != "analysis") {
      return Error{ErrorCode::unsupported,
                   std::string(source_),
                   fmt::format("the document is <{}>, not the <analysis> of an .info file", analysis.name()),
                   {}};
    }
    read_analysis(analysis);
    if (!problems_.empty()) return problems_.take();
    build_subsets();
    if (!problems_.empty()) return problems_.take();
    return check();
  }

 private:
  std::string position(std::ptrdiff_t offset) const {
    const std::string_view before = bytes_.substr(0, std::min(static_cast<std::size_t>(offset), bytes_.size()));
    const auto line = std::count(before.begin(), before.end(), '\n') + 1;
    const std::size_t line_start = before.rfind('\n');
    const std::size_t column = before.size() - (line_start == std::string_view::npos ? 0 : line_start + 1) + 1;
    return fmt::format("{}:{}:{}", source_, line, column);
  }

  void report(const Place& place, std::string message, std::string hint = {}) {
    problems_.add(ErrorCode::schema, place, std::move(message), std::move(hint));
  }

  std::optional<double> number(const pugi::xml_node& node, const Place& place) {
    const std::optional<double> value = parse_number(node.text().get());
    if (!value) report(place, fmt::format("<{}> must be a number, not '{}'", node.name(), node.text().get()));
    return value;
  }

  void read_analysis(const pugi::xml_node& analysis) {
    const Place root;
    const Place here = root / "analysis";
    info_.experiments.name = analysis.attribute("id").value();
    default_subset_ = analysis.attribute("cov_subset").value();
    std::size_t n_regions = 0, n_profiles = 0;
    for (const pugi::xml_node& child : analysis.children()) {
      if (child.type() != pugi::node_element) continue;
      const std::string_view name = child.name();
      if (name == "lumi") {
        info_.experiments.luminosity = number(child, here / "lumi");
      } else if (name == "region") {
        const Place regions = here / "region";
        read_region(child, regions / n_regions++);
      } else if (name == "pyhf") {
        const Place profiles = here / "pyhf";
        read_profile(child, n_profiles, profiles / n_profiles);
        ++n_profiles;
      } else {
        report(here / name, fmt::format("unknown element <{}>", name), "known are: lumi, region, pyhf");
      }
    }
    if (info_.experiments.regions.empty()) report(here, "there must be at least one signal region");
  }

  void read_region(const pugi::xml_node& node, const Place& place) {
    const std::string type = node.attribute("type").as_string("signal");
    if (type != "signal") {
      if (type == "control") return;  // counts of control regions are there for the reader
      report(place, fmt::format("unknown type of region '{}'", type), "known are: signal, control");
      return;
    }
    const std::string name = node.attribute("id").value();
    if (name.empty()) {
      report(place, "the region has no id");
      return;
    }
    if (!index_.emplace(name, info_.experiments.regions.size()).second) {
      problems_.add(ErrorCode::reference, place, fmt::format("there is already a region '{}'", name));
      return;
    }
    std::map<std::string_view, double> found;
    constexpr std::array<std::string_view, 5> known = {"nobs", "nb", "deltanb", "deltanb_stat", "deltanb_syst"};
    for (const pugi::xml_node& child : node.children()) {
      if (child.type() != pugi::node_element) continue;
      const std::string_view key = child.name();
      const Place here = place / key;
      if (key == "covariance") {
        read_covariance(child, name, here);
      } else if (const auto k = std::find(known.begin(), known.end(), key); k == known.end()) {
        report(here, fmt::format("unknown element <{}>", key),
               fmt::format("known are: {}, covariance", fmt::join(known, ", ")));
      } else if (const std::optional<double> value = number(child, here)) {
        if (!found.emplace(*k, *value).second) report(here, fmt::format("<{}> occurs twice", key));
      }
    }
    for (const std::string_view key : {"nobs", "nb"}) {
      if (!found.contains(key) && !node.child(std::string(key).c_str())) {
        report(place, fmt::format("region '{}' has no <{}>", name, key));
      }
    }
    add_region(name, found, place);
  }

  /// <deltanb> is all of the uncertainty; otherwise its two parts are, where the file gives them.
  void add_region(const std::string& name, const std::map<std::string_view, double>& found, const Place& place) {
    const auto value = [&](std::string_view key) {
      const auto entry = found.find(key);
      return entry != found.end() ? std::optional(entry->second) : std::nullopt;
    };
    const auto all = value("deltanb"), statistical = value("deltanb_stat"), systematic = value("deltanb_syst");
    const bool has_parts = statistical || systematic;
    if (!all && !has_parts) report(place, fmt::format("region '{}' has no <deltanb>", name));
    if (all && has_parts) {
      report(place, fmt::format("region '{}' has <deltanb> and its parts", name),
             "give the total, or statistical and systematic uncertainty");
    }
    for (const auto& part : {all, statistical, systematic}) {
      if (part && *part < 0.0) report(place, fmt::format("an uncertainty of region '{}' is negative: {}", name, *part));
    }
    info_.experiments.regions.push_back(
        {.name = name,
         .observed = value("nobs").value_or(0.0),
         .background = value("nb").value_or(0.0),
         .uncertainty = all.value_or(std::hypot(statistical.value_or(0.0), systematic.value_or(0.0)))});
  }

  void read_covariance(const pugi::xml_node& node, const std::string& region, const Place& place) {
    const std::string other = node.attribute("region").value();
    if (other.empty()) {
      report(place, "a covariance must say with which region: <covariance region=\"…\">");
      return;
    }
    if (const std::optional<double> value = number(node, place)) {
      covariances_.push_back({node.attribute("cov_subset").as_string(default_subset_.c_str()), region, other, *value});
    }
  }

  void read_profile(const pugi::xml_node& node, std::size_t number, const Place& place) {
    MadAnalysisInfo::Profile profile{.name = node.attribute("id").as_string(fmt::format("profile {}", number).c_str()),
                                     .file = node.child("name").text().get()};
    if (profile.file.empty()) report(place, "the workspace has no <name>");
    const Place regions = place / "regions";
    for (const pugi::xml_node& channel : node.child("regions").children("channel")) {
      MadAnalysisInfo::Profile::Channel c{.name = channel.attribute("name").value()};
      if (c.name.empty()) report(regions, "a channel has no name");
      std::istringstream names(channel.text().get());
      for (std::string name; names >> name;) c.regions.push_back(name);
      const std::string included = channel.attribute("is_included").value();
      c.is_included = !c.regions.empty() || included == "True" || included == "1" || included == "yes";
      profile.channels.push_back(std::move(c));
    }
    info_.profiles.push_back(std::move(profile));
  }

  void build_subsets() {
    std::vector<std::string> names;
    for (const Covariance& c : covariances_) {
      if (std::find(names.begin(), names.end(), c.subset) == names.end()) names.push_back(c.subset);
    }
    for (const std::string& name : names) build_subset(name);
  }

  void build_subset(const std::string& name) {
    const Place root;
    const Place place = root / "analysis";
    // In the order of the regions in the file.
    std::vector<std::size_t> members;
    for (const Covariance& c : covariances_) {
      if (c.subset == name) members.push_back(index_.at(c.first));
    }
    const std::size_t n_given = members.size();
    std::sort(members.begin(), members.end());
    members.erase(std::unique(members.begin(), members.end()), members.end());
    const std::size_t n = members.size();
    n_absent_ += n_not_given(n, n_given);
    if (n_absent_ > most_absent_pairs) {
      problems_.add(ErrorCode::unsupported, place,
                    fmt::format("{} has {} regions and {} entries: more than {} pairs are not given", title(name), n,
                                n_given, most_absent_pairs),
                    "regions without <covariance> are counts by themselves");
      return;
    }
    std::vector<std::optional<double>> entries(n * n);
    const auto row_of = [&](const std::string& region) -> std::optional<std::size_t> {
      const auto found = index_.find(region);
      if (found == index_.end()) return std::nullopt;
      const auto row = std::lower_bound(members.begin(), members.end(), found->second);
      if (row == members.end() || *row != found->second) return std::nullopt;
      return static_cast<std::size_t>(row - members.begin());
    };
    for (const Covariance& c : covariances_) {
      if (c.subset != name) continue;
      const auto i = row_of(c.first), j = row_of(c.second);
      if (!j) {
        problems_.add(
            ErrorCode::reference, place,
            fmt::format("the covariance of '{}' is with '{}', which is not in {}", c.first, c.second, title(name)));
        continue;
      }
      if (entries[*i * n + *j]) {
        report(place, fmt::format("the covariance of '{}' with '{}' is given twice", c.first, c.second));
      }
      entries[*i * n + *j] = c.value;
    }
    add_subset(name, members, entries);
  }

  static std::string title(const std::string& subset) {
    return subset.empty() ? "the covariance" : fmt::format("subset '{}'", subset);
  }

  void add_subset(const std::string& name, const std::vector<std::size_t>& members,
                  const std::vector<std::optional<double>>& entries) {
    const std::size_t n = members.size();
    MadAnalysisInfo::Subset subset{.name = name, .likelihood = {}};
    subset.likelihood.name =
        name.empty() ? info_.experiments.name : fmt::format("{}, {}", info_.experiments.name, name);
    subset.likelihood.covariance = {n, std::vector<double>(n * n)};
    std::size_t n_zero = 0, n_mirrored = 0;
    for (std::size_t i = 0; i < n; ++i) {
      const spec::CountingRegion& region = info_.experiments.regions[members[i]];
      subset.likelihood.regions.push_back({region.name, region.observed, region.background});
      if (!entries[i * n + i]) {
        const Place root;
        report(root / "analysis", fmt::format("{} does not give the variance of '{}'", title(name), region.name));
      }
      for (std::size_t j = 0; j < n; ++j) {
        const auto &here = entries[i * n + j], &mirror = entries[j * n + i];
        if (!here && !mirror && j < i) ++n_zero;
        if (here.has_value() != mirror.has_value() && j < i) ++n_mirrored;
        subset.likelihood.covariance(i, j) = here.value_or(mirror.value_or(0.0));
      }
    }
    if (n_zero > 0) {
      subset.notes.push_back(fmt::format("{}, {}: {} pairs of regions have no entry, which means no correlation",
                                         source_, title(name), n_zero));
    }
    if (n_mirrored > 0) {
      subset.notes.push_back(
          fmt::format("{}, {}: {} pairs are given once and taken for both sides", source_, title(name), n_mirrored));
    }
    info_.subsets.push_back(std::move(subset));
  }

  Result<MadAnalysisInfo> check() {
    Errors errors = spec::validate(spec::Publication{info_.experiments}, source_);
    for (const MadAnalysisInfo::Subset& subset : info_.subsets) {
      const std::string where = fmt::format("{}, {}", source_, title(subset.name));
      const Errors wrong = spec::validate(spec::Publication{subset.likelihood}, where);
      errors.insert(errors.end(), wrong.begin(), wrong.end());
    }
    if (!errors.empty()) return errors;
    return std::move(info_);
  }

  std::string_view bytes_, source_;
  Problems problems_;
  MadAnalysisInfo info_;
  std::string default_subset_;
  std::unordered_map<std::string, std::size_t> index_;
  std::vector<Covariance> covariances_;
  std::size_t n_absent_ = 0;  ///< pairs, of all subsets so far
};

}  // namespace

Result<MadAnalysisInfo> read_madanalysis_info(std::string_view bytes, std::string_view source_name) {
  return Reader(bytes, source_name).read();
}

Result<NotedPublication> publication_of(const MadAnalysisInfo& info, const std::optional<std::string>& subset,
                                        std::string_view source_name) {
  std::vector<std::string> names;
  for (const MadAnalysisInfo::Subset& s : info.subsets) names.push_back(s.name);
  if (subset) {
    for (const MadAnalysisInfo::Subset& s : info.subsets) {
      if (s.name == *subset) return NotedPublication{{s.likelihood}, s.notes};
    }
    return Error{ErrorCode::reference, std::string(source_name), fmt::format("there is no subset called '{}'", *subset),
                 hint_for_unknown(*subset, names)};
  }
  if (names.size() > 1) {
    return Error{ErrorCode::reference, std::string(source_name),
                 fmt::format("there are covariances of {} subsets of the regions", names.size()),
                 fmt::format("choose one of {}", quoted_list(names))};
  }
  if (names.size() == 1) return NotedPublication{{info.subsets.front().likelihood}, info.subsets.front().notes};
  return NotedPublication{{info.experiments}};
}

}  // namespace relume::formats
