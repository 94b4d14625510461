// The commands of Redis 7.4, out of a table that may know later ones. Definitions are immutable, so
// that everybody in the process can share them.

import { CommandCatalogue } from './catalogue.ts'
import { FAMILIES } from './families/index.ts'

export const CATALOGUE = new CommandCatalogue(FAMILIES)
