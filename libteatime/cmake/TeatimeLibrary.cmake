# One way to declare a library, program or test of this project.

add_library(teatime_options INTERFACE)  # -Wno-restrict: false alarms on std::string, GCC bug 105651
target_compile_options(teatime_options INTERFACE
    -Wall -Wextra -Wno-restrict -Wshadow -Wnon-virtual-dtor -Woverloaded-virtual -Werror -ffp-contract=off)
if(TEATIME_SANITIZE)
    # Their instrumentation misleads gcc's flow warnings; the other builds keep warnings as errors.
    target_compile_options(teatime_options INTERFACE -Wno-error
        -fsanitize=${TEATIME_SANITIZE} -fno-omit-frame-pointer -fno-sanitize-recover=all)
    target_link_options(teatime_options INTERFACE -fsanitize=${TEATIME_SANITIZE})
    target_compile_definitions(teatime_options INTERFACE BOOST_ASIO_DISABLE_FENCED_BLOCK)  # TSan knows no fences
endif()

# teatime_library(<part> [SHARED] SOURCES ... PUBLIC <libs> PRIVATE <libs>): library teatime_<part>,
# alias teatime::<part>, public headers in <source folder>/../include.
function(teatime_library part)
    cmake_parse_arguments(arg "SHARED" "INCLUDE" "SOURCES;PUBLIC;PRIVATE" ${ARGN})
    set(kind STATIC)
    if(arg_SHARED)
        set(kind SHARED)
    endif()
    add_library(teatime_${part} ${kind} ${arg_SOURCES})
    add_library(teatime::${part} ALIAS teatime_${part})
    target_include_directories(teatime_${part}
        PUBLIC $<BUILD_INTERFACE:${arg_INCLUDE}> $<INSTALL_INTERFACE:${CMAKE_INSTALL_INCLUDEDIR}>
        PRIVATE ${CMAKE_CURRENT_SOURCE_DIR})
    target_link_libraries(teatime_${part}
        PUBLIC ${arg_PUBLIC} PRIVATE ${arg_PRIVATE} $<BUILD_INTERFACE:teatime_options>)
    target_compile_features(teatime_${part} PUBLIC cxx_std_20)
    set_target_properties(teatime_${part} PROPERTIES EXPORT_NAME ${part})
    set_property(GLOBAL APPEND PROPERTY TEATIME_LIBRARIES teatime_${part})
    set_property(GLOBAL APPEND PROPERTY TEATIME_INCLUDE_FOLDERS ${arg_INCLUDE})
endfunction()

set_property(GLOBAL PROPERTY TEATIME_MODULE_HEADER
    ${PROJECT_SOURCE_DIR}/libteatime/include/teatime/island/module.h)
include(TeatimeModule)

# Builds the tests that also run under the thread sanitizer.
add_custom_target(threaded_tests)

# teatime_test(<name> SOURCES ... LIBS ... [LABELS threads ...]): a QtTest program, run by CTest
# under its name; what the labels mean stands in tests/run.sh.
function(teatime_test name)
    cmake_parse_arguments(arg "" "" "SOURCES;LIBS;LABELS" ${ARGN})
    add_executable(${name} ${arg_SOURCES})
    set_target_properties(${name} PROPERTIES AUTOMOC ON)
    target_link_libraries(${name} PRIVATE ${arg_LIBS} Qt6::Test teatime_options)
    add_test(NAME ${name} COMMAND ${name})
    set_tests_properties(${name} PROPERTIES LABELS "${arg_LABELS}" TIMEOUT 900)
    if(TEATIME_SANITIZE STREQUAL thread)
        set_tests_properties(${name} PROPERTIES
            ENVIRONMENT TSAN_OPTIONS=suppressions=${PROJECT_SOURCE_DIR}/tests/tsan.supp:die_after_fork=0)
    endif()
    if("threads" IN_LIST arg_LABELS)
        add_dependencies(threaded_tests ${name})
    endif()
endfunction()
