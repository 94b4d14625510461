// A selector: one set of allowed commands, keys and channels. Every user has a root selector and
// any number of others; they are alternatives, and a request must fit one of them as a whole.
//
// Commands are kept twice: as a bitset by command id, which is what checks read, and as the list
// of rules in the order they were given, which is what ACL LIST shows. Since 7.2 Redis shows the
// rules as typed instead of computing some that give the same bits.

import { equalsIgnoringCase, lowerCase, toBuffer } from '../util/bytes.ts'
import type { Matches } from '../util/glob.ts'
import { compileRule } from '../util/glob-rule.ts'
import { type CommandCatalog, type CommandFacts, READ, WRITE } from './command-facts.ts'
import { type IndexedPattern, PatternIndex } from './pattern-index.ts'
import type { Rights } from './request.ts'

/** Its rights are READ, WRITE or both. */
export type KeyPattern = IndexedPattern

export interface ChannelPattern {
  readonly pattern: string
  readonly matches: Matches
}

const BOTH = READ | WRITE

export class Selector implements Rights {
  readonly catalog: CommandCatalog
  /** True from +@all until the first command is taken away again. */
  allCommands = false
  /** True for ~* and allkeys; %RW~* is an ordinary pattern. */
  allKeys = false
  allChannels: boolean
  /** Whether the rules started from +@all: decides how they are written down. */
  futureCommands = false
  #allowed: Uint32Array
  #keyPatterns: readonly KeyPattern[] = []
  /** Made of the key patterns when first asked, dropped when they change. */
  #keyIndex: PatternIndex | undefined
  #channelPatterns: readonly ChannelPattern[] = []
  #commandRules: readonly string[] = []
  #firstArgs: ReadonlyMap<number, readonly string[]> = new Map()

  constructor(catalog: CommandCatalog, allChannels: boolean) {
    this.catalog = catalog
    this.allChannels = allChannels
    this.#allowed = new Uint32Array(Math.ceil(catalog.all.length / 32))
  }

  get keyPatterns(): readonly KeyPattern[] {
    return this.#keyPatterns
  }

  get channelPatterns(): readonly ChannelPattern[] {
    return this.#channelPatterns
  }

  /** The rules about commands that are still in force, oldest first, without +@all or -@all. */
  get commandRules(): readonly string[] {
    return this.#commandRules
  }

  copy(): Selector {
    const copy = new Selector(this.catalog, this.allChannels)
    copy.allCommands = this.allCommands
    copy.allKeys = this.allKeys
    copy.futureCommands = this.futureCommands
    copy.#allowed = this.#allowed.slice()
    copy.#keyPatterns = this.#keyPatterns
    copy.#keyIndex = this.#keyIndex
    copy.#channelPatterns = this.#channelPatterns
    copy.#commandRules = this.#commandRules
    copy.#firstArgs = this.#firstArgs
    return copy
  }

  // Questions.

  mayRun(command: CommandFacts, firstArg: string | undefined): boolean {
    if (this.allCommands || command.needsNoAuth || this.hasBit(command.id)) return true
    if (firstArg === undefined) return false
    const allowed = this.#firstArgs.get(command.id)
    return allowed?.some(word => equalsIgnoringCase(word, firstArg)) ?? false
  }

  /** Whether the command is allowed with some words after its name. */
  hasFirstArgs({ id }: CommandFacts): boolean {
    return this.#firstArgs.has(id)
  }

  hasBit(id: number): boolean {
    return ((this.#allowed[id >>> 5] ?? 0) & (1 << (id & 31))) !== 0
  }

  /** All rights needed must come from one pattern: %R~a* %W~*b does not allow both on 'ab'. */
  mayAccessKey(name: string, needs: number): boolean {
    const bytes = toBuffer(name)
    return this.mayAccessKeyIn(bytes, 0, bytes.length, needs)
  }

  mayAccessKeyIn(bytes: Buffer, start: number, end: number, needs: number): boolean {
    if (this.allKeys) return true
    this.#keyIndex ??= new PatternIndex(this.#keyPatterns)
    return this.#keyIndex.allows(bytes, start, end, needs)
  }

  mayAccessEveryKey(needs: number): boolean {
    return (
      this.allKeys || this.#keyPatterns.some(p => (p.rights & needs) === needs && p.pattern === '*')
    )
  }

  mayAccessChannel(name: string, isPattern: boolean): boolean {
    return this.allChannels || coversChannel(this.#channelPatterns, name, isPattern)
  }

  // Changes to commands.

  allowAllCommands(): void {
    this.#allowed.fill(0xffffffff)
    this.#forgetCommandRules()
    this.allCommands = true
    this.futureCommands = true
  }

  denyAllCommands(): void {
    this.#allowed.fill(0)
    this.#forgetCommandRules()
    this.allCommands = false
    this.futureCommands = false
  }

  setCommand(command: CommandFacts, allow: boolean): void {
    this.#setBits(command, allow)
    this.#retain(command.name, allow)
  }

  /** A container takes all its subcommands along, even those outside the category. */
  setCategory(name: string, bit: number, allow: boolean): void {
    for (const command of this.catalog.all) {
      if ((command.categories & bit) !== 0) this.#setBits(command, allow)
    }
    this.#retain(`@${name}`, allow)
  }

  /** Allows a command only with this word after its name: +select|0. */
  allowFirstArg(command: CommandFacts, word: string): void {
    const words = this.#firstArgs.get(command.id) ?? []
    if (!words.some(known => equalsIgnoringCase(known, word))) {
      this.#firstArgs = new Map(this.#firstArgs).set(command.id, [...words, word])
    }
    this.#retain(`${command.name}|${word}`, true)
  }

  #setBits(command: CommandFacts, allow: boolean): void {
    this.#setBit(command.id, allow)
    if (this.#firstArgs.has(command.id)) {
      const rest = new Map(this.#firstArgs)
      rest.delete(command.id)
      this.#firstArgs = rest
    }
    if (command.subcommands === undefined) return
    for (const subcommand of command.subcommands.values()) this.#setBit(subcommand.id, allow)
  }

  #setBit(id: number, allow: boolean): void {
    const bit = 1 << (id & 31)
    if (allow) {
      this.#allowed[id >>> 5] = (this.#allowed[id >>> 5] ?? 0) | bit
    } else {
      this.#allowed[id >>> 5] = (this.#allowed[id >>> 5] ?? 0) & ~bit
      this.allCommands = false
    }
  }

  // A new rule replaces an older one of the same text, and one about a whole command replaces
  // those about its parts.
  #retain(text: string, allow: boolean): void {
    const rule = lowerCase(text)
    const part = `${rule}|`
    const others = this.#commandRules.filter(
      old => old.slice(1) !== rule && !old.startsWith(part, 1),
    )
    this.#commandRules = [...others, (allow ? '+' : '-') + rule]
  }

  #forgetCommandRules(): void {
    this.#commandRules = []
    this.#firstArgs = new Map()
  }

  // Changes to keys and channels.

  allowAllKeys(): void {
    this.allKeys = true
    this.#setKeyPatterns([])
  }

  resetKeys(): void {
    this.allKeys = false
    this.#setKeyPatterns([])
  }

  addKeyPattern(pattern: string, rights: number): void {
    const known = this.#keyPatterns.find(p => p.pattern === pattern)
    this.#setKeyPatterns(
      known === undefined
        ? [...this.#keyPatterns, { pattern, rights, matches: compileRule(pattern) }]
        : this.#keyPatterns.map(p => (p === known ? { ...p, rights: p.rights | rights } : p)),
    )
  }

  #setKeyPatterns(patterns: readonly KeyPattern[]): void {
    this.#keyPatterns = patterns
    this.#keyIndex = undefined
  }

  allowAllChannels(): void {
    this.allChannels = true
    this.#channelPatterns = []
  }

  resetChannels(): void {
    this.allChannels = false
    this.#channelPatterns = []
  }

  addChannelPattern(pattern: string): void {
    if (this.#channelPatterns.some(p => p.pattern === pattern)) return
    this.#channelPatterns = [...this.#channelPatterns, { pattern, matches: compileRule(pattern) }]
  }

  // Texts, as in ACL GETUSER and ACL LIST.

  get commandsText(): string {
    return [this.futureCommands ? '+@all' : '-@all', ...this.#commandRules].join(' ')
  }

  get keysText(): string {
    if (this.allKeys) return '~*'
    return this.#keyPatterns.map(keyRule).join(' ')
  }

  get channelsText(): string {
    if (this.allChannels) return '&*'
    return this.#channelPatterns.map(p => `&${p.pattern}`).join(' ')
  }

  /** The whole selector as rules that would make it again. */
  get text(): string {
    const parts = [this.keysText]
    if (!this.allChannels) parts.push('resetchannels')
    parts.push(this.channelsText, this.commandsText)
    return parts.filter(part => part !== '').join(' ')
  }
}

/** The pattern as a rule: '%R~app:*'. */
export function keyRule({ pattern, rights }: Pick<KeyPattern, 'pattern' | 'rights'>): string {
  return RIGHTS_TEXT[rights] + pattern
}

const RIGHTS_TEXT: Readonly<Record<number, string>> = { [READ]: '%R~', [WRITE]: '%W~', [BOTH]: '~' }

export function coversChannel(
  patterns: readonly ChannelPattern[],
  name: string,
  isPattern: boolean,
): boolean {
  for (const { pattern, matches } of patterns) {
    if (isPattern ? pattern === name : matches(name)) return true
  }
  return false
}
