// SPDX-FileCopyrightText: relume authors
// SPDX-License-Identifier: BSD-3-Clause
#include "relume/formats/input.hpp"

#include <filesystem>
#include <fstream>
#include <vector>

#include <archive.h>
#include <archive_entry.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include "formats/archive.hpp"

namespace relume::formats {
namespace {

namespace fs = std::filesystem;
using Members = std::vector<std::pair<std::string, std::string>>;

enum class Container { tar, zip, raw };

/// An archive in memory.
std::string pack(const Members& members, Container container,
                 int (*add_filter)(archive*) = archive_write_add_filter_none) {
  std::string bytes(std::size_t{1} << 20, '\0');
  archive* a = archive_write_new();
  add_filter(a);
  if (container == Container::tar) archive_write_set_format_pax_restricted(a);
  if (container == Container::zip) archive_write_set_format_zip(a);
  if (container == Container::raw) archive_write_set_format_raw(a);
  std::size_t used = 0;
  archive_write_open_memory(a, bytes.data(), bytes.size(), &used);
  for (const auto& [name, content] : members) {
    archive_entry* entry = archive_entry_new();
    archive_entry_set_pathname(entry, name.c_str());
    archive_entry_set_size(entry, static_cast<la_int64_t>(content.size()));
    archive_entry_set_filetype(entry, name.ends_with('/') ? AE_IFDIR : AE_IFREG);
    archive_entry_set_perm(entry, 0644);
    archive_write_header(a, entry);
    archive_write_data(a, content.data(), content.size());
    archive_entry_free(entry);
  }
  archive_write_close(a);
  archive_write_free(a);
  bytes.resize(used);
  return bytes;
}

constexpr std::size_t plenty = 1 << 20;
const Members two_files = {
    {"README.md", "hello"}, {"SR/", ""}, {"./SR/BkgOnly.json", "{\"a\": 1}"}, {"SR/patchset.json", "{}"}};

class InputFiles : public ::testing::Test {
 protected:
  void SetUp() override {
    std::string pattern = ::testing::TempDir() + "relume_input_XXXXXX";
    ASSERT_NE(::mkdtemp(pattern.data()), nullptr);
    folder_ = pattern;
  }
  void TearDown() override { fs::remove_all(folder_); }

  std::string path(const std::string& name) const { return (folder_ / name).string(); }
  std::string make(const std::string& name, const std::string& bytes) const {
    std::ofstream(path(name), std::ios::binary) << bytes;
    return path(name);
  }
  std::size_t n_files() const { return static_cast<std::size_t>(std::distance(fs::directory_iterator(folder_), {})); }

  fs::path folder_;
};

TEST(Unpack, OpensCompressedBytes) {
  const std::string text = "[1, 2, 3]";
  for (const auto add_filter : {archive_write_add_filter_gzip, archive_write_add_filter_xz,
                                archive_write_add_filter_bzip2, archive_write_add_filter_zstd}) {
    const std::string bytes = pack({{"x", text}}, Container::raw, add_filter);
    ASSERT_TRUE(looks_packed(bytes));
    EXPECT_EQ(unpack(bytes, "f.gz", plenty).value(), text);
  }
  EXPECT_FALSE(looks_packed(text));
  EXPECT_FALSE(looks_packed(""));
}

TEST(Unpack, FindsMembers) {
  for (const std::string& bytes :
       {pack(two_files, Container::tar), pack(two_files, Container::tar, archive_write_add_filter_gzip),
        pack(two_files, Container::zip)}) {
    ASSERT_TRUE(looks_packed(bytes));
    EXPECT_EQ(list_members(bytes, "a").value(),
              (std::vector<std::string>{"README.md", "SR/BkgOnly.json", "SR/patchset.json"}));
    EXPECT_EQ(unpack_member(bytes, "SR/BkgOnly.json", "a", plenty).value(), "{\"a\": 1}");

    const Result<std::string> whole = unpack(bytes, "a", plenty);
    ASSERT_FALSE(whole);
    EXPECT_NE(whole.error().hint.find("a::SR/BkgOnly.json"), std::string::npos) << whole.error().hint;
    EXPECT_EQ(whole.error().hint.find("README"), std::string::npos) << whole.error().hint;

    const Result<std::string> missing = unpack_member(bytes, "BkgOnly.json", "a", plenty);
    ASSERT_FALSE(missing);
    EXPECT_EQ(missing.error().code, ErrorCode::reference);
    EXPECT_NE(missing.error().hint.find("'SR/BkgOnly.json', 'SR/patchset.json'"), std::string::npos)
        << missing.error().hint;
  }
}

TEST(Unpack, DecompressesMembers) {
  const std::string inner = pack({{"x", "[5]"}}, Container::raw, archive_write_add_filter_gzip);
  EXPECT_EQ(unpack_member(pack({{"w.json.gz", inner}}, Container::tar), "w.json.gz", "a", plenty).value(), "[5]");
}

TEST(Unpack, LimitsTheSize) {
  const std::string bytes = pack({{"x", std::string(100'000, ' ')}}, Container::raw, archive_write_add_filter_gzip);
  EXPECT_LT(bytes.size(), 1000u);
  const Result<std::string> unpacked = unpack(bytes, "bomb.gz", 50'000);
  ASSERT_FALSE(unpacked);
  EXPECT_NE(unpacked.error().message.find("more than 50000 bytes"), std::string::npos);
}

TEST(Unpack, ReportsDamage) {
  std::string bytes = pack({{"x", std::string(10'000, 'a') + "end"}}, Container::raw, archive_write_add_filter_gzip);
  bytes.resize(bytes.size() / 2);
  const Result<std::string> unpacked = unpack(bytes, "f.gz", plenty);
  ASSERT_FALSE(unpacked);
  EXPECT_EQ(unpacked.error().code, ErrorCode::syntax);
  EXPECT_FALSE(list_members(pack({{"x", "y"}}, Container::raw, archive_write_add_filter_gzip), "f.gz"));
  EXPECT_FALSE(unpack_member("plain text", "m", "f", plenty));
}

TEST_F(InputFiles, ReadsPlainAndPackedFiles) {
  EXPECT_EQ(read_input(make("plain.json", "[1]")).value(), "[1]");
  EXPECT_EQ(read_input(make("empty.json", "")).value(), "");
  EXPECT_EQ(
      read_input(make("packed.json.gz", pack({{"x", "[2]"}}, Container::raw, archive_write_add_filter_gzip))).value(),
      "[2]");
  const std::string archive = make("a.tar.gz", pack(two_files, Container::tar, archive_write_add_filter_gzip));
  EXPECT_EQ(read_input(archive + "::SR/patchset.json").value(), "{}");
  const std::string big(300'000, 'x');
  EXPECT_EQ(read_input(make("big", big)).value(), big);
}

TEST_F(InputFiles, TakesAFileWithSeparatorInItsName) {
  EXPECT_EQ(read_input(make("odd::name.json", "[3]")).value(), "[3]");
  const std::string archive = make("odd::archive.zip", pack({{"a::b", "[4]"}}, Container::zip));
  EXPECT_EQ(read_input(archive + "::a::b").value(), "[4]");
}

TEST_F(InputFiles, SaysWhyAFileCannotBeRead) {
  const Result<std::string> missing = read_input(path("nowhere.json"));
  ASSERT_FALSE(missing);
  EXPECT_EQ(missing.error().code, ErrorCode::io);
  EXPECT_NE(missing.error().message.find("No such file"), std::string::npos) << missing.error().message;
  EXPECT_EQ(read_input(path("nowhere.zip::x")).error().where, path("nowhere.zip"));
  EXPECT_NE(read_input(folder_.string()).error().message.find("directory"), std::string::npos);
  EXPECT_FALSE(read_input(""));
  const std::string secret = make("secret", "x");
  fs::permissions(secret, fs::perms::none);
  if (::geteuid() != 0) {
    EXPECT_NE(read_input(secret).error().message.find("ermission"), std::string::npos);
  }
}

TEST_F(InputFiles, ReplacesAFileAsAWhole) {
  const std::string target = make("out.json", "old");
  fs::permissions(target, fs::perms::owner_read | fs::perms::owner_write);
  ASSERT_TRUE(write_output(target, "new"));
  EXPECT_EQ(read_input(target).value(), "new");
  EXPECT_EQ(fs::status(target).permissions(), fs::perms::owner_read | fs::perms::owner_write);
  ASSERT_TRUE(write_output(path("fresh.json"), "1"));
  EXPECT_EQ(n_files(), 2u);  // no temporary file is left

  fs::create_symlink(target, path("link"));
  ASSERT_TRUE(write_output(path("link"), "through"));
  EXPECT_TRUE(fs::is_symlink(path("link")));
  EXPECT_EQ(read_input(target).value(), "through");
}

TEST_F(InputFiles, SaysWhyAFileCannotBeWritten) {
  EXPECT_FALSE(write_output(folder_.string(), "x"));
  const Result<bool> written = write_output(path("no/such/folder/x"), "x");
  ASSERT_FALSE(written);
  EXPECT_EQ(written.error().code, ErrorCode::io);
  EXPECT_TRUE(write_output("/dev/null", "x"));
  EXPECT_TRUE(fs::is_character_file("/dev/null"));
}

}  // namespace
}  // namespace relume::formats
