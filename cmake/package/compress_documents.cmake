# Run by CPack on what it has laid out for a package: Debian keeps man pages and changelogs compressed, without time stamps.
file(GLOB_RECURSE files ${CPACK_TEMPORARY_DIRECTORY}/diarize.1 ${CPACK_TEMPORARY_DIRECTORY}/changelog)
if(NOT files)
  message(FATAL_ERROR "No man page in ${CPACK_TEMPORARY_DIRECTORY}")
endif()
foreach(file IN LISTS files)
  execute_process(COMMAND gzip -9nf ${file} COMMAND_ERROR_IS_FATAL ANY)
endforeach()
