// Opens a page of this machine in the browser that its user prefers: by the system's own program,
// and without a shell, so that no word of an address is read by one.

import { spawn } from 'node:child_process'

const PROGRAMS: Readonly<Partial<Record<NodeJS.Platform, readonly [string, ...string[]]>>> = {
  darwin: ['open'],
  win32: ['rundll32', 'url.dll,FileProtocolHandler'],
}
const ELSEWHERE = ['xdg-open'] as const

const LOOPBACK = /^http:\/\/127\.0\.0\.1:\d+\/\?open=[\w-]+$/

/**
 * Resolves to whether a browser seems to have been found.
 * @param url `http://127.0.0.1:PORT/?open=CODE`; no other is opened
 */
export function openBrowser(url: string): Promise<boolean> {
  if (!LOOPBACK.test(url)) throw new Error('Only the page of this machine is opened')
  const [program, ...words] = PROGRAMS[process.platform] ?? ELSEWHERE
  return new Promise(resolve => {
    const child = spawn(program, [...words, url], { stdio: 'ignore', detached: true })
    child.once('error', () => resolve(false))
    // It may be the browser itself, which stays.
    child.once('spawn', () => setTimeout(resolve, PATIENCE_MS, true).unref())
    child.once('exit', code => resolve(code === 0))
    child.unref()
  })
}

/** How long the program may take to say that there is no browser. */
const PATIENCE_MS = 3000
