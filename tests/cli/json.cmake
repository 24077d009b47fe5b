# cmake -DFILE=x -DAT=a;0;b -P json.cmake: prints the value at the path; fails where FILE is no JSON.
cmake_minimum_required(VERSION 3.25)
file(READ ${FILE} text)
string(JSON value GET "${text}" ${AT})
execute_process(COMMAND ${CMAKE_COMMAND} -E echo "${value}")
