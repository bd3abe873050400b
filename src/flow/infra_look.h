/* flow/infra_look.h - everything registered, looked at in parallel: what flow/infra_run.c makes facts of. Nobody else includes it.
 * Nouns: infra. */
#pragma once
#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"
#include "base/err.h"
#include "flow/believed.h"
#include "flow/infra.h"
#include "flow/look.h"
#include "flow/subject.h"
#include "flow/vmca.h"

/* One endpoint and, of a vCenter Server, its VMCA. */
struct infra_seen {
    struct subject subject;
    struct look look;
    struct err problem;      /* why it was not seen */
    struct believed before;
    bool rejected;
    bool asked;              /* the VMCA was asked for: vmca is there, or vmca_problem says why not */
    struct vmca_answer vmca;
    struct err vmca_problem;
    struct believed vmca_before;
    bool vmca_rejected;
};

/* infra_view_done. */
struct infra_view {
    struct arena arena;
    struct infra_seen *list;
    size_t len;
    struct trust_cert **granted; /* CAs that System grants somewhere; references */
    size_t granted_len;
};
void infra_view_done(struct infra_view *v);

/* Told on the calling thread, a few times a second. Return false to stop. */
typedef bool infra_progress(void *self, size_t done, size_t of);

struct infra_looking {
    bool vcenters;
    const char *const *only; /* URNs; NULL = all. An NSX-V Manager goes by its own */
    size_t only_len;
    infra_progress *progress;
    void *self;
};
/* ret is zeroed by the caller. What a server does wrong is in its row; false only when the cell itself can't look. ERR_CANCELLED:
 * progress said so. */
MUST_USE bool infra_look(const struct site *site, const struct infra_looking *how, struct infra_view *ret, struct err *e);

/* Two facts of each vCenter Server, one of each NSX Manager; ret has room for two of each. Borrow from the view; questions' names
 * live in its arena. Returns how many. */
size_t infra_facts(const struct site *site, struct infra_view *v, struct infra_fact *ret, const struct infra_seen **ret_of);
