// `node --import=tsx --import=./scripts/sources/register.mjs FILE`: a file that is TypeScript, and
// the modules of src/ as they were compiled before.

import { register } from 'node:module'
import { folder } from './loader.mjs'

register('./hooks.mjs', import.meta.url, { data: folder })
