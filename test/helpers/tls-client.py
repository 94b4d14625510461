# redis-py's side of tls-clients.ts: a line of JSON says where to, and a line says what came of it.

import json
import re
import sys

import redis


def report(target):
    client = redis.Redis(
        host=target["host"],
        port=target["port"],
        ssl=True,
        ssl_ca_certs=target["caFile"],
        ssl_certfile=target["certFile"],
        ssl_keyfile=target["keyFile"],
        ssl_check_hostname=True,
        socket_timeout=target["seconds"],
        socket_connect_timeout=target["seconds"],
    )
    try:
        return "PONG" if client.ping() else "nothing"
    except Exception as error:
        text = re.sub(r"\s*\(_ssl\.c:\d+\)", "", str(error))
        text = re.sub(r"Error (\d+ )?(while writing to socket\. |connecting to [^ ]+:\d+\. )", "", text)
        text = re.sub(r":\d{4,5}\b", "", text).strip().replace("\n", " ").rstrip(".")
        # Its two places of reading differ by a space.
        return text.replace(" : (", ": (")
    finally:
        client.close()


for line in sys.stdin:
    print(report(json.loads(line)), flush=True)
