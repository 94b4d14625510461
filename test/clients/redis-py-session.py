# One redis-py connection, driven by lines of JSON on standard input: [action, ...], a line of JSON
# back for each. Used by redis-py.test.ts.

import json
import sys

import redis


def shown(value):
    if value is None:
        return "(nil)"
    if isinstance(value, Exception):
        return "!" + str(value)
    if isinstance(value, bytes):
        return value.decode()
    if value is True:
        return "OK"
    return str(value)


def attempt(run):
    try:
        return shown(run())
    except redis.exceptions.NoPermissionError as error:
        # redis-py takes the code word off the errors that it has a class for.
        text = str(error)
        return "!" + (text if text.startswith("NOPERM") else "NOPERM " + text)
    except redis.exceptions.RedisError as error:
        return shown(error)


def transaction(client, commands):
    pipeline = client.pipeline(transaction=True)
    for words in commands:
        pipeline.execute_command(*words)
    try:
        return [shown(value) for value in pipeline.execute()]
    except redis.exceptions.NoPermissionError as error:
        return ["!NOPERM " + str(error)]
    except redis.exceptions.RedisError as error:
        return [shown(error)]


def main():
    options = json.loads(sys.stdin.readline())
    client = redis.Redis(**options)
    subscription = None
    for line in sys.stdin:
        action, *rest = json.loads(line)
        if action == "send":
            result = attempt(lambda: client.execute_command(*rest[0]))
        elif action == "transaction":
            result = transaction(client, rest[0])
        elif action == "subscribe":
            subscription = client.pubsub()
            subscription.subscribe(rest[0])
            while subscription.get_message(timeout=5)["type"] != "subscribe":
                pass
            result = "OK"
        else:
            message = None
            while message is None or message["type"] != "message":
                message = subscription.get_message(timeout=5)
            result = shown(message["data"])
        print(json.dumps(result), flush=True)


main()
