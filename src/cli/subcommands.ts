// What the program can do beside being a server. Each is loaded when it is called, so that a server
// starts as fast as without them. A configuration file of such a name is given as ./certs.

import { say } from './out.ts'

type Subcommand = (words: readonly string[]) => Promise<number>

const SUBCOMMANDS: ReadonlyMap<string, Subcommand> = new Map<string, Subcommand>([
  ['acl', async words => (await import('./acl.ts')).acl(words)],
  ['certs', async words => (await import('./certs.ts')).certs(words)],
  ['lab', async words => (await import('./lab.ts')).lab(words)],
  ['tls', async words => (await import('./tls.ts')).tls(words)],
])

/** What the command line asks for, or undefined if that is a server like any other. */
export function subcommandOf(words: readonly string[]): (() => Promise<void>) | undefined {
  const [name = '', ...rest] = words
  const found = SUBCOMMANDS.get(name)
  if (found !== undefined) return () => finish(name, () => found(rest))
  if (words.includes('--mock-command')) {
    return () =>
      finish('--mock-command', async () => (await import('./mock-command.ts')).serveMock(words))
  }
  if (!words.includes('--tls-profile')) return undefined
  return () =>
    finish('--tls-profile', async () => (await import('./tls-profile.ts')).serveProfile(words))
}

/** Runs to its exit code; an error is told in one line. */
async function finish(name: string, run: () => Promise<number>): Promise<void> {
  try {
    process.exitCode = await run()
  } catch (error) {
    const text = error instanceof Error ? error.message : String(error)
    say(`redis-tls-mock ${name}: ${text}`)
    process.exitCode = 2
  }
}
