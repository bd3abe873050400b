int group_base_buf(void);
int group_base_text(void);
int group_base_arena(void);
int group_base_err(void);
int group_base_secret(void);
int group_base_seal(void);
int group_base_file(void);
int group_base_process(void);
int group_base_fold(void);
int group_base_ring(void);
int group_base_tally(void);

int main(void)
{
    return group_base_buf() + group_base_text() + group_base_arena() + group_base_err() +
           group_base_secret() + group_base_seal() + group_base_file() + group_base_process() + group_base_fold() +
           group_base_ring() + group_base_tally();
}
