/* flow/config.h - what an administrator can set, and its defaults (docs/configuration.md is made from this table).
 * Read once at start-up and again on SIGHUP, when only the fields marked "reload" take effect. */
#pragma once
#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "wire/settings.h"

struct arena;

enum { CONFIG_BYTES_MAX = 256 * 1024 }; /* of a configuration's file */

enum config_withdraw { CONFIG_WITHDRAW_END, CONFIG_WITHDRAW_FINISH };

struct config {
    const char *listen;          /* address:port */
    const char *public_url;      /* NULL: made from listen and the host's name */
    const char *data_dir;
    const char *store_url;       /* sqlite:.. or postgresql:..; NULL: sqlite in data_dir */
    const char *master_key_file; /* NULL: master.key in data_dir */
    int on_withdraw;             /* enum config_withdraw */
    int log_level;               /* enum log_level; reload */
    struct setting_list proxy_from; /* load balancers whose PROXY protocol v2 header is believed */
    const char *resolver_hosts;  /* a hosts file that is asked first; NULL: /etc/hosts only */
    bool public_cas;             /* the operating system's CAs are anchors too */
    bool crl_strict;             /* a missing or stale CRL refuses */
    uint64_t loops, pool_threads;
    uint64_t connections, request_body; /* reload */
    int64_t session_idle_ms, connect_timeout_ms, handshake_timeout_ms; /* reload */
    int64_t console_idle_ms, console_life_ms, transfer_idle_ms;
    uint64_t spool_max;          /* bytes */
    int64_t spool_idle_ms;
};

/* The table, for settings_write, documentation and tests. */
const struct setting *config_table(size_t *ret_len);

/* Reads a configuration's text. ERR_INPUT names the line. */
MUST_USE bool config_read(const char *text, size_t len, struct config *ret, struct arena *arena, struct err *e);
/* The same, and where each row of the table has its value from (as many as config_table says). */
MUST_USE bool config_read_from(const char *text, size_t len, struct config *ret, struct setting_origin *origins, struct arena *arena,
                               struct err *e);
