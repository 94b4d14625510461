// `redis-tls-mock tls check`: plays TLS faults to a program and says whether it does what is right.

import {
  type CheckOptions,
  type CheckReport,
  checkClient,
  type ProfileResult,
} from '../testing/tls/check.ts'
import { PROFILES, type Profile, profileNamed } from '../testing/tls/profiles.ts'
import { REPORT_FORMS, writeReport } from './check-reports.ts'
import { readOptions, UsageError, wholeNumber } from './options.ts'
import { print, sayForNow } from './out.ts'
import { readOutputs, writeOutputs } from './outputs.ts'

const CHECK_USAGE = `Usage: redis-tls-mock tls check [options] -- COMMAND [ARGUMENT ...]

Starts a server for each TLS profile, runs COMMAND against it, and judges from both ends what it
did. COMMAND finds the server in REDIS_URL, REDIS_HOST, REDIS_PORT, REDIS_TLS_CA_FILE,
REDIS_TLS_CERT_FILE and REDIS_TLS_KEY_FILE, and as {url} {host} {port} {ca} {cert} {key} in its
arguments. It is to connect, send a command, and end: with 0 if that worked, else with an error.

  --profiles A,B,...   which profiles; \`all\` is possible (default: the common ones)
  --no-mtls            without the profiles that ask for a client certificate
  --timeout SECONDS    when a program counts as hung (default: 10)
  --jobs N             how many programs run at once (default: as the machine can)
  --reporter FORM      ${REPORT_FORMS.join(', ')} (default: text);
                       FORM=FILE writes it to a file; may be given several times

Ends with 1 if there is a finding, with 2 if the check itself could not be done.
`

/** Resolves to the exit code. */
export async function tlsCheck(words: readonly string[]): Promise<number> {
  const { values, rest: command } = readOptions(words, {
    profiles: { type: 'string' },
    'no-mtls': { type: 'boolean' },
    timeout: { type: 'string' },
    jobs: { type: 'string' },
    reporter: { type: 'string', multiple: true },
    help: { type: 'boolean', short: 'h' },
  })
  if (values.help) return print(CHECK_USAGE)
  if (command.length === 0) throw new UsageError('Which command? Name it after --')
  const outputs = readOutputs(values.reporter, REPORT_FORMS)
  const profiles = chosenProfiles(values.profiles, values['no-mtls'] === true)
  const report = await checked({
    command,
    profiles,
    ...(values.timeout !== undefined && {
      timeoutMs: 1000 * wholeNumber('timeout', values.timeout),
    }),
    ...(values.jobs !== undefined && { jobs: wholeNumber('jobs', values.jobs) }),
  })
  writeOutputs(outputs, form => writeReport(form, report))
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
