/* Organization VDCs as the provider makes them: VCD's own way needs provider VDCs and their arithmetic, which this cell does not keep
 * (docs/inventory.md). How tenants read them is in legacy_vdc.c. */
#include "api/list.h"
#include "api/tables.h"
#include "base/arena.h"
#include "flow/loan.h"
#include "flow/org.h"
#include "flow/site.h"
#include "flow/task.h"
#include "flow/vcenter.h"
#include "flow/vdc_make.h"
#include "store/limits.h"
#include "wire/json.h"

#define BASE "/cloudapi/vouchsafe/1.0.0/vdcs"

struct row {
    struct vdc vdc;
    const char *org, *vcenter; /* names */
};

enum { F_ID, F_NAME, F_ORG, F_ORG_NAME, F_VCENTER, F_VCENTER_NAME, F_POOL, F_ENABLED };
static const struct fiql_field fields[] = {
    [F_ID] = { "id", FIQL_TEXT, false, false },               [F_NAME] = { "name", FIQL_CASELESS, false, false },
    [F_ORG] = { "org.id", FIQL_TEXT, false, false },          [F_ORG_NAME] = { "org.name", FIQL_CASELESS, false, false },
    [F_VCENTER] = { "virtualCenter.id", FIQL_TEXT, false, false },
    [F_VCENTER_NAME] = { "virtualCenter.name", FIQL_CASELESS, false, false },
    [F_POOL] = { "resourcePool.moref", FIQL_TEXT, false, false }, [F_ENABLED] = { "isEnabled", FIQL_BOOL, false, false },
};

static struct fiql_value value_of(const void *p, size_t field)
{
    const struct row *r = p;
    const char *const texts[] = { r->vdc.urn, r->vdc.name, r->vdc.org, r->org, r->vdc.vcenter, r->vcenter, r->vdc.pool, NULL };
    return (struct fiql_value){ texts[field], r->vdc.enabled };
}

static json_t *place_json(const char *moref, const char *name)
{
    return json_pack("{s:o, s:o}", "moref", task_json(moref), "name", task_json(name));
}

static json_t *write_row(struct api_call *c, const void *p)
{
    const struct row *r = p;
    const struct vdc *v = &r->vdc;
    (void)c;
    return json_pack("{s:s, s:o, s:o, s:b, s:o, s:o, s:o, s:o, s:o, s:o}", "id", v->urn, "name", task_json(v->name), "description",
                     task_json(v->description), "isEnabled", v->enabled, "org", api_json_ref(r->org, v->org), "virtualCenter",
                     api_json_ref(r->vcenter, v->vcenter), "resourcePool", place_json(v->pool, v->pool_name), "datastore",
                     place_json(v->datastore, v->datastore_name), "network", place_json(v->network, v->network_name), "created",
                     api_json_time(v->made_ms));
}

/* The names around a VDC; "" of what went away meanwhile. */
static bool complete(struct api_call *c, struct store *s, struct row *r, struct err *e)
{
    struct org org = { .name = "" };
    struct vcenter vcenter = { .name = "" };
    if (!org_get(s, r->vdc.org, c->arena, &org, e) && e->kind != ERR_NOT_FOUND)
        return false;
    if (!vcenter_get(s, r->vdc.vcenter, c->arena, &vcenter, e) && e->kind != ERR_NOT_FOUND)
        return false;
    r->org = org.name;
    r->vcenter = vcenter.name;
    return true;
}

static bool list(struct api_call *c, struct err *e)
{
    static const struct api_list shape = { fields, ARRAY_LEN(fields), value_of, "name", false, "Vdcs", write_row };
    AUTO(loan_end) struct loan l = { 0 };
    struct vdc *vdcs;
    size_t len;
    if (!loan_begin(c->site->shelf, &l, e) || !vdc_list(l.store, NULL, c->arena, &vdcs, &len, e))
        return false;
    struct row *rows = arena_array(c->arena, len + 1, sizeof(*rows));
    for (size_t i = 0; i < len; i++) {
        rows[i].vdc = vdcs[i];
        if (!complete(c, l.store, &rows[i], e))
            return false;
    }
    return api_answer_array(c, &shape, rows, len, sizeof(*rows), e);
}

static bool answer(struct api_call *c, int status, const struct vdc *v, struct err *e)
{
    AUTO(loan_end) struct loan l = { 0 };
    struct row r = { .vdc = *v };
    return loan_begin(c->site->shelf, &l, e) && complete(c, l.store, &r, e) && api_answer_json(c, status, write_row(c, &r), e);
}

static bool one(struct api_call *c, struct err *e)
{
    AUTO(loan_end) struct loan l = { 0 };
    const char *urn;
    struct vdc v;
    if (!api_param_urn(c, "id", "vdc", &urn, e) || !loan_begin(c->site->shelf, &l, e) ||
        !vdc_get(l.store, &c->caller, urn, c->arena, &v, e))
        return false;
    loan_end(&l);
    return answer(c, 200, &v, e);
}

/* {"org": {"id"|"name"}}: what is only named is looked up. */
static bool find_org(struct api_call *c, struct store *s, const json_t *body, const char **ret, struct err *e)
{
    struct api_ref ref;
    struct org org;
    if (!api_get_ref(c, body, "org", "org", &ref, e))
        return false;
    if (!ref.id && !ref.name)
        return err_set(e, ERR_INPUT, "org is missing");
    if (!(ref.id ? org_get(s, ref.id, c->arena, &org, e) : org_find(s, ref.name, c->arena, &org, e)))
        return e->kind == ERR_NOT_FOUND ? err_set(e, ERR_INPUT, "there is no such organization") : false;
    *ret = org.urn;
    return true;
}

static bool find_vcenter(struct api_call *c, struct store *s, const json_t *body, const char **ret, struct err *e)
{
    struct api_ref ref;
    struct vcenter v;
    if (!api_get_ref(c, body, "virtualCenter", "vimserver", &ref, e))
        return false;
    if (!ref.id && !ref.name)
        return err_set(e, ERR_INPUT, "virtualCenter is missing");
    if (!(ref.id ? vcenter_get(s, ref.id, c->arena, &v, e) : vcenter_find(s, ref.name, c->arena, &v, e)))
        return e->kind == ERR_NOT_FOUND ? err_set(e, ERR_INPUT, "there is no such vCenter Server") : false;
    *ret = v.urn;
    return true;
}

/* A place: {"moref": ..} or {"name": ..}. */
static bool need_place(const json_t *body, const char *key, const char **ret, struct err *e)
{
    const json_t *place = json_object_get(body, key);
    const char *moref, *name;
    if (!json_is_object(place))
        return err_set(e, ERR_INPUT, "%s is missing: an object with moref or name", key);
    if (!api_get_text(place, "moref", STORE_NAME_MAX, &moref, e) || !api_get_text(place, "name", STORE_NAME_MAX, &name, e))
        return err_in(e, "%s", key);
    *ret = moref ? moref : name;
    return *ret || err_set(e, ERR_INPUT, "%s needs a moref or a name", key);
}

static bool read_new(struct api_call *c, const json_t *body, struct vdc_new *n, struct err *e)
{
    AUTO(loan_end) struct loan l = { 0 };
    if (!body)
        return err_set(e, ERR_INPUT, "the body is missing");
    if (!api_need_text(body, "name", VDC_NAME_MAX, &n->name, e) ||
        !api_get_text(body, "description", VDC_TEXT_MAX, &n->description, e) || !need_place(body, "resourcePool", &n->pool, e) ||
        !need_place(body, "datastore", &n->datastore, e) || !need_place(body, "network", &n->network, e))
        return false;
    n->description = n->description ? n->description : "";
    return loan_begin(c->site->shelf, &l, e) && find_org(c, l.store, body, &n->org, e) &&
           find_vcenter(c, l.store, body, &n->vcenter, e);
}

static bool add(struct api_call *c, struct err *e)
{
    AUTO(wire_json_decrefp) json_t *body = NULL;
    struct vdc_new n = { 0 };
    struct vdc v;
    return api_body_json(c, &body, e) && read_new(c, body, &n, e) && vdc_make(c->site, &c->caller, &n, c->arena, &v, e) &&
           answer(c, 201, &v, e);
}

static bool take_away(struct api_call *c, struct err *e)
{
    const char *urn;
    if (!api_param_urn(c, "id", "vdc", &urn, e) || !vdc_remove(c->site, &c->caller, urn, e))
        return false;
    api_answer_empty(c, 204);
    return true;
}

const struct api_op api_vouchsafe_vdcs_ops[] = {
    { "GET", BASE, API_CLOUDAPI, RIGHT_VDC_MANAGE, API_PROVIDER, list, 0 },
    { "POST", BASE, API_CLOUDAPI, RIGHT_VDC_MANAGE, API_PROVIDER, add, 0 },
    { "GET", BASE "/{id}", API_CLOUDAPI, RIGHT_VDC_MANAGE, API_PROVIDER, one, 0 },
    { "DELETE", BASE "/{id}", API_CLOUDAPI, RIGHT_VDC_MANAGE, API_PROVIDER, take_away, 0 },
    { 0 },
};
