#include <stddef.h>

#include "base/def.h"

struct kept_factory;
extern const struct kept_factory kept_sqlite;

int conform_txn(const struct kept_factory *f);
int conform_grant(const struct kept_factory *f);
int conform_crl(const struct kept_factory *f);
int conform_sealed(const struct kept_factory *f);
int conform_evidence(const struct kept_factory *f);
int conform_endpoint(const struct kept_factory *f);
int conform_event(const struct kept_factory *f);
int conform_audit(const struct kept_factory *f);
int conform_setting(const struct kept_factory *f);
int conform_record(const struct kept_factory *f);
int conform_rows(const struct kept_factory *f);

int group_store_cells(void);
int group_store_words(void);
int group_store_datadir(void);
int group_store_sqlite(void);
int group_store_tamper(void);
int group_store_fail(void);
int group_store_threads(void);

/* What every backend must pass. */
static int conform(const struct kept_factory *f)
{
    return conform_txn(f) + conform_grant(f) + conform_crl(f) + conform_sealed(f) + conform_evidence(f) +
           conform_endpoint(f) + conform_event(f) + conform_audit(f) + conform_setting(f) + conform_record(f) + conform_rows(f);
}

int main(void)
{
    static const struct kept_factory *const backends[] = { &kept_sqlite };
    int failed = group_store_cells() + group_store_words() + group_store_datadir();
    for (size_t i = 0; i < ARRAY_LEN(backends); i++)
        failed += conform(backends[i]);
    return failed + group_store_sqlite() + group_store_tamper() + group_store_fail() + group_store_threads();
}
