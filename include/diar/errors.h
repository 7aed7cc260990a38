// Every failure of the library as a typed exception that carries the command's exit code.
#pragma once

#include <stdexcept>
#include <string>

#include "diar/export.h"

namespace diar {

/// What went wrong, in the order of the exit codes in docs/errors.md.
enum class ErrorCode : int {
  kInternal = 1,   ///< a defect of this program
  kUsage = 2,      ///< contradicting or impossible options
  kInput = 3,      ///< an input file is missing or cannot be opened
  kAudio = 4,      ///< an input was opened but holds no usable audio
  kModel = 5,      ///< a model is missing, damaged or of an unknown kind
  kOutput = 6,     ///< a result cannot be written
  kDevice = 7,     ///< the asked-for device or backend is not there
  kNetwork = 8,    ///< a download failed
  kCancelled = 9,  ///< the caller or the user stopped the run
};

/// Base of all exceptions thrown by libdiar. `what()` is one line that says what to do. Messages quote names
/// from files that nobody vouches for: control characters become '?', and 2000 bytes are the most.
class DIAR_API Error : public std::runtime_error {
 public:
  Error(ErrorCode code, const std::string& message) : std::runtime_error(one_line(message)), code_(code) {}
  ErrorCode code() const noexcept { return code_; }
  /// 1 to 9, see docs/errors.md.
  int exit_code() const noexcept { return static_cast<int>(code_); }

 private:
  static std::string one_line(std::string message);

  ErrorCode code_;
};

/// Options that contradict each other or lie outside their range.
class DIAR_API InvalidArgument : public Error {
 public:
  explicit InvalidArgument(const std::string& message) : Error(ErrorCode::kUsage, message) {}
};

/// An input file that is missing, unreadable, a directory, or text that does not parse (RTTM, UEM).
class DIAR_API InputError : public Error {
 public:
  explicit InputError(const std::string& message) : Error(ErrorCode::kInput, message) {}
};

/// A file without usable audio: not audio, empty, truncated, or NaN/Inf samples.
class DIAR_API AudioError : public Error {
 public:
  explicit AudioError(const std::string& message) : Error(ErrorCode::kAudio, message) {}
};

/// Audio that ends before its file says; `AudioOptions::allow_truncated` takes what is there.
class DIAR_API TruncatedAudio : public AudioError {
 public:
  using AudioError::AudioError;
};

/// A model directory or weight file that is missing, damaged, hostile or of an unknown layout.
class DIAR_API ModelError : public Error {
 public:
  explicit ModelError(const std::string& message) : Error(ErrorCode::kModel, message) {}
};

/// A result that could not be written; nothing partial is left behind.
class DIAR_API OutputError : public Error {
 public:
  explicit OutputError(const std::string& message) : Error(ErrorCode::kOutput, message) {}
};

/// A device that this build or this machine does not have.
class DIAR_API DeviceError : public Error {
 public:
  explicit DeviceError(const std::string& message) : Error(ErrorCode::kDevice, message) {}
};

/// A download that failed; the message names the address and the way out.
class DIAR_API NetworkError : public Error {
 public:
  explicit NetworkError(const std::string& message) : Error(ErrorCode::kNetwork, message) {}
};

/// The progress callback returned false.
class DIAR_API Cancelled : public Error {
 public:
  Cancelled() : Error(ErrorCode::kCancelled, "cancelled") {}
};

}  // namespace diar
