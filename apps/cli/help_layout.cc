#include "help_layout.h"

#include <algorithm>
#include <map>

namespace diar::cli {
namespace {

using Names = std::vector<std::string>;

const std::vector<std::pair<std::string, Names>>& layout() {
  static const std::vector<std::pair<std::string, Names>> groups = {
      {"Results",
       {"--output", "--format", "--overwrite", "--exclusive", "--min-duration", "--min-confidence",
        "--embeddings"}},
      {"Speakers",
       {"--num-speakers", "--min-speakers", "--max-speakers", "--profile", "--names", "--names-file",
        "--voices", "--book", "--identify-only", "--voice-threshold", "--voice-margin"}},
      {"Page and plot", {"--html", "--html-audio", "--plot", "--reference", "--transcript"}},
      {"Model and speed",
       {"--model", "--segmentation", "--speed", "--device", "--threads", "--precision", "--step",
        "--chunk-size", "--params"}},
      {"Reading audio",
       {"--channel", "--allow-truncated", "--input-format", "--rate", "--channels", "--realtime"}},
      {"Many recordings", {"--jobs", "--resume", "--link", "--link-report", "--add-strangers"}},
      {"Screen", {"--json", "--progress", "--color", "--quiet", "--verbose", "--help", "--version"}}};
  return groups;
}

struct Example {
  std::string command;
  std::string text;
};

// A line to copy, and below it what it gives.
const std::map<std::string, std::vector<Example>>& examples() {
  static const std::map<std::string, std::vector<Example>> all = {
      {"diarize",
       {{"diarize meeting.wav", "turns on the screen, meeting.rttm next to the file"},
        {"diarize meeting.mp4 --output - > meeting.rttm", "any audio or video; RTTM on standard output"},
        {"diarize call.wav -f srt,json --names SPEAKER_00=Ann,SPEAKER_01=Bo",
         "call.srt and call.json, with names"},
        {"diarize call.wav -o call.rttm --html call.html", "a page to look at, listen to and correct"},
        {"diarize voices add Ann ann.wav", "whose voice it is; then:"},
        {"diarize meeting.wav --voices", "names where the voices are known"},
        {"diarize call.wav --num-speakers 2 --json", "exactly two speakers; JSON for a program"},
        {"diarize recordings/ -o results/ --jobs 4 --resume", "whole directories; goes on where it stopped"},
        {"ffmpeg -i URL -f wav - | diarize -", "from a pipe"},
        {"arecord -q -f S16_LE -r 16000 -t wav | diarize live -o talk.rttm",
         "who speaks now, and the result at the end"}}},
      {"diarize segment",
       {{"diarize segment call.wav", "speech as RTTM on the screen"},
        {"diarize segment call.wav -f csv -o call.csv", "how many people speak in each frame"}}},
      {"diarize convert",
       {{"diarize convert talk.rttm --output talk.srt", ""},
        {"diarize convert talk.json -f vtt,textgrid --names SPEAKER_00=Ann", ""},
        {"diarize convert all.rttm --format eaf --output elan/", "one file for each recording"}}},
      {"diarize score",
       {{"diarize score reference.rttm talk.rttm", ""},
        {"diarize score references/ results/ --per-file --collar 0.5", "every recording of two directories"},
        {"diarize score reference.rttm talk.rttm --json", "for a program"}}},
      {"diarize report",
       {{"diarize report talk.rttm --audio talk.wav --html talk.html", "a page that plays the recording"},
        {"diarize report talk.rttm --plot talk.svg --reference truth.rttm", "a picture with the errors"}}},
      {"diarize assign",
       {{"diarize assign talk.json talk.rttm -o talk.srt", "subtitles with speakers, after diarize talk.wav"},
        {"diarize assign talk.json talk.rttm --audio talk.wav -o talk.html", "a page to correct them on"},
        {"diarize assign talk.srt talk.rttm --names SPEAKER_00=Ann", "text on the screen"}}},
      {"diarize tune",
       {{"diarize tune dev/ dev/ -o params.json", "recordings and their RTTM in one directory"},
        {"diarize new.wav --params params.json", "what it is for"}}},
      {"diarize models", {{"diarize models list", ""}, {"diarize models pull community-1", ""}}},
      {"diarize models list", {{"diarize models list", ""}}},
      {"diarize models pull",
       {{"diarize models pull community-1", "needs an account: run 'hf auth login' first"},
        {"diarize models pull ORG/NAME@REVISION", "any repository of the hub"}}},
      {"diarize models verify", {{"diarize models verify community-1", ""}}},
      {"diarize models path", {{"ls -l \"$(diarize models path starter)\"", ""}}},
      {"diarize models info", {{"diarize models info pytorch_model.bin", ""}}},
      {"diarize models convert",
       {{"diarize models convert community-1 my-model/ --dtype float16", ""},
        {"diarize models convert pytorch_model.bin segmentation.safetensors", ""}}},
      {"diarize voices",
       {{"diarize voices add Ann ann.wav", "enrol a person from a recording of their voice"},
        {"diarize voices identify call.wav", "who of the book speaks there"}}},
      {"diarize voices identify", {{"diarize voices identify call.wav", ""}}},
      {"diarize voices suggest", {{"diarize voices suggest call.wav", "changes nothing"}}},
      {"diarize voices list", {{"diarize voices list --json", ""}}},
      {"diarize voices show", {{"diarize voices show Ann", ""}}},
      {"diarize voices remove", {{"diarize voices remove Ann", ""}}},
      {"diarize voices rename", {{"diarize voices rename Ann \"Ann B.\"", ""}}},
      {"diarize voices export", {{"diarize voices export ann.json Ann", "a book with Ann alone"}}},
      {"diarize voices import", {{"diarize voices import ann.json", ""}}},
      {"diarize voices calibrate", {{"diarize voices calibrate", ""}}},
      {"diarize models remove", {{"diarize models remove community-1", ""}}},
      {"diarize completion",
       {{"diarize completion bash > ~/.local/share/bash-completion/completions/diarize", ""},
        {"diarize completion zsh > ~/.zfunc/_diarize", "with fpath+=~/.zfunc before compinit"},
        {"diarize completion fish > ~/.config/fish/completions/diarize.fish", ""}}}};
  return all;
}

}  // namespace

const std::vector<std::string>& help_groups() {
  static const std::vector<std::string> names = [] {
    // What no group lists is the command's own and comes first.
    std::vector<std::string> list = {"Options"};
    for (const auto& [group, options] : layout()) list.push_back(group);
    return list;
  }();
  return names;
}

std::string help_group(const std::string& option) {
  for (const auto& [group, options] : layout()) {
    if (std::find(options.begin(), options.end(), option) != options.end()) return group;
  }
  return "Options";
}

std::string help_examples(const std::string& command) {
  const auto found = examples().find(command);
  if (found == examples().end()) return {};
  std::string text = "Examples:\n";
  for (const Example& example : found->second) {
    text += "  " + example.command + '\n';
    if (!example.text.empty()) text += "      " + example.text + '\n';
  }
  return text;
}

const std::vector<std::pair<int, std::string>>& exit_code_meanings() {
  static const std::vector<std::pair<int, std::string>> meanings = {
      {0, "done"},
      {1, "a defect of this program, or no memory"},
      {2, "options that contradict each other or lie outside their range"},
      {3, "an input is missing or cannot be read"},
      {4, "an input holds no usable audio"},
      {5, "a model is missing, damaged or of an unknown version"},
      {6, "a result cannot be written"},
      {7, "the device is not in this build or machine"},
      {8, "a download failed"},
      {9, "cancelled: Ctrl-C or SIGTERM"}};
  return meanings;
}

const std::vector<std::pair<std::string, std::string>>& environment_variables() {
  static const std::vector<std::pair<std::string, std::string>> variables = {
      {"DIARIZE_MODEL", "Model that runs without --model: a directory or the name of an installed set."},
      {"DIARIZE_MANIFEST", "A file with further model sets, for 'diarize models'."},
      {"NO_COLOR", "When set and not empty: no colours, unless --color always asks for them."},
      {"DIAR_SIMD",
       "Instruction set of the kernels: ssse3, sse4, avx2 or avx512. The best there is without it."},
      {"DIAR_BF16", "Products of --speed faster: 0 float32, 1 bfloat16. By itself what is faster here."},
      {"HF_HOME, HF_HUB_CACHE", "Where downloaded models lie, as for Hugging Face's own programs."},
      {"HF_TOKEN", "Token for models that need an account. Without it, that of 'hf auth login'."},
      {"HF_ENDPOINT", "A mirror of the hub."},
      {"HF_HUB_OFFLINE", "1 forbids downloads."}};
  return variables;
}

}  // namespace diar::cli
