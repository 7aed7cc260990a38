// A result in, the JSON text that a report's page is drawn from out.
#pragma once

#include <string>

#include "diar/io/report.h"

namespace diar {

/// Safe inside a script element. Times are the exact doubles, so that the page can write every format as the
/// library does.
std::string report_data(const ResultDocument& document, const HtmlReportOptions& options,
                        const std::string& title);

}  // namespace diar
