# Puts the report's page, style and script (real files in src/io/formats/report) into the library as literals.
set(folder ${PROJECT_SOURCE_DIR}/src/io/formats/report)

# diar_embed_text(OUT_VARIABLE FUNCTION files...): a C++ function that returns the files' text, one after the other.
function(diar_embed_text out function)
  set(literals "")
  foreach(file IN LISTS ARGN)
    set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${file})
    file(READ ${file} text)
    if(text MATCHES "\\)text\"")
      message(FATAL_ERROR "${file} holds the end mark of its literal")
    endif()
    string(LENGTH "${text}" length)
    # A literal may hold 64 KiB at most in a strictly conforming compiler, so each file is one of its own.
    if(length GREATER 60000)
      message(FATAL_ERROR "${file} is too long for one literal: split it")
    endif()
    string(APPEND literals "\n      R\"text(${text})text\"")
  endforeach()
  set(${out} "const char* ${function}() noexcept {\n  return ${literals};\n}\n" PARENT_SCOPE)
endfunction()

# In this order: each file uses what stands before it.
set(scripts text.js format_text.js model.js edits.js autosave.js transcript.js exports.js transcript_exports.js scoring.js player.js
    drawing.js timeline.js pointer.js speakers.js rows.js turn_list.js search.js corrections.js page.js keys.js)
list(TRANSFORM scripts PREPEND ${folder}/)
diar_embed_text(DIAR_REPORT_PAGE report_page ${folder}/report.html)
diar_embed_text(DIAR_REPORT_STYLE report_style ${folder}/report.css)
diar_embed_text(DIAR_REPORT_SCRIPT report_script ${scripts})
file(CONFIGURE OUTPUT ${PROJECT_BINARY_DIR}/generated/report_template.cc @ONLY CONTENT
"#include \"io/formats/report_template.h\"

namespace diar {

@DIAR_REPORT_PAGE@
@DIAR_REPORT_STYLE@
@DIAR_REPORT_SCRIPT@
}  // namespace diar
")
