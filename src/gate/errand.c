#include "gate/errand.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/secret.h"
#include "gate/target.h"
#include "wire/http1.h"

struct gate_errand *gate_errand_create(struct gate_target *take, const char *method)
{
    struct gate_errand *r = xcalloc(1, sizeof(*r));
    r->target = take;
    r->method = xstrdup(method);
    return r;
}

struct gate_errand *gate_errand_destroy(struct gate_errand *r)
{
    if (!r)
        return NULL;
    for (size_t i = 0; i < r->fields_len; i++) {
        secret_wipe(r->fields[i].value, strlen(r->fields[i].value));
        free(r->fields[i].value);
        free(r->fields[i].name);
    }
    (void)gate_target_unref(r->target);
    free(r->method);
    free(r);
    return NULL;
}

bool gate_errand_field(struct gate_errand *r, const char *name, const char *value, struct err *e)
{
    size_t len = strlen(value);
    if (r->fields_len == GATE_FIELDS_MAX)
        return err_set(e, ERR_INPUT, "a request to a host with more than %d fields", GATE_FIELDS_MAX);
    if (!http1_is_token(name, strlen(name)) || len > GATE_FIELD_MAX || !http1_is_value(value, len))
        return err_set(e, ERR_INPUT, "a field of a request to a host that can't be sent");
    r->fields[r->fields_len].name = xstrdup(name);
    r->fields[r->fields_len++].value = xstrdup(value);
    return true;
}
