// The policy of a running server.

import { type ConnectionOptions, connectTo, withoutPassword } from '../tools/connection.ts'
import { policyOfServer } from '../tools/server-policy.ts'
import type { Source } from './input.ts'

/** @throws ConnectionError */
export async function serverSource(url: string, options: ConnectionOptions): Promise<Source> {
  const connection = await connectTo(options)
  try {
    return { name: withoutPassword(url), policy: await policyOfServer(connection) }
  } finally {
    connection.close()
  }
}
