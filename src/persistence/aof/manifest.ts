// The manifest of an append-only folder: which files are the data, and in which order. A snapshot
// or commands that begin it (the base), what was written since (increments), and what a rewrite has
// left behind and is to be deleted (history).

import { splitWords } from '../../resp3/words.ts'
import { invariant } from '../../util/assert.ts'
import { lowerCase, quoted } from '../../util/bytes.ts'

export interface AofFile {
  readonly name: string
  readonly number: number
}

/** How a base is written: as a snapshot, or as commands. */
export type BaseFormat = 'rdb' | 'aof'

/** The manifest is none. */
export class ManifestError extends Error {
  override readonly name = 'ManifestError'
  /** In Redis's words, as lines of its log. */
  readonly lines: readonly string[]

  constructor(reason: string, place?: { readonly number: number; readonly line: string }) {
    super(reason)
    const where = place && [
      `Reading the manifest file, at line ${place.number}`,
      `>>> '${place.line}'`,
    ]
    this.lines = ['*** FATAL AOF MANIFEST FILE ERROR ***', ...(where ?? []), reason]
  }
}

/** What is in a folder. It never changes: a new one is written, and then takes its place. */
export class Manifest {
  readonly base: AofFile | undefined
  readonly history: readonly AofFile[]
  readonly increments: readonly AofFile[]
  /** The highest number that an increment had. */
  readonly #lastNumber: number

  constructor(
    base: AofFile | undefined,
    increments: readonly AofFile[] = [],
    history: readonly AofFile[] = [],
    lastNumber = 0,
  ) {
    this.base = base
    this.history = history
    this.increments = increments
    this.#lastNumber = Math.max(lastNumber, increments.at(-1)?.number ?? 0)
  }

  /** Those that hold data, in their order. */
  get files(): readonly AofFile[] {
    return this.base === undefined ? this.increments : [this.base, ...this.increments]
  }

  get isEmpty(): boolean {
    return this.base === undefined && this.increments.length === 0
  }

  // ---- What becomes of it ----------------------------------------------------------------------

  /** One more increment, which is the last. */
  extended(prefix: string): Manifest {
    const number = this.#lastNumber + 1
    const added = { name: `${prefix}.${number}.incr.aof`, number }
    return new Manifest(this.base, [...this.increments, added], this.history)
  }

  /** A new base in the place of all data but that of the last so many increments. */
  rebased(prefix: string, format: BaseFormat, kept: number): Manifest {
    const number = (this.base?.number ?? 0) + 1
    const rewritten = this.increments.slice(0, this.increments.length - kept)
    const old = this.base === undefined ? rewritten : [...rewritten, this.base]
    return new Manifest(
      { name: `${prefix}.${number}.base.${format}`, number },
      this.increments.slice(this.increments.length - kept),
      [...old, ...this.history],
      this.#lastNumber,
    )
  }

  withoutHistory(): Manifest {
    return new Manifest(this.base, this.increments, [], this.#lastNumber)
  }

  // ---- Its text --------------------------------------------------------------------------------

  toString(): string {
    const { base, history, increments } = this
    const line = (type: string, { name, number }: AofFile): string =>
      `file ${NEEDS_QUOTES.test(name) ? quoted(name) : name} seq ${number} type ${type}\n`
    return [
      ...(base === undefined ? [] : [line('b', base)]),
      ...history.map(file => line('h', file)),
      ...increments.map(file => line('i', file)),
    ].join('')
  }

  /** @throws ManifestError */
  static parse(text: string): Manifest {
    if (text === '') throw new ManifestError('Found an empty AOF manifest')
    let base: AofFile | undefined
    const increments: AofFile[] = []
    const history: AofFile[] = []
    const lines = text.split('\n')
    const rest = lines.pop()
    for (const [i, whole] of [...lines, ...(rest ? [rest] : [])].entries()) {
      if (whole.startsWith('#')) continue
      // So is a line that does not end.
      if (whole.length >= LINE_MAX || i === lines.length) {
        throw new ManifestError('The AOF manifest file contains too long line')
      }
      const line = whole.replace(/^[ \t\r]+|[ \t\r]+$/g, '')
      const place = { number: i + 1, line }
      const { type, ...file } = readLine(line, place)
      if (type === 'b') {
        if (base !== undefined) throw new ManifestError(SECOND_BASE, place)
        base = file
      } else if (type === 'h') {
        history.push(file)
      } else if (type === 'i') {
        if (file.number <= (increments.at(-1)?.number ?? 0)) throw new ManifestError(ORDER, place)
        increments.push(file)
      } else {
        throw new ManifestError('Unknown AOF file type', place)
      }
    }
    // A name that is still there must not be given to another file.
    const used = history.filter(({ name }) => name.endsWith('.incr.aof'))
    return new Manifest(base, increments, history, Math.max(0, ...used.map(file => file.number)))
  }
}

const LINE_MAX = 1024
const NEEDS_QUOTES = /[^!-~]|[\\"']/
const FORMAT = 'Invalid AOF manifest file format'
const SECOND_BASE = 'Found duplicate base file information'
const ORDER = 'Found a non-monotonic sequence number'

interface Line extends AofFile {
  readonly type: string
}

/** Pairs of a name and a value; those of other names may come with later versions. */
function readLine(line: string, place: { readonly number: number; readonly line: string }): Line {
  const words = splitWords(line)
  if (words === undefined || words.length < 6 || words.length % 2 !== 0) {
    throw new ManifestError(FORMAT, place)
  }
  let name = ''
  let number = 0
  let type = ''
  for (let i = 0; i < words.length; i += 2) {
    const [key = '', value = ''] = words.slice(i, i + 2)
    if (lowerCase(key) === 'file') {
      if (/[/\\]/.test(value)) throw new ManifestError(PATH, place)
      name = value
    } else if (lowerCase(key) === 'seq') {
      number = Number.parseInt(value, 10) || 0
    } else if (lowerCase(key) === 'type') {
      type = value.charAt(0)
    }
  }
  if (name === '' || number === 0 || type === '') throw new ManifestError(FORMAT, place)
  return { name, number, type }
}

const PATH = "File can't be a path, just a filename"

export function baseName({ base }: Manifest): string {
  invariant(base !== undefined, 'a base')
  return base.name
}

export function lastName({ increments }: Manifest): string {
  const last = increments.at(-1)
  invariant(last !== undefined, 'an increment')
  return last.name
}
