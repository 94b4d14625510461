// A real browser for tests of the page: Debian's Chromium, with a profile of its own that is gone
// afterwards, and nothing that it would ask the network for by itself.

import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { type BrowserContext, chromium } from 'playwright-core'

const BINARY = process.env['CHROMIUM'] ?? '/usr/bin/chromium'

/** For tap's skip option: false if there is a browser, else the reason. */
export const NO_CHROMIUM: string | false = fs.existsSync(BINARY) ? false : `no ${BINARY}`

const FLAGS = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
]

export interface Browser {
  readonly context: BrowserContext
  close(): Promise<void>
}

export async function openBrowser(): Promise<Browser> {
  const profile = fs.mkdtempSync(path.join(os.tmpdir(), 'chromium-'))
  const context = await chromium.launchPersistentContext(profile, {
    executablePath: BINARY,
    args: FLAGS,
    headless: true,
    viewport: { width: 1280, height: 800 },
  })
  context.setDefaultTimeout(10_000)
  return {
    context,
    async close() {
      await context.close()
      fs.rmSync(profile, { recursive: true, force: true, maxRetries: 3 })
    },
  }
}
