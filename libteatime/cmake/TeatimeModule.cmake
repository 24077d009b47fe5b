# teatime_add_module(<name> SOURCES a.cpp ... [HEADERS a.h ...]): an Island module, built as
# modules/<name>.so in the build folder, or where LIBRARY_OUTPUT_DIRECTORY of the target says.
#
# Floating point stays as written, integers overflow in one defined way, and templates are not
# shared with other builds of the module in one process; without these, replicas may part without a
# word. Sources and headers make up the module's code id, computed when it is built: list every file
# that can change what it does.
set(TEATIME_CODE_ID_SCRIPT ${CMAKE_CURRENT_LIST_DIR}/TeatimeCodeId.cmake)

function(teatime_add_module name)
    cmake_parse_arguments(PARSE_ARGV 1 arg "" "" "SOURCES;HEADERS")
    if(arg_UNPARSED_ARGUMENTS OR NOT arg_SOURCES)
        message(FATAL_ERROR
            "teatime_add_module(${name}): write SOURCES and, where there are any, HEADERS")
    endif()
    teatime_refuse_fast_math(${name})

    set(files ${arg_SOURCES} ${arg_HEADERS})
    list(TRANSFORM files PREPEND ${CMAKE_CURRENT_SOURCE_DIR}/ REGEX "^[^/]")
    set(code_id ${CMAKE_CURRENT_BINARY_DIR}/${name}_code_id.cpp)
    get_property(engine GLOBAL PROPERTY TEATIME_MODULE_HEADER)
    add_custom_command(OUTPUT ${code_id}
        COMMAND ${CMAKE_COMMAND} -P ${TEATIME_CODE_ID_SCRIPT} ${code_id} ${engine} ${files}
        DEPENDS ${files} ${engine} ${TEATIME_CODE_ID_SCRIPT}
        COMMENT "Computing the code id of ${name}" VERBATIM)

    add_library(${name} MODULE ${arg_SOURCES} ${arg_HEADERS} ${code_id})
    target_compile_features(${name} PRIVATE cxx_std_20)
    target_compile_options(${name} PRIVATE
        -ffp-contract=off -fwrapv $<$<CXX_COMPILER_ID:GNU>:-fno-gnu-unique>)
    target_link_libraries(${name} PRIVATE teatime::island $<TARGET_NAME_IF_EXISTS:teatime_options>)
    if(TARGET library_headers)
        target_precompile_headers(${name} REUSE_FROM library_headers)
    endif()
    set_target_properties(${name} PROPERTIES
        PREFIX "" SUFFIX .so
        CXX_VISIBILITY_PRESET hidden VISIBILITY_INLINES_HIDDEN ON
        INSTALL_RPATH "$ORIGIN/../.."
        LIBRARY_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/modules)
endfunction()

# Configuring fails where the flags let the compiler change what an expression means.
function(teatime_refuse_fast_math name)
    string(TOUPPER "${CMAKE_BUILD_TYPE}" configuration)
    get_property(options DIRECTORY PROPERTY COMPILE_OPTIONS)
    set(flags "${CMAKE_CXX_FLAGS} ${CMAKE_CXX_FLAGS_${configuration}} ${options}")
    if(flags MATCHES "-ffast-math|-Ofast|-funsafe-math-optimizations|-fassociative-math|-freciprocal-math|-ffinite-math-only")
        message(FATAL_ERROR
            "Island module ${name}: ${CMAKE_MATCH_0} makes floating point differ between builds; "
            "replicas would part. Remove it from the compiler's flags.")
    endif()
endfunction()
