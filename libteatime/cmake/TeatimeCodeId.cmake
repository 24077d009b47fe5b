# cmake -P TeatimeCodeId.cmake <output.cpp> <island/module.h> <file>...
# Writes the definition of a module's code id: hex SHA-256 of
#
#     teatime code 1, semantics <kSemanticsVersion>\n
#     <name without folder> <hex SHA-256 of the content>\n       for each file, lines sorted
#
# so that neither the folder nor the order in which files are listed counts.
set(output ${CMAKE_ARGV3})
set(engine ${CMAKE_ARGV4})

file(STRINGS ${engine} line REGEX "kSemanticsVersion *= *[0-9]+")
if(NOT line MATCHES "kSemanticsVersion *= *([0-9]+)")
    message(FATAL_ERROR "${engine} does not say which kSemanticsVersion it is")
endif()
set(text "teatime code 1, semantics ${CMAKE_MATCH_1}\n")

set(lines)
math(EXPR last "${CMAKE_ARGC} - 1")
foreach(i RANGE 5 ${last})
    file(SHA256 ${CMAKE_ARGV${i}} hash)
    get_filename_component(file ${CMAKE_ARGV${i}} NAME)
    list(APPEND lines "${file} ${hash}")
endforeach()
list(SORT lines)
list(JOIN lines "\n" lines)
string(SHA256 id "${text}${lines}\n")

file(WRITE ${output}
    "extern \"C\" {\n"
    "extern const char teatime_code_id[];\n"
    "const char teatime_code_id[] = \"${id}\";\n"
    "}\n")
