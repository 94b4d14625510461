// One nodes.conf is one node's: two that share it would be one to all others. Who has it is known
// by a name that the system takes away from whoever dies; only Linux has such names.

import { createHash } from 'node:crypto'
import fs from 'node:fs'
import net from 'node:net'
import path from 'node:path'
import { StartError } from '../host/config/directives.ts'

/** Resolves when no other process of this machine can have the file; how to give it back. */
export function lockNodes(file: string): Promise<() => void> {
  if (process.platform !== 'linux') return Promise.resolve(() => {})
  const folder = fs.realpathSync(path.dirname(file))
  const digest = createHash('sha1')
    .update(path.join(folder, path.basename(file)))
    .digest('hex')
  const lock = net.createServer(socket => socket.destroy())
  return new Promise((resolve, reject) => {
    lock.once('error', () => reject(new StartError(taken(file))))
    lock.listen(`\0redis-tls-mock-${digest}`, () => resolve(() => lock.close()))
    lock.unref()
  })
}

function taken(file: string): string {
  return (
    `Sorry, the cluster configuration file ${file} is already used by a different Redis Cluster ` +
    'node. Please make sure that different nodes use different cluster configuration files.'
  )
}
