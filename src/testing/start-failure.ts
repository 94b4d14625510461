// Why startRedis() did not start: the words of redis-server, what its log said in more detail, and
// which option is at fault. Loaded where a start fails.

import { isSensitive } from '../host/config/config.ts'
import { StartError, type StartErrorFacts } from '../host/config/directives.ts'
import { ConfigError } from '../host/config/parameter.ts'
import { TlsSetupError } from '../transport/tls-settings.ts'
import { printable } from '../util/printable.ts'
import { OptionError } from './shape.ts'
import { settingHint } from './shapes.ts'
import type { StartOptions } from './start-options.ts'

/** A directive, and the option that it was made of. */
export interface OptionDirective {
  readonly option: string
  readonly words: readonly string[]
}

/** What is known of a start that failed. */
export interface FailedStart {
  readonly options: StartOptions
  /** The directive that was being read. */
  readonly directive?: OptionDirective | undefined
  /** Names of files that exist in memory only. */
  readonly memoryFiles?: readonly string[]
}

/** The error as startRedis() throws it; bugs as they are. */
export function startFailure(error: unknown, start: FailedStart): unknown {
  const { options, directive } = start
  if (error instanceof OptionError) {
    const { message, code, option } = error
    return new StartError(message, { code, option, cause: error })
  }
  if (error instanceof ConfigError && directive !== undefined) return badSetting(error, directive)
  if (!(error instanceof StartError)) return error
  const { cause, code, lines } = error
  if (cause instanceof TlsSetupError) return tlsFailure(cause, start)
  if (code === 'ERR_ACL' && options.aclfile === undefined) return badUser(error)
  const option = error.option ?? optionOf(code, options)
  const reason = cause instanceof Error && code !== 'ERR_START' ? reasonOf(cause) : undefined
  const said = reason === undefined || lines.some(line => line.includes(reason))
  const facts = { code, option, cause: cause ?? error }
  return new StartError(said ? lines : `${lines.join(' ')} ${reason}`, facts)
}

function reasonOf({ message }: Error): string {
  return message.replace(/^Warning: /, '')
}

function badSetting(cause: ConfigError, { option, words }: OptionDirective): StartError {
  const [name = '', ...values] = words
  const hint = option.startsWith('config.') ? settingHint(name) : undefined
  if (hint !== undefined) {
    const facts = { code: 'ERR_OPTION_UNKNOWN', option, cause }
    return new StartError(`${option}: there is no such setting${hint}`, facts)
  }
  const isShown = isSensitive(name) === false && values.join(' ').length < 100
  const value = isShown ? ` '${printable(values.join(' '))}'` : ''
  const facts = { code: 'ERR_OPTION_VALUE', option, cause }
  return new StartError(`${option}${value}: ${cause.message}`, facts)
}

/** What the log adds is of no use here: it says that the server ends. */
function badUser(error: StartError): StartError {
  const {
    lines: [line = ''],
    code,
  } = error
  const [, name] = /user named '(.*)': /.exec(line) ?? []
  const option = name === undefined ? 'users' : `users.${name}`
  return new StartError(`${option}: ${line}`, { code, option, cause: error })
}

/** What the options of each start of a message are, by the setting and by the option for it. */
const TLS_FAULTS: readonly (readonly [RegExp, string, string, string])[] = [
  [/^Failed to load certificate/, 'ERR_TLS_CERTIFICATE', 'tls-cert-file', 'tls.cert'],
  [/^Failed to load private key/, 'ERR_TLS_KEY', 'tls-key-file', 'tls.key'],
  [/^Failed to configure CA/, 'ERR_TLS_CA', 'tls-ca-cert-file', 'tls.ca'],
  [/^Failed to configure ciphersuites/, 'ERR_TLS', 'tls-ciphersuites', ''],
  [/^Failed to configure ciphers/, 'ERR_TLS', 'tls-ciphers', ''],
  [/tls-protocols/, 'ERR_TLS', 'tls-protocols', ''],
  [/DH params/, 'ERR_TLS', 'tls-dh-params-file', ''],
]

const FOREIGN_KEY = /key values mismatch/

function tlsFailure(cause: TlsSetupError, { options, memoryFiles = [] }: FailedStart): StartError {
  const [, code = 'ERR_TLS', setting = '', own = ''] =
    TLS_FAULTS.find(([pattern]) => pattern.test(cause.message)) ?? []
  const isSetting = Object.hasOwn(options.config ?? {}, setting)
  const option = isSetting || own === '' ? `config.${setting}` : fileOption(options, own)
  const facts: StartErrorFacts = { code, cause, ...(setting !== '' && { option }) }
  const named = memoryFiles.reduce((text, name) => text.replace(name, option), cause.message)
  const hint = FOREIGN_KEY.test(named) ? ' (it is the key of another certificate)' : ''
  const where = named.includes(option) || setting === '' ? '' : ` (${option})`
  return new StartError(`Failed to configure TLS. ${named}${where}${hint}`, facts)
}

/** `tls.certFile`, if it was given so. */
function fileOption({ tls }: StartOptions, option: string): string {
  const inFile = `${option}File`
  const isGiven = typeof tls === 'object' && Object.hasOwn(tls, inFile.replace('tls.', ''))
  return isGiven ? inFile : option
}

/** What of the options leads to an error of the system, or of users. */
function optionOf(code: string, options: StartOptions): string | undefined {
  if (code === 'ERR_ACL' || code === 'ERR_OPTION_CONFLICT') {
    return options.aclfile === undefined ? 'users' : 'aclfile'
  }
  if (code === 'EADDRNOTAVAIL') return 'config.bind'
  if (code === 'EADDRINUSE' || code === 'EACCES')
    return options.port === undefined ? 'config' : 'port'
  return undefined
}
