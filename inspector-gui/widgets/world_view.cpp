#include "world_view.h"

#include <QKeyEvent>
#include <QMouseEvent>
#include <QPainter>
#include <QToolButton>
#include <QWheelEvent>
#include <algorithm>
#include <cmath>

#include "pointer_tags.h"
#include "scene_painter.h"
#include "theme.h"

namespace teatime::inspector {
namespace {

constexpr double kMargin = 12;
constexpr double kMostZoom = 1000;
constexpr double kClickReach = 4;  // pixels
constexpr int kHintFlags = Qt::AlignLeft | Qt::AlignTop | Qt::TextWordWrap;

Input::Button button_of(Qt::MouseButtons buttons) {
    if (buttons & Qt::LeftButton) return Input::Button::left;
    if (buttons & Qt::MiddleButton) return Input::Button::middle;
    if (buttons & Qt::RightButton) return Input::Button::right;
    return Input::Button::none;
}

/// As the web's KeyboardEvent.key.
QString key_name(const QKeyEvent& event) {
    switch (event.key()) {
        case Qt::Key_Left:
            return "ArrowLeft";
        case Qt::Key_Right:
            return "ArrowRight";
        case Qt::Key_Up:
            return "ArrowUp";
        case Qt::Key_Down:
            return "ArrowDown";
        case Qt::Key_Return:
        case Qt::Key_Enter:
            return "Enter";
        case Qt::Key_Backspace:
            return "Backspace";
        case Qt::Key_Delete:
            return "Delete";
        case Qt::Key_PageUp:
            return "PageUp";
        case Qt::Key_PageDown:
            return "PageDown";
        case Qt::Key_Home:
            return "Home";
        case Qt::Key_End:
            return "End";
        case Qt::Key_Space:
            return " ";
        default:
            break;
    }
    QString text = event.text();
    return text.size() == 1 && text[0].isPrint() ? text : QString();
}

}  // namespace

WorldView::WorldView(QWidget* parent) : QWidget(parent) {
    setObjectName("world-view");
    setFocusPolicy(Qt::StrongFocus);
    setMouseTracking(true);
    setMinimumSize(160, 120);
    setAccessibleName(tr("World"));
    setAccessibleDescription(tr("The world's own picture at the playhead"));
    badge_ = new QToolButton(this);
    badge_->setObjectName("live-badge");
    badge_->setFocusPolicy(Qt::TabFocus);
    connect(&many_, &ScenePicture::ready, this, qOverload<>(&QWidget::update));
    connect(badge_, &QToolButton::clicked, this, &WorldView::return_to_live);
    set_place(Place::recording);
}

void WorldView::set_moment(const MomentPtr& moment) {
    moment_ = moment;
    update();
}

void WorldView::set_used(bool used) {
    if (used_ == used) return;
    used_ = used;
    held_ = Input::Button::none;
    setCursor(used ? Qt::CrossCursor : Qt::ArrowCursor);
    update();
}

void WorldView::set_place(Place place, const QString& stopped) {
    const bool runs = stopped.isEmpty();
    badge_->setVisible(place != Place::recording);
    badge_text_ = place == Place::past ? tr("◀ looking at the past - return to live")
                  : runs               ? tr("● live")
                                       : tr("❚❚ %1").arg(stopped);
    badge_tip_ = place == Place::live ? tr("Shows the newest moment of the session")
                                      : tr("The session goes on; back to its newest moment");
    badge_->setEnabled(place == Place::past);
    badge_->setAccessibleName(badge_text_);
    QPalette palette = this->palette();
    QColor color = place == Place::live && runs ? tints(palette).good : tints(palette).warning;
    palette.setColor(QPalette::ButtonText, color);
    palette.setColor(QPalette::Disabled, QPalette::ButtonText, color);
    badge_->setPalette(palette);
    place_badge();
}

/// What it cannot show is in its tool tip.
void WorldView::place_badge() {
    constexpr int kAround = 8;
    badge_->setText(badge_text_);
    const int frame =
        badge_->sizeHint().width() - badge_->fontMetrics().horizontalAdvance(badge_text_);
    const int room = width() - 2 * kAround - frame;
    badge_->setText(badge_->fontMetrics().elidedText(badge_text_, Qt::ElideRight, room));
    const bool whole = badge_->text() == badge_text_;
    badge_->setToolTip(whole ? badge_tip_ : badge_text_ + u'\n' + badge_tip_);
    badge_->adjustSize();
    badge_->move(width() - badge_->width() - kAround, kAround);
}

void WorldView::fit() {
    zoom_ = 1;
    pan_ = {};
    update();
}

void WorldView::zoom(double factor) {
    zoom_at(QRectF(rect()).center(), factor);
}

QTransform WorldView::world_to_widget() const {
    QRectF inside = QRectF(rect()).adjusted(kMargin, kMargin, -kMargin, -kMargin);
    Rect bounds = moment_ && moment_->picture ? moment_->picture->bounds() : Rect{0, 0, 1, 1};
    QTransform zoomed;
    zoomed.translate(inside.center().x() + pan_.x(), inside.center().y() + pan_.y());
    zoomed.scale(zoom_, zoom_);
    zoomed.translate(-inside.center().x(), -inside.center().y());
    return fit_world(bounds, inside) * zoomed;
}

QPointF WorldView::world_at(QPointF widget) const {
    return world_to_widget().inverted().map(widget);
}

QImage WorldView::picture(QSize size) const {
    QImage image(size, QImage::Format_ARGB32_Premultiplied);
    image.fill(Qt::transparent);
    if (!moment_ || !moment_->picture) return image;
    QPainter painter(&image);
    paint_scene(painter, *moment_->picture,
                fit_world(moment_->picture->bounds(), QRectF(QPointF(), size)));
    return image;
}

void WorldView::set_has_module(bool has) {
    has_module_ = has;
    update();
}

QString WorldView::notice() const {
    if (!moment_) return {};
    if (moment_->picture) return QString::fromStdString(moment_->picture->problem());
    if (!moment_->problem.empty()) return QString::fromStdString(moment_->problem);
    return has_module_ ? tr("This world draws no picture. Its state is beside.")
                       : tr("There is no picture without the module. The state is beside.");
}

void WorldView::paintEvent(QPaintEvent*) {
    QPainter painter(this);
    painter.fillRect(rect(),
                     palette().color(QPalette::Window).darker(is_dark(palette()) ? 130 : 108));
    if (moment_ && moment_->picture) {
        paint_world(painter);
        paint_places(painter);
        paint_pointed(painter);
        paint_whose_keys(painter);
        return paint_notice(painter);
    }
    painter.setPen(tints(palette()).faint);
    painter.drawText(rect().adjusted(40, 20, -40, -20), Qt::AlignCenter | Qt::TextWordWrap,
                     notice());
}

void WorldView::paint_world(QPainter& painter) {
    const QTransform transform = world_to_widget();
    if (ScenePicture::takes_long(*moment_->picture)) {
        many_.want({moment_->picture, transform, size(), devicePixelRatioF()});
        many_.paint(painter, transform);
    } else {
        many_.forget();
        paint_scene(painter, *moment_->picture, transform);
    }
}

/// Light on dark and dark on light: a world may have any colours.
void WorldView::paint_places(QPainter& painter) const {
    constexpr double kAround = 5, kRound = 4;
    const QTransform transform = world_to_widget();
    painter.save();
    painter.setRenderHint(QPainter::Antialiasing);
    for (const Rect& place : places_) {
        const QRectF around = transform.mapRect(QRectF(place.x, place.y, place.width, place.height))
                                  .adjusted(-kAround, -kAround, kAround, kAround);
        painter.setPen(QPen(Qt::white, 4));
        painter.drawRoundedRect(around, kRound, kRound);
        painter.setPen(QPen(palette().color(QPalette::Highlight), 2));
        painter.drawRoundedRect(around, kRound, kRound);
    }
    painter.restore();
}

/// Around the frame of what is selected, each around the one before; names stand above it, side by
/// side.
void WorldView::paint_pointed(QPainter& painter) const {
    constexpr double kAround = 9, kApart = 4, kRound = 5;
    const QTransform transform = world_to_widget();
    painter.save();
    painter.setRenderHint(QPainter::Antialiasing);
    for (std::size_t i = 0; i < pointed_.size(); ++i) {
        const Pointed& each = pointed_[i];
        double around = kAround, left = 0;
        for (std::size_t before = 0; before < i; ++before) {
            if (pointed_[before].places != each.places) continue;
            around += kApart;
            left += tag_size(fontMetrics(), pointed_[before].by.name).width() + kApart;
        }
        for (const Rect& place : each.places) {
            const QRectF inner =
                transform.mapRect(QRectF(place.x, place.y, place.width, place.height));
            const QRectF frame = inner.adjusted(-around, -around, around, around);
            painter.setPen(QPen(Qt::white, 4));
            painter.drawRoundedRect(frame, kRound, kRound);
            painter.setPen(QPen(member_color(palette(), each.by.member), 2.5));
            painter.drawRoundedRect(frame, kRound, kRound);
        }
        if (each.places.empty()) continue;
        const Rect& first = each.places.front();
        const QRectF inner = transform.mapRect(QRectF(first.x, first.y, first.width, first.height));
        QRectF tag(QPointF(), tag_size(fontMetrics(), each.by.name));
        const double shared = kAround + kApart * static_cast<double>(pointed_.size());
        tag.moveBottomLeft(inner.topLeft() + QPointF(left - kAround, -shared));
        // Seen, also where what is pointed at is not.
        tag.moveLeft(std::clamp(tag.left(), 0.0, std::max(0.0, width() - tag.width())));
        tag.moveTop(std::clamp(tag.top(), 0.0, std::max(0.0, height() - tag.height())));
        paint_tag(painter, palette(), tag, each.by);
    }
    painter.restore();
}

void WorldView::set_places(const std::vector<Rect>& places, const std::vector<Pointed>& pointed) {
    if (places == places_ && pointed == pointed_) return;
    places_ = places;
    pointed_ = pointed;
    update();
}

QString WorldView::keys_hint() const {
    return has_keys() ? tr("Keys go to the world; Escape gives them back to the window")
                      : QString();
}

/// In the corner across from the badge, which may need the whole width.
QRect WorldView::keys_hint_place() const {
    const QRect room = rect().adjusted(14, 8, -14, -12);
    QRect needed = fontMetrics().boundingRect(room, kHintFlags, keys_hint());
    needed.moveBottomLeft(room.bottomLeft());
    return needed;
}

void WorldView::paint_whose_keys(QPainter& painter) const {
    if (!has_keys()) return;
    const QRect place = keys_hint_place();
    painter.fillRect(place.adjusted(-6, -4, 6, 4), palette().color(QPalette::Window));
    painter.setPen(tints(palette()).faint);
    painter.drawText(place, kHintFlags, keys_hint());
}

/// At the lower edge, over the picture.
void WorldView::paint_notice(QPainter& painter) const {
    const QString text = notice();
    if (text.isEmpty()) return;
    constexpr int kPad = 6;
    const QRect room = rect().adjusted(kPad, kPad, -kPad, -kPad);
    QRect needed = painter.boundingRect(room, Qt::AlignHCenter | Qt::TextWordWrap, text);
    needed.moveBottom(room.bottom());
    painter.fillRect(QRect(0, needed.top() - kPad, width(), needed.height() + 2 * kPad),
                     tints(palette()).error_back);
    painter.setPen(palette().color(QPalette::WindowText));
    painter.drawText(needed, Qt::AlignHCenter | Qt::TextWordWrap, text);
}

void WorldView::zoom_at(QPointF at, double factor) {
    double zoom = std::clamp(zoom_ * factor, 1 / kMostZoom, kMostZoom);
    QPointF middle = QRectF(rect()).center() + pan_;
    pan_ += (at - middle) * (1 - zoom / zoom_);
    zoom_ = zoom;
    update();
}

void WorldView::wheelEvent(QWheelEvent* event) {
    zoom_at(event->position(), std::pow(1.0015, event->angleDelta().y()));
    event->accept();
}

void WorldView::send(Input::Kind kind, QPointF at, Input::Button button, const QString& key) {
    if (kind <= Input::Kind::pointer_up) pointer_ = world_at(at);
    Input made;
    made.kind = kind;
    made.x = pointer_.x();
    made.y = pointer_.y();
    made.button = button;
    made.key = key.toStdString();
    emit input(made);
}

void WorldView::mousePressEvent(QMouseEvent* event) {
    const bool shift = event->modifiers() & Qt::ShiftModifier;
    bool pans = !used_ || shift || event->button() == Qt::MiddleButton;
    if (pans && (event->button() == Qt::LeftButton || event->button() == Qt::MiddleButton)) {
        dragged_ = event->position();
        pressed_to_point_ = shift;
        if (event->button() == Qt::LeftButton) pressed_ = dragged_;
        setCursor(Qt::ClosedHandCursor);
    } else if (used_) {
        held_ = button_of(event->button());
        send(Input::Kind::pointer_down, event->position(), held_);
    }
}

void WorldView::mouseMoveEvent(QMouseEvent* event) {
    emit pointer_at(world_at(event->position()));
    if (pressed_ && (event->position() - *pressed_).manhattanLength() <= kClickReach) return;
    pressed_.reset();
    if (dragged_) {
        pan_ += event->position() - *dragged_;
        dragged_ = event->position();
        update();
    } else if (used_) {
        send(Input::Kind::pointer_move, event->position(), held_);
    }
}

void WorldView::mouseReleaseEvent(QMouseEvent* event) {
    if (pressed_) {
        const QPointF at = world_at(*pressed_);
        const double reach = (world_at(*pressed_ + QPointF(kClickReach, 0)) - at).x();
        pressed_.reset();
        pressed_to_point_ ? emit pointed_to(at, reach) : emit clicked(at, reach);
    }
    if (dragged_) {
        dragged_.reset();
        setCursor(used_ ? Qt::CrossCursor : Qt::ArrowCursor);
    } else if (used_ && held_ != Input::Button::none) {
        send(Input::Kind::pointer_up, event->position(), held_);
        held_ = Input::Button::none;
    }
}

void WorldView::mouseDoubleClickEvent(QMouseEvent* event) {
    if (used_) return mousePressEvent(event);
    fit();
}

bool WorldView::send_key(Input::Kind kind, QKeyEvent& event) {
    QString key = key_name(event);
    if (!used_ || key.isEmpty() ||
        (event.modifiers() & (Qt::ControlModifier | Qt::AltModifier | Qt::MetaModifier)))
        return false;
    if (event.type() == QEvent::ShortcutOverride) return true;
    send(kind, {}, Input::Button::none, key);
    return true;
}

bool WorldView::event(QEvent* event) {
    if (event->type() == QEvent::ShortcutOverride &&
        send_key(Input::Kind::key_down, *static_cast<QKeyEvent*>(event))) {
        event->accept();  // the world's, not the window's
        return true;
    }
    return QWidget::event(event);
}

void WorldView::keyPressEvent(QKeyEvent* event) {
    if (!send_key(Input::Kind::key_down, *event)) QWidget::keyPressEvent(event);
}

void WorldView::keyReleaseEvent(QKeyEvent* event) {
    if (event->isAutoRepeat() || !send_key(Input::Kind::key_up, *event)) {
        QWidget::keyReleaseEvent(event);
    }
}

void WorldView::leaveEvent(QEvent*) {
    emit pointer_left();
}

void WorldView::resizeEvent(QResizeEvent*) {
    place_badge();
}

}  // namespace teatime::inspector
