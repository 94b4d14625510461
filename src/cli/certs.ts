// `redis-tls-mock certs`: makes a certificate kit in a folder and says how clients are told of it.

import { DEFAULT_HOSTS, howToUse, writeKit } from '../testing/tls/kit-files.ts'
import { readOptions, spread, UsageError, wholeNumber } from './options.ts'
import { print } from './out.ts'

const CERTS_USAGE = `Usage: redis-tls-mock certs [options]

Makes an authority, a server certificate and client certificates, for tests only.

  --out DIR            where to (default: certs)
  --host NAME|IP ...   names and addresses of the server (default: ${DEFAULT_HOSTS.join(' ')})
  --client NAME ...    a certificate for each client (default: default)
  --days N             valid for so many days (default: 365)
  --rsa                RSA 2048 keys instead of EC P-256
  --p12                each certificate also as a PKCS#12 file
`

/** Resolves to the exit code. */
export async function certs(words: readonly string[]): Promise<number> {
  const { values, rest } = readOptions(spread(words, ['host', 'client']), {
    out: { type: 'string' },
    host: { type: 'string', multiple: true },
    client: { type: 'string', multiple: true },
    days: { type: 'string' },
    rsa: { type: 'boolean' },
    p12: { type: 'boolean' },
    help: { type: 'boolean', short: 'h' },
  })
  if (values.help) return print(CERTS_USAGE)
  if (rest.length > 0) throw new UsageError(`What is '${rest[0]}'?`)
  const kit = await writeKit({
    ...(values.out !== undefined && { folder: values.out }),
    ...(values.host && { hosts: values.host }),
    ...(values.client && { clients: values.client }),
    ...(values.days !== undefined && { days: wholeNumber('days', values.days) }),
    isRsa: values.rsa ?? false,
    hasPkcs12: values.p12 ?? false,
  })
  return print(`${kit.folder}: ${kit.files.join(' ')}\n\n${howToUse(kit)}`)
}
