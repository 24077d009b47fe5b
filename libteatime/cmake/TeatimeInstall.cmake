# Installs whatever the folders declared: libraries with their headers, programs, sample modules,
# and the package that find_package(teatime) finds. Included last.
include(CMakePackageConfigHelpers)

set(package_dir ${CMAKE_INSTALL_LIBDIR}/cmake/teatime)

# targets_below(<folder> <type> <out>): targets of a type that a folder and those below it declare.
function(targets_below folder type out)
    set(found)
    get_property(targets DIRECTORY ${folder} PROPERTY BUILDSYSTEM_TARGETS)
    foreach(target IN LISTS targets)
        get_target_property(target_type ${target} TYPE)
        if(target_type STREQUAL type)
            list(APPEND found ${target})
        endif()
    endforeach()
    get_property(folders DIRECTORY ${folder} PROPERTY SUBDIRECTORIES)
    foreach(below IN LISTS folders)
        targets_below(${below} ${type} more)
        list(APPEND found ${more})
    endforeach()
    set(${out} ${found} PARENT_SCOPE)
endfunction()

get_property(libraries GLOBAL PROPERTY TEATIME_LIBRARIES)
install(TARGETS ${libraries} EXPORT teatimeTargets)
get_property(include_folders GLOBAL PROPERTY TEATIME_INCLUDE_FOLDERS)
list(REMOVE_DUPLICATES include_folders)
foreach(folder IN LISTS include_folders)
    install(DIRECTORY ${folder}/ DESTINATION ${CMAKE_INSTALL_INCLUDEDIR} FILES_MATCHING PATTERN "*.h")
endforeach()

set(program_folders recorder replayer cli)
if(TEATIME_INSPECTOR)
    list(APPEND program_folders inspector-gui)
endif()
foreach(folder IN LISTS program_folders)
    targets_below(${CMAKE_CURRENT_SOURCE_DIR}/${folder} EXECUTABLE programs)
    if(programs)
        install(TARGETS ${programs})
    endif()
endforeach()
targets_below(${CMAKE_CURRENT_SOURCE_DIR}/samples MODULE_LIBRARY modules)
if(modules)
    install(TARGETS ${modules} LIBRARY DESTINATION ${CMAKE_INSTALL_LIBDIR}/teatime/modules)
endif()

configure_package_config_file(libteatime/cmake/teatimeConfig.cmake.in
    ${CMAKE_CURRENT_BINARY_DIR}/teatimeConfig.cmake
    INSTALL_DESTINATION ${package_dir} PATH_VARS CMAKE_INSTALL_INCLUDEDIR)
write_basic_package_version_file(${CMAKE_CURRENT_BINARY_DIR}/teatimeConfigVersion.cmake
    COMPATIBILITY SameMinorVersion)
install(EXPORT teatimeTargets NAMESPACE teatime:: DESTINATION ${package_dir})
install(FILES
    ${CMAKE_CURRENT_BINARY_DIR}/teatimeConfig.cmake
    ${CMAKE_CURRENT_BINARY_DIR}/teatimeConfigVersion.cmake
    libteatime/cmake/TeatimeModule.cmake
    libteatime/cmake/TeatimeCodeId.cmake
    DESTINATION ${package_dir})
