#pragma once

#include <teatime/island/object.h>

#include <stdexcept>

namespace chaos {

using namespace teatime;

enum class Mood { calm, wild };
BOOST_DESCRIBE_ENUM(Mood, calm, wild)

struct Point {
    double x = 0;
    double y = 0;
};
BOOST_DESCRIBE_STRUCT(Point, (), (x, y))

class World;

/// Has a field of each sort and does everything that a message can do, as the random state decides.
class Thing : public Object {
public:
    void init(Ref<World> the_world);
    void act(std::int32_t energy);
    void heard(std::string text, double loudness) {
        notes[text.substr(0, 2)] += 1;
        total += loudness;
    }
    void poke() { ++pokes; }

private:
    Ref<World> world;
    std::uint8_t pokes = 0;
    Mood mood = Mood::calm;
    double total = 0;
    std::vector<Point> trail;
    std::map<std::string, std::int32_t> notes;
    std::set<std::uint16_t> seen;
    std::optional<Ref<Thing>> friend_of;
    std::variant<std::int64_t, std::string> either;
    std::array<float, 3> triple{};
    std::pair<bool, std::string> both;
    std::chrono::milliseconds age{};
    std::vector<std::uint8_t> blob;
    transient<const char*> cache;
    BOOST_DESCRIBE_CLASS(Thing, (Object), (act, heard, poke), (),
                         (world, pokes, mood, total, trail, notes, seen, friend_of, either, triple,
                          both, age, blob, cache))
};

class World : public Object {
public:
    void init() {
        for (int i = 0; i < 5; ++i) spawn();
    }
    void spawn() {
        if (things.size() >= 40) return;
        Ref<Thing> thing = create<Thing>(Ref(*this));
        things.push_back(thing);
        thing.future(Duration(random().between(0, 3000)), &Thing::act, 4);
    }
    void stir(std::int32_t energy) {
        if (things.empty()) return spawn();
        Ref<Thing> thing = things[random().below(things.size())];
        thing.future(Duration::zero(), &Thing::act, energy);
    }
    void member_joined(MemberId member) { members.insert(member.value); }
    void member_left(MemberId member) { members.erase(member.value); }
    void forget(Ref<Thing> thing) { std::erase(things, thing); }

    std::vector<Ref<Thing>> things;
    std::set<std::uint64_t> members;
    BOOST_DESCRIBE_CLASS(World, (Object), (spawn, stir, forget, things, members), (), ())
};

inline void Thing::init(Ref<World> the_world) {
    world = the_world;
    if (random().chance(0.5)) subscribe("chaos", "noise", &Thing::heard);
}

inline void Thing::act(std::int32_t energy) {
    age += std::chrono::milliseconds(1);
    triple[random().below(3)] = static_cast<float>(random().normal(0, 1));
    trail.push_back({math::sin(total), math::exp(-random().uniform())});
    if (trail.size() > 4) trail.erase(trail.begin());
    switch (random().below(12)) {
        case 0:
            world.write().spawn();
            break;
        case 1:
            world.write().forget(Ref(*this));
            destroy(Ref(*this));
            break;  // its pending messages are dropped
        case 2:
            publish("chaos", "noise", std::to_string(pokes), random().uniform());
            break;
        case 3:
            unsubscribe("chaos", "noise");
            break;
        case 4:
            publish_name("star", Ref(*this));
            break;
        case 5:
            throw std::runtime_error("as it happens");
        case 6:
            either = random().chance(0.5) ? decltype(either)("text") : std::int64_t{-7};
            break;
        case 7:
            seen.insert(static_cast<std::uint16_t>(random().bits()));
            if (seen.size() > 8) seen.erase(seen.begin());
            break;
        case 8:
            blob.resize(random().below(9), static_cast<std::uint8_t>(random().bits()));
            break;
        case 9:
            mood = mood == Mood::calm ? Mood::wild : Mood::calm;
            break;
        case 10:
            if (!world->things.empty()) {
                friend_of = world->things[random().below(world->things.size())];
                friend_of->write().poke();
            }
            break;
        default:
            future(Duration(random().between(1, 500)), &Thing::poke);
    }
    if (energy > 0) future(Duration(random().between(0, 2) * 250), &Thing::act, energy - 1);
}

inline const Module& module() {
    static constexpr ModuleDescriptor kDescriptor =
        detail::describe_module<World, Thing>("chaos", "chaos of the tests");
    return **Module::from(kDescriptor);
}

}  // namespace chaos
