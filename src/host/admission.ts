// Who may connect at all: not more than maxclients, and while the default user needs no password
// only those on this machine.

import type { Connection } from '../transport/listener.ts'
import type { Host } from './host.ts'

const TOO_MANY = '-ERR max number of clients reached\r\n'

const DENIED =
  '-DENIED Redis is running in protected mode because protected mode is enabled and no password ' +
  'is set for the default user. In this mode connections are only accepted from the loopback ' +
  'interface. If you want to connect from external computers to Redis you may adopt one of the ' +
  "following solutions: 1) Just disable protected mode sending the command 'CONFIG SET " +
  "protected-mode no' from the loopback interface by connecting to Redis from the same host the " +
  'server is running, however MAKE SURE Redis is not publicly accessible from internet if you do ' +
  'so. Use CONFIG REWRITE to make this change permanent. 2) Alternatively you can just disable ' +
  'the protected mode by editing the Redis configuration file, and setting the protected mode ' +
  "option to 'no', and then restarting the server. 3) If you started the server manually just " +
  "for testing, restart it with the '--protected-mode no' option. 4) Set up an authentication " +
  'password for the default user. NOTE: You only need to do one of the above things in order for ' +
  'the server to start accepting connections from the outside.\r\n'

/** Asked before anything is said on a connection: the reply that turns it away, or undefined. */
export function refusalOfConnection({ clients, settings }: Host): string | undefined {
  return clients.size >= settings.maxclients ? TOO_MANY : undefined
}

/** Asked once the connection stands, over TLS after the handshake. */
export function refusalOfPeer(
  { settings, users }: Host,
  { isLoopback }: Connection,
): string | undefined {
  return settings['protected-mode'] && users.default.nopass && !isLoopback ? DENIED : undefined
}
