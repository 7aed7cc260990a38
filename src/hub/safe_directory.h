// The directories of a cache that others may write to: no symbolic link below its root is followed when
// something is written.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>

namespace diar {

/// A directory, held open; every name is one component inside it. What is made goes by descriptor, so that a
/// directory that is exchanged for a link meanwhile leads nowhere. Move-only. All functions throw
/// `OutputError` naming the path and the reason.
class SafeDirectory {
 public:
  /// The root of a cache, made with its parents when it is not there. Links on the way to it are the user's
  /// own choice and followed.
  static SafeDirectory root(const std::filesystem::path& path);
  ~SafeDirectory();
  SafeDirectory(SafeDirectory&& other) noexcept;
  SafeDirectory& operator=(SafeDirectory&&) = delete;

  const std::filesystem::path& path() const noexcept { return path_; }

  /// The directory `name` in this one, made when it is not there. A link or another kind of file is refused.
  SafeDirectory make(const std::string& name) const;
  /// The same for each component of a relative path; this one for an empty path.
  SafeDirectory make_all(const std::filesystem::path& relative) const;

  /// Opens the regular file `name` for reading and writing and makes it when it is not there. Whatever else
  /// has the name (a link, a FIFO, a file with a second name or of another owner) is removed first. Returns
  /// the descriptor, which is the caller's.
  int open_own_file(const std::string& name) const;
  /// The same for a file that several users share: it is never removed, and may be of any owner.
  int open_shared_file(const std::string& name) const;
  /// Opens the regular file `name` for reading; -1 when it is not there or is a link.
  int open_existing(const std::string& name) const noexcept;

  /// A whole file at once, under a passing name first.
  void write(const std::string& name, std::string_view content) const;
  /// A symbolic link to `target`, under a passing name first; replaces what is there, except a directory.
  void link(const std::string& name, const std::filesystem::path& target) const;
  void rename(const std::string& from, const std::string& to) const;
  /// Nothing happens when it is not there.
  void remove(const std::string& name) const;

 private:
  SafeDirectory(int descriptor, std::filesystem::path path);
  [[noreturn]] void fail(const std::string& name, int error) const;
  int open_new(const std::string& name) const;
  void replace(const std::string& passing, const std::string& name) const;

  int descriptor_;
  std::filesystem::path path_;
};

}  // namespace diar
