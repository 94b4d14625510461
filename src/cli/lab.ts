// `redis-tls-mock lab`: a page to practise ACL rules on, with a server of its own.

import fs from 'node:fs'
import path from 'node:path'
import { openLab } from '../lab/lab.ts'
import { rulesInLink } from '../lab/share.ts'
import { openBrowser } from './open-browser.ts'
import {
  HELP,
  type OptionTable,
  optionLines,
  readOptions,
  UsageError,
  wholeNumber,
} from './options.ts'
import { print, say } from './out.ts'
import { CONNECTION_OPTIONS, type ConnectionValues, connectionOptions } from './policy-source.ts'
import { fileHome, type HomeSource, serverHome } from './rules-home.ts'

const DEFAULT_PORT = 8379

export const LAB_OPTIONS = {
  open: { type: 'boolean', what: 'opens the page in a browser' },
  port: { type: 'string', value: 'PORT', what: `of the page (default: ${DEFAULT_PORT})` },
  'tls-port': {
    type: 'string',
    value: 'PORT',
    what: "of the lab's own server (default: any free one)",
  },
  ...CONNECTION_OPTIONS,
  ...HELP,
} as const satisfies OptionTable

const USAGE = `Usage: redis-tls-mock lab [options] [users.acl]    an ACL file, or a sample
       redis-tls-mock lab [options] LINK           rules that somebody has shared
       redis-tls-mock lab [options] --url URL      the users of a running server

Opens a page on this machine to practise ACL rules: edit them, act as any user, see why a command is
allowed or denied, solve exercises, and watch ACL LOG and TLS handshakes of a server of its own. The
file or server that the rules are from is read, and written only by the page's button for it.

${optionLines(LAB_OPTIONS)}`

/** Serves until SIGINT or SIGTERM; resolves to the exit code. */
export async function lab(words: readonly string[]): Promise<number> {
  const { values, rest } = readOptions(words, LAB_OPTIONS)
  if (values.help) return print(USAGE)
  const [given] = rest
  if (rest.length > 1) throw new UsageError('One ACL file at most')
  if (given !== undefined && values.url !== undefined) {
    throw new UsageError('Rules of a file or of a server, not of both')
  }
  const source = await sourceOf(given, values)
  const redisPort = values['tls-port']
  const opened = await openLab({
    pageFolder: pageFolder(),
    port: values.port === undefined ? DEFAULT_PORT : wholeNumber('port', values.port),
    ...(redisPort !== undefined && { redisPort: wholeNumber('tls-port', redisPort) }),
    ...source,
  })
  const hint =
    source === undefined ? 'The password of each sample user is lab- and its name.\n' : ''
  print(`Lab:   ${opened.url}\nRedis: ${opened.redis.url}\n${hint}To end it: Ctrl-C\n`)
  if (values.open && !(await openBrowser(opened.openingUrl()))) {
    say('No browser was found: open the address above')
  }
  await new Promise(resolve => {
    process.once('SIGINT', resolve)
    process.once('SIGTERM', resolve)
  })
  await opened.close()
  return 0
}

/** Undefined for the sample. */
async function sourceOf(
  given: string | undefined,
  values: ConnectionValues,
): Promise<HomeSource | undefined> {
  if (values.url !== undefined) return serverHome(connectionOptions(values))
  if (given === undefined) return undefined
  const rules = rulesInLink(given)
  if (rules !== undefined) return { rules }
  if (/^https?:/.test(given)) throw new UsageError('The link holds no rules')
  return fileHome(given)
}

/** Beside the program, whichever way it was called. */
function pageFolder(): string {
  return path.join(path.dirname(fs.realpathSync(process.argv[1] ?? '')), '..', '..', 'lab')
}
