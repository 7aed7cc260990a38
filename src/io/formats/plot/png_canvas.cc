#include <cairo.h>

#include <cmath>

#include "diar/errors.h"
#include "io/formats/plot/canvas.h"

namespace diar {
namespace {

struct SurfaceDeleter {
  void operator()(cairo_surface_t* surface) const { cairo_surface_destroy(surface); }
};
struct ContextDeleter {
  void operator()(cairo_t* context) const { cairo_destroy(context); }
};

void check(cairo_status_t status) {
  if (status != CAIRO_STATUS_SUCCESS) {
    throw OutputError(std::string("cannot draw the picture: ") + cairo_status_to_string(status));
  }
}

class PngCanvas final : public Canvas {
 public:
  PngCanvas(double width, double height, double scale)
      : surface_(cairo_image_surface_create(CAIRO_FORMAT_RGB24, static_cast<int>(std::lround(width * scale)),
                                            static_cast<int>(std::lround(height * scale)))),
        context_(cairo_create(surface_.get())) {
    check(cairo_surface_status(surface_.get()));
    cairo_scale(context_.get(), scale, scale);
  }

  void fill(std::span<const Rectangle> rectangles, Colour colour) override {
    set(colour);
    for (const Rectangle& box : rectangles) {
      cairo_rectangle(context_.get(), box.x, box.y, box.width, box.height);
    }
    cairo_fill(context_.get());
  }

  void write(double x, double y, std::string_view text, const TextStyle& style) override {
    const std::string terminated(text);
    set(style.colour);
    cairo_select_font_face(context_.get(), "sans-serif", CAIRO_FONT_SLANT_NORMAL,
                           style.bold ? CAIRO_FONT_WEIGHT_BOLD : CAIRO_FONT_WEIGHT_NORMAL);
    cairo_set_font_size(context_.get(), style.size_px);
    cairo_text_extents_t extents;
    cairo_text_extents(context_.get(), terminated.c_str(), &extents);
    const double share = style.anchor == TextAnchor::kStart    ? 0.0
                         : style.anchor == TextAnchor::kMiddle ? 0.5
                                                               : 1.0;
    cairo_move_to(context_.get(), x - share * extents.x_advance, y);
    cairo_show_text(context_.get(), terminated.c_str());
  }

  std::string finish() override {
    check(cairo_status(context_.get()));
    std::string bytes;
    const auto append = [](void* out, const unsigned char* data, unsigned int length) {
      static_cast<std::string*>(out)->append(reinterpret_cast<const char*>(data), length);
      return CAIRO_STATUS_SUCCESS;
    };
    check(cairo_surface_write_to_png_stream(surface_.get(), append, &bytes));
    return bytes;
  }

 private:
  void set(Colour colour) {
    cairo_set_source_rgb(context_.get(), colour.red / 255.0, colour.green / 255.0, colour.blue / 255.0);
  }

  std::unique_ptr<cairo_surface_t, SurfaceDeleter> surface_;
  std::unique_ptr<cairo_t, ContextDeleter> context_;
};

}  // namespace

std::unique_ptr<Canvas> make_png_canvas(double width, double height, double scale) {
  return std::make_unique<PngCanvas>(width, height, scale);
}

}  // namespace diar
