// The pieces of the report's page, compiled in from src/io/formats/report/ by cmake/DiarReport.cmake.
#pragma once

namespace diar {

/// The page with `{{title}}`, `{{style}}`, `{{script}}`, `{{data}}` and `{{audio}}` to be filled in.
const char* report_page() noexcept;
const char* report_style() noexcept;
const char* report_script() noexcept;

}  // namespace diar
