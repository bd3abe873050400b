/* store/by.h - who makes a change, from where and by which flow: asked by everything that the audit trail records. */
#pragma once
#include <stdint.h>

struct store_by {
    const char *who;  /* "administrator@System", "root on cell 1" */
    const char *from; /* address or terminal: "10.0.0.7", "local" */
    const char *flow; /* a word of ours: "api.trusted-certificates", "cmt.trust-infra-certs" */
    int64_t at_ms;    /* now */
};
