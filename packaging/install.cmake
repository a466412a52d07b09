# What `cmake --install` puts where; debian/*.install says which package has what.

install(TARGETS np2nft shared)
install(FILES ${ARCHIVE} DESTINATION ${CMAKE_INSTALL_LIBDIR})
install(FILES include/np2nft.h DESTINATION ${CMAKE_INSTALL_INCLUDEDIR})
configure_file(packaging/np2nft.pc.in packaging/np2nft.pc @ONLY)
install(FILES ${PROJECT_BINARY_DIR}/packaging/np2nft.pc DESTINATION ${CMAKE_INSTALL_LIBDIR}/pkgconfig)

file(GLOB PAGES CONFIGURE_DEPENDS RELATIVE ${PROJECT_SOURCE_DIR}/man man/*.1.in)
foreach(PAGE ${PAGES})
  string(REPLACE .in "" NAME ${PAGE})
  configure_file(man/${PAGE} man/${NAME} @ONLY)
  install(FILES ${PROJECT_BINARY_DIR}/man/${NAME} DESTINATION ${CMAKE_INSTALL_MANDIR}/man1)
endforeach()

install(FILES man/kubectl_complete-np2nft.1 DESTINATION ${CMAKE_INSTALL_MANDIR}/man1)

install(FILES completions/np2nft.bash RENAME np2nft
        DESTINATION ${CMAKE_INSTALL_DATADIR}/bash-completion/completions)
install(FILES completions/np2nft.fish DESTINATION ${CMAKE_INSTALL_DATADIR}/fish/vendor_completions.d)
# Debian's zsh looks for what packages install elsewhere than for what others do.
if(CMAKE_INSTALL_PREFIX STREQUAL /usr)
  install(FILES completions/_np2nft DESTINATION ${CMAKE_INSTALL_DATADIR}/zsh/vendor-completions)
else()
  install(FILES completions/_np2nft DESTINATION ${CMAKE_INSTALL_DATADIR}/zsh/site-functions)
endif()

configure_file(packaging/np2nft.service.in packaging/np2nft.service @ONLY)
install(FILES ${PROJECT_BINARY_DIR}/packaging/np2nft.service deploy/np2nft-agent.service
        DESTINATION lib/systemd/system)
install(PROGRAMS deploy/kubectl-np2nft deploy/kubectl_complete-np2nft DESTINATION ${CMAKE_INSTALL_BINDIR})

install(FILES README.md LICENSE SECURITY.md docs/ruleset.md docs/json.md docs/json-schema.json docs/lint.md docs/ci.md
        docs/dependencies.md docs/deploy.md docs/scale.md docs/audit.md
        DESTINATION ${CMAKE_INSTALL_DOCDIR})
install(DIRECTORY rules/ DESTINATION ${CMAKE_INSTALL_DOCDIR}/examples)
