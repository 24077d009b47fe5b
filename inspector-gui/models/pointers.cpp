#include "pointers.h"

#include "company_models.h"

namespace teatime::inspector {

std::vector<Pointer> pointers(const session::Company& company, MemberId self, const QString& own) {
    constexpr std::size_t kMost = 20;  // each is looked for in every state
    std::vector<Pointer> all;
    if (!own.isEmpty()) all.push_back({self, CompanyModel::tr("you"), own});
    for (const session::Playhead& each : company.playheads) {
        if (all.size() == kMost) break;
        if (!each.member || each.points_at.empty()) continue;
        all.push_back({each.member, to_text(company.name_of(each.member)).simplified(),
                       to_text(each.points_at)});
    }
    return all;
}

bool is_within(const QString& inner, const QString& path) {
    if (path.isEmpty() || !inner.startsWith(path)) return false;
    return inner.size() == path.size() || inner[path.size()] == u'.' || inner[path.size()] == u'[';
}

}  // namespace teatime::inspector
