// SPDX-FileCopyrightText: relume authors
// SPDX-License-Identifier: BSD-3-Clause
//
// Every published workspace and patchset: it is read, survives the way through the spec, and patches mean the same on a
// document and on a spec. Also the files that the documentation shows.
#include <algorithm>
#include <filesystem>

#include <gtest/gtest.h>

#include "relume/formats/digest.hpp"
#include "relume/formats/input.hpp"
#include "relume/formats/json.hpp"
#include "relume/formats/json_patch.hpp"
#include "relume/formats/publication.hpp"
#include "relume/formats/publication_json.hpp"
#include "relume/formats/pyhf_json.hpp"
#include "relume/formats/signal_json.hpp"
#include "support/shared_data.hpp"

namespace relume::formats {
namespace {

namespace fs = std::filesystem;
using spec::Json;

struct Published {
  std::string path;
  Json document;
};

std::vector<Published> published(bool patchsets) {
  std::vector<std::string> paths;
  for (const char* folder : {"histfactory-json", "histfactory-xml/converted-by-pyhf"}) {
    for (const auto& entry : fs::recursive_directory_iterator(test::shared_data() / "data" / folder)) {
      if (entry.path().extension() == ".json") paths.push_back(entry.path().string());
    }
  }
  std::sort(paths.begin(), paths.end());
  std::vector<Published> files;
  for (const std::string& path : paths) {
    Json document = parse_json(read_input(path).value(), path).value();
    if ((find(document, "patches") != nullptr) == patchsets) files.push_back({path, std::move(document)});
  }
  return files;
}

std::string sha256_of(const Json& document) { return digest(document, DigestAlgorithm::sha256); }

TEST(PublishedWorkspaces, AreReadAndWrittenBack) {
  RELUME_NEEDS_SHARED_DATA();
  const std::vector<Published> files = published(false);
  EXPECT_GE(files.size(), 60u);
  for (const auto& [path, document] : files) {
    const Result<spec::Workspace> workspace = workspace_from_json(document, path);
    ASSERT_TRUE(workspace) << to_string(workspace.errors());
    const Json again = workspace_to_json(*workspace);
    EXPECT_TRUE(equal(again, document)) << path;
    EXPECT_EQ(sha256_of(again), sha256_of(document)) << path;
    EXPECT_EQ(workspace_from_json(parse_json(write_json(again), path).value(), path).value(), *workspace) << path;
  }
}

TEST(PublishedPatchsets, AreReadAndWrittenBack) {
  RELUME_NEEDS_SHARED_DATA();
  const std::vector<Published> files = published(true);
  EXPECT_GE(files.size(), 15u);
  for (const auto& [path, document] : files) {
    const Result<spec::PatchSet> patchset = patchset_from_json(document, path);
    ASSERT_TRUE(patchset) << to_string(patchset.errors());
    EXPECT_EQ(sha256_of(patchset_to_json(*patchset)), sha256_of(document)) << path;
  }
}

std::size_t common_prefix(const std::string& a, const std::string& b) {
  return static_cast<std::size_t>(std::mismatch(a.begin(), a.end(), b.begin(), b.end()).first - a.begin());
}

/// The workspaces beside a patchset whose file names are most like its own. Digests do not decide: simplified patchsets
/// carry that of the full workspace, which is not the one they apply to.
std::vector<const Published*> workspaces_for(const std::string& patchset_path,
                                             const std::vector<Published>& workspaces) {
  std::vector<const Published*> candidates;
  std::size_t longest = 0;
  for (const Published& workspace : workspaces) {
    if (fs::path(workspace.path).parent_path() != fs::path(patchset_path).parent_path()) continue;
    const std::size_t length = common_prefix(workspace.path, patchset_path);
    if (length > longest) candidates.clear();
    longest = std::max(longest, length);
    if (length == longest) candidates.push_back(&workspace);
  }
  return candidates;
}

TEST(PublishedPatches, MeanTheSameOnDocumentAndSpec) {
  RELUME_NEEDS_SHARED_DATA();
  const std::vector<Published> workspaces = published(false);
  std::size_t n_applied = 0;
  for (const auto& [path, document] : published(true)) {
    const spec::PatchSet patchset = patchset_from_json(document, path).value();
    std::size_t n_applied_of_file = 0;
    for (const Published* background : workspaces_for(path, workspaces)) {
      const spec::Workspace workspace = workspace_from_json(background->document, background->path).value();
      for (const spec::Patch& patch : patchset.patches) {
        const Result<Json> patched = apply_patch(background->document, patch.operations, patch.name);
        const Result<spec::Workspace> fast = apply_patch(workspace, patch.operations, patch.name);
        const Result<spec::Workspace> slow =
            patched ? workspace_from_json(*patched, patch.name) : Result<spec::Workspace>(patched.errors());
        ASSERT_EQ(fast.has_value(), slow.has_value()) << path << " " << patch.name << " on " << background->path;
        if (!slow) continue;
        ASSERT_EQ(*fast, *slow) << path << " " << patch.name << " on " << background->path;
        // Once per file, because digests take far longer than patches.
        if (&patch == &patchset.patches.front()) {
          EXPECT_EQ(sha256_of(workspace_to_json(*fast)), sha256_of(*patched)) << path;
        }
        ++n_applied_of_file;
      }
    }
    EXPECT_GE(n_applied_of_file, patchset.patches.size()) << path;
    n_applied += n_applied_of_file;
  }
  EXPECT_GE(n_applied, 500u);
}

TEST(PublishedPatchsets, CarryTheDigestOfTheirWorkspace) {
  RELUME_NEEDS_SHARED_DATA();
  const std::vector<Published> workspaces = published(false);
  std::size_t n_verified = 0;
  for (const auto& [path, document] : published(true)) {
    const spec::PatchSet patchset = patchset_from_json(document, path).value();
    for (const Published* background : workspaces_for(path, workspaces)) {
      n_verified += verify_digests(patchset, background->document, background->path) ? 1 : 0;
    }
  }
  EXPECT_GE(n_verified, 10u);
}

/// What stands between ```json and ```.
std::vector<std::string> examples_on(const std::string& page_name) {
  const std::string page = read_input(std::string(RELUME_SOURCE_DIR) + "/docs/formats/" + page_name).value();
  constexpr std::string_view fence = "```", opening = "```json";
  std::vector<std::string> examples;
  for (std::size_t begin = page.find(opening); begin != std::string::npos; begin = page.find(opening, begin)) {
    begin += opening.size();
    const std::size_t end = page.find(fence, begin);
    examples.push_back(page.substr(begin, end - begin));
    begin = end + fence.size();
  }
  return examples;
}

TEST(SignalPage, ShowsFilesThatAreRead) {
  const std::vector<std::string> examples = examples_on("signal.md");
  for (const std::string& example : examples) {
    const Result<spec::Signal> signal = read_signal(example, "signal.md");
    EXPECT_TRUE(signal) << to_string(signal.errors());
  }
  EXPECT_EQ(examples.size(), 2u);
}

TEST(LikelihoodPage, ShowsFilesThatAreRead) {
  const std::vector<std::string> examples = examples_on("likelihood.md");
  for (const std::string& example : examples) {
    const Result<spec::Publication> publication = read_likelihood(example, "likelihood.md");
    EXPECT_TRUE(publication) << to_string(publication.errors());
  }
  EXPECT_EQ(examples.size(), 5u);
}

TEST(PlainPage, ShowsFilesThatAreRead) {
  const std::vector<std::string> examples = examples_on("plain.md");
  for (const std::string& example : examples) {
    const Result<NotedPublication> publication = read_publication(example, "plain.md");
    EXPECT_TRUE(publication) << to_string(publication.errors());
  }
  EXPECT_EQ(examples.size(), 1u);
}

/// What SModels publishes and the plain layout of the same numbers are the same likelihood; both survive their way
/// through a likelihood file.
TEST(PublishedCovariances, AreTheSameFromBothLayouts) {
  RELUME_NEEDS_SHARED_DATA();
  std::size_t n_read = 0;
  for (const auto& entry : fs::directory_iterator(test::shared_data() / "data" / "simplified")) {
    const fs::path plain = entry.path() / "model.json";
    if (!fs::exists(plain)) continue;
    const Result<NotedPublication> typed = read_publication_input(plain.string());
    const Result<NotedPublication> published = read_publication_input(entry.path().string());
    ASSERT_TRUE(typed) << to_string(typed.errors());
    ASSERT_TRUE(published) << to_string(published.errors());
    const auto& a = std::get<spec::SimplifiedLikelihood>(typed->publication.value);
    const auto& b = std::get<spec::SimplifiedLikelihood>(published->publication.value);
    EXPECT_EQ(a.regions, b.regions) << plain;
    EXPECT_EQ(a.covariance, b.covariance) << plain;
    EXPECT_EQ(a.third_moments, b.third_moments) << plain;
    for (const auto& publication : {typed->publication, published->publication}) {
      EXPECT_EQ(likelihood_from_json(likelihood_to_json(publication), "again").value(), publication) << plain;
    }
    ++n_read;
  }
  EXPECT_GE(n_read, 6u);
}

}  // namespace
}  // namespace relume::formats
