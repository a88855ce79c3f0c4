# The Debian package of the daemon, the CLI, the HSM worker and kaito-boot: `./dev package`, or cpack -G DEB in a release build.
if(NOT (TARGET kaitod AND TARGET kaito AND TARGET kaito-hsm-worker AND TARGET kaito-boot))
  return()
endif()

set(packaging "${CMAKE_SOURCE_DIR}/appliance/daemon/packaging")
set(documents share/doc/kaito)

install(TARGETS kaitod kaito-boot RUNTIME DESTINATION sbin)
install(TARGETS kaito RUNTIME DESTINATION bin)
install(TARGETS kaito-hsm-worker RUNTIME DESTINATION libexec/kaito)
install(FILES "${packaging}/kaitod.conf" DESTINATION /etc/kaito)
install(FILES "${packaging}/kaitod.service" "${packaging}/kaitod.socket"
              "${CMAKE_SOURCE_DIR}/appliance/boot/packaging/kaito-boot.service" DESTINATION lib/systemd/system)
install(FILES "${packaging}/kaito.sysusers" DESTINATION lib/sysusers.d RENAME kaito.conf)
install(FILES "${packaging}/kaito.tmpfiles" DESTINATION lib/tmpfiles.d RENAME kaito.conf)
install(FILES "${packaging}/copyright" "${CMAKE_SOURCE_DIR}/docs/operators-manual.md"
              "${CMAKE_SOURCE_DIR}/docs/threat-model.md" DESTINATION ${documents})
execute_process(COMMAND gzip --best --no-name --stdout INPUT_FILE "${packaging}/changelog"
                OUTPUT_FILE "${CMAKE_BINARY_DIR}/changelog.gz" COMMAND_ERROR_IS_FATAL ANY)
install(FILES "${CMAKE_BINARY_DIR}/changelog.gz" DESTINATION ${documents})

set(CPACK_GENERATOR DEB)
set(CPACK_PACKAGE_NAME kaito)
set(CPACK_PACKAGE_VENDOR "The Kaito Appliance authors")
set(CPACK_PACKAGE_CONTACT "The Kaito Appliance authors <maintainers@localhost>")
set(CPACK_PACKAGE_DESCRIPTION_SUMMARY "vault that keeps TOTP seeds and hands out codes")
set(CPACK_PACKAGE_DESCRIPTION
    "Kaito keeps an organisation's TOTP seeds under keys that never leave an HSM,\nand hands out codes over HTTPS, each one audited before it leaves.")
set(CPACK_PACKAGING_INSTALL_PREFIX /usr)
set(CPACK_STRIP_FILES ON)
set(CPACK_VERBATIM_VARIABLES ON)

set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_PACKAGE_SECTION admin)
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS ON)
# The PKCS#11 module is loaded by name, so nothing links it; so is what reaches a TPM; the maintainer scripts call
# systemd's tools, and kaito-boot those of the file system.
set(CPACK_DEBIAN_PACKAGE_DEPENDS "softhsm2, e2fsprogs, udev, systemd | systemd-standalone-sysusers, systemd | systemd-standalone-tmpfiles")
set(CPACK_DEBIAN_PACKAGE_RECOMMENDS "libtss2-tcti-device0 | libtss2-tcti-device0t64")
file(WRITE "${CMAKE_BINARY_DIR}/conffiles" "/etc/kaito/kaitod.conf\n")
set(CPACK_DEBIAN_PACKAGE_CONTROL_EXTRA "${packaging}/postinst" "${packaging}/prerm" "${packaging}/postrm"
    "${CMAKE_BINARY_DIR}/conffiles")
set(CPACK_DEBIAN_PACKAGE_CONTROL_STRICT_PERMISSION ON)
include(CPack)
