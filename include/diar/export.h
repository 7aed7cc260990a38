// Marks what the shared libraries export; nothing else is visible outside them.
#pragma once

#if defined(DIAR_STATIC)
#define DIAR_API
#else
#define DIAR_API __attribute__((visibility("default")))
#endif
