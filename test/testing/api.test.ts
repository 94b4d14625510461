// The public surface: what stands in src/API.md is what the sources export, and all of it is said.

import fs from 'node:fs'
import t from 'tap'
import { describeApi } from '../../scripts/api.ts'

t.test('src/API.md is the public surface; `npm run readme` writes it anew', async t => {
  const { page, undocumented } = describeApi()
  t.equal(fs.readFileSync(new URL('../../src/API.md', import.meta.url), 'utf8'), page)
  t.strictSame(undocumented, [], 'every public name has a docstring')
})
