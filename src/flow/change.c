#include "flow/change.h"

#include "flow/loan.h"
#include "flow/publisher.h"
#include "flow/site.h"
#include "store/store.h"

bool change_keep(const struct site *site, change_fn *change, void *self, struct err *e)
{
    AUTO(loan_end) struct loan l = { 0 };
    if (!loan_begin(site->shelf, &l, e) || !store_begin(l.store, STORE_WRITE, e))
        return false;
    AUTO(store_abortp) struct store *open = l.store;
    return change(self, open, e) && store_commit(STEAL(open), e);
}

bool change_run(const struct site *site, change_fn *change, void *self, struct err *e)
{
    return change_keep(site, change, self, e) && publisher_sync(site->publisher, e);
}

bool change_read(const struct site *site, change_fn *reading, void *self, struct err *e)
{
    AUTO(loan_end) struct loan l = { 0 };
    if (!loan_begin(site->shelf, &l, e) || !store_begin(l.store, STORE_READ, e))
        return false;
    AUTO(store_abortp) struct store *open = l.store;
    return reading(self, open, e);
}
