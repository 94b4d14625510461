// The Dockerfile, where there is no Docker: rules of good images, and that what it copies is there.

import fs from 'node:fs'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { minimatch } from 'minimatch'
import t from 'tap'
import { brokenRules, instructionsOf } from './dockerfile.ts'

const root = fileURLToPath(new URL('../..', import.meta.url))
const read = (file: string): string => fs.readFileSync(path.join(root, file), 'utf8')
const dockerfile = read('Dockerfile')
const ignored = read('.dockerignore').trim().split('\n')

t.test('no rule is broken', async t => {
  t.strictSame(brokenRules(dockerfile), [])
})

t.test('the rules can be broken', async t => {
  const bad: readonly (readonly [string, string, string])[] = [
    ['base images have a version', 'FROM node:22.12.0-alpine3.20\n', 'FROM node:latest\n'],
    ['base images have a version', 'FROM node:22.12.0-alpine3.20\n', 'FROM node\n'],
    ['does not run as root', 'USER node', 'USER root'],
    ['does not run as root', 'USER node\n', ''],
    ['COPY, not ADD', 'COPY src src', 'ADD src src'],
    ['WORKDIR is absolute', 'WORKDIR /app', 'WORKDIR app'],
    ['ENTRYPOINT in exec form', 'ENTRYPOINT ["node", "/app', 'ENTRYPOINT node ["/app'],
    ['COPY of several files into a folder', 'package-lock.json ./', 'package-lock.json .'],
    ['COPY --from a stage there is', '--from=build', '--from=bulid'],
    ['npm ci, not npm install', 'npm ci', 'npm install'],
    ['no lists of apt are left', 'RUN npm ci', 'RUN apt-get update && npm ci'],
  ]
  for (const [rule, from, to] of bad) {
    const changed = dockerfile.replace(from, to)
    t.not(changed, dockerfile, to)
    t.ok(brokenRules(changed).includes(rule), `${rule}: ${to}`)
  }
})

t.test('what it copies is there and not ignored', async t => {
  const copies = instructionsOf(dockerfile).filter(
    ({ name, rest }) => name === 'COPY' && !rest.startsWith('--from'),
  )
  for (const file of copies.flatMap(({ rest }) => rest.split(' ').slice(0, -1))) {
    t.ok(fs.existsSync(path.join(root, file)), file)
    t.notOk(
      ignored.some(pattern => minimatch(file, pattern)),
      `${file} is sent to the builder`,
    )
  }
  for (const file of ['node_modules', 'dist', '.git']) t.ok(ignored.includes(file), file)
})

t.test('what the build runs is copied', async t => {
  const copied = instructionsOf(dockerfile)
    .filter(({ name, rest, stage }) => name === 'COPY' && stage === 1 && !rest.startsWith('--'))
    .flatMap(({ rest }) => rest.split(' ').slice(0, -1))
  const { scripts } = JSON.parse(read('package.json'))
  const [, first = ''] = /^node (\S+)$/.exec(scripts.build) ?? []
  const needed = new Set([first, 'package.json', 'tsconfig.build.json'])
  for (const file of needed) {
    const text = read(file)
    const named = file.endsWith('.json')
      ? [JSON.parse(text).extends].filter(name => name !== undefined)
      : [...text.matchAll(/^import .* from '(\.[^']+)'$/gm)].map(([, name]) => name)
    for (const name of named) needed.add(path.posix.join(path.posix.dirname(file), name))
  }
  t.ok(needed.has('scripts/commonjs.mjs') && needed.has('tsconfig.json'))
  t.strictSame(
    [...needed, 'src'].filter(file => !copied.includes(file)),
    [],
  )
})

t.test('it starts what the package starts, on a Node that it supports', async t => {
  const { bin, engines } = JSON.parse(read('package.json'))
  const all = instructionsOf(dockerfile)
  const entry = all.find(({ name }) => name === 'ENTRYPOINT')?.rest ?? '[]'
  t.strictSame(JSON.parse(entry), ['node', `/app/${bin['redis-tls-mock']}`])
  const nodes = all.filter(({ name }) => name === 'FROM').map(({ rest }) => rest.split(' ')[0])
  t.equal(new Set(nodes).size, 1, 'both stages have the same Node')
  const least = Number(/\d+/.exec(engines.node)?.[0])
  t.ok(Number(/node:(\d+)/.exec(nodes[0] ?? '')?.[1]) >= least)
})
