// `redis-tls-mock certs`: makes a certificate kit in a folder, or adds to the one that is there, and
// says how clients are told of it.

import { DEFAULT_HOSTS, howToUse, type Kit, writeKit } from '../testing/tls/kit-files.ts'
import {
  HELP,
  type OptionTable,
  optionLines,
  readOptions,
  refuseWords,
  spread,
  UsageError,
  wholeNumber,
} from './options.ts'
import { print } from './out.ts'

export const CERTS_OPTIONS = {
  out: { type: 'string', value: 'DIR', what: 'where to (default: certs)' },
  host: {
    type: 'string',
    multiple: true,
    value: 'NAME|IP ...',
    what: `names and addresses of the server (default: ${DEFAULT_HOSTS.join(' ')})`,
  },
  client: {
    type: 'string',
    multiple: true,
    value: 'NAME ...',
    what: 'a certificate for each client (default: default)',
  },
  ca: {
    type: 'string',
    value: 'DIR',
    what: "signed by the authority in DIR: ca.crt and ca.key, or mkcert's",
  },
  force: { type: 'boolean', what: 'makes everything anew, the authority too' },
  days: { type: 'string', value: 'N', what: 'valid for so many days (default: 365)' },
  rsa: { type: 'boolean', what: 'RSA 2048 keys instead of EC P-256' },
  p12: { type: 'boolean', what: 'each certificate also as a PKCS#12 file, and truststore.p12' },
  group: {
    type: 'boolean',
    what: "keys can be read by the group too (0640), as for another user's container",
  },
  ...HELP,
} as const satisfies OptionTable

const CERTS_USAGE = `Usage: redis-tls-mock certs [options]

Makes an authority, a server certificate and client certificates, for tests only. An authority that
is there is kept: it signs what is asked for, and what is missing.

${optionLines(CERTS_OPTIONS)}
What is public can be read by everybody (0644), keys by their owner alone (0600).
`

/** Resolves to the exit code. */
export async function certs(words: readonly string[]): Promise<number> {
  const { values, rest } = readOptions(spread(words, ['host', 'client']), CERTS_OPTIONS)
  if (values.help) return print(CERTS_USAGE)
  refuseWords(rest)
  if (values.ca !== undefined && values.force) {
    throw new UsageError('--ca takes an authority, --force makes a new one')
  }
  const kit = await writeKit({
    ...(values.out !== undefined && { folder: values.out }),
    ...(values.host && { hosts: values.host }),
    ...(values.client && { clients: values.client }),
    ...(values.ca !== undefined && { caFolder: values.ca }),
    ...(values.days !== undefined && { days: wholeNumber('days', values.days) }),
    ...(values.rsa && { isRsa: true }),
    isNew: values.force ?? false,
    hasPkcs12: values.p12 ?? false,
    isForGroup: values.group ?? false,
  })
  return print(`${kit.folder}: ${whatWasMade(kit)}\n\n${howToUse(kit)}`)
}

function whatWasMade({ files, keptAuthority }: Kit): string {
  const made = files.join(' ')
  if (keptAuthority === undefined) return made
  const signed = `by the authority in ${keptAuthority}`
  return made === '' ? `nothing is missing (--force makes all anew)` : `${made} (${signed})`
}
