// What came of a replica's talk with its master: login, rights, the master's state and the version
// of its snapshots.

import { fromText, quoted, toText } from '../../../util/bytes.ts'
import { withoutWords } from '../../../util/secret-text.ts'
import type { LinkRequest, LinkTalk } from './link-talk.ts'
import { SILENT } from './session.ts'
import { type LinkQuestion, type Step, step } from './step.ts'

const LOG = "Read the master's log, which has the other half of this."

type Answer = readonly [pattern: RegExp, text: string, cure: string]

/** The text of an error; undefined if it was none, or nothing came. */
function errorIn({ replies }: LinkTalk, request: LinkRequest): string | undefined {
  const reply = replies.get(request)
  return reply?.type === 'error' ? reply.text : undefined
}

// ---- Login --------------------------------------------------------------------------------

const REFUSED_LOGINS: readonly Answer[] = [
  [/^WRONGPASS/, 'masteruser or masterauth is wrong, or that user is off.', 'Correct them:'],
  [
    /^ERR AUTH .*without any password/,
    'masterauth is set, and the default user of the master needs no password.',
    'Remove masterauth, or name a user: masteruser …',
  ],
  [
    /^ERR wrong number of arguments/,
    'The master is older than Redis 6 and knows no users.',
    'Remove masteruser.',
  ],
  [/^DENIED/, 'Protected mode lets nobody in from other machines.', 'Set a password, or bind.'],
  [
    /^ERR max number of clients/,
    'The master has as many clients as it takes.',
    'Raise maxclients of the master.',
  ],
]

export function judgeLinkLogin(talk: LinkTalk, question: LinkQuestion): Step {
  const { username, password } = question
  const refused = errorIn(talk, 'AUTH') ?? refusalOfPing(talk)
  if (refused !== undefined) {
    const said = toText(withoutWords(refused, [fromText(password ?? '')]))
    const known = REFUSED_LOGINS.find(([pattern]) => pattern.test(refused))
    const [, text, cure] = known ?? ['', `The master says: ${said}`, LOG]
    const isLogin = refused.startsWith('WRONGPASS')
    return step('login', 'wrong', text, { cure, ...(isLogin && { fault: 'login' }) })
  }
  const [, pong] = [...talk.replies][0] ?? []
  if (pong === undefined) return silence(talk)
  if (pong.type !== 'simple' && pong.type !== 'error') {
    const shown = 'text' in pong ? quoted(pong.text.slice(0, 100)) : `something else (${pong.type})`
    const text = `What answers is no Redis: it says ${shown}.`
    return step('login', 'wrong', text, { cure: 'Correct replicaof.' })
  }
  if (password === undefined && errorIn(talk, 'PSYNC')?.startsWith('NOAUTH')) {
    const unused = username === undefined ? '' : ' masteruser alone does nothing.'
    const text = `The master wants a login, and masterauth is not set.${unused}`
    return step('login', 'wrong', text, { cure: 'Set both:', fault: 'login' })
  }
  return step('login', 'right', password === undefined ? 'None is needed.' : `As ${who(question)}.`)
}

/** Of those that a replica stops at; what the master is busy with is another step. */
function refusalOfPing(talk: LinkTalk): string | undefined {
  const refused = errorIn(talk, 'PING')
  return refused === undefined || /^(?:NO(?:AUTH|PERM)|LOADING|MASTERDOWN)/.test(refused)
    ? undefined
    : refused
}

function silence({ error }: LinkTalk): Step {
  if (error?.code === SILENT) {
    const text = 'The master took the connection and answers nothing.'
    return step('login', 'wrong', text, { cure: 'Look at the master.', fault: 'no-timeout' })
  }
  const reason = error?.code ?? error?.message
  const text = `The connection ended before PING was answered (${reason}).`
  return step('login', 'wrong', text, { cure: LOG })
}

function who({ username }: LinkQuestion): string {
  return username === undefined ? 'the default user' : `user '${username}'`
}

// ---- Rights -------------------------------------------------------------------------------

const NEEDED = ['PSYNC', 'REPLCONF', 'PING'] as const
const RULES = NEEDED.map(name => `+${name.toLowerCase()}`).join(' ')

export function judgeRights(talk: LinkTalk, question: LinkQuestion): Step {
  const denied = NEEDED.filter(name => errorIn(talk, name)?.startsWith('NOPERM'))
  if (denied.length > 0) {
    const { username = 'default', password } = question
    const name = password === undefined ? 'default' : username
    const text = `On the master user '${name}' may not run ${denied.join(', ')}.`
    const cure = `On the master: ACL SETUSER ${name} ${RULES} (and in its aclfile or redis.conf)`
    // A replica takes NOPERM to PING for a welcome.
    const verdict = denied.every(one => one === 'PING') ? 'doubtful' : 'wrong'
    return step('rights', verdict, text, { cure })
  }
  const unknown = NEEDED.filter(one => /^ERR unknown command/i.test(errorIn(talk, one) ?? ''))
  if (unknown.length > 0) {
    const text = `The master knows no ${unknown.join(', ')}.`
    return step('rights', 'wrong', text, {
      cure: 'Look at its rename-command; a Redis that somebody else manages may allow no replicas.',
    })
  }
  if (errorIn(talk, 'PSYNC') === undefined && talk.replies.get('PSYNC') === undefined) {
    return step('rights', 'unknown', 'The master did not come to that.')
  }
  return step('rights', 'right', `${RULES}: all that a replica needs.`)
}

// ---- The master ---------------------------------------------------------------------------

const STATES: readonly (readonly [...Answer, 'wrong' | 'doubtful'])[] = [
  [
    /^LOADING/,
    'The master is still loading its data.',
    'Wait: replicas try again each second.',
    'doubtful',
  ],
  [
    /^MASTERDOWN/,
    'The master is a replica itself, without a link to its own master, and serves no stale data.',
    'Put its own link right first, or let it lead: REPLICAOF NO ONE.',
    'wrong',
  ],
  [
    /^NOMASTERLINK.*failing over/,
    'The master is handing over to another one (FAILOVER).',
    'Wait: replicas try again each second.',
    'doubtful',
  ],
  [
    /^NOMASTERLINK/,
    'The master is a replica itself, and is not in sync with its own master.',
    'Put its own link right first, or let it lead: REPLICAOF NO ONE.',
    'wrong',
  ],
]

/** What a master says to the impossible offset, when all else was right. */
const IMPOSSIBLE = /^ERR value is not an integer/

export function judgeMaster(talk: LinkTalk): Step {
  const said = errorIn(talk, 'PSYNC') ?? errorIn(talk, 'PING') ?? ''
  const known = STATES.find(([pattern]) => pattern.test(said))
  if (known !== undefined) {
    const [, text, cure, verdict] = known
    return step('master', verdict, text, { cure })
  }
  const answer = talk.replies.get('PSYNC')
  if (IMPOSSIBLE.test(said)) {
    const text = 'It would synchronize: it was asked with an offset that cannot be, and began none.'
    return step('master', 'right', text)
  }
  if (answer?.type === 'simple') {
    const text = 'It synchronizes: it began to, and was left alone at its first line.'
    return step('master', 'right', text)
  }
  if (/^(?:NOPERM|NOAUTH|ERR unknown command)/i.test(said)) {
    return step('master', 'unknown', 'It looks at the rights first.')
  }
  if (answer === undefined) {
    const { error } = talk
    const text = `The connection ended before PSYNC was answered (${error?.code ?? error?.message}).`
    return step('master', 'wrong', text, { cure: LOG })
  }
  const shown = 'text' in answer ? toText(answer.text) : answer.type
  return step('master', 'doubtful', `It says to PSYNC: ${shown}`, { cure: LOG })
}

// ---- The version of its snapshots -----------------------------------------------------------

/** Which version of RDB files each Redis writes, and reads at the most. */
const RDB_VERSIONS: readonly (readonly [rdb: number, major: number, minor: number])[] = [
  [12, 7, 4],
  [11, 7, 2],
  [10, 7, 0],
  [9, 5, 0],
]
/** A payload ends in two bytes of version and eight of checksum. */
const TAIL = 10

export function judgeVersion(
  { replies }: LinkTalk,
  { version: [major, minor] }: LinkQuestion,
): Step {
  const name = 'RDB version'
  const reply = replies.get('FUNCTION DUMP')
  if (reply?.type === 'error' && /^ERR unknown command/i.test(reply.text)) {
    return step(name, 'right', 'The master is older than Redis 7.0: all later ones read it.')
  }
  if (reply?.type !== 'bulk' || reply.text.length < TAIL) {
    const text = 'Not known: this user may not ask (FUNCTION DUMP). A replica reads what its own'
    return step(name, 'unknown', `${text} version and older ones write.`)
  }
  const tail = reply.text.slice(-TAIL)
  const rdb = tail.charCodeAt(0) + 256 * tail.charCodeAt(1)
  const [writer] = RDB_VERSIONS.filter(([one]) => one >= rdb).slice(-1)
  const readers =
    writer === undefined ? 'later ones than Redis 7.4' : `Redis ${writer[1]}.${writer[2]}`
  const own = RDB_VERSIONS.find(([, a, b]) => major > a || (major === a && minor >= b))
  const text = `The master's snapshots are of RDB version ${rdb}, which ${readers} and later read`
  if (own !== undefined && own[0] >= rdb) return step(name, 'right', `${text}.`)
  const isLater = major > 7 || (major === 7 && minor > 4)
  return step(
    name,
    isLater ? 'doubtful' : 'wrong',
    `${text}; the replica is a ${major}.${minor}.`,
    {
      cure: `It would log "Can't handle RDB format version ${rdb}": upgrade replicas before their master.`,
    },
  )
}
