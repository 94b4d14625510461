// The parameters that are lists or have rules of their own: save, bind, client-output-buffer-limit
// and their like. Each is one function that makes a Parameter; see parameter.ts.

import fs from 'node:fs'
import path from 'node:path'
import { fromText, lowerCase, quoted, toText, upToNul } from '../../util/bytes.ts'
import { formatFixed, parseDouble } from '../../util/number.ts'
import { systemReason } from '../../util/system-error.ts'
import { formatClasses } from './event-classes.ts'
import {
  ConfigError,
  formatMemory,
  LONG_MAX,
  type Parameter,
  type ParameterFlags,
  parseMemory,
  type Setting,
  single,
} from './parameter.ts'

export interface SavePoint {
  readonly seconds: number
  readonly changes: number
}

/** `save <seconds> <changes>`: lines add up, an empty one clears what stands above it. */
export function savePoints(defaults: readonly SavePoint[]): Parameter<readonly SavePoint[]> {
  return {
    initial: savePointsSetting(defaults),
    flags: {},
    isList: true,
    read(words, current, continues) {
      const isEmpty = words.length === 0 || (words.length === 1 && words[0] === '')
      const points = isEmpty ? [] : readSavePoints(words)
      return savePointsSetting(continues && !isEmpty ? [...current.value, ...points] : points)
    },
    rewrite(name, { value }) {
      if (value.length === 0) return [{ line: `${name} ""`, isNeeded: true }]
      return value.map(point => ({ line: `${name} ${showSavePoint(point)}`, isNeeded: true }))
    },
  }
}

function savePointsSetting(value: readonly SavePoint[]): Setting<readonly SavePoint[]> {
  return { value, text: value.map(showSavePoint).join(' ') }
}

function showSavePoint({ seconds, changes }: SavePoint): string {
  return `${seconds} ${changes}`
}

function readSavePoints(words: readonly string[]): SavePoint[] {
  const numbers = words.map(scanInteger)
  const points: SavePoint[] = []
  for (let i = 0; i < numbers.length; i += 2) {
    const [seconds, changes] = [numbers[i], numbers[i + 1]]
    if (seconds === undefined || changes === undefined || seconds < 1 || changes < 0) {
      throw new ConfigError('Invalid save parameters')
    }
    points.push({ seconds, changes })
  }
  return points
}

/** As C's strtoll reads a whole word: blanks before, a sign, leading zeros; nothing is 0. */
function scanInteger(word: string): number | undefined {
  const [, digits] = /^[\t-\r ]*([+-]?[0-9]+)$/.exec(upToNul(word)) ?? []
  if (digits === undefined) return word === '' ? 0 : undefined
  const largest = Number(LONG_MAX)
  return Math.min(Math.max(Number(digits), -largest), largest)
}

export interface OutputLimit {
  readonly hardBytes: number
  readonly softBytes: number
  readonly softSeconds: number
}

export type OutputClass = 'normal' | 'slave' | 'pubsub'
export type OutputLimits = Readonly<Record<OutputClass, OutputLimit>>

const OUTPUT_CLASSES: ReadonlyMap<string, OutputClass> = new Map([
  ['normal', 'normal'],
  ['slave', 'slave'],
  ['replica', 'slave'],
  ['pubsub', 'pubsub'],
])
const SHOWN_CLASSES: readonly OutputClass[] = ['normal', 'slave', 'pubsub']

/** `client-output-buffer-limit <class> <hard> <soft> <soft seconds>`, for one class or several. */
export function outputLimits(defaults: OutputLimits): Parameter<OutputLimits> {
  const initial = outputLimitsSetting(defaults)
  return {
    initial,
    flags: {},
    isList: true,
    read(words, current) {
      if (words.length % 4 !== 0) {
        throw new ConfigError('Wrong number of arguments in buffer limit configuration.')
      }
      const limits: Record<OutputClass, OutputLimit> = { ...current.value }
      for (let i = 0; i < words.length; i += 4) {
        const name = OUTPUT_CLASSES.get(lowerCase(words[i] ?? ''))
        if (name === undefined) {
          throw new ConfigError('Invalid client class specified in buffer limit configuration.')
        }
        limits[name] = readOutputLimit(words.slice(i + 1, i + 4))
      }
      return outputLimitsSetting(limits)
    },
    rewrite: (name, { value }) =>
      SHOWN_CLASSES.map(one => ({
        line: `${name} ${one === 'slave' ? 'replica' : one} ${writeOutputLimit(value[one])}`,
        isNeeded: showOutputLimit(value[one]) !== showOutputLimit(defaults[one]),
      })),
  }
}

function outputLimitsSetting(value: OutputLimits): Setting<OutputLimits> {
  const shown = SHOWN_CLASSES.map(one => `${one} ${showOutputLimit(value[one])}`)
  return { value, text: shown.join(' ') }
}

function showOutputLimit({ hardBytes, softBytes, softSeconds }: OutputLimit): string {
  return `${hardBytes} ${softBytes} ${softSeconds}`
}

function writeOutputLimit({ hardBytes, softBytes, softSeconds }: OutputLimit): string {
  return `${formatMemory(String(hardBytes))} ${formatMemory(String(softBytes))} ${softSeconds}`
}

function readOutputLimit([hard = '', soft = '', seconds = '']: readonly string[]): OutputLimit {
  const hardBytes = parseMemory(hard)
  const softBytes = parseMemory(soft)
  const softSeconds = scanInteger(seconds)
  if (hardBytes === undefined || softBytes === undefined || (softSeconds ?? -1) < 0) {
    throw new ConfigError(
      'Error in hard, soft or soft_seconds setting in buffer limit configuration.',
    )
  }
  return {
    hardBytes: Number(hardBytes),
    softBytes: Number(softBytes),
    softSeconds: softSeconds ?? 0,
  }
}

const ADDRESSES_MAX = 16

/** Addresses to listen on. */
export function addresses(defaults: readonly string[]): Parameter<readonly string[]> {
  const initial = { value: defaults, text: defaults.join(' ') }
  return {
    initial,
    flags: {},
    isList: true,
    read(words) {
      if (words.length > ADDRESSES_MAX) throw new ConfigError('Too many bind addresses specified.')
      const value = words.length === 1 && words[0] === '' ? [] : words.map(upToNul)
      return { value, text: value.join(' ') }
    },
    rewrite(name, { text }) {
      if (text === initial.text) return []
      return [{ line: `${name} ${text === '' ? '""' : text}`, isNeeded: true }]
    },
  }
}

/** A fixed number of small integers. */
export function oomScores(defaults: readonly number[]): Parameter<readonly number[]> {
  const initial = { value: defaults, text: defaults.join(' ') }
  return {
    initial,
    flags: {},
    isList: true,
    read(words) {
      if (words.length !== defaults.length) throw new ConfigError('wrong number of arguments')
      const value = words.map(word => {
        const score = scanInteger(word)
        if (score !== undefined && Math.abs(score) <= 2000) return score
        throw new ConfigError(
          'Invalid oom-score-adj-values, elements must be between -2000 and 2000.',
        )
      })
      return { value, text: value.join(' ') }
    },
    rewrite: (name, { text }) => [{ line: `${name} ${text}`, isNeeded: text !== initial.text }],
  }
}

export function percentiles(defaults: readonly number[]): Parameter<readonly number[]> {
  return {
    initial: percentilesSetting(defaults),
    flags: {},
    isList: true,
    read(words) {
      if (words.length === 1 && words[0] === '') return percentilesSetting([])
      return percentilesSetting(words.map(readPercentile))
    },
    rewrite: (name, { text }) => [{ line: `${name} ${text === '' ? '""' : text}`, isNeeded: true }],
  }
}

function percentilesSetting(value: readonly number[]): Setting<readonly number[]> {
  return { value, text: value.map(showPercentile).join(' ') }
}

function showPercentile(value: number): string {
  return formatFixed(value, 6).replace(/\.?0+$/, '')
}

function readPercentile(word: string): number {
  const value = parseDouble(word)
  if (value === undefined) {
    throw new ConfigError('Invalid latency-tracking-info-percentiles parameters')
  }
  if (value < 0 || value > 100) {
    throw new ConfigError(
      'latency-tracking-info-percentiles parameters should sit between [0.0,100.0]',
    )
  }
  return value
}

/** The letters of notify-keyspace-events, in Redis's order. */
export function eventClasses(): Parameter<string> {
  return single(
    '',
    {},
    word => {
      const letters = upToNul(word)
      return { value: letters, text: formatClasses(letters) }
    },
    quoted,
  )
}

/** The working directory, as an absolute path. It is only checked here; see Config.watch. */
export function workingDirectory(flags: ParameterFlags): Parameter<string> {
  return {
    get initial() {
      const here = fromText(process.cwd())
      return { value: here, text: here }
    },
    flags,
    isList: false,
    read([word = ''], current) {
      const folder = fromText(findFolder(toText(current.value), toText(upToNul(word))))
      return { value: folder, text: folder }
    },
    rewrite: (name, { text }) => [{ line: `${name} ${quoted(text)}`, isNeeded: true }],
  }
}

function findFolder(from: string, name: string): string {
  try {
    if (name === '') throw Object.assign(new Error(), { code: 'ENOENT', errno: -2 })
    const folder = fs.realpathSync(path.resolve(from, name))
    if (!fs.statSync(folder).isDirectory()) throw Object.assign(new Error(), { code: 'ENOTDIR' })
    fs.accessSync(folder, fs.constants.X_OK)
    return folder
  } catch (error) {
    throw new ConfigError(systemReason(error))
  }
}

export interface PrimaryAddress {
  readonly host: string
  readonly port: number
}

/** `replicaof <host> <port>`, or `no one`. */
export function primary(flags: ParameterFlags): Parameter<PrimaryAddress | undefined> {
  return {
    initial: { value: undefined, text: '' },
    flags,
    isList: true,
    read(words) {
      const [host, portWord] = words
      if (host === undefined || portWord === undefined || words.length !== 2) {
        throw new ConfigError('wrong number of arguments')
      }
      if (lowerCase(host) === 'no' && lowerCase(portWord) === 'one') {
        return { value: undefined, text: '' }
      }
      const port = scanInteger(portWord)
      if (port === undefined || port < 0 || port > 65535) {
        throw new ConfigError('Invalid master port')
      }
      return { value: { host, port }, text: `${host} ${port}` }
    },
    rewrite: (name, { text }) => (text === '' ? [] : [{ line: `${name} ${text}`, isNeeded: true }]),
  }
}
