#include "output_plan.h"

#include <unistd.h>

#include <cctype>
#include <cerrno>
#include <cstring>
#include <map>
#include <system_error>

#include "diar/errors.h"

namespace diar::cli {
namespace {

namespace fs = std::filesystem;

std::string uri_of(const std::string& input) {
  if (input == "-") return "stdin";
  std::string uri = fs::path(input).stem().string();
  // RTTM separates its fields by white space.
  for (char& c : uri) {
    if (std::isspace(static_cast<unsigned char>(c)) != 0) c = '_';
  }
  return uri.empty() ? "audio" : uri;
}

fs::path beside(const std::string& input, const std::string& extension) {
  return fs::path(input).replace_extension(extension);
}

void require_writable(const fs::path& path) {
  std::error_code ignored;
  if (fs::is_directory(path, ignored)) {
    throw OutputError("cannot write '" + path.string() + "': it is a directory");
  }
  const fs::path folder = path.has_parent_path() ? path.parent_path() : fs::path(".");
  if (!fs::is_directory(folder, ignored)) {
    throw OutputError("cannot write '" + path.string() + "': there is no directory '" + folder.string() +
                      "'");
  }
  if (access(folder.c_str(), W_OK) != 0) {
    throw OutputError("cannot write '" + path.string() + "': " + std::strerror(errno) +
                      "; choose another place with --output");
  }
}

fs::path make_directory(const std::string& output) {
  std::error_code error;
  fs::create_directories(output, error);
  if (error) throw OutputError("cannot make the directory '" + output + "': " + error.message());
  return output;
}

}  // namespace

std::vector<PlannedOutput> plan_outputs(const std::vector<std::string>& inputs, const std::string& output,
                                        const std::string& extension) {
  std::error_code ignored;
  const bool into_directory =
      !output.empty() && output != "-" && (output.back() == '/' || fs::is_directory(output, ignored));
  if (!output.empty() && output != "-" && !into_directory && inputs.size() > 1) {
    throw InvalidArgument("several inputs need --output to be a directory (end it with '/') or '-'");
  }
  const fs::path directory = into_directory ? make_directory(output) : fs::path();
  std::vector<PlannedOutput> plan;
  std::map<fs::path, std::string> taken;
  for (const std::string& input : inputs) {
    PlannedOutput item{input, uri_of(input), {}};
    if (into_directory) {
      item.path = directory / (fs::path(input == "-" ? "stdin" : input).stem().string() + extension);
    } else if (output.empty()) {
      item.path = input == "-" ? fs::path() : beside(input, extension);
    } else if (output != "-") {
      item.path = output;
    }
    if (!item.path.empty()) {
      if (const auto [place, fresh] = taken.emplace(item.path.lexically_normal(), input); !fresh) {
        throw InvalidArgument("'" + place->second + "' and '" + input + "' would both write '" +
                              item.path.string() + "'; run them into different directories");
      }
      if (fs::equivalent(item.path, input, ignored)) {
        throw InvalidArgument("the result would replace its own input '" + input +
                              "'; choose another --output");
      }
    }
    plan.push_back(std::move(item));
  }
  for (const PlannedOutput& item : plan) {
    // An input that is not there is the better message, and its place is then of no interest.
    if (!item.path.empty() && (item.input == "-" || fs::exists(item.input, ignored)))
      require_writable(item.path);
  }
  return plan;
}

}  // namespace diar::cli
