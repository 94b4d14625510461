// One session of the REPL without its terminal: a line in, a text out.

import type { Explanation } from '../policy/explain.ts'
import { readAclPolicy } from '../policy/policy.ts'
import { EXERCISES, type Exercise, grade } from '../practice/exercises.ts'
import type { Workbench } from '../practice/workbench.ts'
import { fromText } from '../util/bytes.ts'
import { wrappedLines } from './layout.ts'

export const SESSION_COMMANDS = [
  { name: '\\as', usage: '\\as USER', what: 'be this user' },
  { name: '\\rules', usage: '\\rules', what: 'all users and their rules' },
  { name: '\\exercises', usage: '\\exercises', what: 'the exercises, and which are solved' },
  { name: '\\exercise', usage: '\\exercise NAME', what: 'begin one, by its name or number' },
  { name: '\\hint', usage: '\\hint', what: 'the next hint' },
  { name: '\\check', usage: '\\check', what: 'grade the rules as they are' },
  { name: '\\help', usage: '\\help', what: 'this list' },
  { name: '\\quit', usage: '\\quit', what: 'the end' },
] as const

export class Session {
  isOver = false
  readonly #bench: Workbench
  readonly #solved: Set<string>
  readonly #save: (solved: ReadonlySet<string>) => void
  #exercise: Exercise | undefined
  #hints = 0

  /** @param save hears of each exercise that is solved */
  constructor(
    bench: Workbench,
    solved: ReadonlySet<string>,
    save: (solved: ReadonlySet<string>) => void,
  ) {
    this.#bench = bench
    this.#solved = new Set(solved)
    this.#save = save
  }

  /** What to print for a line, both binary strings. */
  enter(line: string): string {
    if (line === '' || line.startsWith('#')) return ''
    if (!line.startsWith('\\')) return this.#command(line)
    const [name = '', word = ''] = line.split(/\s+/)
    switch (name) {
      case '\\as':
        return this.#bench.become(word) ? `You are ${word}.\n` : `There is no user '${word}'.\n`
      case '\\rules':
        return asLines(this.#bench.lines)
      case '\\exercises':
        return asLines(EXERCISES.map((exercise, i) => this.#row(exercise, i)))
      case '\\exercise':
        return this.#begin(word)
      case '\\hint':
        return this.#hint()
      case '\\check':
        return this.#check()
      case '\\help':
        return asLines(SESSION_COMMANDS.map(({ usage, what }) => `${usage.padEnd(16)}  ${what}`))
      case '\\quit':
        this.isOver = true
        return ''
      default:
        return `There is no ${name}; \\help shows what there is.\n`
    }
  }

  #command(line: string): string {
    const outcome = this.#bench.enter(line)
    switch (outcome.type) {
      case 'error':
        return `(error) ${outcome.message}\n`
      case 'changed':
        return asLines(outcome.lines)
      case 'verdict':
        return verdict(outcome.explanation)
    }
  }

  #row({ id, title }: Exercise, i: number): string {
    const mark = this.#solved.has(id) ? 'solved' : ''
    return `${mark.padEnd(6)} ${String(i + 1).padStart(2)}  ${id.padEnd(18)} ${title}`
  }

  #begin(word: string): string {
    const exercise = EXERCISES.find(({ id }, i) => id === word || String(i + 1) === word)
    if (exercise === undefined) return `There is no exercise '${word}'; see \\exercises.\n`
    this.#exercise = exercise
    this.#hints = 0
    this.#bench.load(readAclPolicy(fromText(exercise.start.join('\n'))))
    this.#bench.become('default')
    const start = exercise.start.length === 0 ? [] : ['', ...this.#bench.lines]
    return asLines([exercise.title, '', ...wrapped(exercise.task), ...start].map(fromText))
  }

  #hint(): string {
    const hints = this.#exercise?.hints
    if (hints === undefined) return NO_EXERCISE
    const hint = hints[this.#hints]
    if (hint === undefined) return 'There are no more hints.\n'
    this.#hints++
    return asLines(wrapped(`Hint ${this.#hints} of ${hints.length}: ${hint}`).map(fromText))
  }

  #check(): string {
    if (this.#exercise === undefined) return NO_EXERCISE
    const { passed, checks } = grade(this.#exercise, this.#bench.users)
    const faults = checks.flatMap(({ fault }) => fault ?? [])
    if (!passed) return asLines([...faults.map(fault => `  ${fault}`), 'Not yet.'])
    this.#solved.add(this.#exercise.id)
    this.#save(this.#solved)
    return `Solved. ${this.#solved.size} of ${EXERCISES.length} are.\n`
  }
}

const NO_EXERCISE = 'Begin an exercise first: \\exercises shows them.\n'
const COLUMNS = 80

function asLines(lines: readonly string[]): string {
  return lines.map(line => `${line}\n`).join('')
}

function verdict({ allowed, dryrun, decisive, selectors, change, notes }: Explanation): string {
  const { command, keys, channels } = selectors[decisive] ?? { keys: [], channels: [] }
  const rules = [command?.rule, ...keys.map(key => key.rule), ...channels.map(one => one.rule)]
  const by = [...new Set(rules.flatMap(rule => rule ?? []))]
  const why = by.length === 0 ? '' : ` by ${by.join(' ')}`
  const first = allowed ? `allowed${why}` : `DENIED  ${dryrun}`
  const cure = change === undefined ? [] : [`        it lacks ${change.add.join(' ')}`]
  return asLines([first, ...cure, ...notes.map(note => `        ${note}`)])
}

function wrapped(text: string): string[] {
  return wrappedLines(text.split(' '), COLUMNS)
}
