# The Debian package of the command (`make deb`): the component `command`, with what Debian wants of a package.
#   DIAR_DEBIAN  ON: install Debian's own files as well; the preset `deb` sets it
option(DIAR_DEBIAN "Install what a Debian package holds besides: copyright and changelog" OFF)
# A release names a person (docs/dev/releasing.md); a package that somebody builds for themselves is theirs.
set(DIAR_MAINTAINER "diarize.cpp, built locally <root@localhost>" CACHE STRING "Maintainer of the Debian package")
if(NOT TARGET diarize)
  return()
endif()

if(DIAR_DEBIAN)
  set(packaging ${PROJECT_SOURCE_DIR}/packaging/debian)
  set(documents ${CMAKE_INSTALL_DATADIR}/doc/diarize)
  # Newest release of CHANGELOG.md: "## 0.1.0 - 2026-12-01".
  file(STRINGS ${PROJECT_SOURCE_DIR}/CHANGELOG.md heading REGEX "^## ${PROJECT_VERSION} - " LIMIT_COUNT 1)
  string(REGEX MATCH "[0-9]+-[0-9]+-[0-9]+" DIAR_RELEASE_DATE "${heading}")
  if(NOT DIAR_RELEASE_DATE)
    string(TIMESTAMP DIAR_RELEASE_DATE "%Y-%m-%d" UTC)
  endif()
  execute_process(COMMAND date -R -u -d ${DIAR_RELEASE_DATE} OUTPUT_VARIABLE DIAR_RELEASE_DATE OUTPUT_STRIP_TRAILING_WHITESPACE
                  COMMAND_ERROR_IS_FATAL ANY)
  configure_file(${packaging}/changelog.in ${PROJECT_BINARY_DIR}/debian/changelog @ONLY)
  install(FILES ${packaging}/copyright ${PROJECT_SOURCE_DIR}/NOTICE ${PROJECT_BINARY_DIR}/debian/changelog
          DESTINATION ${documents} COMPONENT command)
endif()

set(CPACK_PACKAGE_NAME diarize)
set(CPACK_PACKAGE_VENDOR "diarize.cpp")
set(CPACK_PACKAGE_CONTACT "${DIAR_MAINTAINER}")
set(CPACK_PACKAGE_DESCRIPTION_SUMMARY "Who spoke when: speaker diarization of any recording")
set(CPACK_STRIP_FILES ON)
set(CPACK_GENERATOR DEB)
# One package of one component.
set(CPACK_COMPONENTS_ALL command)
set(CPACK_DEB_COMPONENT_INSTALL ON)
set(CPACK_DEBIAN_COMMAND_PACKAGE_NAME diarize)
set(CPACK_DEBIAN_COMMAND_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_COMMAND_DESCRIPTION "The command diarize reads audio and video files and writes who speaks when
as RTTM, JSON, CSV, subtitles, TextGrid, ELAN and other formats, or as a page
to look at, listen to and correct. It runs on the CPU, without Python, and a
small model is included.")
set(CPACK_DEBIAN_COMMAND_PACKAGE_SECTION sound)
set(CPACK_DEBIAN_PACKAGE_PRIORITY optional)
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS ON)
# Permissions of the tree must not depend on the umask of the person who builds.
set(CPACK_INSTALL_DEFAULT_DIRECTORY_PERMISSIONS OWNER_READ OWNER_WRITE OWNER_EXECUTE GROUP_READ GROUP_EXECUTE WORLD_READ
    WORLD_EXECUTE)
set(CPACK_PRE_BUILD_SCRIPTS ${PROJECT_SOURCE_DIR}/cmake/package/compress_documents.cmake)
include(CPack)
