# The man page and the shells' completions: printed by the command itself, so that they say what --help says.
if(NOT TARGET diarize)
  return()
endif()
if(CMAKE_CROSSCOMPILING AND NOT CMAKE_CROSSCOMPILING_EMULATOR)
  message(STATUS "No man page and no completions: the command cannot run on this machine")
  return()
endif()
# Debian reads other folders for packages than for what is installed by hand.
set(DIAR_ZSH_COMPLETIONS ${CMAKE_INSTALL_DATADIR}/zsh/site-functions CACHE STRING "Where zsh looks for completions")

set(folder ${PROJECT_BINARY_DIR}/command-files)
file(MAKE_DIRECTORY ${folder})
set(files "")
# diar_command_file(NAME words...): what the command prints, in a file.
macro(diar_command_file name)
  # Not the sets of the person who builds.
  add_custom_command(OUTPUT ${folder}/${name} DEPENDS diarize VERBATIM
                     COMMAND ${CMAKE_COMMAND} -E env --unset=DIARIZE_MANIFEST $<TARGET_FILE:diarize> ${ARGN} > ${folder}/${name})
  list(APPEND files ${folder}/${name})
endmacro()
diar_command_file(diarize.1 man-page)
diar_command_file(diarize completion bash)
diar_command_file(_diarize completion zsh)
diar_command_file(diarize.fish completion fish)
add_custom_target(diar_command_files ALL DEPENDS ${files})

if(DIAR_INSTALL)
  add_dependencies(diar_installed diar_command_files)
  install(FILES ${folder}/diarize.1 DESTINATION ${CMAKE_INSTALL_MANDIR}/man1 COMPONENT command)
  install(FILES ${folder}/diarize DESTINATION ${CMAKE_INSTALL_DATADIR}/bash-completion/completions COMPONENT command)
  install(FILES ${folder}/_diarize DESTINATION ${DIAR_ZSH_COMPLETIONS} COMPONENT command)
  install(FILES ${folder}/diarize.fish DESTINATION ${CMAKE_INSTALL_DATADIR}/fish/vendor_completions.d COMPONENT command)
endif()
