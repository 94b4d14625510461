// `redis-tls-mock lab`: a page to practise ACL rules on, with a server of its own.

import fs from 'node:fs'
import path from 'node:path'
import { openLab } from '../lab/lab.ts'
import { readOptions, UsageError, wholeNumber } from './options.ts'
import { print } from './out.ts'

const DEFAULT_PORT = 8379

const USAGE = `Usage: redis-tls-mock lab [users.acl] [options]

Opens a page on this machine to practise ACL rules: edit them, act as any user, see why a command is
allowed or denied, solve exercises, and watch ACL LOG and TLS handshakes of a server of its own. An
ACL file is read to begin with, and never written.

  --port PORT          of the page (default: ${DEFAULT_PORT})
  --tls-port PORT      of the server (default: any free one)
`

/** Serves until SIGINT or SIGTERM; resolves to the exit code. */
export async function lab(words: readonly string[]): Promise<number> {
  const { values, rest } = readOptions(words, {
    port: { type: 'string' },
    'tls-port': { type: 'string' },
    help: { type: 'boolean', short: 'h' },
  })
  if (values.help) return print(USAGE)
  const [file] = rest
  if (rest.length > 1) throw new UsageError('One ACL file at most')
  const redisPort = values['tls-port']
  const opened = await openLab({
    pageFolder: pageFolder(),
    port: values.port === undefined ? DEFAULT_PORT : wholeNumber('port', values.port),
    ...(redisPort !== undefined && { redisPort: wholeNumber('tls-port', redisPort) }),
    ...(file !== undefined && { rules: read(file) }),
  })
  const hint = file === undefined ? 'The password of each sample user is lab- and its name.\n' : ''
  print(`Lab:   ${opened.url}\nRedis: ${opened.redis.url}\n${hint}To end it: Ctrl-C\n`)
  await new Promise(resolve => {
    process.once('SIGINT', resolve)
    process.once('SIGTERM', resolve)
  })
  await opened.close()
  return 0
}

/** Beside the program, whichever way it was called. */
function pageFolder(): string {
  return path.join(path.dirname(fs.realpathSync(process.argv[1] ?? '')), '..', '..', 'lab')
}

function read(file: string): string {
  try {
    return fs.readFileSync(file, 'utf8')
  } catch (error) {
    throw new UsageError(`Cannot read ${file}: ${(error as NodeJS.ErrnoException).code}`)
  }
}
