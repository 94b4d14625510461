// Programs of node that measure in a process of their own.

import { type ChildProcess, spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'

export const CERTS = fileURLToPath(new URL('../../certs/', import.meta.url))
/** The package as built. */
export const LIBRARY = fileURLToPath(new URL('../../dist/esm/index.js', import.meta.url))

export interface Output {
  readonly text: string
  /** Milliseconds from the start to the awaited text, or to the end. */
  readonly elapsedMs: number
}

/** Runs to the end; `until`: to that text, and is killed then. */
export function runToEnd(
  command: string,
  args: readonly (string | number)[],
  until?: string,
): Promise<Output> {
  return new Promise((resolve, reject) => {
    const startedAt = performance.now()
    const child = spawn(command, args.map(String), { stdio: ['ignore', 'pipe', 'inherit'] })
    let text = ''
    let elapsedMs: number | undefined
    child.stdout.on('data', chunk => {
      text += chunk
      if (until === undefined || elapsedMs !== undefined || !text.includes(until)) return
      elapsedMs = performance.now() - startedAt
      child.kill('SIGKILL')
    })
    child.once('error', reject)
    child.once('exit', () => {
      elapsedMs ??= performance.now() - startedAt
    })
    child.once('close', code => {
      if (code !== 0 && until === undefined) reject(new Error(`${command} ends with ${code}`))
      else resolve({ text, elapsedMs: elapsedMs ?? 0 })
    })
  })
}

/** The program in programs/ of that name, and the JSON that it prints. */
export async function measure<T>(
  name: string,
  args: readonly (string | number)[],
  flags: readonly string[] = [],
): Promise<T> {
  const { text } = await runToEnd(process.execPath, [...flags, pathOf(name), ...args])
  return JSON.parse(text)
}

/** The program in programs/ of that name, until its input is closed. */
export async function startChild(
  name: string,
  args: readonly (string | number)[],
  until: string,
): Promise<() => Promise<void>> {
  const child: ChildProcess = spawn(process.execPath, [pathOf(name), ...args.map(String)], {
    stdio: ['pipe', 'pipe', 'inherit'],
  })
  const ended = new Promise<void>(resolve => child.once('exit', () => resolve()))
  await new Promise<void>((resolve, reject) => {
    child.stdout?.on('data', chunk => {
      if (String(chunk).includes(until)) resolve()
    })
    void ended.then(() => reject(new Error(`${name} ended early`)))
  })
  return () => {
    child.stdin?.end()
    return ended
  }
}

function pathOf(name: string): string {
  return fileURLToPath(new URL(`programs/${name}.mjs`, import.meta.url))
}
