#include "lab/sdk.h"

#include <string.h>

#include "base/text.h"
#include "lab/hostcert.h"
#include "lab/vm.h"

/* PerformanceManager: five counters of hosts and machines, as they are now (summary.quickStats says the same), every twenty
 * seconds back for an hour. Nothing is kept: there is no history, and what was different an hour ago is not told. */

enum { EVERY_S = 20, HOUR_S = 3600, HOST_MHZ = 16 * 2400, HOST_MB = 128 * 1024, HOST_USES_MHZ = 400, HOST_USES_MB = 4096,
       VM_USES_MHZ = 40, VM_USES_MB = 512, VM_MHZ = 2400, SPECS_MAX = 100, IDS_MAX = 50 /* of one spec */,
       CSV_MAX = HOUR_S / EVERY_S * 64 + 64 };
enum { CPU_USAGE = 2, CPU_MHZ = 6, MEM_USAGE = 24, MEM_CONSUMED = 98, UPTIME = 155 };

static const struct {
    int key;
    const char *group, *name, *label, *unit, *unit_label, *rollup, *stats;
} counters[] = {
    { CPU_USAGE, "cpu", "usage", "Usage", "percent", "%", "average", "rate" },
    { CPU_MHZ, "cpu", "usagemhz", "Usage in MHz", "megaHertz", "MHz", "average", "rate" },
    { MEM_USAGE, "mem", "usage", "Usage", "percent", "%", "average", "absolute" },
    { MEM_CONSUMED, "mem", "consumed", "Consumed", "kiloBytes", "KB", "average", "absolute" },
    { UPTIME, "sys", "uptime", "Uptime", "second", "s", "latest", "absolute" },
};

static void describe(struct arena *a, struct lab_value *in, const char *name, const char *key, const char *label)
{
    struct lab_value *d = lab_poly(a, in, name, "ElementDescription");
    (void)lab_string(a, d, "label", label);
    (void)lab_string(a, d, "summary", label);
    (void)lab_string(a, d, "key", key);
}

static struct lab_value *counter(struct arena *a, struct lab_value *in, size_t n)
{
    struct lab_value *v = lab_struct(a, in, NULL, "PerfCounterInfo");
    const char *group = counters[n].group;
    (void)lab_int(a, v, "key", counters[n].key);
    describe(a, v, "nameInfo", counters[n].name, counters[n].label);
    describe(a, v, "groupInfo", group, !strcmp(group, "cpu") ? "CPU" : !strcmp(group, "mem") ? "Memory" : "System");
    describe(a, v, "unitInfo", counters[n].unit, counters[n].unit_label);
    (void)lab_text(a, v, "rollupType", "PerfSummaryType", counters[n].rollup);
    (void)lab_text(a, v, "statsType", "PerfStatsType", counters[n].stats);
    (void)lab_int(a, v, "level", 1);
    (void)lab_int(a, v, "perDeviceLevel", 3);
    return v;
}

struct lab_value *lab_perf_counters(const struct lab_asking *k, struct lab_object o UNUSED)
{
    struct lab_value *list = lab_array(k->arena, NULL, NULL, "PerfCounterInfo");
    for (size_t i = 0; i < ARRAY_LEN(counters); i++)
        (void)counter(k->arena, list, i);
    return list;
}

struct lab_value *lab_perf_description(const struct lab_asking *k, struct lab_object o UNUSED)
{
    static const char *const types[] = { "absolute", "delta", "rate" };
    static const char *const rollups[] = { "average", "latest", "maximum", "minimum", "none", "summation" };
    struct lab_value *v = lab_struct(k->arena, NULL, NULL, "PerformanceDescription");
    struct lab_value *list = lab_array(k->arena, v, "counterType", "ElementDescription");
    for (size_t i = 0; i < ARRAY_LEN(rollups); i++)
        describe(k->arena, list, NULL, rollups[i], rollups[i]);
    list = lab_array(k->arena, v, "statsType", "ElementDescription");
    for (size_t i = 0; i < ARRAY_LEN(types); i++)
        describe(k->arena, list, NULL, types[i], types[i]);
    return v;
}

struct lab_value *lab_perf_intervals(const struct lab_asking *k, struct lab_object o UNUSED)
{
    static const struct {
        const char *name;
        int period, length;
    } intervals[] = { { "Past day", 300, 86400 }, { "Past week", 1800, 604800 }, { "Past month", 7200, 2592000 }, { "Past year", 86400, 31536000 } };
    struct arena *a = k->arena;
    struct lab_value *list = lab_array(a, NULL, NULL, "PerfInterval");
    for (size_t i = 0; i < ARRAY_LEN(intervals); i++) {
        struct lab_value *v = lab_struct(a, list, NULL, "PerfInterval");
        (void)lab_int(a, v, "key", (int64_t)i + 1);
        (void)lab_int(a, v, "samplingPeriod", intervals[i].period);
        (void)lab_string(a, v, "name", intervals[i].name);
        (void)lab_int(a, v, "length", intervals[i].length);
        (void)lab_int(a, v, "level", 1);
        (void)lab_bool(a, v, "enabled", false);
    }
    return list;
}

/* ---- methods ---- */

static bool wrong(struct lab_call *c, const char *name)
{
    return lab_say_value(c, "InvalidArgument", arena_printf(c->k.arena, "A specified parameter was not correct: %s", name),
                         "invalidProperty", name);
}

static bool entity_of(struct lab_call *c, const struct xml_element *in, struct lab_object *ret)
{
    const char *moid = xml_child_text(in, VIM_NS, "entity");
    if (c->self.mo != MO_PERF)
        return lab_say_gone(c, c->self_moid);
    if (!moid || !lab_object_find(&c->k, moid, ret))
        return lab_say_gone(c, moid ? moid : "");
    return true;
}

static bool is_measured(struct lab_object o)
{
    return o.mo == MO_HOST || o.mo == MO_VM;
}

bool lab_perf_provider(struct lab_call *c)
{
    struct arena *a = c->k.arena;
    struct lab_object o = { .mo = MO_KINDS };
    if (!entity_of(c, c->body, &o))
        return false;
    struct lab_value *v = lab_struct(a, NULL, NULL, "PerfProviderSummary");
    (void)lab_ref(a, v, "entity", lab_object_type(o), lab_object_moid(&c->k, o));
    (void)lab_bool(a, v, "currentSupported", is_measured(o));
    (void)lab_bool(a, v, "summarySupported", false);
    if (is_measured(o))
        (void)lab_int(a, v, "refreshRate", EVERY_S);
    lab_value_bare(c->w, "returnval", v);
    return true;
}

static struct lab_value *metric(struct arena *a, struct lab_value *in, const char *name, int key)
{
    struct lab_value *v = lab_struct(a, in, name, "PerfMetricId");
    (void)lab_int(a, v, "counterId", key);
    (void)lab_string(a, v, "instance", "");
    return v;
}

/* Absent, or the interval that there is. */
static bool is_current(const struct xml_element *interval)
{
    int64_t n;
    return !interval || (xml_integer(interval, 0, INT32_MAX, &n) && n == EVERY_S);
}

bool lab_perf_available(struct lab_call *c)
{
    struct lab_object o = { .mo = MO_KINDS };
    if (!entity_of(c, c->body, &o))
        return false;
    for (size_t i = 0; is_measured(o) && is_current(lab_arg(c, "intervalId")) && i < ARRAY_LEN(counters); i++)
        lab_value_bare(c->w, "returnval", metric(c->k.arena, NULL, NULL, counters[i].key));
    return true;
}

static size_t counter_of(const struct xml_element *id)
{
    int64_t key;
    size_t i = 0;
    if (!xml_integer(id, 0, INT32_MAX, &key))
        return ARRAY_LEN(counters);
    while (i < ARRAY_LEN(counters) && counters[i].key != key)
        i++;
    return i;
}

bool lab_perf_counter(struct lab_call *c)
{
    if (c->self.mo != MO_PERF)
        return lab_say_gone(c, c->self_moid);
    for (const struct xml_element *it = lab_arg(c, "counterId"); it; it = xml_next(it, VIM_NS, "counterId"))
        if (counter_of(it) == ARRAY_LEN(counters))
            return wrong(c, "counterId");
    for (const struct xml_element *it = lab_arg(c, "counterId"); it; it = xml_next(it, VIM_NS, "counterId"))
        lab_value_bare(c->w, "returnval", counter(c->k.arena, NULL, counter_of(it)));
    return true;
}

/* ---- QueryPerf ---- */

struct samples {
    int64_t from, until; /* on the clock's multiples of EVERY_S, both included; none when from is later */
    bool csv;
};

/* Since when it runs; INT64_MAX: it does not. */
static int64_t since(const struct lab_asking *k, struct lab_object o)
{
    if (o.mo == MO_HOST)
        return lab_host_is_lost(&k->vc->hosts[o.n]) ? INT64_MAX : k->vc->at.estate->born;
    const struct lab_vm *vm = lab_vm_look(k, o.n);
    if (!vm || vm->power != LAB_ON)
        return INT64_MAX;
    return vm->powered_at ? vm->powered_at : k->vc->at.estate->born;
}

static int64_t value_of(const struct lab_asking *k, struct lab_object o, int key, int64_t at)
{
    const struct lab_vm *vm = o.mo == MO_VM ? lab_vm_look(k, o.n) : NULL;
    int64_t mhz = vm ? VM_USES_MHZ : HOST_USES_MHZ, mb = vm ? VM_USES_MB : HOST_USES_MB;
    int64_t all_mhz = vm ? (int64_t)vm->cpus * VM_MHZ : HOST_MHZ, all_mb = vm ? vm->memory_mb : HOST_MB;
    mb = mb < all_mb ? mb : all_mb;
    switch (key) {
    case CPU_USAGE: return mhz * 10000 / all_mhz; /* hundredths of a percent */
    case CPU_MHZ: return mhz;
    case MEM_USAGE: return mb * 10000 / all_mb;
    case MEM_CONSUMED: return mb * 1024;
    default: return at - since(k, o);
    }
}

static void write_info(struct arena *a, struct lab_value *v, const struct samples *s)
{
    char at[TEXT_TIME];
    struct buf csv;
    buf_init(&csv, CSV_MAX);
    struct lab_value *list = s->csv ? NULL : lab_array(a, v, "sampleInfo", "PerfSampleInfo");
    for (int64_t t = s->from; t <= s->until; t += EVERY_S) {
        text_time(t, at);
        (void)!buf_printf(&csv, NULL, "%s%d,%s", csv.len ? "," : "", EVERY_S, at);
        struct lab_value *info = list ? lab_struct(a, list, NULL, "PerfSampleInfo") : NULL;
        if (info) {
            (void)lab_time(a, info, "timestamp", t);
            (void)lab_int(a, info, "interval", EVERY_S);
        }
    }
    if (s->csv)
        (void)lab_string(a, v, "sampleInfoCSV", arena_strdup(a, buf_str(&csv)));
    buf_done(&csv);
}

static void write_series(const struct lab_asking *k, struct lab_value *list, struct lab_object o, int key, const struct samples *s)
{
    struct arena *a = k->arena;
    struct buf csv;
    buf_init(&csv, CSV_MAX);
    struct lab_value *v = lab_poly(a, list, NULL, s->csv ? "PerfMetricSeriesCSV" : "PerfMetricIntSeries");
    (void)metric(a, v, "id", key);
    struct lab_value *values = s->csv ? NULL : lab_array(a, v, "value", "long");
    for (int64_t t = s->from; t <= s->until; t += EVERY_S) {
        int64_t n = value_of(k, o, key, t);
        if (values)
            (void)lab_long(a, values, NULL, n);
        else
            (void)!buf_printf(&csv, NULL, "%s%lld", csv.len ? "," : "", (long long)n);
    }
    if (s->csv)
        (void)lab_string(a, v, "value", arena_strdup(a, buf_str(&csv)));
    buf_done(&csv);
}

/* Which samples a PerfQuerySpec asks for; false: what it says can't be read. */
static bool range(const struct lab_asking *k, const struct xml_element *spec, struct lab_object o, struct samples *s)
{
    const char *from = xml_child_text(spec, VIM_NS, "startTime"), *until = xml_child_text(spec, VIM_NS, "endTime");
    const char *format = xml_child_text(spec, VIM_NS, "format");
    const struct xml_element *most = xml_child(spec, VIM_NS, "maxSample");
    int64_t first = k->now - HOUR_S, asked_from = INT64_MIN, asked_until = k->now, count = HOUR_S / EVERY_S, runs = since(k, o);
    if ((from && !text_time_parse(from, &asked_from)) || (until && !text_time_parse(until, &asked_until)) ||
        (most && !xml_integer(most, 0, INT32_MAX, &count)))
        return false;
    first = asked_from >= first ? asked_from + 1 : first; /* later than that time */
    first = runs > first ? runs : first;
    s->until = (asked_until < k->now ? asked_until : k->now) / EVERY_S * EVERY_S;
    s->from = first > s->until ? s->until + EVERY_S : (first + EVERY_S - 1) / EVERY_S * EVERY_S;
    if (most && count && s->until - s->from >= count * EVERY_S)
        s->from = s->until - (count - 1) * EVERY_S;
    s->csv = format && !strcmp(format, "csv");
    return true;
}

static bool check_ids(struct lab_call *c, const struct xml_element *ids)
{
    size_t len = 0;
    for (const struct xml_element *id = ids; id; id = xml_next(id, VIM_NS, "metricId"))
        if (counter_of(xml_child(id, VIM_NS, "counterId")) == ARRAY_LEN(counters) || ++len > IDS_MAX)
            return wrong(c, "querySpec.metricId");
    return true;
}

static bool query(struct lab_call *c, const struct xml_element *spec)
{
    struct arena *a = c->k.arena;
    struct lab_object o = { .mo = MO_KINDS };
    struct samples s;
    const struct xml_element *ids = xml_child(spec, VIM_NS, "metricId");
    if (!entity_of(c, spec, &o) || !check_ids(c, ids))
        return false;
    if (!is_measured(o) || !range(&c->k, spec, o, &s))
        return wrong(c, "querySpec");
    if (!is_current(xml_child(spec, VIM_NS, "intervalId")) || s.from > s.until)
        return true; /* of that nothing is known: no answer for the entity, as of a vCenter */
    struct lab_value *v = lab_poly(a, NULL, "returnval", s.csv ? "PerfEntityMetricCSV" : "PerfEntityMetric");
    (void)lab_ref(a, v, "entity", lab_object_type(o), lab_object_moid(&c->k, o));
    write_info(a, v, &s);
    struct lab_value *list = lab_array(a, v, "value", s.csv ? "PerfMetricSeriesCSV" : "PerfMetricSeries");
    for (size_t i = 0; !ids && i < ARRAY_LEN(counters); i++)
        write_series(&c->k, list, o, counters[i].key, &s);
    for (const struct xml_element *id = ids; id; id = xml_next(id, VIM_NS, "metricId")) {
        const char *instance = xml_child_text(id, VIM_NS, "instance");
        if (!instance || !*instance || !strcmp(instance, "*"))
            write_series(&c->k, list, o, counters[counter_of(xml_child(id, VIM_NS, "counterId"))].key, &s);
    }
    lab_value_bare(c->w, "returnval", v);
    return true;
}

bool lab_perf_query(struct lab_call *c)
{
    size_t n = 0;
    for (const struct xml_element *spec = lab_arg(c, "querySpec"); spec; spec = xml_next(spec, VIM_NS, "querySpec"))
        if (++n > SPECS_MAX || !query(c, spec))
            return n > SPECS_MAX ? wrong(c, "querySpec") : false;
    return n || wrong(c, "querySpec");
}
