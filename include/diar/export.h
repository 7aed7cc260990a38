// Marks what the libraries export; their shared builds show nothing else.
#pragma once

#define DIAR_API __attribute__((visibility("default")))
