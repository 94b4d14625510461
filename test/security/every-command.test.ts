// Every command and subcommand, sent where it must be refused: before a login, by a user without
// rights, by a RESP2 subscriber, from a script, and inside of a transaction, where it waits.

import fs from 'node:fs'
import t, { type Test } from 'tap'
import { type BothOptions, type Either, onBoth } from '../helpers/both.ts'
import type { Wire } from '../helpers/wire.ts'

interface Recorded {
  readonly name: string
  readonly arity: number
  readonly flags: string
  readonly since: string
}

const recorded = JSON.parse(
  fs.readFileSync(new URL('../recorded/commands-7.4.json', import.meta.url), 'utf8'),
) as readonly Recorded[]

/** What can be run: no container that has only subcommands. */
const COMMANDS = recorded.filter(
  ({ name }) => !recorded.some(other => other.name.startsWith(`${name}|`)),
)

/** These are refused for another reason, and before any other. */
const OFF: ReadonlySet<string> = new Set(['module|load', 'module|loadex', 'module|unload'])
const ALWAYS: ReadonlySet<string> = new Set(['auth', 'hello', 'quit', 'reset'])
const SUBSCRIBER = /^([ps]?(un)?subscribe|ping|quit|reset)$/
const AT_ONCE: ReadonlySet<string> = new Set(['exec', 'discard', 'multi', 'watch', 'quit', 'reset'])

/** A refusal of EXEC is the end of a transaction, be there one or not. */
function refused(name: string, error: string): string {
  if (name !== 'exec') return `-${error}`
  return `-EXECABORT Transaction discarded because of: ${error.replace(/^ERR /, '')}`
}

/** Sends every command with as many words as it needs. */
async function sweep(
  t: Test,
  server: Either,
  prepare: (wire: Wire) => Promise<unknown>,
  expected: (command: Recorded) => string | undefined,
  wrap: (words: readonly string[]) => readonly string[] = words => words,
): Promise<void> {
  const admin = await server.connect()
  await admin.call('AUTH', 'secret')
  const info = String(await admin.ask('INFO', 'server'))
  const version = /redis_version:(\S+)/.exec(info)?.[1] ?? ''
  const wire = await server.connect()
  await prepare(wire)
  let count = 0
  for (const command of COMMANDS) {
    const { name, arity, since } = command
    const reply = OFF.has(name) ? undefined : expected(command)
    const isLater = since.localeCompare(version, 'en', { numeric: true }) > 0
    if (reply === undefined || isLater) continue
    count++
    const words = name.split('|')
    // Before 7.4 these needed a word more.
    const length = Math.abs(arity) + (name.startsWith('command|getkeys') ? 1 : 0)
    while (words.length < length) words.push('x')
    t.equal(await wire.ask(...wrap(words)), reply, words.join(' '))
  }
  t.ok(count > 50, `${count} commands`)
}

const PASSWORD: BothOptions = { config: [['requirepass', 'secret']] }

onBoth(
  t,
  'before a login',
  (t, server) =>
    sweep(
      t,
      server,
      async () => {},
      ({ name }) =>
        ALWAYS.has(name) ? undefined : refused(name, 'NOAUTH Authentication required.'),
    ),
  PASSWORD,
)

onBoth(
  t,
  'by a user without rights',
  (t, server) =>
    sweep(
      t,
      server,
      async wire => {
        await wire.call('AUTH', 'secret')
        await wire.call('ACL', 'SETUSER', 'low', 'on', 'nopass', '~*', '&*')
        await wire.call('AUTH', 'low', 'x')
      },
      ({ name }) =>
        ALWAYS.has(name)
          ? undefined
          : refused(name, `NOPERM User low has no permissions to run the '${name}' command`),
    ),
  { ...PASSWORD, since: [7, 2] },
)

onBoth(
  t,
  'by a RESP2 subscriber',
  (t, server) =>
    sweep(
      t,
      server,
      async wire => {
        await wire.call('AUTH', 'secret')
        await wire.call('SUBSCRIBE', 'news')
      },
      ({ name }) =>
        SUBSCRIBER.test(name)
          ? undefined
          : refused(
              name,
              `ERR Can't execute '${name}': only (P|S)SUBSCRIBE / (P|S)UNSUBSCRIBE / PING / QUIT / RESET are allowed in this context`,
            ),
    ),
  PASSWORD,
)

onBoth(
  t,
  'in a transaction',
  (t, server) =>
    sweep(
      t,
      server,
      async wire => {
        await wire.call('AUTH', 'secret')
        await wire.call('MULTI')
      },
      ({ name, flags }) => {
        if (AT_ONCE.has(name)) return undefined
        if (flags.includes('no_multi')) return '-ERR Command not allowed inside a transaction'
        return '+QUEUED'
      },
    ),
  PASSWORD,
)

onBoth(
  t,
  'from a script',
  (t, server) =>
    sweep(
      t,
      server,
      wire => wire.call('AUTH', 'secret'),
      ({ flags }) =>
        flags.includes('noscript')
          ? '$ERR This Redis command is not allowed from script'
          : undefined,
      words => ['EVAL', 'return redis.pcall(unpack(ARGV)).err', '0', ...words],
    ),
  PASSWORD,
)
