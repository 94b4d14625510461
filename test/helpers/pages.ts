// The pages for users, and how what they show is run.

import { spawn } from 'node:child_process'
import fs from 'node:fs'
import path from 'node:path'

export const root = path.join(import.meta.dirname, '..', '..')
const PAGES = ['README.md', 'src/docs/recipes.md', 'src/docs/migrating.md']

/** What comes at the end of the README is for those who change the package. */
function forUsers(page: string): string {
  const text = fs.readFileSync(path.join(root, page), 'utf8')
  return text.split('\n## How the code is laid out')[0] ?? ''
}

interface Block {
  readonly language: string
  readonly text: string
}

export const blocks: readonly Block[] = PAGES.flatMap(page =>
  [...forUsers(page).matchAll(/^```(\w*)\n(.*?)^```$/gms)].map(([, language = '', text = '']) => ({
    language,
    text,
  })),
)

interface Ended {
  readonly status: number | null
  readonly output: string
}

/** The runner that runs this test must not be taken for that of the example. */
export function ownEnvironment(): Record<string, string | undefined> {
  const inherited = Object.entries(process.env).filter(([name]) => !/^(TAP|NODE_TEST)/.test(name))
  return { ...Object.fromEntries(inherited), NODE_OPTIONS: '', NO_COLOR: '1' }
}

export function run(folder: string, args: readonly string[]): Promise<Ended> {
  return runProgram(process.execPath, args, folder, {})
}

export function runProgram(
  program: string,
  args: readonly string[],
  folder: string,
  variables: Readonly<Record<string, string>>,
): Promise<Ended> {
  const env = { ...ownEnvironment(), ...variables }
  const child = spawn(program, args, { cwd: folder, env, stdio: ['ignore', 'pipe', 'pipe'] })
  let output = ''
  for (const stream of [child.stdout, child.stderr]) stream.on('data', chunk => (output += chunk))
  return new Promise(resolve => child.on('close', status => resolve({ status, output })))
}
