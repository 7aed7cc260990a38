// Marks what the shared library exports; nothing else is visible outside it.
#pragma once

#if defined(DIAR_STATIC) || defined(DIAR_BUILDING_STATIC)
#define DIAR_API
#elif defined(_WIN32)
#ifdef DIAR_BUILDING_LIBRARY
#define DIAR_API __declspec(dllexport)
#else
#define DIAR_API __declspec(dllimport)
#endif
#else
#define DIAR_API __attribute__((visibility("default")))
#endif
