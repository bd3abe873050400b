#include "flow/transfer.h"

#include <string.h>

#include "base/arena.h"
#include "base/text.h"
#include "flow/kept.h"
#include "flow/seen.h"
#include "store/record.h"
#include "wire/json.h"

#define KIND "transfer"

static const char *const whats[TRANSFER_WHATS] = {
    [TRANSFER_TEMPLATE_UP] = "template-up", [TRANSFER_MEDIA_UP] = "media-up", [TRANSFER_DOWN] = "down",
};

static const struct kept_member members[] = {
    { "org", KEPT_TEXT, offsetof(struct transfer, org) },
    { "task", KEPT_TEXT, offsetof(struct transfer, task) },
};
static const struct kept_member file_members[] = {
    { "name", KEPT_TEXT, offsetof(struct transfer_file, name) },
    { "size", KEPT_NUMBER, offsetof(struct transfer_file, size) },
};

bool transfer_put(struct store *s, const struct transfer *t, struct err *e)
{
    json_t *j = kept_write(members, ARRAY_LEN(members), t), *files = json_array();
    for (size_t i = 0; i < t->files_len; i++)
        (void)json_array_append_new(files, kept_write(file_members, ARRAY_LEN(file_members), &t->files[i]));
    (void)json_object_set_new(j, "files", files);
    return kept_put(s, (struct store_record){ .kind = KIND, .id = t->id, .owner = t->entity, .name = "", .state = whats[t->what],
                                              .made_ms = t->made_ms }, j, e);
}

bool transfer_drop(struct store *s, const char *id, struct err *e)
{
    return store_record_remove(s, KIND, id, e) || e->kind == ERR_NOT_FOUND;
}

static bool read_record(const struct store_record *r, struct arena *a, struct transfer *ret, struct err *e)
{
    AUTO(wire_json_decrefp) json_t *j = NULL;
    if (!kept_json(r, &j, e))
        return false;
    *ret = (struct transfer){ .id = arena_strdup(a, r->id), .entity = arena_strdup(a, r->owner), .made_ms = r->made_ms };
    while (ret->what + 1 < TRANSFER_WHATS && strcmp(whats[ret->what], r->state) != 0)
        ret->what++;
    kept_read(j, members, ARRAY_LEN(members), a, ret);
    const json_t *files = json_object_get(j, "files");
    ret->files_len = json_array_size(files);
    ret->files = arena_array(a, ret->files_len + 1, sizeof(*ret->files));
    for (size_t i = 0; i < ret->files_len; i++)
        kept_read(json_array_get(files, i), file_members, ARRAY_LEN(file_members), a, &ret->files[i]);
    return true;
}

bool transfer_get(struct store *s, const struct caller *c, const char *id, struct arena *a, struct transfer *ret, struct err *e)
{
    struct store_record r;
    if (!store_record_get(s, KIND, id, a, &r, e))
        return e->kind == ERR_NOT_FOUND ? err_set(e, ERR_NOT_FOUND, "there is no transfer of this id (any more)") : false;
    return read_record(&r, a, ret, e) &&
           (seen_by(c, ret->org) || err_set(e, ERR_DENIED, "this transfer is another organization's"));
}

bool transfer_of(struct store *s, const char *entity, struct arena *a, struct transfer *ret, struct err *e)
{
    struct store_record *rows;
    size_t len;
    *ret = (struct transfer){ .id = NULL };
    return kept_all(s, KIND, entity, a, &rows, &len, e) && (!len || read_record(&rows[0], a, ret, e));
}

const struct transfer_file *transfer_file_of(const struct transfer *t, const char *name)
{
    for (size_t i = 0; i < t->files_len; i++)
        if (strcmp(t->files[i].name, name) == 0)
            return &t->files[i];
    return NULL;
}

bool transfer_name_valid(const char *name)
{
    size_t len = strlen(name);
    if (!len || len > TRANSFER_NAME_MAX || !strcmp(name, ".") || !strcmp(name, "..") || !text_utf8(name, len))
        return false;
    for (const char *p = name; *p; p++)
        if (*p == '/' || *p == '\\' || (unsigned char)*p < ' ' || *p == 0x7f)
            return false;
    return true;
}
