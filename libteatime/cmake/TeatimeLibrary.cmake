# One way to declare a library, program or test of this project.

add_library(teatime_options INTERFACE)  # false alarms on std::string, GCC bug 105651: -Wno-restrict, -Wno-stringop-overflow
target_compile_options(teatime_options INTERFACE
    -Wall -Wextra -Wno-restrict -Wno-stringop-overflow -Wshadow -Wnon-virtual-dtor -Woverloaded-virtual -Werror -ffp-contract=off
    -fPIC)  # programs as libraries, so that all take the same precompiled headers
find_program(TEATIME_GOLD ld.gold)
if(TEATIME_GOLD)
    target_link_options(teatime_options INTERFACE -fuse-ld=gold)  # a third of the time that ld takes
endif()
if(TEATIME_SANITIZE)
    # Their instrumentation misleads gcc's flow warnings; the other builds keep warnings as errors.
    target_compile_options(teatime_options INTERFACE -Wno-error
        -fsanitize=${TEATIME_SANITIZE} -fno-omit-frame-pointer -fno-sanitize-recover=all)
    if(TEATIME_SANITIZE MATCHES "address")
        # That of addresses sees where these are used; a third of the time to compile.
        target_compile_options(teatime_options INTERFACE -fno-sanitize=null,object-size,pointer-overflow)
    endif()
    target_link_options(teatime_options INTERFACE -fsanitize=${TEATIME_SANITIZE})
    target_compile_definitions(teatime_options INTERFACE BOOST_ASIO_DISABLE_FENCED_BLOCK)  # TSan knows no fences
endif()
if(CMAKE_UNITY_BUILD)
    # Sources compiled together are one to gcc, anonymous namespaces and all.
    target_compile_options(teatime_options INTERFACE -Wno-subobject-linkage)
endif()
# gcc 12 collects garbage far too often for machines of today: a tenth of a build's time.
target_compile_options(teatime_options INTERFACE $<$<CXX_COMPILER_ID:GNU>:--param=ggc-min-heapsize=524288>)

# shared_headers(<target> HEADERS ... LIBS ...): headers compiled once, for the targets that take them by
# target_precompile_headers(... REUSE_FROM <target>). gcc takes them only where every macro that they
# ask for is as it was, so that libraries whose headers are among them have to be LIBS.
function(shared_headers target)
    cmake_parse_arguments(arg "" "" "HEADERS;LIBS" ${ARGN})
    target_link_libraries(${target} PRIVATE ${arg_LIBS} teatime_options)
    target_precompile_headers(${target} PRIVATE
        <algorithm> <array> <chrono> <cmath> <cstdint> <filesystem> <fstream> <functional> <map> <memory>
        <mutex> <optional> <random> <set> <span> <string> <string_view> <thread> <unordered_map>
        <utility> <variant> <vector> <boost/system/result.hpp> ${arg_HEADERS})
endfunction()

# What libraries and modules have in common. All see the macros of fmt, whether they use it or not.
target_compile_definitions(teatime_options INTERFACE $<TARGET_PROPERTY:fmt::fmt,INTERFACE_COMPILE_DEFINITIONS>)
file(CONFIGURE OUTPUT ${CMAKE_BINARY_DIR}/library_headers.cpp CONTENT "\n")
add_library(library_headers STATIC EXCLUDE_FROM_ALL ${CMAKE_BINARY_DIR}/library_headers.cpp)
shared_headers(library_headers
    HEADERS <boost/describe.hpp> <boost/mp11.hpp> <boost/callable_traits.hpp> <fmt/format.h>)

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
    target_precompile_headers(teatime_${part} REUSE_FROM library_headers)
    set_target_properties(teatime_${part} PROPERTIES EXPORT_NAME ${part})
    set_property(GLOBAL APPEND PROPERTY TEATIME_LIBRARIES teatime_${part})
    set_property(GLOBAL APPEND PROPERTY TEATIME_INCLUDE_FOLDERS ${arg_INCLUDE})
endfunction()

set_property(GLOBAL PROPERTY TEATIME_MODULE_HEADER
    ${PROJECT_SOURCE_DIR}/libteatime/include/teatime/island/module.h)
include(TeatimeModule)

# What tests call is optimised, they need not be: a third less time to compile them. Under sanitizers
# they would then take longer by more than that.
set(test_optimisation $<$<CONFIG:Release>:-O0>)

# test_headers(<name> HEADERS ... LIBS ...): what many tests have in common: to read QtTest takes longer
# than to compile most tests.
function(test_headers name)
    set(main ${CMAKE_CURRENT_BINARY_DIR}/${name}.cpp)
    file(CONFIGURE OUTPUT ${main} CONTENT "int main() {}\n")
    add_executable(${name} ${main})  # as tests are, whose code is not that of libraries
    target_compile_options(${name} PRIVATE ${test_optimisation})
    shared_headers(${name} ${ARGN})
endfunction()

# Build the tests that also run under sanitizers, all or those for that of threads.
add_custom_target(qt_tests)
add_custom_target(threaded_tests)

# test_program(<name> SOURCES ... LIBS ... [LABELS threads ...] [HEADERS <target>]): classes of tests, one in
# each source whose name ends in _test.cpp, which includes <its stem>.moc; what the labels mean stands in
# tests/run.sh. HEADERS are other precompiled ones than test_headers.
function(test_program name)
    cmake_parse_arguments(arg "" "HEADERS" "SOURCES;LIBS;LABELS" ${ARGN})
    add_executable(${name} ${arg_SOURCES} ${PROJECT_SOURCE_DIR}/tests/test_main.cpp)
    set(moc_folder ${CMAKE_CURRENT_BINARY_DIR}/${name}_moc)
    foreach(source ${arg_SOURCES})
        if(source MATCHES "_test.cpp$")
            cmake_path(GET source STEM stem)
            qt_generate_moc(${source} ${moc_folder}/${stem}.moc)
            target_sources(${name} PRIVATE ${moc_folder}/${stem}.moc)
        endif()
    endforeach()
    target_include_directories(${name} PRIVATE ${moc_folder})
    if(NOT arg_HEADERS)
        set(arg_HEADERS test_headers)
    endif()
    target_precompile_headers(${name} REUSE_FROM ${arg_HEADERS})
    target_link_libraries(${name} PRIVATE ${arg_LIBS} Qt6::Test teatime_options)
    target_compile_options(${name} PRIVATE ${test_optimisation})
    # As many as are compiled again when one changes.
    set_target_properties(${name} PROPERTIES UNITY_BUILD_BATCH_SIZE 6)
    if(NOT "release" IN_LIST arg_LABELS)
        add_dependencies(qt_tests ${name})
    endif()
    if("threads" IN_LIST arg_LABELS)
        add_dependencies(threaded_tests ${name})
    endif()
endfunction()

# run_test(<name> <program> <class's stem> <labels>): has CTest run one class of tests.
function(run_test name program stem labels)
    add_test(NAME ${name} COMMAND ${program} ${stem})
    set_tests_properties(${name} PROPERTIES LABELS "${labels}" TIMEOUT 900)
    if(TEATIME_SANITIZE STREQUAL thread)
        set_tests_properties(${name} PROPERTIES
            ENVIRONMENT TSAN_OPTIONS=suppressions=${PROJECT_SOURCE_DIR}/tests/tsan.supp:die_after_fork=0)
    endif()
endfunction()

# teatime_tests(<topic> ...): the program <topic>_tests, as test_program() takes it, whose classes CTest
# runs as <topic>_<stem>.
function(teatime_tests topic)
    cmake_parse_arguments(arg "" "" "SOURCES;LABELS" ${ARGN})
    test_program(${topic}_tests ${ARGN})
    foreach(source ${arg_SOURCES})
        if(source MATCHES "_test.cpp$")
            cmake_path(GET source STEM stem)
            run_test(${topic}_${stem} ${topic}_tests ${stem} "${arg_LABELS}")
        endif()
    endforeach()
endfunction()

# teatime_test(<name> ...): a program of one class, as test_program() takes it, that CTest runs under its
# name.
function(teatime_test name)
    cmake_parse_arguments(arg "" "" "SOURCES;LABELS" ${ARGN})
    test_program(${name} ${ARGN})
    list(GET arg_SOURCES 0 main)
    cmake_path(GET main STEM stem)
    run_test(${name} ${name} ${stem} "${arg_LABELS}")
endfunction()
