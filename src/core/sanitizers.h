// Which sanitizer this is built with: GCC and clang say it in different ways.
#pragma once

#if defined(__has_feature)
#define DIAR_HAS_FEATURE(name) __has_feature(name)
#else
#define DIAR_HAS_FEATURE(name) 0
#endif

#if defined(__SANITIZE_ADDRESS__) || DIAR_HAS_FEATURE(address_sanitizer)
#define DIAR_SANITIZES_ADDRESS 1
#else
#define DIAR_SANITIZES_ADDRESS 0
#endif

#if defined(__SANITIZE_THREAD__) || DIAR_HAS_FEATURE(thread_sanitizer)
#define DIAR_SANITIZES_THREADS 1
#else
#define DIAR_SANITIZES_THREADS 0
#endif
