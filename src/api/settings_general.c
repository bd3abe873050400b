#include "api/legacy.h"
#include "api/tables.h"
#include "base/arena.h"
#include "flow/change.h"
#include "flow/loan.h"
#include "flow/site.h"
#include "flow/site_settings.h"
#include "flow/watch.h"

/* GET and PUT /api/admin/extension/settings/general (vcd-api.md 3.8): where the check of names lives in 10.4. What this cell
 * has no switch for is read over in a PUT, as VCD's clients send back what they were given. */

#define TYPE "application/vnd.vmware.admin.generalSettings"
#define PATH "/api/admin/extension/settings/general"

static bool write_settings(struct api_call *c, const struct site_settings *s, struct err *e)
{
    struct legacy l;
    legacy_start(&l, c, "vmext:GeneralSettings");
    legacy_attr(&l, "href", api_href(c, PATH));
    legacy_attr(&l, "type", c->accept.format == API_JSON ? TYPE "+json" : TYPE "+xml");
    legacy_link(&l, "edit", TYPE "+xml", api_href(c, PATH));
    for (size_t i = 0; i < site_settings_fields_len; i++) {
        const struct site_settings_field *f = &site_settings_fields[i];
        if (!f->xml)
            continue;
        const char *name = arena_printf(c->arena, "vmext:%s", f->xml);
        if (f->kind == SITE_SETTINGS_BOOL)
            legacy_leaf_bool(&l, name, site_settings_value(s, f) != 0);
        else
            legacy_leaf_number(&l, name, site_settings_value(s, f));
    }
    legacy_leaf(&l, "vmext:RestApiBaseUri", api_href(c, "/api"));
    return legacy_end(&l, 200, TYPE, e);
}

static bool read_now(const struct site *site, struct site_settings *ret, struct err *e)
{
    AUTO(loan_end) struct loan l = { 0 };
    return loan_begin(site->shelf, &l, e) && site_settings_read(l.store, ret, e);
}

static bool show(struct api_call *c, struct err *e)
{
    struct site_settings s;
    return read_now(c->site, &s, e) && write_settings(c, &s, e);
}

static bool take_xml(const struct xml_element *el, const struct site_settings_field *f, int64_t *ret)
{
    bool on = false;
    if (f->kind == SITE_SETTINGS_NUMBER)
        return xml_integer(el, f->min, f->max, ret);
    if (!xml_boolean(el, &on))
        return false;
    *ret = on;
    return true;
}

static bool take_json(const json_t *v, const struct site_settings_field *f, int64_t *ret)
{
    if (f->kind == SITE_SETTINGS_BOOL ? !json_is_boolean(v) : !json_is_integer(v))
        return false;
    *ret = f->kind == SITE_SETTINGS_BOOL ? json_is_true(v) : json_integer_value(v);
    return true;
}

/* What the body says of one field; true and *ret_there false when it says nothing. */
static bool take(const struct legacy_in *in, const struct site_settings_field *f, bool *ret_there, int64_t *ret, struct err *e)
{
    const struct xml_element *el = in->xml ? xml_child(in->xml, LEGACY_EXT_NS, f->xml) : NULL;
    const json_t *v = in->json ? json_object_get(in->json, f->json) : NULL;
    *ret_there = el || (v && !json_is_null(v));
    if (!*ret_there || (el ? take_xml(el, f, ret) : take_json(v, f, ret)))
        return true;
    return err_set(e, ERR_INPUT, f->kind == SITE_SETTINGS_BOOL ? "%s is neither true nor false" : "%s is not a number in its range",
                   f->json);
}

static bool take_all(const struct legacy_in *in, struct site_settings *s, struct err *e)
{
    if (legacy_in_empty(in))
        return err_set(e, ERR_INPUT, "the settings are missing");
    for (size_t i = 0; i < site_settings_fields_len; i++) {
        bool there;
        int64_t value;
        if (!site_settings_fields[i].xml)
            continue;
        if (!take(in, &site_settings_fields[i], &there, &value, e) ||
            (there && !site_settings_set(s, &site_settings_fields[i], value, e)))
            return false;
    }
    return true;
}

struct change {
    const struct legacy_in *in;
    struct store_by by;
    struct site_settings now;
};

static bool change(void *self, struct store *s, struct err *e)
{
    struct change *ch = self;
    return site_settings_read(s, &ch->now, e) && take_all(ch->in, &ch->now, e) && site_settings_write(s, &ch->now, &ch->by, e);
}

static bool edit(struct api_call *c, struct err *e)
{
    AUTO(legacy_body_done) struct legacy_in in = { 0 };
    struct change ch = { .in = &in, .by = site_by(&c->caller, "api.settings") };
    if (!legacy_body(c, &in, e) || !change_run(c->site, change, &ch, e))
        return false;
    watch_poke(c->site->watch, NULL); /* names may be checked now that were not */
    return write_settings(c, &ch.now, e);
}

const struct api_op api_settings_general_ops[] = {
    { "GET", PATH, API_LEGACY, RIGHT_SYSTEM_SETTINGS_VIEW, API_PROVIDER, show, 0 },
    { "PUT", PATH, API_LEGACY, RIGHT_SYSTEM_SETTINGS_MANAGE, API_PROVIDER, edit, 0 },
    { 0 },
};
