// `node scripts/sources/run.mjs FILE WORD ...`: runs a module of src/ as a program, which starts about
// as soon as the built one.

import { resolve } from 'node:path'
import { load } from './loader.mjs'

process.argv.splice(1, 1)
load(resolve(process.argv[1]))
