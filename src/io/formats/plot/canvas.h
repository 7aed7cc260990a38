// Rectangles and text in, a picture's bytes out: all that a timeline needs, the same for SVG and PNG.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>

namespace diar {

struct Colour {
  std::uint8_t red = 0;
  std::uint8_t green = 0;
  std::uint8_t blue = 0;
};

struct Rectangle {
  double x = 0.0;
  double y = 0.0;
  double width = 0.0;
  double height = 0.0;
};

enum class TextAnchor { kStart, kMiddle, kEnd };

struct TextStyle {
  double size_px = 12.0;
  Colour colour;
  TextAnchor anchor = TextAnchor::kStart;
  bool bold = false;
};

/// Units are CSS pixels, the origin is the top left corner. Later calls paint over earlier ones. Not
/// thread-safe.
class Canvas {
 public:
  virtual ~Canvas() = default;
  /// One shape of all of them: where they overlap they are painted once.
  virtual void fill(std::span<const Rectangle> rectangles, Colour colour) = 0;
  /// `y` is the base line. `text` must be valid UTF-8 without control characters.
  virtual void write(double x, double y, std::string_view text, const TextStyle& style) = 0;
  /// The file's bytes; once, at the end.
  virtual std::string finish() = 0;
};

std::unique_ptr<Canvas> make_svg_canvas(double width, double height);
/// Throws `OutputError` where the library was built without cairo, or when the picture is too large for it.
std::unique_ptr<Canvas> make_png_canvas(double width, double height, double scale);

}  // namespace diar
