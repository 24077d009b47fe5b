# cmake -P bugs.cmake <sources of the session> <out>: copies of router and controller with five bugs
# in them, each of them there while `simulated_bug` has its number. A change of the sources that
# moves a place away is an error here: find the place again.
set(from ${CMAKE_ARGV3})
set(to ${CMAKE_ARGV4})

# bug(<file> <text> <instead>)
function(bug file text instead)
    file(READ ${to}/${file} source)
    string(FIND "${source}" "${text}" at)
    if(at LESS 0)
        message(FATAL_ERROR "tests/simulation/bugs.cmake: ${file} has no `${text}` any more")
    endif()
    string(REPLACE "${text}" "${instead}" source "${source}")
    file(WRITE ${to}/${file} "${source}")
endfunction()

foreach(file router.cpp router_join.cpp controller.cpp controller_run.cpp)
    file(READ ${from}/${file} source)
    file(WRITE ${to}/${file} "extern int simulated_bug;\n${source}")
endforeach()

# 1: a join is cut by time: what has the time of the bound is taken for known.
bug(router_join.cpp "    if (member.kind == Kind::native) {\n        // A member without"
    "    if (simulated_bug == 1)
        std::erase_if(sync->messages, [&](auto& one) { return one->stamp.time >= announced_; });
    if (member.kind == Kind::native) {\n        // A member without")
# 2: a rejoin sends again what was taken.
bug(controller.cpp "        taken = native.sent;\n"
    "        taken = last_number_ = native.sent;
        if (simulated_bug == 2) {
            for (Outstanding& one : outstanding_) one.number = ++last_number_;
            for (const Outstanding& one : outstanding_) send_outstanding(one);
            return;
        }\n")
# 3: a bound is announced ahead of the stamps to come.
bug(router.cpp "broadcast(Tick{time});"
    "broadcast(Tick{simulated_bug == 3 ? time + Duration(60'000) : time});")
# 4: a step is executed once more after a reconnect.
bug(controller.cpp "    if (reported_) to_router(*reported_);"
    "    if (simulated_bug == 4 && again && time_.paused && island_ && island_->next_time()) {
        island_->set_bound(*island_->next_time());
        execute_one();
    }
    if (reported_) to_router(*reported_);")
# 5: who joins late does not obey the pause that it finds.
bug(controller_run.cpp "    time_.apply(op, stamp.time);"
    "    bool late = simulated_bug == 5 && now_ - joined_at_ < std::chrono::milliseconds(500);
    if (!late || op.op != TimeRequest::Op::pause) time_.apply(op, stamp.time);")
