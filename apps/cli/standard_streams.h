// A process that may have been started without some of its standard streams in; all three of them taken out.
#pragma once

namespace diar::cli {

/// Holds the numbers of closed standard streams, before anything else is opened: a file that got one of them
/// would receive what is meant for the stream. Using such a stream still fails.
void hold_standard_streams() noexcept;

}  // namespace diar::cli
