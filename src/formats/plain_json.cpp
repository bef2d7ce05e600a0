// SPDX-FileCopyrightText: relume authors
// SPDX-License-Identifier: BSD-3-Clause
#include "relume/formats/plain_json.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "base/nearest.hpp"
#include "formats/node_reader.hpp"
#include "formats/number_reader.hpp"
#include "spec/validate.hpp"

namespace relume::formats {

using spec::Json;
using spec::JsonMember;
using spec::JsonObject;
using spec::Place;
using spec::Problems;

namespace {

constexpr auto optional = Key::Presence::optional;
constexpr std::array<Key, 7> plain_keys = {{{"observed"},
                                            {"background"},
                                            {"covariance"},
                                            {"regions", optional},
                                            {"third_moments", optional},
                                            {"third_moment", optional},
                                            {"name", optional}}};

/// All other members, which are the reader's own notes; one that looks like a known key is a misspelt one.
Json read_others(const Json& document, const Place& root, Problems& problems) {
  std::vector<std::string> known;
  for (const Key& key : plain_keys) known.emplace_back(key.name);
  JsonObject others;
  for (const JsonMember& member : *document.object()) {
    if (std::find(known.begin(), known.end(), member.first) != known.end()) continue;
    const bool could_be_longer = std::any_of(known.begin(), known.end(), [&](const std::string& name) {
      return member.first.size() > name.size() + 1 && member.first.starts_with(name);
    });
    const std::vector<std::string> alike =
        could_be_longer ? std::vector<std::string>{} : nearest(member.first, known, 1);
    if (!alike.empty()) {
      problems.add(ErrorCode::schema, root / member.first, fmt::format("unknown key '{}'", member.first),
                   fmt::format("did you mean '{}'?", alike.front()));
    }
    others.push_back(member);
  }
  return others.empty() ? Json() : Json(std::move(others));
}

}  // namespace

Result<spec::Publication> plain_from_json(const Json& document, std::string_view source_name) {
  Problems problems(source_name);
  const Place root;
  const auto [observed, background, covariance, regions, third_moments, third_moment, name] =
      read_members(document, plain_keys, root, problems, OtherKeys::allowed);
  if (!document.is_object()) return problems.take();
  spec::SimplifiedLikelihood s;
  s.name = read_string(name, root / "name", problems).value_or("");
  const Place observed_place = root / "observed", background_place = root / "background",
              names_place = root / "regions";
  const std::vector<double> n = read_doubles(observed, observed_place, problems);
  const std::vector<double> b = read_doubles(background, background_place, problems);
  std::vector<std::string> names = read_strings(regions, names_place, problems);
  if (regions == nullptr) {
    for (std::size_t i = 0; i < b.size(); ++i) names.push_back(fmt::format("bin{}", i));
  }
  const auto check_size = [&](std::size_t size, const Place& place) {
    if (size != b.size()) {
      problems.add(ErrorCode::schema, place, fmt::format("{} entries for {} backgrounds", size, b.size()));
    }
  };
  if (observed != nullptr) check_size(n.size(), observed_place);
  check_size(names.size(), names_place);
  for (std::size_t i = 0; i < std::min({n.size(), b.size(), names.size()}); ++i) {
    s.regions.push_back({std::move(names[i]), n[i], b[i]});
  }
  s.covariance = read_matrix(covariance, root / "covariance", problems);
  const bool is_plural = third_moments != nullptr;
  s.third_moments = read_optionals(is_plural ? third_moments : third_moment,
                                   root / (is_plural ? "third_moments" : "third_moment"), problems);
  s.metadata = read_others(document, root, problems);
  if (!problems.empty()) return problems.take();
  // Its pointers are those of a likelihood file, which has the same names for the rest.
  spec::Publication publication{std::move(s)};
  validate(publication, spec::Completeness::complete, root, problems);
  if (!problems.empty()) return problems.take();
  return publication;
}

}  // namespace relume::formats
