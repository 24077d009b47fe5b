#pragma once

#include <teatime/island/object.h>

#include <cstdlib>
#include <fstream>
#include <stdexcept>

// Other builds of this module change one line.
#ifndef GARDEN_SKIPPED_TICK
#define GARDEN_SKIPPED_TICK 0
#endif
#ifndef GARDEN_VISITOR
#define GARDEN_VISITOR std::uint64_t
#endif

using namespace std::chrono_literals;
using teatime::Object;
using teatime::Ref;

class Garden;

class Plant : public Object {
public:
    void init(Ref<Garden> the_garden) {
        garden = the_garden;
        if (random().chance(0.3)) subscribe("garden", "rain", &Plant::grow);
        future(teatime::Duration(random().between(1, 40'000)), &Plant::live, 3);
    }
    void live(std::int32_t energy);
    void grow(double amount) { height += amount; }

private:
    Ref<Garden> garden;
    double height = 0;
    std::vector<std::int32_t> rings;
    BOOST_DESCRIBE_CLASS(Plant, (Object), (live, grow), (), (garden, height, rings))
};

/// Does by chance what a world can do, and on request what none should.
class Garden : public Object {
public:
    void init() {
        for (int i = 0; i < 4; ++i) sow();
        tick();
    }
    void sow() {
        if (plants.size() < 30) plants.push_back(create<Plant>(Ref(*this)));
    }
    void rain(double amount) { publish("garden", "rain", amount); }
    void quarrel() { throw std::runtime_error("the gardener left"); }
    void crash() { std::abort(); }
    void crash_soon() { future(250ms, &Garden::crash); }
    void leave() { std::_Exit(7); }
    /// Opens the pipe that GARDEN_HANGS names first, so that a test knows.
    void hang() {
        if (const char* pipe = std::getenv("GARDEN_HANGS")) std::ofstream opened(pipe);
        for (volatile bool forever = true; forever;) continue;
    }
    void member_joined(teatime::MemberId member) {
        visitors.insert(GARDEN_VISITOR(member.value));
        future(5ms, &Garden::sow);
    }
    void member_left(teatime::MemberId member) { visitors.erase(GARDEN_VISITOR(member.value)); }
    void input(const teatime::Input& input, teatime::Sender& sender) const {
        if (input.kind == teatime::Input::Kind::key_down) sender.send("garden", input.key);
        if (input.kind == teatime::Input::Kind::pointer_down) {
            for (int drops = 0; drops < 2; ++drops) sender.send("garden", "rain", input.x + ticks);
        }
    }
    void uproot(Ref<Plant> plant) { std::erase(plants, plant); }

private:
    void tick() {
        ++ticks;
        if (ticks == GARDEN_SKIPPED_TICK) ++ticks;
        if (ticks % 4 == 0) sow();
        future(25ms, &Garden::tick);
    }

    std::vector<Ref<Plant>> plants;
    std::set<GARDEN_VISITOR> visitors;
    std::int64_t ticks = 0;
    BOOST_DESCRIBE_CLASS(Garden, (Object),
                         (sow, rain, quarrel, crash, crash_soon, leave, hang, uproot), (),
                         (tick, plants, visitors, ticks))
};

void Plant::live(std::int32_t energy) {
    height += teatime::math::sin(height) + random().uniform();
    switch (random().below(8)) {
        case 0:
            garden.write().uproot(Ref(*this));
            destroy(Ref(*this));
            break;  // what is pending for it is dropped when due
        case 1:
            garden.write().sow();
            break;
        case 2:
            rings.push_back(energy);
            if (rings.size() > 5) rings.clear();
            break;
        case 3:
            publish("garden", "rain", 0.5);
            break;
        case 4:
            throw std::out_of_range("as it happens");
        case 5:
            publish_name("tallest", Ref(*this));
            break;
        default:
            break;
    }
    if (energy > 0) {
        future(teatime::Duration(random().between(0, 2) * 10'000), &Plant::live, energy - 1);
    } else {
        future(teatime::Duration(random().between(1, 60'000)), &Plant::live, 3);
    }
}

TEATIME_MODULE("garden", Garden, Plant)
