// What a project sees of the library that it includes: the headers.
#include <diar/annotation.h>

double first_start(const diar::Annotation& annotation) {
  return annotation.empty() ? 0.0 : annotation.turns().front().segment.start_s;
}
