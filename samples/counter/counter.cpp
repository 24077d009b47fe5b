#include <teatime/island/object.h>

using namespace std::chrono_literals;

class Counter : public teatime::Object {
public:
    void loop() {
        if (!looping) {
            looping = true;
            step();
        }
    }
    void add(std::int64_t n) { count += n; }

private:
    std::int64_t count = 0;
    bool looping = false;

    void step() {
        ++count;
        future(500ms, &Counter::step);  // temporal tail recursion: a loop without a loop
    }

    BOOST_DESCRIBE_CLASS(Counter, (teatime::Object), (loop, add), (), (count, looping, step))
};

TEATIME_MODULE("counter", Counter)
