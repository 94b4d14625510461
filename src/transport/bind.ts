// Opens a listening socket before it returns, so that CONFIG SET port can answer truthfully. Node's
// own listen() looks an address up first and so always finishes later; the way here is the one that
// Node's cluster module takes. Where a runtime does not have it, listening happens later, and a
// failure comes as the listener's 'error'.

import fs from 'node:fs'
import net from 'node:net'
import { dirname } from 'node:path'
import { getSystemErrorMap } from 'node:util'
import { isMainThread } from 'node:worker_threads'

/** What net exports for the cluster module: a bound handle, or the number of an error. */
type CreateHandle = (
  address: string,
  port: number,
  type: 4 | 6 | -1,
  descriptor?: undefined,
  flags?: number,
) => object | number

const { _createServerHandle: createHandle } = net as unknown as {
  readonly _createServerHandle?: CreateHandle
}

const IPV6_ONLY = 1

export interface TcpAddress {
  /** '*' and '::*' stand for all addresses of IPv4 and of IPv6. */
  readonly host: string
  /** 0 lets the system choose. */
  readonly port: number
  readonly backlog: number
}

const HOSTS: ReadonlyMap<string, string> = new Map([
  ['*', '0.0.0.0'],
  ['::*', '::'],
  ['localhost', '127.0.0.1'],
])

/** Throws the error of the system call that failed. Names are not looked up: that takes time. */
export function listenAt(listener: net.Server, address: TcpAddress): void {
  const { port, backlog } = address
  const host = HOSTS.get(address.host) ?? address.host
  if (net.isIP(host) === 0) throw new Error('Name or service not known')
  const type = net.isIPv6(host) ? 6 : 4
  if (createHandle === undefined) {
    listener.listen({ host, port, backlog, ipv6Only: true })
    return
  }
  const handle = createHandle(host, port, type, undefined, type === 6 ? IPV6_ONLY : 0)
  if (typeof handle === 'number') throw systemError('bind', handle)
  listener.listen(handle, backlog)
  requireListening(listener)
}

export interface PathAddress {
  readonly path: string
  /** 0 leaves them to the umask. */
  readonly permissions: number
  readonly backlog: number
}

/** Takes the place of a file that is there already, as Redis does. */
export function listenAtPath(listener: net.Server, address: PathAddress): void {
  const { path, permissions, backlog } = address
  remove(path)
  if (permissions === 0) {
    openPath(listener, path, backlog)
    return
  }
  // Never open to more users than these bits say, not even for a moment. A worker may not set the
  // umask, so there the moment is.
  const umask = isMainThread ? process.umask(0o177) : undefined
  try {
    openPath(listener, path, backlog)
    fs.chmodSync(path, permissions)
  } finally {
    if (umask !== undefined) process.umask(umask)
  }
}

// For a path Node listens before it returns; only its error comes later, so that the bind is tried
// once more for it.
function openPath(listener: net.Server, path: string, backlog: number): void {
  listener.listen({ path, backlog })
  if (listener.listening) return
  listener.on('error', () => {})
  // Node says EACCES of a folder that is not there.
  if (!fs.existsSync(dirname(path))) throw systemError('bind', errnoOf('ENOENT', -2))
  const again = createHandle?.(path, -1, -1)
  throw systemError('bind', typeof again === 'number' ? again : ADDRESS_IN_USE)
}

// What cannot be removed makes the bind fail, which then says why.
function remove(path: string): void {
  try {
    fs.unlinkSync(path)
  } catch {}
}

// A taken port shows only when listening begins, and Node reports it later, by an event.
function requireListening(listener: net.Server): void {
  if (listener.listening) return
  listener.on('error', () => {})
  throw systemError('bind', ADDRESS_IN_USE)
}

const ADDRESS_IN_USE = errnoOf('EADDRINUSE', -98)

function errnoOf(name: string, fallback: number): number {
  return [...getSystemErrorMap()].find(([, [code]]) => code === name)?.[0] ?? fallback
}

function systemError(syscall: string, errno: number): NodeJS.ErrnoException {
  const [code = 'UNKNOWN', message = code] = getSystemErrorMap().get(errno) ?? []
  return Object.assign(new Error(`${syscall}: ${message}`), { code, errno, syscall })
}
