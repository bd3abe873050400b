#include "cli/cert_expiring.h"

#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/text.h"
#include "cli/answer.h"
#include "cli/certs.h"
#include "cli/command.h"
#include "cli/ours.h"
#include "cli/remote.h"
#include "trust/cert.h"
#include "wire/json.h"

enum { DAYS_MAX = 36500, DAY_S = 86400, TOLD = 20, NUMBER_MAX = 8 };

bool cert_expiring_until(const char *text, int64_t now, int64_t *ret, struct err *e)
{
    char number[NUMBER_MAX];
    uint64_t days;
    size_t len = strlen(text);
    if (len > 0 && text[len - 1] == 'd')
        len--;
    if (len == 0 || len >= sizeof(number))
        return err_set(e, ERR_INPUT, "--expiring: so many days, such as 30d");
    memcpy(number, text, len);
    number[len] = '\0';
    if (!text_number(number, 0, DAYS_MAX, &days))
        return err_set(e, ERR_INPUT, "--expiring: so many days, such as 30d, at most %d", DAYS_MAX);
    *ret = now + (int64_t)days * DAY_S;
    return true;
}

static int by_end(const void *left, const void *right)
{
    const struct trust_cert *a = ((const struct cert_grant *)left)->cert, *b = ((const struct cert_grant *)right)->cert;
    if (trust_cert_is_ca(a) != trust_cert_is_ca(b))
        return trust_cert_is_ca(b) ? 1 : -1;
    return (trust_cert_not_after(a) > trust_cert_not_after(b)) - (trust_cert_not_after(a) < trust_cert_not_after(b));
}

void cert_expiring_keep(struct cert_list *l, int64_t until)
{
    size_t kept = 0;
    for (size_t i = 0; i < l->len; i++) {
        if (l->items[i].cert && trust_cert_not_after(l->items[i].cert) < until)
            l->items[kept++] = l->items[i];
        else
            (void)trust_cert_unref(l->items[i].cert);
    }
    l->len = kept;
    if (kept)
        qsort(l->items, kept, sizeof(*l->items), by_end);
}

static bool concerns(const json_t *one, int64_t until)
{
    const char *level = answer_str(one, "level"), *end = answer_str(one, "notAfter");
    int64_t at;
    if (answer_true(one, "trusted"))
        return answer_number(one, "endpoints") > 0;
    return (level && strcmp(level, "misnamed") == 0) || (end && text_time_parse(end, &at) && at < until);
}

bool cert_expiring_told(struct cli *cli, struct remote *r, int64_t until, struct err *e)
{
    AUTO(wire_json_decrefp) json_t *all = NULL;
    size_t i, told = 0, left = 0;
    json_t *one;
    if (!remote_list(r, OURS_PATH "/expiry", &all, e))
        return e->kind == ERR_DENIED;
    json_array_foreach(all, i, one) {
        struct arena *a = &cli->arena;
        json_int_t count = answer_number(one, "endpoints");
        if (!concerns(one, until))
            continue;
        if (told == TOLD) {
            left++;
            continue;
        }
        told++;
        out_note(&cli->out, "%s%s%s: %s, %s, until %s", answer_shown(one, "where", "?", a), count > 1 ? " and others" : "",
                 answer_true(one, "trusted") ? " (trusted, and presented)" : " presents it", answer_shown(one, "subject", "?", a),
                 answer_shown(one, "level", "?", a), answer_shown(one, "notAfter", "?", a));
    }
    if (left)
        out_note(&cli->out, ".. and %zu more", left);
    return true;
}
