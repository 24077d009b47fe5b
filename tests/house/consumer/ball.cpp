#include <teatime/island/object.h>

class Ball : public teatime::Object {
public:
    void kick(double by) { speed += by; }

private:
    double speed = 0;
    BOOST_DESCRIBE_CLASS(Ball, (teatime::Object), (kick), (), (speed))
};
TEATIME_MODULE("ball", Ball)
