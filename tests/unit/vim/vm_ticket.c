#include "vim/vm_ticket.h"

#include "base/arena.h"
#include "unit/vim/script.h"

static const struct vim_object vm = { "VirtualMachine", "vm-7" };

#define STEP_TICKET(answer, ...) \
    { .want = { "<AcquireTicket ", "<_this type=\"VirtualMachine\">vm-7</_this>", "<ticketType>webmks</ticketType>" }, .file = answer, ##__VA_ARGS__ }

static void a_ticket_is_read_with_everything_that_it_says(void **state)
{
    (void)state;
    struct err e;
    struct vim_vm_ticket t;
    AUTO(arena_done) struct arena a = { 0 };
    SCRIPT(s, STEP_CONTENT, STEP_LOGIN, STEP_TICKET("ticket.xml"));
    CHECK_OK(vim_webmks_ticket(s.session, &vm, soon(), &a, &t, &e), &e);
    CHECK_STR(t.ticket, "52ab");
    CHECK_STR(t.host, "esx1.example");
    CHECK_STR(t.url, "wss://esx1.example:444/ticket/52ab");
    CHECK_EQ(t.port, 444);
    CHECK_EQ(t.prints_len, 3);
    CHECK_STR(t.prints[0], "AA:BB");
    CHECK_STR(t.prints[2], "EE:FF");
    script_end(&s);
}

/* Older vCenters, and those that were told to keep thumbprints to themselves. */
static void what_is_not_said_is_absent(void **state)
{
    (void)state;
    struct err e;
    struct vim_vm_ticket t;
    AUTO(arena_done) struct arena a = { 0 };
    SCRIPT(s, STEP_CONTENT, STEP_LOGIN, STEP_TICKET("ticket-bare.xml"));
    CHECK_OK(vim_webmks_ticket(s.session, &vm, soon(), &a, &t, &e), &e);
    CHECK(!t.url && !t.host);
    CHECK_EQ(t.port, 443);
    CHECK_EQ(t.prints_len, 0);
    script_end(&s);
}

static void an_answer_without_a_ticket_is_none(void **state)
{
    (void)state;
    struct err e;
    struct vim_vm_ticket t;
    AUTO(arena_done) struct arena a = { 0 };
    SCRIPT(s, STEP_CONTENT, STEP_LOGIN, STEP_TICKET("ticket-none.xml"));
    CHECK_FAILS(vim_webmks_ticket(s.session, &vm, soon(), &a, &t, &e), &e, ERR_PEER);
    script_end(&s);
}

static void a_fault_is_said(void **state)
{
    (void)state;
    struct err e;
    struct vim_vm_ticket t;
    AUTO(arena_done) struct arena a = { 0 };
    SCRIPT(s, STEP_CONTENT, STEP_LOGIN, STEP_TICKET("fault-not-found.xml", .status = 500));
    CHECK_FAILS(vim_webmks_ticket(s.session, &vm, soon(), &a, &t, &e), &e, ERR_NOT_FOUND);
    script_end(&s);
}

GROUP(vim_vm_ticket, cmocka_unit_test(a_ticket_is_read_with_everything_that_it_says), cmocka_unit_test(what_is_not_said_is_absent),
      cmocka_unit_test(an_answer_without_a_ticket_is_none), cmocka_unit_test(a_fault_is_said))
