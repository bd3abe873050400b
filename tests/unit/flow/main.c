#include <fcntl.h>

#include "base/log.h"

int group_flow_anchor(void);
int group_flow_audit(void);
int group_flow_audit_file(void);
int group_flow_busy(void);
int group_flow_config(void);
int group_flow_console_ticket(void);
int group_flow_deny(void);
int group_flow_evidence(void);
int group_flow_expiry(void);
int group_flow_gc(void);
int group_flow_inbox(void);
int group_flow_infra(void);
int group_flow_init(void);
int group_flow_inventory(void);
int group_flow_jwt(void);
int group_flow_ovf(void);
int group_flow_ovf_join(void);
int group_flow_ovf_split(void);
int group_flow_people(void);
int group_flow_publisher(void);
int group_flow_pulse(void);
int group_flow_role(void);
int group_flow_runner(void);
int group_flow_scrub(void);
int group_flow_session(void);
int group_flow_spool(void);
int group_flow_task(void);
int group_flow_throttle(void);
int group_flow_transfer(void);
int group_flow_turns(void);
int group_flow_upkeep(void);
int group_flow_vcenter(void);
int group_flow_vm(void);
int group_flow_vmca(void);
int group_flow_voucher(void);

int main(void)
{
    log_fd_set(open("/dev/null", O_WRONLY | O_CLOEXEC)); /* thousands of tasks are killed here, each says so */
    return group_flow_anchor() +
           group_flow_audit() +
           group_flow_audit_file() +
           group_flow_busy() +
           group_flow_config() +
           group_flow_console_ticket() +
           group_flow_deny() +
           group_flow_evidence() +
           group_flow_expiry() +
           group_flow_gc() +
           group_flow_inbox() +
           group_flow_infra() +
           group_flow_init() +
           group_flow_inventory() +
           group_flow_jwt() +
           group_flow_ovf() +
           group_flow_ovf_join() +
           group_flow_ovf_split() +
           group_flow_people() +
           group_flow_publisher() +
           group_flow_pulse() +
           group_flow_role() +
           group_flow_runner() +
           group_flow_scrub() +
           group_flow_session() +
           group_flow_spool() +
           group_flow_task() +
           group_flow_throttle() +
           group_flow_transfer() +
           group_flow_turns() +
           group_flow_upkeep() +
           group_flow_vcenter() +
           group_flow_vm() +
           group_flow_vmca() +
           group_flow_voucher();
}
