#include "vim/body.h"

#include <string.h>

#include "base/secret.h"
#include "base/text.h"
#include "wire/http1.h"

bool vim_body_is(const struct vim_answer *answer, const char *type)
{
    const char *value = http1_find(answer->head, "Content-Type");
    return value && text_caseeq_n(value, strcspn(value, "; \t"), type, strlen(type));
}

bool vim_body_other(const struct vim_answer *answer, const char *expected, struct err *e)
{
    char kind[80] = "of no said type";
    const char *value = http1_find(answer->head, "Content-Type");
    if (value)
        text_escape(kind, sizeof(kind), value, strlen(value));
    return err_set(e, ERR_PEER, "the answer (status %d) is %s where %s was expected", answer->status, kind, expected);
}

bool vim_body_status(const struct vim_answer *answer, const char *path, struct err *e)
{
    enum err_kind kind = answer->status == 401 || answer->status == 403 ? ERR_DENIED
                       : answer->status == 404                          ? ERR_NOT_FOUND
                       : answer->status == 400                          ? ERR_INPUT
                                                                        : ERR_PEER;
    return err_set(e, kind, "%s answered with status %d %s", path, answer->status, http1_reason(answer->status));
}

void vim_body_wipe(struct buf *b)
{
    if (b->data)
        secret_wipe(b->data, b->cap);
    buf_done(b);
}
