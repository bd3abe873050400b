/* The switches of the whole site with their names in JSON: VCD's general settings, and ours, which VCD has not. A PUT changes what it
 * names and leaves the rest; what it names and nobody knows is refused. */
#include "api/op.h"
#include "api/tables.h"
#include "flow/change.h"
#include "flow/site.h"
#include "flow/site_settings.h"
#include "flow/watch.h"
#include "wire/json.h"

#define PATH "/cloudapi/vouchsafe/1.0.0/settings"

static json_t *settings_json(const struct site_settings *s)
{
    json_t *o = json_object();
    for (size_t i = 0; i < site_settings_fields_len; i++) {
        const struct site_settings_field *f = &site_settings_fields[i];
        int64_t value = site_settings_value(s, f);
        json_object_set_new(o, f->json, f->kind == SITE_SETTINGS_BOOL ? json_boolean(value != 0) : json_integer((json_int_t)value));
    }
    return o;
}

struct change {
    const json_t *body; /* NULL: only read */
    struct store_by by;
    struct site_settings now;
};

static bool read(void *self, struct store *s, struct err *e)
{
    return site_settings_read(s, &((struct change *)self)->now, e);
}

static bool take(struct site_settings *s, const char *name, const json_t *v, struct err *e)
{
    const struct site_settings_field *f = site_settings_find(name);
    if (!f)
        return err_set(e, ERR_INPUT, "there is no setting %.64s", name);
    if (f->kind == SITE_SETTINGS_BOOL ? !json_is_boolean(v) : !json_is_integer(v))
        return err_set(e, ERR_INPUT, f->kind == SITE_SETTINGS_BOOL ? "%s is neither true nor false" : "%s is no whole number", f->json);
    return site_settings_set(s, f, f->kind == SITE_SETTINGS_BOOL ? json_is_true(v) : (int64_t)json_integer_value(v), e);
}

static bool change(void *self, struct store *s, struct err *e)
{
    struct change *ch = self;
    const char *name;
    json_t *v;
    if (!site_settings_read(s, &ch->now, e))
        return false;
    json_object_foreach((json_t *)ch->body, name, v) {
        if (!take(&ch->now, name, v, e))
            return false;
    }
    return site_settings_write(s, &ch->now, &ch->by, e);
}

static bool show(struct api_call *c, struct err *e)
{
    struct change ch = { 0 };
    return change_read(c->site, read, &ch, e) && api_answer_json(c, 200, settings_json(&ch.now), e);
}

static bool edit(struct api_call *c, struct err *e)
{
    AUTO(wire_json_decrefp) json_t *body = NULL;
    struct change ch = { .by = site_by(&c->caller, "api.settings") };
    if (!api_body_json(c, &body, e))
        return false;
    if (!body)
        return err_set(e, ERR_INPUT, "the body is missing: name the settings to change");
    ch.body = body;
    if (!change_run(c->site, change, &ch, e))
        return false;
    watch_poke(c->site->watch, NULL); /* names may be checked now that were not */
    return api_answer_json(c, 200, settings_json(&ch.now), e);
}

const struct api_op api_vouchsafe_settings_ops[] = {
    { "GET", PATH, API_CLOUDAPI, RIGHT_SYSTEM_SETTINGS_VIEW, API_PROVIDER, show, 0 },
    { "PUT", PATH, API_CLOUDAPI, RIGHT_SYSTEM_SETTINGS_MANAGE, API_PROVIDER, edit, 0 },
    { 0 },
};
