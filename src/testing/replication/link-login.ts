// Who replicas log in as where the default user cannot do it: a user with the least rights.

import { randomBytes } from 'node:crypto'

export interface LinkLogin {
  readonly user: string
  readonly password: string
  readonly rules: string
}

/** With a password that nobody else knows. */
export function newLogin(): LinkLogin {
  const password = randomBytes(16).toString('hex')
  return {
    user: 'redis-tls-mock-replica',
    password,
    rules: `on >${password} resetchannels -@all +psync +replconf +ping`,
  }
}
