/* flow/host_table.h - the hosts of every vCenter as lists need them: small rows, kept in memory between requests, so that a page of
 * 50,000 hosts costs a page. Called by api (lists of hosts). What a row says is what flow/hosts.h says of it.
 *
 * The list of one vCenter is made when it is asked for and what it was made from is no more: another live set (a grant, a
 * CRL, a setting), another trust record, names checked or not, a host that was looked at (host_table_touch), a certificate
 * that begins or ends. About 200 bytes a host; certificates and verdicts are not kept: host_line_read reads those of the rows that are
 * shown. */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/def.h"
#include "base/err.h"
#include "flow/hosts.h"
#include "trust/rule.h"

struct host_list;
struct host_table;
struct site;
struct vcenter;

struct host_table *host_table_create(void);
struct host_table *host_table_destroy(struct host_table *t); /* no list is referred to any more */
DEFINE_AUTO(host_table_destroyp, struct host_table *, host_table_destroy)

/* What is kept of this vCenter's hosts has changed, and is committed; urn NULL: of any. Any thread; t NULL does nothing. */
void host_table_touch(struct host_table *t, const char *urn);

/* One host. Texts and vCenter live with the list. */
struct host_line {
    const struct host_list *list;
    const char *key, *id, *name;
    const char *why;         /* not seen at the last look: the reason, for people; NULL = it was */
    enum host_class class;
    enum trust_rule rule;    /* of the verdict; without one TRUST_OK */
    bool seen, verified;
    int64_t seen_ms;
};

/* The hosts of one vCenter; never changed, counted. */
struct host_list {
    const char *vcenter;     /* URN */
    bool names_off;
    const struct host_line *lines;
    size_t len, verified, classes[HOST_CLASSES];
    int64_t at_ms;           /* of the last look */
    char text[HOSTS_TEXT_MAX];
};

/* ret: a reference. ERR_STORE and the like. Waits while another thread makes the same list. */
MUST_USE bool host_table_get(const struct site *site, const struct vcenter *v, bool names_off, const struct host_list **ret,
                             struct err *e);
const struct host_list *host_list_unref(const struct host_list *l); /* NULL in, NULL out */
DEFINE_AUTO(host_list_unrefp, const struct host_list *, host_list_unref)

/* All that is kept of one host, decided now: a report of one row, of none when it is gone meanwhile. hosts_report_done. */
MUST_USE bool host_line_read(const struct site *site, const struct host_line *line, struct hosts_report *ret, struct err *e);
