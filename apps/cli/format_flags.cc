#include "format_flags.h"

#include <algorithm>

#include "command_guide.h"
#include "diar/errors.h"
#include "diar/io/formats.h"

namespace diar::cli {
namespace {

std::vector<OutputKind> kinds_of(const std::vector<std::string>& formats) {
  std::vector<OutputKind> kinds;
  for (const std::string& list : formats) {
    for (std::size_t begin = 0; begin <= list.size();) {
      const std::size_t comma = std::min(list.find(',', begin), list.size());
      const FormatInfo& info = find_format(list.substr(begin, comma - begin));
      begin = comma + 1;
      const auto same = [&](const OutputKind& kind) { return kind.format == info.name; };
      if (std::none_of(kinds.begin(), kinds.end(), same)) {
        kinds.push_back({std::string(info.name), std::string(info.extension)});
      }
    }
  }
  return kinds;
}

OutputKind kind_of(const std::string& output, const std::string& default_format) {
  const std::filesystem::path extension = std::filesystem::path(output).extension();
  const FormatInfo* info = format_of_path(output);
  // Without an extension (a pipe, /dev/stdout) nothing speaks against the default.
  if (info == nullptr && extension.empty()) info = &find_format(default_format);
  if (info == nullptr) {
    throw InvalidArgument("the extension of '" + output + "' names no format; add --format, one of " +
                          format_names());
  }
  return {std::string(info->name), std::string(info->extension)};
}

}  // namespace

std::string format_names() {
  std::string names;
  for (const FormatInfo& info : formats()) names += (names.empty() ? "" : ", ") + std::string(info.name);
  return names;
}

void FormatFlags::add_to(CLI::App& app, const std::string& output_description) {
  app.add_option("-o,--output", outputs, output_description)
      ->allow_extra_args(false)
      ->type_name("FILE|DIR|-");
  std::vector<std::string> names;
  for (const FormatInfo& info : diar::formats()) names.emplace_back(info.name);
  app.add_option("-f,--format", formats,
                 "What to write, several with commas or repeated: " + format_names() +
                     " (default: by the output's extension, else rttm)")
      ->allow_extra_args(false)
      ->check(list_of(names))
      ->type_name("NAME,...");
  add_overwrite_option(app, overwrite);
}

void add_overwrite_option(CLI::App& app, bool& overwrite) {
  app.add_flag("--overwrite", overwrite,
               "Replace files that are there already; else only a FILE that was named is replaced");
}

OutputWishes FormatFlags::wishes(const std::string& default_format) const {
  OutputWishes wishes;
  std::vector<OutputKind> kinds = kinds_of(formats);
  const bool directory = outputs.size() == 1 && is_output_directory(outputs[0]);
  if (directory || outputs.empty()) {
    if (kinds.empty()) kinds = kinds_of({default_format});
    if (directory) wishes.directory = outputs[0];
    for (const OutputKind& kind : kinds) wishes.kinds.push_back(kind);
    return wishes;
  }
  if (kinds.size() > 1) {
    throw InvalidArgument(
        "several formats need --output to be a directory (end it with '/'), or one --output "
        "for each with its extension");
  }
  if (!kinds.empty() && outputs.size() > 1) {
    throw InvalidArgument("with several --output, the extensions say the formats: leave out --format");
  }
  for (const std::string& output : outputs) {
    if (is_output_directory(output)) {
      throw InvalidArgument("'" + output + "' is a directory: give it as the only --output");
    }
    wishes.kinds.push_back(kinds.empty() ? kind_of(output, default_format) : kinds[0]);
    wishes.files.push_back(output);
  }
  return wishes;
}

}  // namespace diar::cli
