// Stands in for png_canvas.cc where cairo is missing.
#include "diar/errors.h"
#include "io/formats/plot/canvas.h"

namespace diar {

std::unique_ptr<Canvas> make_png_canvas(double, double, double) {
  throw OutputError("this build draws no PNG, because cairo was missing; name the plot .svg instead");
}

}  // namespace diar
