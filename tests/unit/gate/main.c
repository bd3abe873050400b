int group_gate_relay(void);
int group_gate_target(void);

int main(void)
{
    return group_gate_relay() + group_gate_target();
}
