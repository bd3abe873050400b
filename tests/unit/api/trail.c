/* cells and auditTrail: what the cell says of itself and of what was changed. */
#include "flow/loan.h"
#include "store/setting.h"
#include "store/store.h"
#include "unit/api/ask.h"

#define TRAIL "/cloudapi/1.0.0/auditTrail"
#define CELLS "/cloudapi/1.0.0/cells"

static void cells_has_the_one_that_answers(void **state)
{
    struct desk *d = *state;
    const char *urn = d->rig->world->site.cell_urn;
    char path[200];
    struct answer a = ask_for(d, 200, "GET", CELLS, NULL);
    CHECK_EQ(answer_number(&a, "resultTotal"), 1);
    CHECK_STR(answer_text(&a, "values.0.id"), urn);
    answer_done(&a);
    (void)snprintf(path, sizeof(path), CELLS "/%s", urn);
    ask_only(d, 200, "GET", path, NULL);
    ask_only(d, 400, "DELETE", path, NULL);
    ask_only(d, 403, "GET", CELLS "/urn:vcloud:cell:00000000-0000-4000-8000-000000000000", NULL);
    ask_only(d, 403, "GET", CELLS "/nonsense", NULL);
    a = ask_for(d, 200, "GET", CELLS "?filter=name==nobody", NULL);
    CHECK_EQ(answer_number(&a, "resultTotal"), 0);
    answer_done(&a);
    ask_only(d, 400, "GET", CELLS "?filter=colour==red", NULL);
}

static void change(struct desk *d, const char *value)
{
    struct err e;
    AUTO(loan_end) struct loan l = { 0 };
    CHECK_OK(loan_begin(d->rig->world->shelf, &l, &e), &e);
    CHECK_OK(store_begin(l.store, STORE_WRITE, &e), &e);
    CHECK_OK(store_setting_put(l.store, "some.key", value, &kept_by, &e), &e);
    CHECK_OK(store_commit(l.store, &e), &e);
}

static void the_trail_has_true_pages_newest_first(void **state)
{
    struct desk *d = *state;
    struct answer a = ask_for(d, 200, "GET", TRAIL, NULL);
    json_int_t before = answer_number(&a, "resultTotal");
    answer_done(&a);
    char value[] = "a";
    for (; value[0] <= 'g'; value[0]++)
        change(d, value);
    a = ask_for(d, 200, "GET", TRAIL "?page=1&pageSize=3", NULL);
    CHECK_EQ(answer_number(&a, "resultTotal"), before + 7);
    CHECK(strstr(answer_text(&a, "values.0.description"), "\"g\""));
    CHECK(strstr(answer_text(&a, "values.2.description"), "\"e\""));
    CHECK(strstr(a.fields, "nextPage"));
    CHECK_STR(answer_text(&a, "values.0.user.name"), "administrator@System");
    answer_done(&a);
    a = ask_for(d, 200, "GET", TRAIL "?page=2&pageSize=3", NULL);
    CHECK(strstr(answer_text(&a, "values.0.description"), "\"d\""));
    answer_done(&a);
    a = ask_for(d, 200, "GET", TRAIL "?page=99&pageSize=3", NULL);
    CHECK_EQ(json_array_size(json_object_get(a.json, "values")), 0);
    answer_done(&a);
    a = ask_for(d, 200, "GET", TRAIL "?filter=eventType==*setting.put&pageSize=2", NULL);
    CHECK_EQ(answer_number(&a, "resultTotal"), 7);
    answer_done(&a);
}

static void a_tenant_sees_neither(void **state)
{
    struct desk *d = *state;
    (void)ground_user(d->g, ground_org(d->g, "acme"), "bob", "Organization Administrator", "bob's password");
    desk_become(d, "bob@acme", "bob's password");
    ask_only(d, 403, "GET", TRAIL, NULL);
    ask_only(d, 403, "GET", CELLS, NULL);
}

GROUP(api_trail, DESK(cells_has_the_one_that_answers), DESK(the_trail_has_true_pages_newest_first), DESK(a_tenant_sees_neither))
