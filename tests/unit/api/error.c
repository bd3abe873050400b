#include "api/error.h"

#include <stdlib.h>

#include "base/buf.h"
#include "base/random.h"
#include "base/text.h"
#include "unit/check.h"

static void every_refusal_has_a_body(void **state)
{
    (void)state;
    for (unsigned kind = ERR_INPUT; kind <= ERR_INTERNAL; kind++)
        for (unsigned face = API_CLOUDAPI; face <= API_LEGACY; face++)
            for (unsigned format = API_JSON; format <= API_XML; format++) {
                struct err e, failed;
                struct buf out;
                err_set(&e, (enum err_kind)kind, "it <failed> & \"said\" so");
                buf_init(&out, 4096);
                CHECK_OK(api_error_write(&e, (enum api_face)face, (enum api_format)format, &out, &failed), &failed);
                CHECK(out.len > 10);
                struct api_error a = api_error_of((enum err_kind)kind, (enum api_face)face);
                CHECK(a.status >= 400 && a.minor[0]);
                CHECK(strstr(buf_str(&out), a.minor));
                buf_done(&out);
            }
    CHECK_EQ(api_error_of(ERR_NOT_FOUND, API_CLOUDAPI).status, 403); /* trap 4 */
    CHECK_EQ(api_error_of(ERR_NOT_FOUND, API_LEGACY).status, 404);
}

static const char *const retried[] = { "is currently busy", "400", "BUSY_ENTITY", "another transaction", "408:TIMEDOUT" };

/* What the SDK's expression finds: these texts, as they are. */
static bool would_retry(const char *text)
{
    for (size_t i = 0; i < ARRAY_LEN(retried); i++)
        if (strstr(text, retried[i]))
            return true;
    return false;
}

/* The same text without what was put between. */
static bool reads_the_same(const char *safe, const char *text)
{
    while (*safe) {
        if (strncmp(safe, "\xe2\x81\xa0", 3) == 0)
            safe += 3;
        else if (*safe++ != *text++)
            return false;
    }
    return *text == '\0';
}

/* Random fingerprints, ids and ports, and the texts of every kind of error (trap 17). */
static void no_task_error_makes_the_sdk_retry(void **state)
{
    (void)state;
    size_t would_have = 0;
    for (unsigned i = 0; i < 100000; i++) {
        char uuid[RANDOM_UUID], plain[65], colons[96], text[400], safe[1200], whole[1400];
        uint8_t digest[32];
        random_bytes(digest, sizeof(digest));
        random_uuid(uuid);
        text_hex(digest, i % 8 ? 8 : sizeof(digest), plain);
        text_fingerprint(digest, sizeof(digest), colons);
        enum err_kind kind = (enum err_kind)(ERR_INPUT + i % (ERR_INTERNAL - ERR_INPUT + 1));
        (void)snprintf(text, sizeof(text), "esx%u:%u %s SHA256:%s %s%s", i % 1000, (unsigned)digest[0] << 8 | digest[1], uuid,
                       i % 4 ? "" : colons, plain,
                       i % 50 ? "" : " entity is currently busy BUSY_ENTITY 408:TIMEDOUT another transaction 4400400");
        would_have += would_retry(text);
        api_task_text(text, safe, sizeof(safe));
        (void)snprintf(whole, sizeof(whole), "task did not complete successfully:  [%d:%s] - %s", api_task_major(kind),
                       api_error_of(kind, API_LEGACY).minor, safe);
        if (would_retry(whole))
            fail_msg("the SDK would retry on: %s", whole);
        if (!reads_the_same(safe, text))
            fail_msg("%s became %s", text, safe);
        CHECK(text_utf8(safe, strlen(safe)));
    }
    CHECK(would_have > 1000); /* else this test shows nothing */
    char cut[8];
    api_task_text("a400b400c", cut, sizeof(cut));
    CHECK(strlen(cut) < sizeof(cut));
    CHECK(text_utf8(cut, strlen(cut)));
}

GROUP(api_error, cmocka_unit_test(every_refusal_has_a_body), cmocka_unit_test(no_task_error_makes_the_sdk_retry))
