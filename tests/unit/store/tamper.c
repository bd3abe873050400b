/* The audit trail in the hands of somebody who can write the file. */
#include <sqlite3.h>

#include "unit/store/kept.h"

#define UNTIE "DROP TRIGGER audit_stays_unchanged; DROP TRIGGER audit_stays_complete;"

static void tamper(struct kept *k, const char *sql)
{
    sqlite3 *db;
    char *why = NULL;
    CHECK_EQ(sqlite3_open_v2(k->url + strlen("sqlite:"), &db, SQLITE_OPEN_READWRITE, NULL), SQLITE_OK);
    (void)sqlite3_exec(db, sql, NULL, NULL, &why);
    if (why)
        fail_msg("%s: %s", sql, why);
    CHECK_EQ(sqlite3_close(db), SQLITE_OK);
}

static void the_first_broken_link_is_found(void **state)
{
    struct kept *k = *state;
    static const struct {
        const char *sql;
        uint64_t broken_at;
    } cases[] = {
        { "UPDATE audit SET text = 'another' WHERE seq = 4", 4 },
        { "UPDATE audit SET who = 'root' WHERE seq = 1", 1 },
        { "UPDATE audit SET at_ms = at_ms + 1 WHERE seq = 8", 8 },
        { "UPDATE audit SET sha256 = NULL WHERE seq = 5", 5 },
        { "UPDATE audit SET hash = zeroblob(32) WHERE seq = 6", 6 },
        { "UPDATE audit SET text = x'00' || text WHERE seq = 6", 6 }, /* not even readable */
        { "DELETE FROM audit WHERE seq = 3", 3 },
        { "DELETE FROM audit WHERE seq = 1", 1 },
        { "DELETE FROM audit WHERE seq > 5", 6 },                     /* the tail */
        { "DELETE FROM audit", 1 },
        { "DELETE FROM audit WHERE seq = 8; UPDATE state SET audit_count = 7", 8 },
        { "UPDATE state SET audit_count = 7", 9 },
        { "UPDATE state SET audit_head = zeroblob(32)", 9 },
        { "UPDATE audit SET seq = 100 WHERE seq = 2; UPDATE audit SET seq = 2 WHERE seq = 3;"
          "UPDATE audit SET seq = 3 WHERE seq = 100", 2 },            /* swapped */
        { "UPDATE audit SET seq = seq + 100 WHERE seq > 4; UPDATE audit SET seq = seq - 99 WHERE seq > 100;"
          "INSERT INTO audit SELECT 5, 'x' || substr(id, 2), at_ms, who, origin, flow, action, entity, sha256, text,"
          "  data, hash FROM audit WHERE seq = 4;", 5 },              /* one put in between */
        { "UPDATE state SET identity = '0b4b5f2c-3f8e-4f9e-8f0e-1c2d3e4f5a6b'", 1 }, /* the chain of another store */
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct err e;
        char id[STORE_ID_MAX + 1], sql[2000];
        void *fresh = (void *)(uintptr_t)k->factory;
        CHECK_EQ(kept_set_up(&fresh), 0);
        struct kept *own = fresh;
        for (unsigned n = 0; n < 8; n++)
            CHANGE_OK(own, kept_grant(own->s, STORE_SYSTEM, NULL, "any", n, id, &e), &e);
        (void)snprintf(sql, sizeof(sql), UNTIE "%s", cases[i].sql);
        tamper(own, sql);
        kept_reopen(own);
        struct store_audit_report report;
        CHECK_OK(store_audit_verify(own->s, &report, &e), &e);
        if (report.sound || report.broken_at != cases[i].broken_at || report.checked != cases[i].broken_at - 1)
            fail_msg("case %zu: %d, at %llu after %llu: %s", i, report.sound, (unsigned long long)report.broken_at,
                     (unsigned long long)report.checked, report.why);
        CHECK(report.why[0]);
        CHECK_EQ(kept_tear_down(&fresh), 0);
    }
}

/* Without the file in one's hands it can't be done: the tables themselves refuse. */
static void lines_can_not_be_changed_by_a_slip(void **state)
{
    struct kept *k = *state;
    struct err e;
    char id[STORE_ID_MAX + 1];
    sqlite3 *db;
    CHANGE_OK(k, kept_grant(k->s, STORE_SYSTEM, NULL, "any", 1, id, &e), &e);
    CHECK_EQ(sqlite3_open_v2(k->url + strlen("sqlite:"), &db, SQLITE_OPEN_READWRITE, NULL), SQLITE_OK);
    CHECK_EQ(sqlite3_exec(db, "UPDATE audit SET text = 'x'", NULL, NULL, NULL), SQLITE_CONSTRAINT);
    CHECK_EQ(sqlite3_exec(db, "DELETE FROM audit", NULL, NULL, NULL), SQLITE_CONSTRAINT);
    CHECK_EQ(sqlite3_close(db), SQLITE_OK);
    kept_is_sound(k);
}

GROUP(store_tamper, CONFORM(the_first_broken_link_is_found, &kept_sqlite),
      CONFORM(lines_can_not_be_changed_by_a_slip, &kept_sqlite))
