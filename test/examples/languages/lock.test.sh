#!/bin/sh
# A lock, tested from the shell with redis-cli over TLS: it is held once, and is free after its time.
# Wants a server with MOCK; REDIS_HOST, REDIS_PORT and REDIS_TLS_* say where it is.
set -eu

cli() {
  redis-cli -h "$REDIS_HOST" -p "$REDIS_PORT" --tls --cacert "$REDIS_TLS_CA_FILE" \
    --cert "$REDIS_TLS_CERT_FILE" --key "$REDIS_TLS_KEY_FILE" "$@"
}

expect() {
  if [ "$1" != "$2" ]; then
    echo "expected '$1', but it was '$2'" >&2
    exit 1
  fi
}

cli MOCK RESET >/dev/null
cli MOCK FREEZE >/dev/null
expect OK "$(cli SET lock:nightly me NX PX 60000)"
expect '' "$(cli SET lock:nightly you NX PX 60000)"
cli MOCK ADVANCE 60s >/dev/null
expect OK "$(cli SET lock:nightly you NX PX 60000)"
echo 'ok: the lock'
