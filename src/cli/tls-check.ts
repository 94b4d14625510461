// `redis-tls-mock tls check`: plays TLS faults to a program and says whether it does what is right.

import fs from 'node:fs'
import path from 'node:path'
import {
  type CheckOptions,
  type CheckReport,
  checkClient,
  type ProfileResult,
} from '../testing/tls/check.ts'
import { LIBRARIES, libraryNamed } from '../testing/tls/cures.ts'
import { hostName } from '../testing/tls/host-names.ts'
import { PROFILES, type Profile, profileNamed } from '../testing/tls/profiles.ts'
import { REPORT_FORMS, writeReport } from './check-reports.ts'
import {
  HELP,
  type OptionTable,
  optionLines,
  readOptions,
  UsageError,
  wholeNumber,
} from './options.ts'
import { print, sayForNow, writeReportFile } from './out.ts'
import { readOutputs, reporterOption, writeOutputs } from './outputs.ts'

export const CHECK_OPTIONS = {
  profiles: {
    type: 'string',
    value: 'PROFILE,...',
    words: ['all', ...PROFILES.map(({ name }) => name)],
    what: 'which profiles; `all` is possible (default: the common ones)',
  },
  host: {
    type: 'string',
    value: 'NAME',
    what:
      'the name or address that COMMAND reaches the servers by, and that their certificates are ' +
      'for (default: localhost)',
  },
  bind: {
    type: 'string',
    value: 'ADDRESS',
    what:
      'where the servers listen, for a COMMAND that runs elsewhere, as in another container ' +
      '(default: 127.0.0.1)',
  },
  'no-mtls': {
    type: 'boolean',
    what: 'without the profiles that ask for a client certificate',
  },
  service: { type: 'boolean', what: 'the program does not end' },
  once: { type: 'boolean', what: 'the program has to end' },
  client: {
    type: 'string',
    value: 'LIBRARY',
    words: LIBRARIES,
    what: `cures for this library, if it is not recognised: ${LIBRARIES.join(', ')}`,
  },
  'client-output': {
    type: 'string',
    value: 'DIR',
    what: 'keeps what the program writes: DIR/PROFILE.log',
  },
  annotate: {
    type: 'string',
    value: 'FILE',
    what:
      'the source that github and sarif show findings at (default: the first word of COMMAND ' +
      'that is a file here)',
  },
  timeout: {
    type: 'string',
    value: 'SECONDS',
    what: 'when a program counts as hung (default: 10; for a service 15)',
  },
  jobs: {
    type: 'string',
    value: 'N',
    what: 'how many programs run at once (default: as the machine can)',
  },
  reporter: reporterOption(REPORT_FORMS),
  ...HELP,
} as const satisfies OptionTable

const CHECK_USAGE = `Usage: redis-tls-mock tls check [options] -- COMMAND [ARGUMENT ...]

Starts a server for each TLS profile, runs COMMAND against it, and judges from both ends what it
did. COMMAND finds the server in REDIS_URL, REDIS_HOST, REDIS_PORT, REDIS_TLS_CA_FILE,
REDIS_TLS_CERT_FILE and REDIS_TLS_KEY_FILE, for Java in REDIS_TLS_P12_FILE,
REDIS_TLS_TRUSTSTORE_FILE and REDIS_TLS_P12_PASSWORD, and as {url} {host} {port} {ca} {cert} {key}
{p12} {truststore} in its arguments. It is to connect and to send a command, and then to end: with
0 if that worked, else with an error. One that goes on, as a service does, is judged by what its
connections do.

${optionLines(CHECK_OPTIONS)}
Ends with 1 if there is a finding, with 2 if the check itself could not be done, as with a program
that does not work with a server that is right.
`

/** Resolves to the exit code. */
export async function tlsCheck(words: readonly string[]): Promise<number> {
  const { values, rest: command } = readOptions(words, CHECK_OPTIONS)
  if (values.help) return print(CHECK_USAGE)
  if (command.length === 0) throw new UsageError('Which command? Name it after --')
  const outputs = readOutputs(values.reporter, REPORT_FORMS)
  const profiles = chosenProfiles(values.profiles, values['no-mtls'] === true)
  const library = libraryNamed(values.client)
  if (values.once && values.service) throw new UsageError('--once or --service, not both')
  const folder = values['client-output']
  if (folder !== undefined) makeFolder(folder)
  const report = await checked({
    command,
    profiles,
    ...(values.host !== undefined && { host: hostName(values.host) }),
    ...(values.bind !== undefined && { bind: values.bind }),
    ...(values.once && { manner: 'once' }),
    ...(values.service && { manner: 'service' }),
    ...(library && { library }),
    ...(values.timeout !== undefined && {
      timeoutMs: 1000 * wholeNumber('timeout', values.timeout),
    }),
    ...(values.jobs !== undefined && { jobs: wholeNumber('jobs', values.jobs) }),
  })
  for (const { profile, output } of folder === undefined ? [] : report.results) {
    writeReportFile(path.join(folder ?? '', `${profile.name}.log`), output)
  }
  const file = values.annotate ?? sourceIn(command)
  writeOutputs(outputs, form => writeReport(form, report, file))
  if (report.isStopped) return 2
  return report.findings.length === 0 ? 0 : 1
}

// The programs run in groups of their own, which Ctrl-C does not reach.
async function checked(options: CheckOptions): Promise<CheckReport> {
  const progress = new Progress(options.profiles.length)
  const end = new AbortController()
  const interrupt = (): void => end.abort()
  for (const name of ['SIGINT', 'SIGTERM'] as const) process.once(name, interrupt)
  try {
    return await checkClient({
      ...options,
      signal: end.signal,
      onResult: result => progress.show(result),
    })
  } finally {
    progress.clear()
  }
}

/** The program's own source, as far as the command line names it. */
function sourceIn(command: readonly string[]): string | undefined {
  return command.find(word => {
    const file = path.relative('', word)
    const isHere = file !== '' && !file.startsWith('..') && !path.isAbsolute(file)
    return isHere && fs.statSync(file, { throwIfNoEntry: false })?.isFile() === true
  })
}

function makeFolder(folder: string): void {
  try {
    fs.mkdirSync(folder, { recursive: true })
  } catch (error) {
    throw new UsageError(`Cannot make ${folder}: ${error instanceof Error ? error.message : error}`)
  }
}

function chosenProfiles(names: string | undefined, isWithoutMtls: boolean): readonly Profile[] {
  const chosen =
    names === undefined
      ? PROFILES.filter(({ isChecked }) => isChecked)
      : names === 'all'
        ? PROFILES
        : names.split(',').map(profileNamed)
  return chosen.filter(({ group }) => !isWithoutMtls || group !== 'client certificate')
}

/** One line on a terminal, which the next one replaces. */
class Progress {
  readonly #total: number
  #done = 0

  constructor(total: number) {
    this.#total = total
  }

  show({ profile, isRight }: ProfileResult): void {
    this.#done++
    const mark = isRight ? 'right' : 'WRONG'
    sayForNow(`${this.#done}/${this.#total} ${profile.name}: ${mark}`)
  }

  clear(): void {
    sayForNow('')
  }
}
