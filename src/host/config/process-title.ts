// proc-title-template: the title under which the process shows in ps, with {variables}; {{ is a
// brace.

import { ConfigError } from './parameter.ts'

/** The template filled in, or undefined if it is broken. */
function fill(
  template: string,
  lookUp: (variable: string) => string | undefined,
): string | undefined {
  let filled = ''
  for (let at = 0; at < template.length; ) {
    const open = template.indexOf('{', at)
    if (open < 0) return filled + template.slice(at)
    filled += template.slice(at, open)
    if (template[open + 1] === '{') {
      filled += '{'
      at = open + 2
      continue
    }
    const close = template.indexOf('}', open + 1)
    const value = close < 0 ? undefined : lookUp(template.slice(open + 1, close))
    if (value === undefined) return undefined
    filled += value
    at = close + 1
  }
  return filled
}

const SAMPLE: ReadonlyMap<string, string> = new Map([
  ['title', ''],
  ['listen-addr', '*:6379'],
  ['server-mode', ''],
  ['config-file', '-'],
  ['port', '6379'],
  ['tls-port', '0'],
  ['unixsocket', ''],
])

/** Throws a ConfigError if the template is broken, or if nothing would be left of the title. */
export function checkTitleTemplate(template: string): void {
  const filled = fill(template, variable => SAMPLE.get(variable))
  if (filled === undefined || filled.trim() === '') {
    throw new ConfigError('template format is invalid or contains unknown variables')
  }
}

/** What a title may show. */
export interface TitleFields {
  readonly program: string
  /** '' if there is none. */
  readonly configFile: string
  readonly isCluster: boolean
  readonly addresses: readonly string[]
  readonly port: number
  readonly tlsPort: number
  readonly unixsocket: string
}

export function processTitle(template: string, fields: TitleFields): string {
  const { program, configFile, isCluster, addresses, tlsPort, unixsocket } = fields
  const port = fields.port || tlsPort
  const values: ReadonlyMap<string, string> = new Map([
    ['title', program],
    ['listen-addr', port === 0 ? `unixsocket:${unixsocket}` : `${addresses[0] ?? '*'}:${port}`],
    ['server-mode', isCluster ? '[cluster]' : ''],
    ['config-file', configFile === '' ? '-' : configFile],
    ['port', String(fields.port)],
    ['tls-port', String(tlsPort)],
    ['unixsocket', unixsocket],
  ])
  return (fill(template, variable => values.get(variable)) ?? '').trim()
}
