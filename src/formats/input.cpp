// SPDX-FileCopyrightText: relume authors
// SPDX-License-Identifier: BSD-3-Clause
#include "relume/formats/input.hpp"

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <system_error>

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include "formats/archive.hpp"
#include "formats/json_beginning.hpp"

namespace relume::formats {
namespace {

constexpr std::string_view standard_stream = "-";

std::string reason(int error_number) { return std::generic_category().message(error_number); }

Error cannot_read(const std::string& path, int error_number) {
  std::string hint;
  if (error_number == ENOENT) hint = "the path is relative to the current directory, or absolute";
  return {ErrorCode::io, path, "cannot be read: " + reason(error_number), std::move(hint)};
}

/// A file descriptor that closes itself.
class File {
 public:
  explicit File(int descriptor) : descriptor_(descriptor) {}
  File(const File&) = delete;
  File& operator=(const File&) = delete;
  ~File() {
    if (descriptor_ > STDERR_FILENO) ::close(descriptor_);
  }
  int get() const { return descriptor_; }

 private:
  int descriptor_;
};

/// All bytes up to the end of the stream: its size is known beforehand for files, but not for pipes.
Result<std::string> read_all(int descriptor, const std::string& name) {
  constexpr std::size_t block = std::size_t{1} << 16;
  struct stat status {};
  std::size_t expected = 0;
  if (::fstat(descriptor, &status) == 0) {
    if (S_ISDIR(status.st_mode)) {
      return Error{ErrorCode::io, name, "is a directory, not a file", "name one of the files in it"};
    }
    if (S_ISREG(status.st_mode) && status.st_size > 0) expected = static_cast<std::size_t>(status.st_size);
  }
  const Error too_large{ErrorCode::unsupported, name, fmt::format("has more than {} bytes", max_input_bytes), {}};
  if (expected > max_input_bytes) return too_large;
  std::string bytes(expected + 1, '\0');  // one more, so that the end of the file is met without growing
  std::size_t size = 0;
  bool is_promising = expected > 0;
  for (;;) {
    if (size == bytes.size()) bytes.resize(std::max(size + block, size + size / 2));
    const ssize_t n = ::read(descriptor, bytes.data() + size, bytes.size() - size);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return cannot_read(name, errno);
    if (n == 0) break;
    size += static_cast<std::size_t>(n);
    if (size > max_input_bytes) return too_large;
    if (!is_promising && size >= enough_to_look_at) {
      if (auto errors = hopeless_beginning({bytes.data(), size}, name)) return *std::move(errors);
      is_promising = true;
    }
  }
  bytes.resize(size);
  return bytes;
}

Result<std::string> read_file(const std::string& path) {
  if (path == standard_stream) return read_all(STDIN_FILENO, source_name(path));
  const File file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (file.get() < 0) return cannot_read(path, errno);
  return read_all(file.get(), path);
}

struct Address {
  std::string path;
  std::string member;  ///< empty: the file itself
};

/// A file may have "::" in its own name, so the longest part that is there decides.
Address split(const std::string& name) {
  constexpr std::string_view separator = "::";
  const auto exists = [](const std::string& path) {
    return path == standard_stream || ::access(path.c_str(), F_OK) == 0;
  };
  if (name == standard_stream || exists(name)) return {name, {}};
  for (std::size_t at = name.rfind(separator); at != std::string::npos && at > 0; at = name.rfind(separator, at - 1)) {
    Address address{name.substr(0, at), name.substr(at + separator.size())};
    if (!address.member.empty() && exists(address.path)) return address;
  }
  const std::size_t first = name.find(separator);
  if (first == std::string::npos || first == 0) return {name, {}};
  return {name.substr(0, first), name.substr(first + separator.size())};
}

Error cannot_write(const std::string& name, int error_number) {
  return {ErrorCode::io, name, "cannot be written: " + reason(error_number), {}};
}

/// 0, or the error number.
int write_all(int descriptor, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t n = ::write(descriptor, bytes.data(), bytes.size());
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return errno;
    bytes.remove_prefix(static_cast<std::size_t>(n));
  }
  return 0;
}

/// A name beside `path` that no other thread or process uses.
std::string temporary_name(const std::string& path) {
  static std::atomic<unsigned> counter{0};
  return fmt::format("{}.{}-{}.tmp", path, ::getpid(), counter.fetch_add(1));
}

/// The file that a link leads to, so that writing replaces it and not the link.
std::string resolve_links(const std::string& path) {
  char* resolved = ::realpath(path.c_str(), nullptr);
  if (resolved == nullptr) return path;
  std::string text(resolved);
  std::free(resolved);
  return text;
}

Result<bool> replace_file(const std::string& name, std::string_view bytes, const struct stat* old) {
  const std::string path = old != nullptr ? resolve_links(name) : name;
  const std::string temporary = temporary_name(path);
  constexpr mode_t all_that_umask_allows = 0666;
  int error_number = 0;
  {
    const File file(::open(temporary.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, all_that_umask_allows));
    if (file.get() < 0) return cannot_write(name, errno);
    error_number = write_all(file.get(), bytes);
    // Without this a crash of the machine could leave the new name with none of its bytes.
    if (error_number == 0 && ::fsync(file.get()) != 0 && errno != EINVAL) error_number = errno;
    if (error_number == 0 && old != nullptr && ::fchmod(file.get(), old->st_mode & 07777) != 0) error_number = errno;
  }
  if (error_number == 0 && ::rename(temporary.c_str(), path.c_str()) != 0) error_number = errno;
  if (error_number == 0) return true;
  ::unlink(temporary.c_str());
  return cannot_write(name, error_number);
}

}  // namespace

std::string source_name(const std::string& name) { return name == standard_stream ? "<standard input>" : name; }

Result<std::string> read_input(const std::string& name) {
  const Address address = split(name);
  Result<std::string> bytes = read_file(address.path);
  if (!bytes) return bytes;
  if (!address.member.empty()) return unpack_member(*bytes, address.member, address.path, max_input_bytes);
  if (looks_packed(*bytes)) return unpack(*bytes, address.path, max_input_bytes);
  return bytes;
}

Result<bool> write_output(const std::string& name, std::string_view bytes) {
  if (name == standard_stream) {
    const int error_number = write_all(STDOUT_FILENO, bytes);
    if (error_number != 0) return cannot_write("<standard output>", error_number);
    return true;
  }
  struct stat status {};
  const bool exists = ::stat(name.c_str(), &status) == 0;
  if (exists && S_ISDIR(status.st_mode)) {
    return Error{ErrorCode::io, name, "is a directory, not a file", {}};
  }
  if (exists && !S_ISREG(status.st_mode)) {  // a pipe or a device: nothing to keep, nothing to rename
    const File file(::open(name.c_str(), O_WRONLY | O_CLOEXEC));
    if (file.get() < 0) return cannot_write(name, errno);
    const int error_number = write_all(file.get(), bytes);
    if (error_number != 0) return cannot_write(name, error_number);
    return true;
  }
  return replace_file(name, bytes, exists ? &status : nullptr);
}

}  // namespace relume::formats
