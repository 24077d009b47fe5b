#include <algorithm>

#include "router_impl.h"

namespace teatime::session {
namespace {

constexpr Duration kAskAgain = std::chrono::seconds(5);  // the driver is told of wishes so often

}  // namespace

Lease Router::Impl::lease() const {
    Lease lease{driver_, driver_name_, lease_ends_.has_value(), {}};
    if (lease_ends_) lease.left = std::max(*lease_ends_ - now_, Duration(0));
    return lease;
}

/// Null: nobody.
void Router::Impl::lead(const Member* member) {
    driver_ = member ? member->id : MemberId{};
    driver_name_ = member ? shown_name(*member) : std::string();
    lease_ends_.reset();
    lease_used_ = now_;
    lease_asked_ = {};
    tell(lease());
}

// ---- requests ------------------------------------------------------------------------------

void Router::Impl::on(Member& member, LeaseRequest& request) {
    if (member.kind != Kind::native || repeated(member, request.request)) return;
    answer(member, request.request, Answer{request.request, change_lease(member, request)});
}

/// Why not; empty = done.
std::string Router::Impl::change_lease(Member& member, const LeaseRequest& request) {
    if (options_.lease <= Duration(0)) return "Nobody leads here; everybody controls time.";
    if (member.role == Role::viewer && !options_.viewers_control_time)
        return "Viewers may not control time here.";
    if (request.op == LeaseRequest::Op::take) return take_lease(member);
    if (driver_ != member.id) return "You do not lead. " + who_drives();
    if (request.op == LeaseRequest::Op::release) {
        lead(nullptr);
        return {};
    }
    Member* to = find(request.to);
    if (!to || !to->synced || to->kind != Kind::native) return "Nobody of that number is here.";
    if (to->role == Role::viewer && !options_.viewers_control_time)
        return "Viewers may not control time here.";
    lead(to);
    return {};
}

std::string Router::Impl::take_lease(Member& member) {
    if (driver_ == member.id) {
        lease_used_ = now_;
        return {};
    }
    Member* driver = find(driver_);
    bool there = driver && driver->synced;
    if (!driver_ || (there && now_ - lease_used_ >= options_.lease_idle)) {
        lead(&member);
        return {};
    }
    if (there && (lease_asked_ == SteadyTime{} || now_ - lease_asked_ >= kAskAgain)) {
        lease_asked_ = now_;
        send(*driver,
             Info{"LEAD_ASKED", name_of(member.id, shown_name(member)) + " asks for the lead.",
                  "info", 0});
    }
    if (there)
        return name_of(driver_, driver_name_) + " leads this session and was asked for the lead.";
    return who_drives();
}

/// Before a time request: the first takes the lead. Why it may not; empty = it drives.
std::string Router::Impl::drive(Member& member) {
    if (member.role == Role::viewer && !options_.viewers_control_time)
        return "Viewers may not control time here.";
    if (options_.lease <= Duration(0)) return {};
    if (!driver_) lead(&member);
    if (driver_ != member.id) return who_drives();
    lease_used_ = now_;
    return {};
}

std::string Router::Impl::who_drives() const {
    if (!driver_) return "Nobody leads now.";
    std::string who = name_of(driver_, driver_name_);
    if (!lease_ends_) return who + " leads this session; ask for the lead.";
    auto left = std::chrono::ceil<std::chrono::seconds>(std::max(*lease_ends_ - now_, Duration(0)));
    return who + " leads this session and has lost the connection; the lead is free in " +
           std::to_string(left.count()) + " s.";
}

// ---- coming and going ----------------------------------------------------------------------

void Router::Impl::lease_away(const Member& member, bool for_good) {
    if (driver_ != member.id) return;
    if (for_good) return lead(nullptr);
    lease_ends_ = now_ + options_.lease;
    alarm(*lease_ends_);
    tell(lease());
}

void Router::Impl::lease_back(const Member& member) {
    if (driver_ != member.id || !lease_ends_) return;
    lease_ends_.reset();
    tell(lease());
}

void Router::Impl::lease_due() {
    if (!lease_ends_) return;
    if (now_ >= *lease_ends_)
        lead(nullptr);
    else
        alarm(*lease_ends_);
}

}  // namespace teatime::session
