#include "flow/advisory.h"

#include <stdio.h>
#include <string.h>

#include "base/arena.h"
#include "base/clock.h"
#include "base/text.h"
#include "flow/advisory_view.h"
#include "flow/inbox.h"
#include "flow/expiry.h"
#include "flow/kept.h"
#include "flow/vcenter.h"
#include "flow/vmca.h"
#include "store/record.h"
#include "store/store.h"

#define KIND "advisory"

static const char priorities[] = "NOTICE|IMPORTANT|CRITICAL|MANDATORY";

const char *advisory_priority_name(enum advisory_priority p)
{
    static const char *const names[] = { "NOTICE", "IMPORTANT", "CRITICAL", "MANDATORY" };
    return names[p];
}

int advisory_priority_of(const char *name)
{
    return text_choice(priorities, name);
}

/* How many enabled vCenter Servers nobody reviewed: their VMCA was never shown to a person, or changed since. */
static bool unreviewed(struct store *s, struct arena *a, size_t *ret, const char **ret_first, struct err *e)
{
    struct vcenter *list;
    size_t len, n = 0;
    if (!vcenter_list(s, a, &list, &len, e))
        return false;
    *ret_first = "";
    for (size_t i = 0; i < len; i++) {
        struct vmca_summary seen;
        vmca_summary_read(list[i].trust, a, &seen);
        if (seen.reviewed)
            continue;
        if (n++ == 0)
            *ret_first = list[i].name;
    }
    *ret = n;
    return true;
}

static const char *vmca_message(size_t count, const char *first, struct arena *a)
{
    char name[64];
    text_escape(name, sizeof(name), first, strnlen(first, sizeof(name) - 4));
    return arena_printf(a,
                        "The VMCA certificate of %zu vCenter Server%s (%s%s) was not reviewed. Until it is trusted, console proxy, "
                        "power-on with guest customization, OVF import and export, and media transfer stand still. Edit the "
                        "vCenter Server and save it without changes, or read GET "
                        "/cloudapi/1.0.0/virtualCenters/{vcUrn}/certificateAuthority/vmca. See KB 78885.",
                        count, count == 1 ? "" : "s", name, count == 1 ? "" : ", ..");
}

static const char *inbox_message(size_t count, const char *first, struct arena *a)
{
    char name[64];
    text_escape(name, sizeof(name), first, strnlen(first, sizeof(name) - 4));
    return arena_printf(a,
                        "%zu changed identit%s (%s%s) in the inbox: what was verified before presents another key or CA now, and "
                        "is not believed. See what speaks for it, then approve or reject it: vouchsafe inbox list.",
                        count, count == 1 ? "y waits" : "ies wait", name, count == 1 ? "" : ", ..");
}

static const char *expiry_message(const struct expiry_summary *x, struct arena *a)
{
    char first[300];
    text_escape(first, sizeof(first), x->first, strnlen(x->first, sizeof(first) - 60));
    return arena_printf(a, "Certificates need attention: %zu expired, %zu expire soon, %zu have a wrong name. The gravest: %s. See them: vouchsafe cert list "
                           "--expiring 30d.", x->past, x->hard, x->misnamed, first);
}

static bool read_row(const struct store_record *r, struct arena *a, struct advisory *ret, struct err *e)
{
    json_t *j;
    if (!kept_json(r, &j, e))
        return false;
    int priority = advisory_priority_of(kept_text(j, "priority", a));
    *ret = (struct advisory){ .urn = r->id, .target = r->owner, .message = kept_text(j, "message", a),
                              .priority = priority < 0 ? ADVISORY_NOTICE : (enum advisory_priority)priority,
                              .start_ms = kept_number(j, "start"), .end_ms = kept_number(j, "end") };
    json_decref(j);
    return true;
}

bool advisory_list(struct store *s, struct arena *a, struct advisory **ret, size_t *ret_len, struct err *e)
{
    AUTO(store_abortp) struct store *mine = NULL;
    struct store_record *rows;
    size_t len, count, waiting, n = 0;
    const char *first, *waits;
    struct expiry_summary expiry;
    if (!store_begin(s, STORE_READ, e))
        return false;
    mine = s;
    if (!kept_all(s, KIND, NULL, a, &rows, &len, e) || !unreviewed(s, a, &count, &first, e) ||
        !inbox_waiting(s, a, &waiting, &waits, e) || !expiry_kept(s, a, &expiry, e))
        return false;
    struct advisory *list = arena_array(a, len + 3, sizeof(*list));
    if (count > 0)
        list[n++] = (struct advisory){ .urn = ADVISORY_VMCA_URN, .target = "", .message = vmca_message(count, first, a),
                                       .priority = ADVISORY_MANDATORY, .internal = true };
    if (waiting > 0)
        list[n++] = (struct advisory){ .urn = ADVISORY_INBOX_URN, .target = "", .message = inbox_message(waiting, waits, a),
                                       .priority = ADVISORY_MANDATORY, .internal = true };
    if (expiry.past + expiry.hard + expiry.misnamed > 0)
        list[n++] = (struct advisory){ .urn = ADVISORY_EXPIRY_URN, .target = "", .message = expiry_message(&expiry, a), .internal = true,
                                       .priority = ADVISORY_CRITICAL };
    for (size_t i = 0; i < len; i++)
        if (!read_row(&rows[i], a, &list[n++], e))
            return false;
    *ret = list;
    *ret_len = n;
    return true;
}

bool advisory_get(struct store *s, const char *urn, struct arena *a, struct advisory *ret, struct err *e)
{
    struct advisory *list;
    size_t len;
    if (!advisory_list(s, a, &list, &len, e))
        return false;
    for (size_t i = 0; i < len; i++)
        if (strcmp(list[i].urn, urn) == 0) {
            *ret = list[i];
            return true;
        }
    return err_set(e, ERR_NOT_FOUND, "there is no advisory of this id");
}

static bool check(const struct advisory *ad, struct err *e)
{
    size_t chars = 0;
    for (const char *c = ad->message; c && *c; c++)
        chars += ((unsigned char)*c & 0xc0) != 0x80;
    if (chars == 0 || chars > ADVISORY_MESSAGE)
        return err_set(e, ERR_INPUT, "an advisory's message has 1 to %d characters", ADVISORY_MESSAGE);
    return ad->end_ms == 0 || ad->end_ms >= ad->start_ms || err_set(e, ERR_INPUT, "displayEnd lies before displayStart");
}

bool advisory_add(struct store *s, struct advisory *ret, const struct store_by *by, struct arena *a, struct err *e)
{
    uint64_t count;
    if (!check(ret, e) || !store_record_count(s, &(struct store_record_query){ .kind = KIND }, &count, e))
        return false;
    if (count >= ADVISORIES_MAX)
        return err_set(e, ERR_LIMIT, "%d advisories are defined, the most there may be", ADVISORIES_MAX);
    ret->urn = kept_urn("advisory", a);
    const struct store_record r = { .kind = KIND, .id = ret->urn, .owner = ret->target ? ret->target : "", .name = "", .state = "",
                                    .made_ms = by->at_ms, .until_ms = 0 };
    return kept_put(s, r, json_pack("{s:s, s:s, s:I, s:I}", "message", ret->message, "priority",
                                    advisory_priority_name(ret->priority), "start", (json_int_t)ret->start_ms, "end",
                                    (json_int_t)ret->end_ms), e) &&
           kept_audit(s, by, "advisory.add", ret->urn, e, "%s: %.400s", advisory_priority_name(ret->priority), ret->message);
}

bool advisory_remove(struct store *s, const char *urn, const struct store_by *by, struct err *e)
{
    if (strcmp(urn, ADVISORY_INBOX_URN) == 0)
        return err_set(e, ERR_INPUT, "this advisory is the cell's own: it goes when nothing waits in the inbox any more");
    if (strcmp(urn, ADVISORY_EXPIRY_URN) == 0)
        return err_set(e, ERR_INPUT, "this advisory is the cell's own: it goes when the certificates are renewed");
    if (strcmp(urn, ADVISORY_VMCA_URN) == 0)
        return err_set(e, ERR_INPUT, "this advisory is the cell's own: it goes when every VMCA was reviewed");
    return store_record_remove(s, KIND, urn, e) && advisory_view_forget(s, urn, e) && kept_audit(s, by, "advisory.remove", urn, e, "removed");
}
