#include <string.h>

#include "api/list.h"
#include "api/tables.h"
#include "base/arena.h"
#include "flow/site.h"

/* The cells of the group (vcd-api.md 3.8). A store in one file has one: the cell that answers. */

static const struct fiql_field fields[] = {
    { "id", FIQL_TEXT, false, false },          { "name", FIQL_CASELESS, false, false },
    { "primaryIP", FIQL_TEXT, false, false },   { "isActive", FIQL_BOOL, false, false },
    { "productVersion", FIQL_TEXT, false, false },
};

static struct fiql_value get(const void *row, size_t field)
{
    const struct site *site = row;
    switch (field) {
    case 0: return (struct fiql_value){ site->cell_urn, 0 };
    case 1: return (struct fiql_value){ site->cell_name, 0 };
    case 2: return (struct fiql_value){ site->cell_address, 0 };
    case 3: return (struct fiql_value){ NULL, true };
    default: return (struct fiql_value){ SITE_VERSION, 0 };
    }
}

static json_t *write_cell(struct api_call *c, const void *row)
{
    const struct site *site = row;
    (void)c;
    return json_pack("{s:s, s:s, s:s, s:s, s:s, s:b}", "id", site->cell_urn, "name", site->cell_name, "primaryIP",
                     site->cell_address, "productVersion", SITE_VERSION, "productBuildDate", SITE_BUILD_DATE, "isActive", true);
}

static bool list(struct api_call *c, struct err *e)
{
    static const struct api_list shape = { fields, ARRAY_LEN(fields), get, "name", false, "Cells", write_cell };
    const void *rows[] = { c->site };
    return api_answer_list(c, &shape, rows, ARRAY_LEN(rows), e);
}

static bool find(struct api_call *c, struct err *e)
{
    const char *urn;
    if (!api_param_urn(c, "id", "cell", &urn, e))
        return false;
    return strcmp(urn, c->site->cell_urn) == 0 || err_set(e, ERR_NOT_FOUND, "there is no cell of this id");
}

static bool show(struct api_call *c, struct err *e)
{
    return find(c, e) && api_answer_json(c, 200, write_cell(c, c->site), e);
}

static bool forget(struct api_call *c, struct err *e)
{
    return find(c, e) && err_set(e, ERR_INPUT, "this cell is running: only a cell that is gone can be removed");
}

const struct api_op api_cells_ops[] = {
    { "GET", "/cloudapi/1.0.0/cells", API_CLOUDAPI, RIGHT_ADMIN_VIEW, API_PROVIDER, list, 0 },
    { "GET", "/cloudapi/1.0.0/cells/{id}", API_CLOUDAPI, RIGHT_ADMIN_VIEW, API_PROVIDER, show, 0 },
    { "DELETE", "/cloudapi/1.0.0/cells/{id}", API_CLOUDAPI, RIGHT_SYSTEM_SETTINGS_MANAGE, API_PROVIDER, forget, 0 },
    { 0 },
};
