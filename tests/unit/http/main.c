int group_http_blob(void);
int group_http_client(void);
int group_http_connect(void);
int group_http_early(void);
int group_http_exchange(void);
int group_http_job(void);
int group_http_limits(void);
int group_http_range(void);
int group_http_router(void);
int group_http_server(void);

int main(void)
{
    return group_http_blob() + group_http_client() + group_http_connect() + group_http_early() + group_http_exchange() + group_http_job() +
           group_http_limits() + group_http_range() + group_http_router() + group_http_server();
}
