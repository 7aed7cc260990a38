#include "voice_flags.h"

#include <algorithm>

namespace diar::cli {

void BookFlags::add_to(CLI::App& app) {
  app.add_option("--book", book,
                 "The book of voices (default: that of DIARIZE_VOICES, else voices.json of your own data)")
      ->type_name("FILE");
}

std::filesystem::path BookFlags::path() const {
  return book.empty() ? default_voice_book() : std::filesystem::path(book);
}

void IdentifyFlags::add_to(CLI::App& app) {
  app.add_option("--identify-only", options.only, "Give no other names than these")
      ->delimiter(',')
      ->allow_extra_args(false)
      ->type_name("NAME,...");
  app.add_option("--voice-threshold", options.threshold,
                 "How probable a name must be (default 0.95; docs/voices.md)")
      ->check(CLI::Range(0.001, 0.999999))
      ->type_name("N");
  app.add_option("--voice-margin", options.margin,
                 "By how much the person must lead the next one, in natural logarithms (default 1.5)")
      ->check(CLI::Range(0.0, 1e3))
      ->type_name("N");
}

void VoiceFlags::add_to(CLI::App& app) {
  option_ = app.add_option("--voices", book,
                           "Give speakers the names of the people in this book of voices (default: your own)")
                ->expected(0, 1)
                ->type_name("[BOOK]");
  identify.add_to(app);
}

std::optional<VoiceBook> VoiceFlags::read() const {
  if (!wanted()) {
    if (!identify.options.only.empty())
      throw InvalidArgument("--identify-only chooses among the names of a book: add --voices");
    return std::nullopt;
  }
  return read_voice_book(path());
}

std::filesystem::path VoiceFlags::path() const {
  return book.empty() || book[0].empty() ? default_voice_book() : std::filesystem::path(book[0]);
}

VoiceBook book_to_extend(const VoiceFlags& flags, const std::string& name) {
  if (!flags.wanted())
    throw InvalidArgument("--add-strangers needs the book that they go into: add --voices");
  VoiceBook trial;
  trial.add(name + " 1", {{1.0f}, {}, 0.0, {}}, "any");
  return std::filesystem::exists(flags.path()) ? *flags.read() : VoiceBook();
}

VoiceMatcher matcher_of(const VoiceBook& book, const Engine& engine) {
  return VoiceMatcher(book, engine.voice_scoring(), engine.encoder_id(), engine.voice_calibration());
}

SpeakerNames names_of(const std::vector<SpeakerIdentity>& identities, const SpeakerNames& given) {
  SpeakerNames names;
  for (const SpeakerIdentity& identity : identities) {
    const bool taken = std::any_of(given.begin(), given.end(),
                                   [&](const auto& name) { return name.second == identity.name; });
    if (!identity.name.empty() && !taken && !given.contains(identity.speaker))
      names.emplace(identity.speaker, identity.name);
  }
  return names;
}

}  // namespace diar::cli
