#include <fcntl.h>

#include "base/log.h"

int group_flow_runner(void);
int group_flow_publisher(void);
int group_flow_task(void);

int main(void)
{
    log_fd_set(open("/dev/null", O_WRONLY | O_CLOEXEC)); /* thousands of tasks are killed here, each says so */
    return group_flow_runner() + group_flow_publisher() +
           group_flow_task();
}
