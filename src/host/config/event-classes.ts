// The letters of notify-keyspace-events, each a class of events.

import { ConfigError } from './parameter.ts'

/** The letters of notify-keyspace-events in the order in which CONFIG GET prints them. */
const CLASSES = 'g$lshzxetdnKEm'
/** What the letter A stands for: everything but K, E, m and n. */
const ALL = 'g$lshzxetd'

/** The canonical text of the classes, as CONFIG GET prints it: n is not shown beside A. */
export function formatClasses(letters: string): string {
  const classes = readClasses(letters)
  const all = [...ALL].every(letter => classes.has(letter))
  const shown = all ? 'KEm' : CLASSES
  return (all ? 'A' : '') + [...shown].filter(letter => classes.has(letter)).join('')
}

/** The classes that the letters stand for; throws a ConfigError if one of them is none. */
export function readClasses(letters: string): ReadonlySet<string> {
  const classes = new Set<string>()
  for (const letter of letters) {
    if (letter === 'A') for (const one of ALL) classes.add(one)
    else if (CLASSES.includes(letter)) classes.add(letter)
    else throw new ConfigError("Invalid event class character. Use 'Ag$lshzxeKEtmdn'.")
  }
  return classes
}
