#include "flow/catalog_room.h"

#include <string.h>

#include "base/arena.h"
#include "base/text.h"
#include "flow/task.h"
#include "flow/transfer.h"
#include "flow/vdc.h"
#include "store/record.h"
#include "store/store.h"


bool catalog_vdc(struct store *s, const char *org, const char *profile, struct arena *a, struct vdc *ret, struct err *e)
{
    struct vdc *list;
    size_t len;
    if (!vdc_list(s, org, a, &list, &len, e))
        return false;
    for (size_t i = 0; i < len; i++)
        if (list[i].enabled && (!profile || strcmp(vdc_profile_urn(&list[i], a), profile) == 0)) {
            *ret = list[i];
            return true;
        }
    return profile ? err_set(e, ERR_INPUT, "the organization has no enabled VDC with this storage profile")
                   : err_set(e, ERR_INPUT, "the organization has no enabled VDC: there is no place to upload to");
}

static bool gone(bool removed, const struct err *e)
{
    return removed || e->kind == ERR_NOT_FOUND;
}

bool catalog_replace_failed(struct store *s, const char *catalog, const char *name, struct err *e)
{
    AUTO(arena_done) struct arena a = { 0 };
    struct catalog_item *list;
    size_t len;
    if (!catalog_item_list(s, catalog, NULL, &a, &list, &len, e))
        return false;
    for (size_t i = 0; i < len; i++) {
        bool media = strncmp(list[i].entity, MEDIA_URN, strlen(MEDIA_URN)) == 0;
        if (list[i].failed && text_caseeq(list[i].name, name) &&
            !(gone(store_record_remove(s, media ? "media" : "vapptemplate", list[i].entity, e), e) &&
              gone(store_record_remove(s, "catalog-item", list[i].urn, e), e)))
            return false;
    }
    return true;
}

bool catalog_abort_uploads(const struct site *site, struct store *s, const char *entity, struct err *e)
{
    AUTO(arena_done) struct arena a = { 0 };
    struct transfer t;
    if (!transfer_of(s, entity, &a, &t, e))
        return false;
    if (!t.id || !t.task[0])
        return true;
    if (!task_cancel(s, t.task, e) && e->kind != ERR_NOT_FOUND)
        return false;
    task_resume(site, t.task);
    return true;
}
