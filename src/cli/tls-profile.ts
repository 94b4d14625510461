// `redis-tls-mock --tls-profile NAME …`: a server with a TLS fault. It has certificates of its own,
// made at start, and says where clients find theirs (in --tls-profile-dir, if it is given); the
// other options are redis-server's.

import fs from 'node:fs'
import path from 'node:path'
import type { RunningRedis } from '../testing/running.ts'
import { startRedis } from '../testing/start.ts'
import type { SettingValue } from '../testing/start-options.ts'
import { profileNamed } from '../testing/tls/profiles.ts'
import { PUBLIC_FILE, replacePrivateFile, replaceWhole } from '../util/files.ts'
import { UsageError } from './options.ts'
import { print } from './out.ts'

const DEFAULT_PORT = 6379
/** Settings that the profile decides, so that they cannot be given beside it. */
const DECIDED: ReadonlySet<string> = new Set([
  'tls-cert-file',
  'tls-key-file',
  'tls-ca-cert-file',
  'tls-ca-cert-dir',
])

/** Serves until SIGINT or SIGTERM; resolves to the exit code. */
export async function serveProfile(words: readonly string[]): Promise<number> {
  const settings = readSettings(words)
  const profile = profileNamed(String(take(settings, 'tls-profile') ?? '')).name
  const folder = take(settings, 'tls-profile-dir')
  const port = Number(take(settings, 'tls-port') ?? DEFAULT_PORT)
  const redis = await startRedis({
    port,
    tls: { profile },
    config: Object.fromEntries(settings),
    log: line => print(`${line}\n`),
  })
  const files = folder === undefined ? redis.tls : keepFiles(redis, String(folder))
  print(`${howToConnect(redis.port, files, profile)}\n`)
  await new Promise(resolve => {
    process.once('SIGINT', resolve)
    process.once('SIGTERM', resolve)
  })
  await redis.close()
  return 0
}

type Files = Pick<NonNullable<RunningRedis['tls']>, 'caFile' | 'certFile' | 'keyFile'>

/** Where the clients of a container find them too. */
function keepFiles({ tls }: RunningRedis, folder: string): Files {
  const keep = (name: string, text = ''): string => {
    const file = path.join(folder, name)
    if (name.endsWith('.key')) replacePrivateFile(file, text)
    else replaceWhole(file, text, PUBLIC_FILE)
    return file
  }
  fs.mkdirSync(folder, { recursive: true })
  return {
    caFile: keep('ca.crt', tls?.ca),
    certFile: keep('client.crt', tls?.cert),
    keyFile: keep('client.key', tls?.key),
  }
}

function howToConnect(port: number, tls: Files | undefined, profile: string): string {
  return [
    `TLS profile '${profile}' on port ${port}; others by the name that is asked for, as in ` +
      'expired.localhost.',
    `redis-cli -h localhost -p ${port} --tls --cacert ${tls?.caFile} --cert ${tls?.certFile} ` +
      `--key ${tls?.keyFile}`,
    'Ready to accept connections tls',
  ].join('\n')
}

function readSettings(words: readonly string[]): Map<string, SettingValue> {
  const settings = new Map<string, SettingValue>()
  let values: string[] = []
  for (const word of words) {
    if (word.startsWith('--')) {
      values = []
      settings.set(word.slice(2), values)
    } else if (settings.size === 0) {
      throw new UsageError('--tls-profile takes options only, no configuration file')
    } else {
      values.push(word)
    }
  }
  const decided = [...settings.keys()].find(name => DECIDED.has(name))
  if (decided !== undefined) throw new UsageError(`--tls-profile decides ${decided}`)
  // The plain port is off here, and may be said to be.
  if (String(settings.get('port')) === '0') settings.delete('port')
  return settings
}

function take(settings: Map<string, SettingValue>, name: string): SettingValue | undefined {
  const value = settings.get(name)
  settings.delete(name)
  return value
}
