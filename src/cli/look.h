/* cli/look.h - a probe's report as people and scripts read it: one endpoint at length, many as rows.
 * Called by `vouchsafe probe`. Decides nothing; formats only what will be printed. */
#pragma once
#include <jansson.h>

#include "cli/output.h"
#include "probe/probe.h"

struct trust_set;

/* How one look ended, for exit codes and the summary. */
enum look_result {
    LOOK_OK,       /* believed; without anchors: seen */
    LOOK_REFUSED,
    LOOK_TIMEOUT,
    LOOK_FAILED,   /* unreachable, or no TLS */
    LOOK_RESULTS,
};

/* A report and what it was asked with; all borrowed. */
struct look_view {
    const char *endpoint;           /* "vc1.example:443" */
    const struct probe_request *request;
    const struct probe_report *report;
    const struct trust_set *set;    /* what was trusted; NULL without anchors: nothing is judged */
    bool judged;
};

enum look_result look_result(const struct look_view *w);

/* The members of `-o json` (docs/cli.md). */
json_t *look_json(const struct look_view *w);
/* Only what the table shows. */
json_t *look_row(const struct look_view *w);
void look_print(struct out *o, const struct look_view *w);

/* Writes the chain, without what was also sent, as PEM. ERR_STORE. */
MUST_USE bool look_save(const struct probe_report *r, const char *path, struct err *e);
