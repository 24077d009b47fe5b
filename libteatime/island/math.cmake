# Sources of teatime::math and teatime::Random: tests also compile them with other flags.
set(island_math_sources
    ${CMAKE_CURRENT_LIST_DIR}/math_arc.cpp
    ${CMAKE_CURRENT_LIST_DIR}/math_exp.cpp
    ${CMAKE_CURRENT_LIST_DIR}/math_log.cpp
    ${CMAKE_CURRENT_LIST_DIR}/math_pow.cpp
    ${CMAKE_CURRENT_LIST_DIR}/math_root.cpp
    ${CMAKE_CURRENT_LIST_DIR}/math_trig.cpp
    ${CMAKE_CURRENT_LIST_DIR}/random.cpp)

# Scene and Input: need nothing else of the island.
set(island_scene_sources
    ${CMAKE_CURRENT_LIST_DIR}/input.cpp
    ${CMAKE_CURRENT_LIST_DIR}/scene.cpp
    ${CMAKE_CURRENT_LIST_DIR}/scene_svg.cpp)
