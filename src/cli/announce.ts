// What is said at the start and where it fails: the lines that scripts wait for are Redis's own.

import { REDIS_VERSION } from '../host/version.ts'
import { VERSION } from '../version.ts'

/** The lines before there is a server. */
export function startingLines(isDefault: boolean): readonly [string, string, string] {
  return [
    'oO0OoO0OoO0Oo Redis is starting oO0OoO0OoO0Oo',
    `Redis version=${REDIS_VERSION}, bits=64, commit=00000000, modified=0, pid=${process.pid}, ` +
      'just started',
    isDefault
      ? 'Warning: no config file specified, using the default config. In order to specify a ' +
        'config file use redis-tls-mock /path/to/redis.conf'
      : 'Configuration loaded',
  ]
}

export function banner(port: number): string {
  return [
    '',
    `   redis-tls-mock ${VERSION}, in the place of Redis ${REDIS_VERSION} (00000000/0) 64 bit`,
    '   Running in standalone mode',
    `   Port: ${port}`,
    `   PID: ${process.pid}`,
    '',
  ].join('\n')
}

export function fatalConfigError(place: string, message: string): string {
  return `\n*** FATAL CONFIG FILE ERROR (Redis ${REDIS_VERSION}) ***\n${place}${message}\n`
}

export function smallMemoryWarning(bytes: number): string {
  return (
    `WARNING: You specified a maxmemory value that is less than 1MB (current value is ${bytes} ` +
    'bytes). Are you sure this is what you really want?'
  )
}
