/* cli/remote_fields.h - the inside of a remote, shared by remote.c (who the cell is) and remote_call.c (what is asked). */
#pragma once
#include "base/digest.h"
#include "cli/remote.h"

struct remote {
    char *url; /* owned, as all below; what it is called in messages */
    struct here *here; /* the cell of this machine: by its control socket; NULL: by HTTPS */
    struct url_host host;
    bool pinned;
    uint8_t pin[DIGEST_SHA256];
    int64_t timeout_ms;
    struct hosts *hosts; /* may be NULL */
    struct resolver *resolver;
    struct trust_live *live;
    struct tls_client *tls;
    struct http_client *http; /* NULL while there is no connection */
    struct secret bearer;     /* "bearer .."; empty before login */
    char *tenant;             /* URN of an organization; NULL: one's own */
};
