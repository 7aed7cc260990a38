#include "completion_values.h"

#include <algorithm>
#include <map>

#include "diar/hub/model_store.h"
#include "diar/io/formats.h"
#include "input_list.h"

namespace diar::cli {
namespace {

using Words = std::vector<std::string>;

Words audio_endings() {
  return {audio_extensions().begin(), audio_extensions().end()};
}

Words result_endings() {
  Words endings;
  // "talk.audacity.txt" ends in txt for a shell.
  for (const FormatInfo& format : formats())
    endings.emplace_back(format.extension.substr(format.extension.rfind('.') + 1));
  return endings;
}

Words model_names() {
  Words names = {"starter"};
  for (const ModelSet& model : list_models()) names.push_back(model.name);
  return names;
}

CompletionValues files_of(Words endings) {
  CompletionValues values;
  values.files = true;
  values.extensions = std::move(endings);
  return values;
}

}  // namespace

CompletionValues completion_values(const OptionGuide& option) {
  CompletionValues values;
  if (!option.choices.empty()) {
    values.words = option.choices;
    values.is_list = option.is_list;
    return values;
  }
  const std::string& name = option.names.back();
  static const std::map<std::string, Words> kEndings = {{"AUDIO", audio_endings()},
                                                        {"--audio", audio_endings()},
                                                        {"INPUT", result_endings()},
                                                        {"TURNS", result_endings()},
                                                        {"--speakers", result_endings()},
                                                        {"SPEAKERS", result_endings()},
                                                        {"TRANSCRIPT", {"json", "srt", "vtt"}},
                                                        {"REFERENCE", {"rttm"}},
                                                        {"HYPOTHESIS", {"rttm"}},
                                                        {"--reference", {"rttm"}},
                                                        {"--transcript", {"json", "srt", "vtt"}},
                                                        {"--uem", {"uem"}},
                                                        {"--plot", {"svg", "png"}},
                                                        {"--html", {"html"}},
                                                        {"--params", {"json"}}};
  if (const auto found = kEndings.find(name); found != kEndings.end()) return files_of(found->second);
  if (name == "MODEL" || name == "--model" || name == "SRC") {
    values = files_of({"safetensors", "npz", "onnx", "bin", "ckpt", "pt"});
    values.words = model_names();
  } else if (name == "NAME") {
    values.words = model_names();
  } else if (option.value.find("FILE") != std::string::npos) {
    values.files = true;
  } else if (option.value.find("DIR") != std::string::npos || name == "DST") {
    values.directories = true;
  }
  return values;
}

CompletionValues any_argument_of(const CommandGuide& command) {
  CompletionValues all;
  bool any_file = false;
  for (const OptionGuide& argument : command.arguments) {
    const CompletionValues values = completion_values(argument);
    all.words.insert(all.words.end(), values.words.begin(), values.words.end());
    all.files = all.files || values.files;
    all.directories = all.directories || values.directories;
    any_file = any_file || (values.files && values.extensions.empty());
    for (const std::string& ending : values.extensions) {
      if (std::find(all.extensions.begin(), all.extensions.end(), ending) == all.extensions.end())
        all.extensions.push_back(ending);
    }
  }
  // Files are offered together with directories.
  if (all.files) all.directories = false;
  if (any_file) all.extensions.clear();
  return all;
}

std::vector<const CommandGuide*> all_commands(const CommandGuide& guide) {
  std::vector<const CommandGuide*> all = {&guide};
  for (const CommandGuide& command : guide.commands) {
    const auto inner = all_commands(command);
    all.insert(all.end(), inner.begin(), inner.end());
  }
  return all;
}

std::string last_word(const CommandGuide& command) {
  return command.name.substr(command.name.rfind(' ') + 1);
}

}  // namespace diar::cli
