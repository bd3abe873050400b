/* Resource pools of a vCenter Server, as go-vcloud-director lists them (GetAllResourcePools): asked now, kept nowhere. */
#include <string.h>

#include "api/list.h"
#include "api/tables.h"
#include "base/arena.h"
#include "flow/site.h"
#include "flow/task.h"
#include "flow/vdc_make.h"

struct row {
    const struct vdc_pool *pool;
    const char *vcenter; /* URN */
};

enum { F_MOREF, F_NAME, F_CLUSTER };
static const struct fiql_field fields[] = {
    [F_MOREF] = { "moref", FIQL_TEXT, false, false }, [F_NAME] = { "name", FIQL_CASELESS, false, false },
    [F_CLUSTER] = { "clusterMoref", FIQL_TEXT, false, false },
};

static struct fiql_value value_of(const void *at, size_t field)
{
    const struct vdc_pool *p = ((const struct row *)at)->pool;
    const char *const texts[] = { p->moref, p->name, p->cluster };
    return (struct fiql_value){ texts[field], 0 };
}

static json_t *write_row(struct api_call *c, const void *at)
{
    const struct row *r = at;
    (void)c;
    return json_pack("{s:o, s:o, s:o, s:s, s:b, s:b, s:b}", "moref", task_json(r->pool->moref), "clusterMoref",
                     task_json(r->pool->cluster), "name", task_json(r->pool->name), "vcId", r->vcenter, "eligible", true,
                     "kubernetesEnabled", false, "vgpuEnabled", false);
}

/* under: the pool or cluster that they stand in; NULL: all; "": those that are a cluster's own. */
static bool list(struct api_call *c, const char *under, struct err *e)
{
    static const struct api_list shape = { fields, ARRAY_LEN(fields), value_of, NULL, false, "ResourcePools", write_row };
    struct vdc_pool *pools;
    const char *urn;
    size_t len, n = 0;
    if (!api_param_urn(c, "id", "vimserver", &urn, e) || !vdc_pools(c->site, urn, c->arena, &pools, &len, e))
        return false;
    struct row *rows = arena_array(c->arena, len + 1, sizeof(*rows));
    for (size_t i = 0; i < len; i++)
        if (!under || strcmp(pools[i].parent, under[0] ? under : pools[i].cluster) == 0)
            rows[n++] = (struct row){ &pools[i], urn };
    return api_answer_array(c, &shape, rows, n, sizeof(*rows), e);
}

static bool all(struct api_call *c, struct err *e)
{
    return list(c, NULL, e);
}

static bool roots(struct api_call *c, struct err *e)
{
    return list(c, "", e);
}

static bool inside(struct api_call *c, struct err *e)
{
    return list(c, api_param(c, "moref"), e);
}

#define BASE "/cloudapi/1.0.0/virtualCenters/{id}/resourcePools"
#define VIEW API_CLOUDAPI, RIGHT_VCENTER_VIEW, API_PROVIDER

const struct api_op api_vcenter_pools_ops[] = {
    { "GET", BASE "/browse", VIEW, roots, 0 },
    { "GET", BASE "/browse/{moref}", VIEW, inside, 0 },
    { "GET", BASE "/browseAll", VIEW, all, 0 },
    { 0 },
};
