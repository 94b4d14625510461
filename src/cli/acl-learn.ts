// `redis-tls-mock acl learn`: the least rights that an application needs, from watching it.

import { milliseconds } from '../testing/duration.ts'
import { connectTo } from '../tools/connection.ts'
import { learnFromMonitor, MONITOR_NOTES, monitor } from '../tools/learn/monitor.ts'
import { prove, type RecordOptions, record } from '../tools/learn/record.ts'
import { Learner } from '../tools/learn.ts'
import { fromText } from '../util/bytes.ts'
import { readBytes } from './input.ts'
import { LEARN_FORMS, type LearnForm, writeLearned } from './learn-forms.ts'
import { HELP, type OptionTable, optionLines, readOptions, UsageError } from './options.ts'
import { print, say } from './out.ts'
import { type Output, outputTo, readOutputs, reporterOption, writeOutputs } from './outputs.ts'
import { CONNECTION_OPTIONS, type ConnectionValues, connectionOptions } from './policy-source.ts'

const { url: _, ...REACHING } = CONNECTION_OPTIONS

export const LEARN_OPTIONS = {
  user: {
    type: 'string',
    value: 'NAME',
    what: 'who COMMAND is told to log in as, or who made the calls that MONITOR shows',
  },
  pattern: {
    type: 'string',
    multiple: true,
    value: 'PATTERN',
    what: "a pattern for names whose ids are plain words: 'cache:*'; several times",
  },
  once: {
    type: 'boolean',
    what: 'runs COMMAND one time only, and proves nothing of its next start',
  },
  'no-tls': { type: 'boolean', what: 'a server without TLS' },
  for: {
    type: 'string',
    value: 'TIME',
    what: 'ends each run of COMMAND, or MONITOR, after so long: 10s, 5m',
  },
  monitor: {
    type: 'string',
    value: 'FILE|URL',
    what:
      'lines that MONITOR wrote (- is standard input), or a running server, redis:// or ' +
      'rediss://, until Ctrl-C; its password may be in REDISCLI_AUTH; the next five are for it',
  },
  ...REACHING,
  reporter: reporterOption(LEARN_FORMS),
  out: {
    type: 'string',
    value: 'FILE',
    what: 'the rules as an ACL file, without passwords, as --reporter acl=FILE',
  },
  ...HELP,
} as const satisfies OptionTable

const LEARN_USAGE = `Usage: redis-tls-mock acl learn [options] -- COMMAND [ARGUMENT ...]
       redis-tls-mock acl learn [options] --monitor FILE|URL

Runs COMMAND against a server that allows it everything, and prints the least rights that would do
for what it did: commands, key patterns with the right to read or write, channels, each with what
it rests on. The rules are proved: all that was recorded is allowed by them, and without any one of
them something is denied. COMMAND finds the server in REDIS_URL, REDIS_HOST, REDIS_PORT,
REDIS_TLS_CA_FILE, REDIS_TLS_CERT_FILE and REDIS_TLS_KEY_FILE, and as {url} {host} {port} {ca}
{cert} {key} {user} {password} in its arguments. It may log in as anybody with any password.

Names that differ only in ids (numbers, UUIDs, hex, random words) become one pattern. COMMAND runs
twice, each time against an empty server, and what was another name in the second run becomes a
pattern as well; then once more as the users that were learned, to prove that the rules are enough.

${optionLines(LEARN_OPTIONS)}
Ends with 0; with 1 if COMMAND failed, or was denied something as it ran with the rules; with 2 if
nothing was recorded.
`

/** Resolves to the exit code. */
export async function aclLearn(words: readonly string[]): Promise<number> {
  const { values, rest: command } = readOptions(words, LEARN_OPTIONS)
  if (values.help) return print(LEARN_USAGE)
  const isMonitor = values.monitor !== undefined
  if (isMonitor === command.length > 0) {
    throw new UsageError('Which calls? A COMMAND after --, or --monitor FILE|URL')
  }
  const outputs = outputsOf(values.reporter, values.out)
  const forMs = values.for === undefined ? undefined : duration(values.for)
  const learner = new Learner({ patterns: values.pattern ?? [] })
  const notes: string[] = []
  let isRight = true
  if (values.monitor !== undefined) {
    notes.push(...MONITOR_NOTES)
    await listen(learner, values, values.monitor, fromText(values.user ?? 'default'), forMs)
  } else {
    const { user, 'no-tls': isPlain = false } = values
    isRight = await watch(learner, { command, user, isPlain, forMs }, values.once === true, notes)
  }
  const learned = learner.result()
  if (learned.users.length > 0) {
    notes.push(
      'A recording knows no passwords: nobody can log in until the lines have one (>... or #...).',
    )
  }
  writeOutputs(outputs, form => writeLearned(form, learned, notes))
  if (!isRight) return 1
  return learned.users.length > 0 ? 0 : 2
}

/** Runs the program as often as that is of use; false if it failed or was denied something. */
async function watch(
  learner: Learner,
  options: RecordOptions,
  isOnce: boolean,
  notes: string[],
): Promise<boolean> {
  for (let run = 1; run <= (isOnce ? 1 : 2); run++) {
    if (run > 1) learner.nextRun()
    const { exitCode, isInterrupted } = await record(learner, options)
    if (exitCode !== 0) {
      notes.push(`The program ended with ${exitCode}: it may need more than this.`)
      return false
    }
    const isSilent = learner.result().users.length === 0
    if (isOnce || isInterrupted || isSilent) {
      if (!isSilent)
        notes.push('The program ran once: what it names otherwise next time is not known.')
      return true
    }
  }
  const { exitCode, isInterrupted, denials } = await prove(learner.result().users, options)
  const shown = denials.slice(0, DENIALS_MAX).map(denial => `\n  ${denial}`)
  if (denials.length > 0) {
    notes.push(
      `A run with these rules was denied something, so that they are not enough:${shown.join('')}`,
    )
    return false
  }
  if (exitCode !== 0) {
    notes.push(`A run with these rules was denied nothing, but ended with ${exitCode}.`)
    return false
  }
  if (!isInterrupted)
    notes.push('The program ran twice, and once more with these rules: nothing was denied.')
  return true
}

const DENIALS_MAX = 10

function outputsOf(
  reporters: readonly string[] | undefined,
  file: string | undefined,
): readonly Output<LearnForm>[] {
  const outputs = readOutputs(reporters, LEARN_FORMS)
  return file === undefined ? outputs : [...outputs, outputTo('acl', file)]
}

function duration(text: string): number {
  try {
    return milliseconds(text)
  } catch {
    throw new UsageError('--for wants a time such as 10s or 5m')
  }
}

async function listen(
  learner: Learner,
  values: ConnectionValues,
  source: string,
  user: string,
  forMs: number | undefined,
): Promise<void> {
  if (!/^rediss?:\/\//i.test(source)) {
    const unread = learnFromMonitor(learner, readBytes(source === '-' ? 0 : source), user)
    if (learner.calls === 0 && unread > 0) throw new UsageError(`${source} has no line of MONITOR`)
    return
  }
  const connection = await connectTo(connectionOptions({ ...values, url: source }))
  say(`Listening${forMs === undefined ? ' until Ctrl-C' : ''}.`)
  await monitor(learner, connection, user, interruption(forMs))
}

/** Resolves at Ctrl-C, or when the time is over. */
function interruption(forMs: number | undefined): Promise<void> {
  return new Promise(resolve => {
    const timer = forMs === undefined ? undefined : setTimeout(resolve, forMs)
    const end = (): void => {
      clearTimeout(timer)
      resolve()
    }
    process.once('SIGINT', end)
    process.once('SIGTERM', end)
  })
}
