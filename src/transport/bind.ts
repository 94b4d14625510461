// Opens a listening socket before it returns, so that CONFIG SET port can answer truthfully. Node's
// own listen() looks an address up first and so always finishes later; the way here is the one that
// Node's cluster module takes. Where a runtime does not have it, listening happens later, and a
// failure comes as the listener's 'error'.

import fs from 'node:fs'
import net from 'node:net'
import { getSystemErrorMap } from 'node:util'

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
  const restrict = (): void => {
    if (permissions !== 0) fs.chmodSync(path, permissions)
  }
  remove(path)
  if (createHandle === undefined) {
    listener.listen({ path, backlog }, restrict)
    return
  }
  const handle = createHandle(path, -1, -1)
  if (typeof handle === 'number') throw systemError('bind', handle)
  // Nobody can connect before listening begins, so the permissions hold from the first moment on.
  restrict()
  listener.listen(handle, backlog)
  requireListening(listener)
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

const ADDRESS_IN_USE =
  [...getSystemErrorMap()].find(([, [code]]) => code === 'EADDRINUSE')?.[0] ?? -98

function systemError(syscall: string, errno: number): NodeJS.ErrnoException {
  const [code = 'UNKNOWN', message = code] = getSystemErrorMap().get(errno) ?? []
  return Object.assign(new Error(`${syscall}: ${message}`), { code, errno, syscall })
}
