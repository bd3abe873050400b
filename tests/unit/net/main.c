int group_net_wheel(void);
int group_net_loop(void);
int group_net_memory(void);
int group_net_io(void);

int main(void)
{
    return group_net_wheel() + group_net_loop() + group_net_memory() + group_net_io();
}
