# Installs the command, the library, its headers and the find_package(diar) files.
include(CMakePackageConfigHelpers)
if(TARGET diar)
  get_property(libraries GLOBAL PROPERTY DIAR_LIBRARIES)
  install(TARGETS ${libraries} EXPORT diarTargets LIBRARY DESTINATION ${CMAKE_INSTALL_LIBDIR}
          ARCHIVE DESTINATION ${CMAKE_INSTALL_LIBDIR})
  install(DIRECTORY ${PROJECT_SOURCE_DIR}/include/diar DESTINATION ${CMAKE_INSTALL_INCLUDEDIR})
  install(EXPORT diarTargets NAMESPACE diar:: DESTINATION ${CMAKE_INSTALL_LIBDIR}/cmake/diar)
  configure_package_config_file(${PROJECT_SOURCE_DIR}/cmake/diarConfig.cmake.in
    ${PROJECT_BINARY_DIR}/diarConfig.cmake INSTALL_DESTINATION ${CMAKE_INSTALL_LIBDIR}/cmake/diar)
  write_basic_package_version_file(${PROJECT_BINARY_DIR}/diarConfigVersion.cmake COMPATIBILITY SameMinorVersion)
  install(FILES ${PROJECT_BINARY_DIR}/diarConfig.cmake ${PROJECT_BINARY_DIR}/diarConfigVersion.cmake
    DESTINATION ${CMAKE_INSTALL_LIBDIR}/cmake/diar)
endif()
if(TARGET diarize)
  install(TARGETS diarize RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR})
endif()
if(EXISTS ${PROJECT_SOURCE_DIR}/models/starter)
  install(DIRECTORY ${PROJECT_SOURCE_DIR}/models/starter DESTINATION ${CMAKE_INSTALL_DATADIR}/diar/models)
endif()
