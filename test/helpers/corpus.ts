// Inputs that once failed in a test of random inputs. Such a test replays them before it draws new
// ones, and adds what fails now: one small JSON file each in test/corpus/, in a folder for the test,
// to be committed with the cure. A file says why it is kept, and what the input is; it may hold a
// list of such pairs.

import { createHash } from 'node:crypto'
import fs from 'node:fs'
import path from 'node:path'

const CORPUS = path.join(import.meta.dirname, '..', 'corpus')
/** A larger input is told, but not kept. */
const BYTES_MAX = 64 * 1024

export interface Specimen<T> {
  /** Its file, from the project's folder on. */
  readonly file: string
  readonly why: string
  readonly input: T
}

export class Corpus<T> {
  readonly #folder: string
  readonly #name: string

  /** @param name of the test, which is the folder below `root`. */
  constructor(name: string, root = CORPUS) {
    this.#name = name
    this.#folder = path.join(root, name)
  }

  /** What failed before, in the order of the files' names. */
  specimens(): readonly Specimen<T>[] {
    if (!fs.existsSync(this.#folder)) return []
    const files = fs.readdirSync(this.#folder).filter(file => file.endsWith('.json'))
    return files.sort().flatMap(file => {
      const json = JSON.parse(fs.readFileSync(path.join(this.#folder, file), 'utf8'))
      const found: Omit<Specimen<T>, 'file'>[] = Array.isArray(json) ? json : [json]
      return found.map(({ why, input }) => ({ file: this.#shown(file), why, input }))
    })
  }

  /**
   * Keeps an input that has just failed; the same one is kept once. Returns a sentence for the
   * test's message that says where it is.
   */
  keep(why: string, input: T): string {
    const known = this.specimens().find(one => JSON.stringify(one.input) === JSON.stringify(input))
    if (known !== undefined) return `known as ${known.file}`
    const text = textOf(why, input)
    if (text.length > BYTES_MAX) return `${text.length} bytes, too many to be kept`
    const hash = createHash('sha1').update(JSON.stringify(input)).digest('hex').slice(0, 10)
    fs.mkdirSync(this.#folder, { recursive: true })
    fs.writeFileSync(path.join(this.#folder, `${hash}.json`), text)
    return `kept as ${this.#shown(`${hash}.json`)}, to be committed with the cure`
  }

  #shown(file: string): string {
    return `test/corpus/${this.#name}/${file}`
  }
}

/** Pretty JSON of ASCII characters, a list of words on one line. */
function textOf(why: string, input: unknown): string {
  const json = JSON.stringify({ why, input }, undefined, 2)
  const compact = json.replaceAll(/\[\s*([^[\]{}]*?)\s*\]/g, (list, words: string) => {
    const line = `[${words.replaceAll(/,\n\s*/g, ', ')}]`
    return line.length <= 80 || !words.includes('\n') ? line : list
  })
  const ascii = compact.replaceAll(
    /[^\x20-\x7e\n]/g,
    sign => `\\u${sign.charCodeAt(0).toString(16).padStart(4, '0')}`,
  )
  return `${ascii}\n`
}
