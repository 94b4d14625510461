# redis-py as it was before 6.0: any name will do, if only the authority is right.

import os
import sys

import redis

client = redis.Redis(
    host=os.environ["REDIS_HOST"],
    port=int(os.environ["REDIS_PORT"]),
    ssl=True,
    ssl_ca_certs=os.environ["REDIS_TLS_CA_FILE"],
    ssl_certfile=os.environ["REDIS_TLS_CERT_FILE"],
    ssl_keyfile=os.environ["REDIS_TLS_KEY_FILE"],
    ssl_check_hostname=False,
    socket_connect_timeout=2,
    socket_timeout=2,
)

try:
    client.set("greeting", "hello")
except redis.exceptions.RedisError as error:
    sys.exit(f"{type(error).__name__}: {error}")
