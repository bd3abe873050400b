int group_gate_relay(void);

int main(void)
{
    return group_gate_relay();
}
