// Where the examples find their Redis: in the variables that `redis-tls-mock acl learn` sets.

import fs from 'node:fs'

const read = file => fs.readFileSync(file, 'utf8')

export function placeOf(env) {
  return {
    host: env.REDIS_HOST,
    port: Number(env.REDIS_PORT),
    ...(env.REDIS_TLS_CA_FILE && {
      tls: {
        ca: read(env.REDIS_TLS_CA_FILE),
        cert: read(env.REDIS_TLS_CERT_FILE),
        key: read(env.REDIS_TLS_KEY_FILE),
      },
    }),
  }
}

/** For ioredis and BullMQ. */
export function ioredisOptions(env) {
  const { REDIS_USERNAME: username, REDIS_PASSWORD: password } = env
  return { ...placeOf(env), ...(username && { username, password }) }
}

/** For node-redis. */
export function nodeRedisOptions(
  env,
  username = env.REDIS_USERNAME,
  password = env.REDIS_PASSWORD,
) {
  const { tls, ...socket } = placeOf(env)
  return {
    socket: { ...socket, ...(tls && { tls: true, ...tls }), reconnectStrategy: false },
    ...(username && { username, password }),
  }
}
