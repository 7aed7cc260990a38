#include <cstdio>

#include "io/formats/markup.h"
#include "io/formats/plot/canvas.h"

namespace diar {
namespace {

// Hundredths of a pixel are finer than any printer at this size.
std::string number(double value) {
  char text[64];
  const int length = std::snprintf(text, sizeof(text), "%.2f", value);
  std::string_view digits(text, static_cast<std::size_t>(length));
  while (digits.ends_with('0')) digits.remove_suffix(1);
  if (digits.ends_with('.')) digits.remove_suffix(1);
  return digits == "-0" ? "0" : std::string(digits);
}

std::string hexadecimal(Colour colour) {
  char text[8];
  std::snprintf(text, sizeof(text), "#%02x%02x%02x", colour.red, colour.green, colour.blue);
  return text;
}

class SvgCanvas final : public Canvas {
 public:
  SvgCanvas(double width, double height) {
    svg_ = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"" +
           number(width) + "\" height=\"" + number(height) + "\" viewBox=\"0 0 " + number(width) + " " +
           number(height) + "\" font-family=\"Helvetica, Arial, sans-serif\">\n";
  }

  void fill(std::span<const Rectangle> rectangles, Colour colour) override {
    if (rectangles.empty()) return;
    svg_ += "<path fill=\"" + hexadecimal(colour) + "\" d=\"";
    for (const Rectangle& box : rectangles) {
      svg_ += "M" + number(box.x) + " " + number(box.y) + "h" + number(box.width) + "v" + number(box.height) +
              "h" + number(-box.width) + "z";
    }
    svg_ += "\"/>\n";
  }

  void write(double x, double y, std::string_view text, const TextStyle& style) override {
    svg_ += "<text x=\"" + number(x) + "\" y=\"" + number(y) + "\" font-size=\"" + number(style.size_px) +
            "\" fill=\"" + hexadecimal(style.colour) + "\"";
    if (style.anchor != TextAnchor::kStart) {
      svg_ += style.anchor == TextAnchor::kMiddle ? " text-anchor=\"middle\"" : " text-anchor=\"end\"";
    }
    if (style.bold) svg_ += " font-weight=\"bold\"";
    svg_ += ">" + escape_markup(text) + "</text>\n";
  }

  std::string finish() override { return svg_ + "</svg>\n"; }

 private:
  std::string svg_;
};

}  // namespace

std::unique_ptr<Canvas> make_svg_canvas(double width, double height) {
  return std::make_unique<SvgCanvas>(width, height);
}

}  // namespace diar
