// Where `lab` takes rules from, and writes them back to when it is told to: an ACL file, or a server
// that runs.

import { createHash } from 'node:crypto'
import { changedUsers, HomeError, type HomePlan, type RulesHome, sentencesOf } from '../lab/home.ts'
import { explainQuestion } from '../policy/explain.ts'
import { type Policy, readAclPolicy, usersOf } from '../policy/policy.ts'
import { readQuestion } from '../policy/question.ts'
import {
  type ConnectionOptions,
  connectTo,
  type RedisConnection,
  textOf,
  textsOf,
  withoutPassword,
} from '../tools/connection.ts'
import { fromText, toText } from '../util/bytes.ts'
import { replaceInPlace } from '../util/files.ts'
import { readBytes } from './input.ts'

/** Rules as text, and their home; none where the text could not be written back as it was. */
export interface HomeSource {
  readonly rules: string
  readonly home?: RulesHome
}

/** @throws UsageError */
export function fileHome(file: string): HomeSource {
  const bytes = readBytes(file)
  const rules = toText(bytes)
  if (fromText(rules) !== bytes) return { rules }
  const home: RulesHome = {
    kind: 'file',
    name: file,
    async plan(wanted) {
      const now = readNow(file)
      return planOf(readAclPolicy(now), wanted, now, [])
    },
    async save({ text }, mark) {
      refuseIfChanged(readNow(file), mark)
      try {
        replaceInPlace(file, text)
      } catch (error) {
        throw new HomeError(`Cannot write ${file}: ${(error as NodeJS.ErrnoException).code}`)
      }
    },
  }
  return { rules, home }
}

function readNow(file: string): string {
  try {
    return readBytes(file)
  } catch (error) {
    throw new HomeError(error instanceof Error ? error.message : String(error))
  }
}

/** @throws ConnectionError */
export async function serverHome(options: ConnectionOptions): Promise<HomeSource> {
  const onServer = async <T>(use: (connection: RedisConnection) => Promise<T>): Promise<T> => {
    const connection = await connectTo(options)
    try {
      return await use(connection)
    } finally {
      connection.close()
    }
  }
  const home: RulesHome = {
    kind: 'server',
    name: withoutPassword(options.url),
    plan: wanted =>
      onServer(async connection => {
        const now = await aclList(connection)
        refuseLockout(wanted, toText(textOf(await connection.call('ACL', 'WHOAMI'))))
        return planOf(readAclPolicy(now, 'server'), wanted, now, [
          'The ACL file of the server, if it has one, is not written: ACL SAVE does that',
        ])
      }).catch(asHomeError),
    save: ({ policy }, mark) =>
      onServer(async connection => {
        const now = await aclList(connection)
        refuseIfChanged(now, mark)
        refuseLockout(policy, toText(textOf(await connection.call('ACL', 'WHOAMI'))))
        await writeUsers(connection, readAclPolicy(now, 'server'), policy)
      }).catch(asHomeError),
  }
  return { rules: toText(`${await onServer(aclList)}\n`), home }
}

async function aclList(connection: RedisConnection): Promise<string> {
  return textsOf(await connection.call('ACL', 'LIST')).join('\n')
}

/** A user takes all of its new rules or none; who is to go goes last. */
async function writeUsers(connection: RedisConnection, now: Policy, wanted: Policy): Promise<void> {
  const { made, changed, gone } = changedUsers(now, wanted)
  const users = usersOf(wanted)
  for (const name of [...made, ...changed]) {
    const rules = users.get(name)?.text.split(' ') ?? []
    await connection.call('ACL', 'SETUSER', name, 'reset', ...rules)
  }
  if (gone.length > 0) await connection.call('ACL', 'DELUSER', ...gone)
}

/** Whoever writes the rules must be able to write the next ones. */
function refuseLockout(wanted: Policy, login: string): void {
  const user = usersOf(wanted).get(fromText(login))
  const question = readQuestion(['ACL', 'SETUSER', 'x'])
  if (user?.enabled && explainQuestion(user, question).allowed) return
  throw new HomeError(`Nothing is written: ${login}, who writes, could not log in or not run ACL`)
}

function planOf(now: Policy, wanted: Policy, text: string, remarks: readonly string[]): HomePlan {
  const changes = sentencesOf(changedUsers(now, wanted))
  const isWrong = now.problems.length > 0
  return {
    changes: [
      ...changes,
      ...(isWrong ? ['Lines that cannot be read are replaced'] : []),
      ...(changes.length > 0 ? remarks : []),
    ],
    mark: markOf(text),
  }
}

function markOf(text: string): string {
  return createHash('sha256').update(text, 'latin1').digest('hex')
}

function refuseIfChanged(now: string, mark: string): void {
  if (markOf(now) === mark) return
  throw new HomeError('Nothing is written: it was changed meanwhile. Look at the changes again')
}

function asHomeError(error: unknown): never {
  throw new HomeError(error instanceof Error ? error.message : String(error))
}
