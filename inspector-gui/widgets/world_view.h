#pragma once

#include <QPointF>
#include <QTransform>
#include <QWidget>
#include <optional>

#include "moment.h"
#include "pointers.h"
#include "scene_picture.h"
#include "teatime/island/input.h"

class QLabel;
class QToolButton;

namespace teatime::inspector {

/// The world's own picture at the playhead. Wheel zooms around the pointer, dragging pans, a click
/// asks what is there, a double click fits. Where the world is `used`, mouse and keys are the
/// world's, but with Shift; panning needs that or the middle button.
class WorldView : public QWidget {
    Q_OBJECT
public:
    explicit WorldView(QWidget* parent = nullptr);

    void set_moment(const MomentPtr& moment);
    const MomentPtr& moment() const { return moment_; }
    void set_has_module(bool has);  ///< without it there is no picture of any world
    /// What is written in place of a picture, or over one that is not complete.
    QString notice() const;

    /// Mouse and keys go to the world, as input().
    void set_used(bool used);
    bool has_keys() const { return used_ && hasFocus(); }
    /// Who has them and how to get them back, over the picture; empty: the window has.
    QString keys_hint() const;
    QRect keys_hint_place() const;
    /// Of a live session: whether the head is shown, or the past.
    enum class Place { recording, live, past };
    /// `stopped`: why the session stands still, for people; empty: it runs.
    void set_place(Place place, const QString& stopped = {});

    /// In world units: what is selected, with a frame around each; and what members of the session
    /// point at, with one in their colour and their name.
    void set_places(const std::vector<Rect>& places, const std::vector<Pointed>& pointed = {});
    const std::vector<Rect>& places() const { return places_; }
    const std::vector<Pointed>& pointed() const { return pointed_; }

    void fit();
    void zoom(double factor);  ///< around the middle
    QTransform world_to_widget() const;
    QPointF world_at(QPointF widget) const;

    /// Of a world of very many shapes, which are painted elsewhere: the newest is not shown yet.
    bool working() const { return many_.working(); }
    /// The picture as shown, `size` pixels.
    QImage picture(QSize size) const;

signals:
    void pointer_at(const QPointF& world);
    void pointer_left();
    /// On something, where the mouse is not the world's. `reach`: a few pixels in world units.
    void clicked(const QPointF& world, double reach);
    /// With Shift, wherever: to point at it for everyone.
    void pointed_to(const QPointF& world, double reach);
    void input(const teatime::Input& input);
    void return_to_live();

private:
    void paintEvent(QPaintEvent* event) override;
    void wheelEvent(QWheelEvent* event) override;
    void mousePressEvent(QMouseEvent* event) override;
    void mouseMoveEvent(QMouseEvent* event) override;
    void mouseReleaseEvent(QMouseEvent* event) override;
    void mouseDoubleClickEvent(QMouseEvent* event) override;
    void keyPressEvent(QKeyEvent* event) override;
    void keyReleaseEvent(QKeyEvent* event) override;
    void leaveEvent(QEvent* event) override;
    void resizeEvent(QResizeEvent* event) override;
    bool event(QEvent* event) override;

    void zoom_at(QPointF at, double factor);
    void send(Input::Kind kind, QPointF at, Input::Button button, const QString& key = {});
    bool send_key(Input::Kind kind, QKeyEvent& event);
    void paint_notice(QPainter& painter) const;
    void paint_whose_keys(QPainter& painter) const;

    void paint_world(QPainter& painter);
    void paint_places(QPainter& painter) const;
    void paint_pointed(QPainter& painter) const;
    void place_badge();

    MomentPtr moment_;
    std::vector<Rect> places_;
    std::vector<Pointed> pointed_;
    ScenePicture many_;  ///< where there are very many shapes
    bool has_module_ = true;
    double zoom_ = 1;  // 1 = fits
    QPointF pan_;      // widget pixels, from where it fits
    bool used_ = false;
    std::optional<QPointF> dragged_;
    std::optional<QPointF> pressed_;  // and not moved since
    bool pressed_to_point_ = false;
    QPointF pointer_;  // world
    Input::Button held_ = Input::Button::none;
    QToolButton* badge_;
    QString badge_text_, badge_tip_;
};

}  // namespace teatime::inspector
