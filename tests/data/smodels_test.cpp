// SPDX-FileCopyrightText: relume authors
// SPDX-License-Identifier: BSD-3-Clause
//
// Results of the SModels data base as it is published: all of them are read, and they hold what was read from them by
// another program.
#include "relume/formats/smodels.hpp"

#include <algorithm>
#include <filesystem>

#include <gtest/gtest.h>

#include "relume/formats/input.hpp"
#include "relume/formats/json.hpp"
#include "relume/reinterpret/signal_maps.hpp"
#include "support/shared_data.hpp"

namespace relume::formats {
namespace {

namespace fs = std::filesystem;
using spec::Json;

std::vector<std::string> published(std::string_view folder) {
  std::vector<std::string> paths;
  for (const auto& entry : fs::directory_iterator(test::shared_data() / "data" / folder)) {
    if (is_smodels_directory(entry.path().string())) paths.push_back(entry.path().string());
  }
  std::sort(paths.begin(), paths.end());
  return paths;
}

std::vector<double> numbers(const Json& list) {
  std::vector<double> values;
  for (const Json& item : *list.array()) values.push_back(as_double(item));
  return values;
}

TEST(PublishedSmodels, SimplifiedLikelihoods) {
  RELUME_NEEDS_SHARED_DATA();
  const std::vector<std::string> paths = published("simplified");
  EXPECT_EQ(paths.size(), 6u);
  for (const std::string& path : paths) {
    const auto publication = read_smodels(path);
    ASSERT_TRUE(publication) << to_string(publication.errors());
    const auto& likelihood = std::get<spec::SimplifiedLikelihood>(publication->value);
    const std::string file = path + "/model.json";
    const Json model = parse_json(read_input(file).value(), file).value();
    const auto member = [&](std::string_view key) -> const Json& { return *find(model, key); };
    const std::size_t n = likelihood.regions.size();
    ASSERT_EQ(member("regions").array()->size(), n);
    const std::vector<double> observed = numbers(member("observed")), background = numbers(member("background"));
    for (std::size_t i = 0; i < n; ++i) {
      EXPECT_EQ(likelihood.regions[i].name, *(*member("regions").array())[i].string());
      EXPECT_EQ(likelihood.regions[i].observed, observed[i]);
      EXPECT_EQ(likelihood.regions[i].background, background[i]);
      const std::vector<double> row = numbers((*member("covariance").array())[i]);
      for (std::size_t j = 0; j < n; ++j) EXPECT_EQ(likelihood.covariance(i, j), row[j]) << path << i << j;
    }
    const Json* moments = find(model, "third_moment");
    const bool has_moments = moments != nullptr && moments->array() != nullptr;
    ASSERT_EQ(likelihood.third_moments.size(), has_moments ? n : 0u) << path;
    for (std::size_t i = 0; has_moments && i < n; ++i) {
      EXPECT_EQ(likelihood.third_moments[i], numbers(*moments)[i]);
    }
  }
}

TEST(PublishedSmodels, AllMaps) {
  RELUME_NEEDS_SHARED_DATA();
  const std::vector<std::string> paths = published("efficiency-maps");
  EXPECT_EQ(paths.size(), 7u);
  std::size_t n_maps = 0;
  for (const std::string& path : paths) {
    const auto result = read_smodels_result(path);
    ASSERT_TRUE(result) << to_string(result.errors());
    for (const reinterpret::TopologySummary& t : reinterpret::topologies(*result)) {
      const auto maps = reinterpret::SignalMaps::make(*result, t.name);
      ASSERT_TRUE(maps) << to_string(maps.errors());
    }
    for (const spec::SmodelsDataSet& data : result->data_sets) {
      n_maps += data.maps.size();
      for (const spec::MassMap& map : data.maps) {
        const auto grid = reinterpret::MassGrid::make(map.coordinates, map.observed.points).value();
        const std::size_t n = map.coordinates.size();
        for (std::size_t i = 0; i < map.observed.values.size(); ++i) {
          const auto place = grid.place(std::span(map.observed.points).subspan(i * n, n));
          ASSERT_TRUE(place.is_inside()) << path << map.name << i;
          EXPECT_EQ(reinterpret::interpolate(place, map.observed.values), map.observed.values[i]);
        }
      }
    }
  }
  EXPECT_EQ(n_maps, 67u);
}

// Signals that another program made of the same maps: luminosity x cross section x efficiency at points of the grid.
TEST(PublishedSmodels, SignalsOfTheReference) {
  RELUME_NEEDS_SHARED_DATA();
  const fs::path data = test::shared_data() / "data";
  std::size_t n_signals = 0;
  for (const char* name : {"CMS-SUS-20-004-eff", "CMS-SUS-16-039-agg"}) {
    const std::string file = (data / "simplified" / name / "model.json").string();
    const Json model = parse_json(read_input(file).value(), file).value();
    const spec::SmodelsResult result = read_smodels_result((data / "efficiency-maps" / name).string()).value();
    for (const Json& signal : *find(model, "signals")->array()) {
      const auto maps = reinterpret::SignalMaps::make(result, *find(signal, "topology")->string()).value();
      reinterpret::MassPoint point;
      for (const Json& branch : *find(signal, "masses_GeV")->array()) {
        for (const double m : numbers(branch)) point.masses.push_back(m);
      }
      const auto made = maps.signal(point, {as_double(*find(signal, "cross_section_fb")), "fb"}).value();
      const std::vector<double> yields = numbers(*find(signal, "yields"));
      ASSERT_EQ(made.signal.samples[0].channels.size(), yields.size());
      for (std::size_t i = 0; i < yields.size(); ++i) {
        EXPECT_NEAR(made.signal.samples[0].channels[i].yields[0].value, yields[i], 1e-9 * yields[i]) << name << i;
      }
      ++n_signals;
    }
  }
  EXPECT_EQ(n_signals, 6u);
}

}  // namespace
}  // namespace relume::formats
