// The GitHub action: its description is whole, its inputs cannot become shell, and its step, run as
// the runner runs it, does what it says.

import { type SpawnSyncReturns, spawn } from 'node:child_process'
import fs from 'node:fs'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import t, { type Test } from 'tap'
import { parse } from 'yaml'
import { CLI } from '../helpers/cli.ts'
import { workflowCommands } from '../helpers/workflow-commands.ts'

// Programs start slowly on a busy machine.
t.setTimeout(110_000)

interface Input {
  readonly description: string
  readonly required?: boolean
  readonly default?: string
}

interface Step {
  readonly name: string
  readonly shell: string
  readonly env: Readonly<Record<string, string>>
  readonly run: string
}

interface Action {
  readonly name: string
  readonly description: string
  readonly inputs: Readonly<Record<string, Input>>
  readonly runs: { readonly using: string; readonly steps: readonly Step[] }
}

const action: Action = parse(
  fs.readFileSync(fileURLToPath(new URL('../../action.yml', import.meta.url)), 'utf8'),
)

t.test('what the runner wants of a composite action', async t => {
  t.match(action, { name: /\S/, description: /\S/, runs: { using: 'composite' } })
  for (const [name, input] of Object.entries(action.inputs)) {
    t.match(input.description, /\.$/, name)
    t.ok(input.required === true || typeof input.default === 'string', `${name} has a default`)
  }
  const used = new Set<string>()
  for (const { shell, run, env } of action.runs.steps) {
    t.equal(shell, 'bash')
    t.notMatch(run, /\$\{\{/, 'inputs come as variables, never as text of the script')
    for (const [variable, value] of Object.entries(env)) {
      const [, name = ''] = /^\$\{\{ inputs\.([\w-]+) \}\}$/.exec(value) ?? []
      t.ok(action.inputs[name], `${variable} is an input`)
      t.ok(run.includes(`$${variable}`), `${variable} is used`)
      used.add(name)
    }
  }
  t.strictSame([...used].sort(), Object.keys(action.inputs).sort())
})

type Ended = Pick<SpawnSyncReturns<string>, 'status' | 'stdout'> & { readonly summary: string }

/** Stands for npx, which would bring the package from the registry; keeps what it was asked for. */
const NPX = `#!/bin/sh
echo "$1 $2" > "$NPX_ASKED"
shift 2
exec ${CLI.map(word => `'${word}'`).join(' ')} "$@"
`

/** Runs the steps with these inputs, in a folder of theirs. */
async function runAction(cwd: string, inputs: Readonly<Record<string, string>>): Promise<Ended> {
  const temporary = path.join(cwd, '.runner')
  fs.mkdirSync(path.join(temporary, 'bin'), { recursive: true })
  fs.writeFileSync(path.join(temporary, 'bin', 'npx'), NPX, { mode: 0o755 })
  const summary = path.join(temporary, 'summary.md')
  fs.writeFileSync(summary, '')
  let stdout = ''
  let status: number | null = 0
  for (const [i, step] of action.runs.steps.entries()) {
    const script = path.join(temporary, `step-${i}.sh`)
    fs.writeFileSync(script, step.run)
    const given = Object.entries(step.env).map(([variable, value]) => {
      const name = /inputs\.([\w-]+)/.exec(value)?.[1] ?? ''
      return [variable, inputs[name] ?? action.inputs[name]?.default ?? '']
    })
    const child = spawn('bash', ['--noprofile', '--norc', '-e', '-o', 'pipefail', script], {
      cwd,
      env: {
        ...process.env,
        ...Object.fromEntries(given),
        PATH: `${path.join(temporary, 'bin')}:${process.env['PATH']}`,
        GITHUB_STEP_SUMMARY: summary,
        GITHUB_OUTPUT: path.join(temporary, 'output'),
        NPX_ASKED: path.join(temporary, 'asked'),
      },
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    child.stdout.setEncoding('utf8').on('data', chunk => {
      stdout += chunk
    })
    status = await new Promise<number | null>(resolve => child.once('close', resolve))
    if (status !== 0) break
  }
  return { status, stdout, summary: fs.readFileSync(summary, 'utf8') }
}

const askedFor = (cwd: string): string =>
  fs.readFileSync(path.join(cwd, '.runner', 'asked'), 'utf8').trim()

/** Connects, with or without a look at the certificate. */
const client = (isChecking: boolean): string => `
const fs = require('node:fs')
const { env } = process
const socket = require('node:tls').connect({
  host: env.REDIS_HOST,
  port: env.REDIS_PORT,
  ca: fs.readFileSync(env.REDIS_TLS_CA_FILE),
  rejectUnauthorized: ${isChecking},
})
socket.on('error', error => console.error('Error: ' + error.message))
socket.on('secureConnect', () => socket.end('PING\\r\\n'))
socket.on('data', () => {})`

async function folder(t: Test): Promise<string> {
  return t.testdir({ "it's right.cjs": client(true), 'wrong.cjs': client(false) })
}

t.test('a program that is right', async t => {
  const cwd = await folder(t)
  const { status, stdout, summary } = await runAction(cwd, {
    command: `test "$REDIS_HOST" && node "it's right.cjs"`,
    profiles: 'valid,expired,client-certificate-required',
    'no-mtls': 'true',
    junit: 'a report.xml',
    html: 'a page.html',
  })
  t.equal(status, 0, stdout)
  t.equal(askedFor(cwd), '--yes redis-tls-mock@latest')
  t.match(workflowCommands(stdout), [{ name: 'notice', message: /^2 of 2 right/ }])
  t.match(summary, /^2 of 2 right, 0 findings/)
  t.match(fs.readFileSync(path.join(cwd, 'a report.xml'), 'utf8'), '<testsuites tests="2"')
  t.match(fs.readFileSync(path.join(cwd, 'a page.html'), 'utf8'), '<!doctype html>')
})

t.test('a program that is wrong', async t => {
  const cwd = await folder(t)
  const { status, stdout, summary } = await runAction(cwd, {
    command: 'node wrong.cjs',
    profiles: 'valid,expired',
    version: '0.1.0',
  })
  t.equal(status, 1, 'the job fails')
  t.equal(askedFor(cwd), '--yes redis-tls-mock@0.1.0')
  t.match(workflowCommands(stdout), [{ name: 'error', message: /seen in expired/ }])
  t.match(summary, /\*\*ACCEPTED\*\* \| `expired`/)
})

t.test('an input is never a part of the script', async t => {
  const cwd = await folder(t)
  const evil = `valid"; touch evil; echo "$(touch evil)`
  const { status } = await runAction(cwd, { command: 'true', profiles: evil })
  t.equal(status, 2)
  t.notOk(fs.existsSync(path.join(cwd, 'evil')))
})
