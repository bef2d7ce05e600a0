// SPDX-FileCopyrightText: relume authors
// SPDX-License-Identifier: BSD-3-Clause
#include "formats/archive.hpp"

#include <algorithm>
#include <functional>
#include <memory>

#include <archive.h>
#include <archive_entry.h>
#include <fmt/format.h>

#include "base/quoted_list.hpp"
#include "formats/json_beginning.hpp"

namespace relume::formats {
namespace {

/// An archive with more entries is refused: walking through it would take a hostile file's time, not ours.
constexpr std::size_t max_entries = 1'000'000;
/// How many members a message lists.
constexpr std::size_t max_listed = 20;

struct Close {
  void operator()(archive* a) const { archive_read_free(a); }
};
using Archive = std::unique_ptr<archive, Close>;

std::string reason(archive* a) {
  const char* text = archive_error_string(a);
  return text != nullptr ? text : "unknown reason";
}

Error damaged(const std::string& source_name, archive* a) {
  return {ErrorCode::syntax, source_name, fmt::format("cannot be unpacked: {}", reason(a)), "is the file complete?"};
}

Result<Archive> open(std::string_view bytes, const std::string& source_name) {
  Archive a(archive_read_new());
  if (!a) throw std::bad_alloc();
  archive_read_support_filter_gzip(a.get());
  archive_read_support_filter_bzip2(a.get());
  archive_read_support_filter_xz(a.get());
  archive_read_support_filter_zstd(a.get());
  archive_read_support_filter_lz4(a.get());
  archive_read_support_format_tar(a.get());
  archive_read_support_format_zip(a.get());
  archive_read_support_format_7zip(a.get());
  archive_read_support_format_empty(a.get());
  archive_read_support_format_raw(a.get());  // a compressed file that is no archive
  if (archive_read_open_memory(a.get(), bytes.data(), bytes.size()) != ARCHIVE_OK) return damaged(source_name, a.get());
  return a;
}

bool is_archive(archive* a) {
  return archive_format(a) != ARCHIVE_FORMAT_RAW && archive_format(a) != ARCHIVE_FORMAT_EMPTY;
}

std::string path_of(archive_entry* entry) {
  // The UTF-8 form does not depend on the locale of the process; archives with bytes of another encoding have only the
  // raw one.
  const char* path = archive_entry_pathname_utf8(entry);
  if (path == nullptr) path = archive_entry_pathname(entry);
  std::string text = path != nullptr ? path : "";
  while (text.starts_with("./")) text.erase(0, 2);
  return text;
}

/// Steps to the next file. False at the end, or on an error, which is then in `error`.
bool next_file(archive* a, const std::string& source_name, archive_entry*& entry, std::size_t& n_entries,
               Errors& error) {
  for (;;) {
    const int status = archive_read_next_header(a, &entry);
    if (status == ARCHIVE_EOF) return false;
    if (status < ARCHIVE_WARN || ++n_entries > max_entries) {
      error.push_back(
          n_entries > max_entries
              ? Error{ErrorCode::unsupported, source_name, fmt::format("has more than {} members", max_entries), {}}
              : damaged(source_name, a));
      return false;
    }
    if (!is_archive(a) || archive_entry_filetype(entry) == AE_IFREG) return true;
  }
}

/// What the archive is positioned at.
Result<std::string> read_data(archive* a, const std::string& source_name, std::size_t max_bytes) {
  constexpr std::size_t block = std::size_t{1} << 20;
  std::string data;
  std::size_t size = 0;
  bool is_promising = false;
  for (;;) {
    if (data.size() - size < block) data.resize(std::max(size + block, size + size / 2));
    const la_ssize_t n = archive_read_data(a, data.data() + size, data.size() - size);
    if (n < 0) return damaged(source_name, a);
    if (n == 0) break;
    size += static_cast<std::size_t>(n);
    if (!is_promising && size >= enough_to_look_at) {
      if (auto errors = hopeless_beginning({data.data(), size}, source_name)) return *std::move(errors);
      is_promising = true;
    }
    if (size > max_bytes) {
      return Error{ErrorCode::unsupported, source_name, fmt::format("unpacks to more than {} bytes", max_bytes), {}};
    }
  }
  data.resize(size);
  return data;
}

/// What can be chosen from: the JSON files, or, if there are none, all files.
std::vector<std::string> choices(const std::vector<std::string>& members) {
  std::vector<std::string> json;
  for (const std::string& member : members) {
    if (member.find(".json") != std::string::npos) json.push_back(member);
  }
  return json.empty() ? members : json;
}

Result<std::string> unpack_at_most_once(std::string data, const std::string& source_name, std::size_t max_bytes) {
  if (!looks_packed(data)) return data;
  return unpack(data, source_name, max_bytes);
}

}  // namespace

bool looks_packed(std::string_view bytes) {
  using namespace std::string_view_literals;
  for (const std::string_view magic : {"\x1f\x8b"sv, "BZh"sv, "\xfd\x37zXZ\0"sv, "\x28\xb5\x2f\xfd"sv,
                                       "\x04\x22\x4d\x18"sv, "PK\x03\x04"sv, "PK\x05\x06"sv, "7z\xbc\xaf\x27\x1c"sv}) {
    if (bytes.starts_with(magic)) return true;
  }
  constexpr std::size_t tar_magic_offset = 257;
  return bytes.size() > tar_magic_offset && bytes.substr(tar_magic_offset).starts_with("ustar");
}

Result<std::vector<std::string>> list_members(std::string_view bytes, const std::string& source_name) {
  const Result<Archive> a = open(bytes, source_name);
  if (!a) return a.errors();
  std::vector<std::string> members;
  archive_entry* entry = nullptr;
  std::size_t n_entries = 0;
  Errors errors;
  while (next_file(a->get(), source_name, entry, n_entries, errors)) {
    if (!is_archive(a->get())) {
      return Error{ErrorCode::syntax, source_name, "is a compressed file, not an archive with members", {}};
    }
    members.push_back(path_of(entry));
  }
  if (!errors.empty()) return errors;
  return members;
}

Result<std::string> unpack(std::string_view bytes, const std::string& source_name, std::size_t max_bytes) {
  const Result<Archive> a = open(bytes, source_name);
  if (!a) return a.errors();
  archive_entry* entry = nullptr;
  const int status = archive_read_next_header(a->get(), &entry);
  if (status == ARCHIVE_EOF && !is_archive(a->get())) return std::string{};
  if (status < ARCHIVE_WARN) return damaged(source_name, a->get());
  if (status != ARCHIVE_EOF && !is_archive(a->get())) return read_data(a->get(), source_name, max_bytes);
  const Result<std::vector<std::string>> members = list_members(bytes, source_name);
  if (!members) return members.errors();
  const std::vector<std::string> json = choices(*members);
  return Error{ErrorCode::reference, source_name, "is an archive: say which member is meant",
               json.empty() ? "it is empty"
                            : fmt::format("for example '{}::{}'; there are: {}", source_name, json.front(),
                                          quoted_beginning(json, max_listed))};
}

Result<std::string> unpack_member(std::string_view bytes, const std::string& member, const std::string& source_name,
                                  std::size_t max_bytes) {
  const Result<Archive> a = open(bytes, source_name);
  if (!a) return a.errors();
  archive_entry* entry = nullptr;
  std::size_t n_entries = 0;
  std::vector<std::string> members;
  Errors errors;
  while (next_file(a->get(), source_name, entry, n_entries, errors)) {
    if (!is_archive(a->get())) {
      return Error{ErrorCode::syntax, source_name, fmt::format("is no archive, so there is no '{}' in it", member), {}};
    }
    members.push_back(path_of(entry));
    if (members.back() != member) continue;
    const std::string name = source_name + "::" + member;
    Result<std::string> data = read_data(a->get(), name, max_bytes);
    if (!data) return data;
    return unpack_at_most_once(*std::move(data), name, max_bytes);
  }
  if (!errors.empty()) return errors;
  const std::vector<std::string> json = choices(members);
  return Error{ErrorCode::reference, source_name, fmt::format("the archive has no member '{}'", member),
               json.empty() ? "the archive is empty" : "there are: " + quoted_beginning(json, max_listed)};
}

}  // namespace relume::formats
