int group_base_buf(void);
int group_base_text(void);
int group_base_arena(void);
int group_base_err(void);

int main(void)
{
    return group_base_buf() + group_base_text() + group_base_arena() + group_base_err();
}
