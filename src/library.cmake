# What other programs link: a shared library and an archive.  Both show the symbols of np2nft.h and no others.
#
# All objects are joined to one, which link-time optimization compiles to the end here and once: the program,
# the library and the archive are made of the same code, and the archive links without such optimization.
set(JOINED ${PROJECT_BINARY_DIR}/np2nft.o)
set(JOIN ${CMAKE_C_COMPILER} -r -nostdlib)
if(CMAKE_BUILD_TYPE STREQUAL Release AND CMAKE_INTERPROCEDURAL_OPTIMIZATION_RELEASE)
  separate_arguments(FLAGS UNIX_COMMAND "${CMAKE_C_FLAGS} ${CMAKE_C_FLAGS_RELEASE}")
  list(APPEND JOIN ${FLAGS} ${CMAKE_C_COMPILE_OPTIONS_IPO} -fPIC -flinker-output=nolto-rel)
endif()
add_custom_command(OUTPUT ${JOINED} COMMAND ${JOIN} -o ${JOINED} $<TARGET_OBJECTS:objects>
                   DEPENDS objects $<TARGET_OBJECTS:objects> COMMAND_EXPAND_LISTS VERBATIM)

# In the archive's object, what is hidden from other objects of a library is hidden from all others.
set(ARCHIVE ${PROJECT_BINARY_DIR}/libnp2nft.a)
add_custom_command(OUTPUT ${ARCHIVE}
                   COMMAND ${CMAKE_OBJCOPY} --localize-hidden ${JOINED} np2nft-alone.o
                   COMMAND ${CMAKE_COMMAND} -E rm -f ${ARCHIVE}
                   COMMAND ${CMAKE_AR} rcsD ${ARCHIVE} np2nft-alone.o
                   WORKING_DIRECTORY ${PROJECT_BINARY_DIR} DEPENDS ${JOINED} VERBATIM)
add_custom_target(make_archive ALL DEPENDS ${ARCHIVE})
add_library(archive STATIC IMPORTED)
add_dependencies(archive make_archive)
set_target_properties(archive PROPERTIES IMPORTED_LOCATION ${ARCHIVE})
target_include_directories(archive INTERFACE include)
target_link_libraries(archive INTERFACE PkgConfig::YAML PkgConfig::NFTNL m ${CMAKE_DL_LIBS})

add_library(shared SHARED ${JOINED})
set_target_properties(shared PROPERTIES OUTPUT_NAME np2nft VERSION ${PROJECT_VERSION} SOVERSION 0
                      LINKER_LANGUAGE C INTERPROCEDURAL_OPTIMIZATION OFF
                      LINK_DEPENDS ${PROJECT_SOURCE_DIR}/src/np2nft.map)
add_dependencies(shared make_archive)
target_link_libraries(shared PRIVATE PkgConfig::YAML PkgConfig::NFTNL m ${CMAKE_DL_LIBS})
target_link_options(shared PRIVATE -Wl,--version-script=${PROJECT_SOURCE_DIR}/src/np2nft.map)
