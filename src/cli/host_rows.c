#include "cli/host_rows.h"

#include "cli/answer.h"

static enum out_style class_style(const json_t *row)
{
    return answer_true(row, "verified") ? OUT_GOOD : OUT_BAD;
}

const struct rows_column host_columns[] = {
    { .title = "HOST", .key = "name" },
    { .title = "VCENTER", .key = "vcenter" },
    { .title = "VERIFIED", .key = "verified", .style = class_style },
    { .title = "CLASS", .key = "class" },
    { .title = "WHAT IT MEANS", .key = "means" },
    { .title = "VALID UNTIL", .key = "not_after", .wide = true },
    { .title = "ISSUER", .key = "issuer", .wide = true },
    { .title = "SHA-256", .key = "sha256", .wide = true },
    { .title = "LOOKED AT", .key = "seen", .wide = true },
};
const size_t host_columns_len = ARRAY_LEN(host_columns);

json_t *host_rows_of(const json_t *h, const char *vcenter)
{
    json_t *j = json_object();
    json_object_set_new(j, "name", answer_text(h, "name"));
    json_object_set_new(j, "id", answer_text(h, "id"));
    json_object_set_new(j, "vcenter", out_text(vcenter));
    json_object_set_new(j, "verified", json_boolean(answer_true(h, "verified")));
    json_object_set_new(j, "class", answer_text(h, "class"));
    json_object_set_new(j, "means", answer_text(h, answer_str(h, "error") ? "error" : "means"));
    json_object_set_new(j, "rule", answer_text(h, "verdict.rule"));
    json_object_set_new(j, "subject", answer_text(h, "leaf.subject"));
    json_object_set_new(j, "issuer", answer_text(h, "leaf.issuer"));
    json_object_set_new(j, "sha256", answer_text(h, "leaf.sha256"));
    json_object_set_new(j, "sha1", answer_text(h, "leaf.sha1"));
    json_object_set_new(j, "not_after", answer_text(h, "leaf.notAfter"));
    json_object_set_new(j, "seen", answer_text(h, "lastSeen"));
    return j;
}
