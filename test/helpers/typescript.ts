// How Node starts what is written in TypeScript.

import { fileURLToPath } from 'node:url'

/** Node's words before a file, or before a program as text. */
export const TYPESCRIPT: readonly string[] = [
  '--import',
  import.meta.resolve('tsx'),
  '--import',
  new URL('../../scripts/sources/register.mjs', import.meta.url).href,
]

/** Node's words before those of our own program: sooner, for it is a module of src/. */
export const PROGRAM: readonly string[] = ['scripts/sources/run.mjs', 'src/cli/main.ts'].map(file =>
  fileURLToPath(new URL(`../../${file}`, import.meta.url)),
)
