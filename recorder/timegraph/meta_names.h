#pragma once

#include <map>
#include <string>
#include <utility>

#include "teatime/timegraph/records.h"

namespace teatime::timegraph {

/// The texts of Meta and their names in the table meta.
inline constexpr std::pair<const char*, std::string Meta::*> kMetaTexts[] = {
    {kKindMeta, &Meta::kind},         {kAppMeta, &Meta::app},   {kCodeIdMeta, &Meta::code_id},
    {kSessionMeta, &Meta::session},   {kNameMeta, &Meta::name}, {kRouterMeta, &Meta::router},
    {kRecorderMeta, &Meta::recorder},
};

/// The rows of table meta that say it; empty values are left out.
std::map<std::string, std::string> meta_names(const Meta& meta);

}  // namespace teatime::timegraph
