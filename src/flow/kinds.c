#include "flow/kinds.h"

#include <stddef.h>

#include "flow/audit.h"
#include "flow/catalog.h"
#include "flow/download.h"
#include "flow/edit.h"
#include "flow/gc_change.h"
#include "flow/infra.h"
#include "flow/ovf_upload.h"
#include "flow/media_upload.h"
#include "flow/power.h"
#include "flow/register.h"

const struct flow_kind *const flow_kinds[] = {
    &audit_kind,
    &catalog_remove_kind,
    &gc_change_kind,
    &download_kind,
    &register_kind,
    &edit_kind,
    &refresh_kind,
    &refresh_profiles_kind,
    &reread_kind,
    &remove_kind,
    &media_upload_kind,
    &power_kind,
    &infra_plan_kind,
    &infra_run_kind,
    &ovf_upload_kind,
    NULL,
};
