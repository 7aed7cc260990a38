// Work in, the same work done on a stack that is large enough for other projects' code.
#pragma once

#include <functional>

namespace diar {

/// Runs `work` and returns when it is done: on this thread where its stack has half a megabyte, else on a
/// thread made for it. For libraries that put large arrays on the stack (libopus), as threads and `ulimit -s`
/// may be small. Where no thread can be made, `work` runs on this one. Throws what `work` throws. Any number
/// of threads at a time.
void on_deep_stack(const std::function<void()>& work);

}  // namespace diar
