// A line below what Redis says of a directive that there is not: what may have been meant.

import { parameterNamed, parameterNames } from '../host/config/config.ts'
import { DIRECTIVES } from '../host/config/directives.ts'
import { suggest } from '../util/suggest.ts'
import { SERVER_OPTIONS } from './commands.ts'
import { say } from './out.ts'

/** Says nothing where nothing is near. */
export function hintAt(name: string | undefined): void {
  if (name === undefined || parameterNamed(name) !== undefined || DIRECTIVES.has(name)) return
  const own = SERVER_OPTIONS.map(option => option.name.slice(2))
  const near = suggest(name, [...parameterNames(), ...DIRECTIVES.keys(), ...own])
  if (near !== undefined) say(`Did you mean '${near}'?`)
}
