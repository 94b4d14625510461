// The words of MIGRATE: for its handler, and for the list of its keys.

import type { KeyPlace } from '../../acl/command-facts.ts'
import type { Args } from '../../resp3/args.ts'
import { err, SYNTAX } from '../../resp3/errors.ts'
import { toText, upToNul } from '../../util/bytes.ts'
import { READ, WRITE } from '../command.ts'

const DEFAULT_TIMEOUT_MS = 1000

export interface MigrateRequest {
  readonly host: string
  readonly port: number
  readonly database: number
  readonly timeoutMs: number
  readonly copies: boolean
  readonly replaces: boolean
  /** The words of AUTH on the other side, if it is asked for. */
  readonly credentials: readonly string[] | undefined
  readonly keys: readonly string[]
}

export function readMigrate(args: Args): MigrateRequest {
  let copies = false
  let replaces = false
  let credentials: readonly string[] | undefined
  let keys = [args.text(3)]
  for (let i = 6; i < args.count; i++) {
    const more = args.count - 1 - i
    if (args.is(i, 'COPY')) copies = true
    else if (args.is(i, 'REPLACE')) replaces = true
    else if (args.is(i, 'AUTH') && more >= 1) credentials = [args.text(++i)]
    else if (args.is(i, 'AUTH2') && more >= 2) credentials = [args.text(++i), args.text(++i)]
    else if (args.is(i, 'KEYS')) {
      if (args.length(3) > 0) throw KEY_AND_KEYS
      keys = args.texts(i + 1)
      break
    } else throw SYNTAX
  }
  const timeoutMs = args.integer(5)
  return {
    host: toText(upToNul(args.text(1))),
    port: Number.parseInt(args.text(2), 10),
    database: args.integer(4),
    timeoutMs: timeoutMs > 0 ? timeoutMs : DEFAULT_TIMEOUT_MS,
    copies,
    replaces,
    credentials,
    keys,
  }
}

const KEY_AND_KEYS = err(
  'When using MIGRATE KEYS option, the key argument must be set to the empty string',
)

const MIGRATE_FLAGS = ['RW', 'access', 'delete']

/** The one key, or those after KEYS; a KEYS that belongs to AUTH is a password. */
export function migrateKeys(args: Args): readonly KeyPlace[] {
  let first = 3
  let last = 3
  for (let i = 6; i < args.count; i++) {
    if (args.is(i, 'KEYS')) {
      // With a key before it this is a syntax error, which touches nothing.
      if (args.length(3) > 0) return []
      first = i + 1
      last = args.count - 1
      break
    }
    if (args.is(i, 'AUTH')) i += 1
    else if (args.is(i, 'AUTH2')) i += 2
  }
  const keys: KeyPlace[] = []
  for (let i = first; i <= last; i++) {
    keys.push({ position: i, needs: READ | WRITE, flags: MIGRATE_FLAGS })
  }
  return keys
}
