# A program that is right: redis-py with the authority, a client certificate and time-outs.

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
    ssl_check_hostname=True,
    socket_connect_timeout=2,
    socket_timeout=2,
)

try:
    client.set("greeting", "hello")
    print(client.get("greeting"))
except redis.exceptions.RedisError as error:
    sys.exit(f"{type(error).__name__}: {error}")
