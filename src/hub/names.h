// Names that came from outside in, whether they may become part of a path out.
#pragma once

#include <string>
#include <string_view>

namespace diar {

/// ORG/NAME as the hub allows it: letters, digits, "-", "_", "."; neither part starts with "." or "-" nor
/// holds "..".
bool is_repository_name(std::string_view name);
/// A branch, tag or commit in one path component (the hub allows slashes in branches; we do not follow
/// there).
bool is_revision(std::string_view revision);
/// 40 lower-case hexadecimal digits.
bool is_commit(std::string_view revision);
/// 64 lower-case hexadecimal digits.
bool is_sha256(std::string_view text);
/// A path that stays below the directory it is joined to: relative, no empty, "." or ".." component, no
/// backslash, no colon, no control character, at most 255 bytes each and 1024 in all.
bool is_safe_relative_path(std::string_view path);
/// Strips the quotes and the weak mark; empty when the rest cannot be a file name.
std::string file_name_of_etag(std::string_view etag);
/// Percent-encodes everything but unreserved characters and slashes.
std::string url_path(std::string_view path);

/// Every "//user:password@host" in a text without what stands before the @: for messages and model cards.
std::string without_user_info(std::string text);

}  // namespace diar
