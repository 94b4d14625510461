// `--client LIBRARY`, which several subcommands take.

import { LIBRARIES, type Library } from '../testing/tls/cures.ts'
import { UsageError } from './options.ts'

/**
 * Whatever its case.
 * @throws UsageError
 */
export function libraryNamed(name: string | undefined): Library | undefined {
  if (name === undefined) return undefined
  const library = LIBRARIES.find(known => known.toLowerCase() === name.toLowerCase())
  if (library === undefined) throw new UsageError(`--client is one of ${LIBRARIES.join(', ')}`)
  return library
}
