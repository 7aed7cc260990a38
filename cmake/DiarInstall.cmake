# Installs the command, the libraries with their headers, and what find_package(diar) and pkg-config read.
# Install components: shared, static, development (headers, package files), command (with the bundled models).
include(CMakePackageConfigHelpers)
set(package ${CMAKE_INSTALL_LIBDIR}/cmake/diar)
set(generated ${PROJECT_BINARY_DIR}/package)
get_property(components GLOBAL PROPERTY DIAR_COMPONENTS)

# An archive with the MLX backend would need MLX where it lies now.
set(kinds static)
if(DIAR_WITH_MLX)
  set(kinds "")
  message(STATUS "The static libraries are not installed: they would need this machine's MLX")
endif()
if(DIAR_SHARED)
  list(APPEND kinds shared)
endif()

# One file of targets for each library and kind: a package may hold only some of them, and a static one looks for the
# libraries that its own part needs, no others.
foreach(component IN LISTS components)
  set(library diar_${component})
  set(headers diar/${component})
  if(component STREQUAL "diar")
    set(library diar)
    set(headers diar)
  endif()
  foreach(kind IN LISTS kinds)
    set(target ${library})
    if(kind STREQUAL "static")
      set(target ${library}_archive)
    endif()
    install(TARGETS ${target} EXPORT ${library}_${kind}
            LIBRARY DESTINATION ${CMAKE_INSTALL_LIBDIR} COMPONENT shared NAMELINK_COMPONENT development
            ARCHIVE DESTINATION ${CMAKE_INSTALL_LIBDIR} COMPONENT static)
    install(EXPORT ${library}_${kind} NAMESPACE diar:: DESTINATION ${package} COMPONENT ${kind}
            FILE diar-${component}-${kind}.cmake)
  endforeach()
  file(GLOB files CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/include/${headers}/*.h)
  if(files)
    install(FILES ${files} DESTINATION ${CMAKE_INSTALL_INCLUDEDIR}/${headers} COMPONENT development)
  endif()
endforeach()

configure_package_config_file(${PROJECT_SOURCE_DIR}/cmake/package/diarConfig.cmake.in ${generated}/diarConfig.cmake
                              INSTALL_DESTINATION ${package} NO_CHECK_REQUIRED_COMPONENTS_MACRO)
write_basic_package_version_file(${generated}/diarConfigVersion.cmake COMPATIBILITY SameMinorVersion)
install(FILES ${generated}/diarConfig.cmake ${generated}/diarConfigVersion.cmake DESTINATION ${package}
        COMPONENT development)

# pkg-config: what the archives need is asked for by --static; where there are archives only, always.
set(DIAR_PC_NEEDS Requires.private)
if(NOT DIAR_SHARED)
  set(DIAR_PC_NEEDS Requires)
endif()
set(DIAR_PC_CAIRO "")
if(DIAR_CAIRO_FOUND)
  set(DIAR_PC_CAIRO ", cairo")
endif()
# An installation may be moved, as long as the folders below its prefix are not absolute.
cmake_path(RELATIVE_PATH CMAKE_INSTALL_FULL_LIBDIR BASE_DIRECTORY ${CMAKE_INSTALL_PREFIX} OUTPUT_VARIABLE libdir)
cmake_path(APPEND libdir pkgconfig OUTPUT_VARIABLE DIAR_PC_DIR)
cmake_path(RELATIVE_PATH CMAKE_INSTALL_PREFIX BASE_DIRECTORY ${CMAKE_INSTALL_FULL_LIBDIR}/pkgconfig
           OUTPUT_VARIABLE DIAR_PC_PREFIX)
foreach(component IN LISTS components)
  set(library diar_${component})
  if(component STREQUAL "diar")
    set(library diar)
  endif()
  configure_file(${PROJECT_SOURCE_DIR}/cmake/package/${library}.pc.in ${generated}/${library}.pc @ONLY)
  install(FILES ${generated}/${library}.pc DESTINATION ${CMAKE_INSTALL_LIBDIR}/pkgconfig COMPONENT development)
endforeach()

install(FILES ${PROJECT_SOURCE_DIR}/LICENSE ${PROJECT_SOURCE_DIR}/NOTICE DESTINATION ${CMAKE_INSTALL_DOCDIR}
        COMPONENT development)
if(TARGET diarize)
  install(TARGETS diarize RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR} COMPONENT command)
  install(DIRECTORY ${PROJECT_SOURCE_DIR}/models/starter ${PROJECT_SOURCE_DIR}/models/open DESTINATION ${CMAKE_INSTALL_DATADIR}/diar/models
          COMPONENT command)
endif()

# All that is installed, and nothing else: `make install` builds no tests.
add_custom_target(diar_installed)
foreach(kind_target diarize diar diar_io diar_hub diar_c diar_archive diar_io_archive diar_hub_archive
                    diar_c_archive)
  if(TARGET ${kind_target})
    add_dependencies(diar_installed ${kind_target})
  endif()
endforeach()
