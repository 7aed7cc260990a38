// The environment variables that huggingface_hub reads, in; where and how to download, out.
#pragma once

#include <filesystem>
#include <string>

namespace diar {

struct HubSettings {
  std::string endpoint;  ///< without a slash at the end and without a password: safe to show
  std::string user;      ///< of HF_ENDPOINT; empty: none
  std::string password;
  std::filesystem::path cache;      ///< holds models--ORG--NAME/
  std::string token;                ///< empty: anonymous
  std::string token_source;         ///< "HF_TOKEN" or the token file's path, for messages
  bool offline = false;             ///< HF_HUB_OFFLINE
  double connect_timeout_s = 10.0;  ///< HF_HUB_ETAG_TIMEOUT
  double stall_timeout_s = 20.0;  ///< HF_HUB_DOWNLOAD_TIMEOUT: this long without a byte breaks a transfer off
};

/// Throws `NetworkError` on an endpoint that is no http(s) address or a token with control characters.
HubSettings read_hub_settings();

}  // namespace diar
