int group_gate_console(void);
int group_gate_fetch(void);
int group_gate_piece(void);
int group_gate_range_mark(void);
int group_gate_relay(void);
int group_gate_target(void);
int group_gate_upload(void);

int main(void)
{
    return group_gate_console() + group_gate_fetch() + group_gate_piece() + group_gate_range_mark() + group_gate_relay() + group_gate_target() + group_gate_upload();
}
