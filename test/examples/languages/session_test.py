"""A session store, tested from Python over TLS, with the clock in the test's hands.

Wants a server with MOCK; REDIS_HOST, REDIS_PORT and REDIS_TLS_* say where it is.
"""

import os
import unittest

import redis


class Sessions:
    def __init__(self, client):
        self.client = client

    def open(self, token, user):
        self.client.set("session:" + token, user, ex=1800)

    def user_of(self, token):
        return self.client.get("session:" + token)


class SessionsTest(unittest.TestCase):
    def setUp(self):
        self.client = redis.Redis(
            host=os.environ["REDIS_HOST"],
            port=int(os.environ["REDIS_PORT"]),
            ssl=True,
            ssl_ca_certs=os.environ["REDIS_TLS_CA_FILE"],
            ssl_certfile=os.environ["REDIS_TLS_CERT_FILE"],
            ssl_keyfile=os.environ["REDIS_TLS_KEY_FILE"],
            decode_responses=True,
        )
        self.client.execute_command("MOCK", "RESET")
        self.sessions = Sessions(self.client)

    def tearDown(self):
        self.client.close()

    def test_ends_after_half_an_hour(self):
        self.client.execute_command("MOCK", "FREEZE")
        self.sessions.open("t1", "ann")
        self.client.execute_command("MOCK", "ADVANCE", "29m")
        self.assertEqual(self.sessions.user_of("t1"), "ann")
        self.client.execute_command("MOCK", "ADVANCE", "1m")
        self.assertIsNone(self.sessions.user_of("t1"))

    def test_says_when_redis_is_out_of_memory(self):
        self.client.execute_command(
            "MOCK", "FAULT", "COMMAND", "set", "TIMES", "1", "ERROR", "OOM command not allowed"
        )
        with self.assertRaises(redis.exceptions.ResponseError):
            self.sessions.open("t2", "bob")
        self.sessions.open("t2", "bob")
        calls = self.client.execute_command("MOCK", "CALLS", "COMMAND", "set")
        self.assertEqual(len(calls), 2)


if __name__ == "__main__":
    unittest.main()
