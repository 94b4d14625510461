// Where a module lies. ES modules and CommonJS each have a name of their own for it, which the
// other build could not compile; a stack trace says it in both.

import { pathToFileURL } from 'node:url'

/** The URL of the file that calls this. */
export function ownFile(): string {
  const { prepareStackTrace, stackTraceLimit } = Error
  try {
    Error.stackTraceLimit = 2
    Error.prepareStackTrace = (_error, sites) => sites
    const [, caller] = new Error().stack as unknown as NodeJS.CallSite[]
    const file = caller?.getFileName() ?? ''
    return file.startsWith('file:') ? file : pathToFileURL(file).href
  } finally {
    Error.prepareStackTrace = prepareStackTrace
    Error.stackTraceLimit = stackTraceLimit
  }
}
