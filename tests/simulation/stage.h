#pragma once

#include "../island/chaos_world.h"

namespace simulation {

using namespace teatime;

/// The world of the simulation. Its session decides what happens in it by itself: nothing, a beat,
/// or chaos. Its state depends on the order of all that members say.
class Stage : public Object {
public:
    void init() {
        sort = static_cast<std::int32_t>(random().below(3));
        if (sort >= 1) future(Duration(random().between(1'000, 300'000)), &Stage::beat);
        if (sort == 2) chaos_world = create<chaos::World>();
    }
    /// `who` says its `number`-th thing.
    void say(std::int64_t who, std::int64_t number, std::int32_t energy) {
        mix(static_cast<std::uint64_t>(who) << 32 | static_cast<std::uint64_t>(number));
        heard[who] = number;
        switch (energy) {
            case 0:
                break;
            case 1:
                future(Duration::zero(), &Stage::beat_once);
                break;
            case 2:
                future(Duration(random().between(0, 2'000) * 500), &Stage::beat_once);
                break;
            default:
                if (chaos_world) chaos_world.write().stir(energy - 2);
        }
    }
    void member_joined(MemberId member) { members.insert(member.value); }
    void member_left(MemberId member) { members.erase(member.value); }

private:
    std::int32_t sort = 0;
    Ref<chaos::World> chaos_world;
    std::uint64_t order = 0;
    std::uint64_t beats = 0;
    std::map<std::int64_t, std::int64_t> heard;
    std::set<std::uint64_t> members;

    void mix(std::uint64_t value) {
        order = (order ^ value) * 0x9E3779B97F4A7C15u + random().bits();
    }
    void beat_once() { mix(++beats); }
    void beat() {
        beat_once();
        if (random().chance(0.3)) future(Duration::zero(), &Stage::beat_once);
        future(Duration(random().between(500, 400'000)), &Stage::beat);
    }
    BOOST_DESCRIBE_CLASS(Stage, (Object), (say), (),
                         (sort, chaos_world, order, beats, heard, members, beat_once, beat))
};

}  // namespace simulation
