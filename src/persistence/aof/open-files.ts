// The files of a folder while they are written to: the last increment, to which effects are
// appended, and how a new base takes the place of all that there is. The manifest changes in one
// step each time, after what it will name is on the disk: whenever the process ends, what is named
// can be loaded, and has everything that was answered.

import { type Effect, EffectStream, TARGET } from '../../engine/effect.ts'
import type { RedisServer } from '../../engine/server.ts'
import { replaceFile } from '../../util/files.ts'
import { writeSnapshot } from '../snapshot.ts'
import { baseFormat, contentsOf, remarkOfTime } from './base.ts'
import { AofFault, orFault } from './faults.ts'
import { AofFolder } from './folder.ts'
import { type LoadedFiles, type LoadingState, type LoadingSteps, loadFiles } from './loading.ts'
import { type BaseFormat, baseName, lastName, type Manifest } from './manifest.ts'
import { AofWriter, type WriterEvents } from './writer.ts'

/** Where effects go while a new base is written. */
export type EffectsGoTo = 'nowhere' | 'an increment' | 'a draft'

/** A new base on its way. */
export interface Rewrite {
  /** The path that it gets, and the one that it is written at. */
  readonly base: string
  readonly draft: string
  readonly format: BaseFormat
  readonly effectsGoTo: EffectsGoTo
  /** In milliseconds since 1970. */
  readonly startedAt: number
  /** Of the effects that it has. */
  readonly offset: number
}

export class OpenFiles {
  readonly writer: AofWriter
  /** What they all took when they were last rewritten, in bytes. */
  sizeThen = 0
  readonly #server: RedisServer
  readonly #folder: AofFolder
  readonly #stream = new EffectStream(TARGET.file)
  /** Of all files but the one that is appended to, in bytes. */
  #settledSize = 0
  /** What is in the folder is not looked at before that is needed. */
  #isRead = false
  /** The last second that a remark told. */
  #secondTold = 0

  constructor(server: RedisServer, events: WriterEvents) {
    this.#server = server
    this.#folder = new AofFolder(server)
    this.writer = new AofWriter(server, events)
  }

  /** In bytes. */
  get size(): number {
    return this.#settledSize + this.writer.size
  }

  // ---- Effects ---------------------------------------------------------------------------------

  append(effects: readonly Effect[], atomic: boolean): void {
    const blocks = this.#stream.blocksOf(effects, atomic)
    if (blocks.length === 0) return
    const { settings, keyspace } = this.#server
    if (settings['aof-timestamp-enabled'] && keyspace.nowSeconds > this.#secondTold) {
      this.#secondTold = keyspace.nowSeconds
      this.writer.add(remarkOfTime(keyspace.now))
    }
    for (const block of blocks) this.writer.add(block)
  }

  close(): void {
    this.writer.close()
    this.writer.drop()
    this.#settledSize = 0
  }

  // ---- The start -------------------------------------------------------------------------------

  /**
   * Loads what there is; undefined if that is nothing.
   * @throws AofFault, ManifestError, StartError
   */
  *load(state: LoadingState): LoadingSteps<LoadedFiles | undefined> {
    this.#folder.read()
    this.#isRead = true
    this.#folder.adopt()
    return yield* loadFiles(this.#server, this.#folder, state)
  }

  /** After load(): opens the last increment, or begins the first. @throws AofFault */
  open(): void {
    const folder = this.#folder
    const { log } = this.#server
    folder.make()
    let { manifest } = folder
    if (manifest.isEmpty) {
      manifest = this.#writeBase()
      log.notice(`Creating AOF base file ${baseName(manifest)} on server start`)
    }
    const isNew = manifest.increments.length === 0
    if (isNew) manifest = manifest.extended(folder.prefix)
    this.#appendTo(folder.open(manifest, isNew ? 'anew' : 'at its end'))
    const name = lastName(manifest)
    log.notice(`${isNew ? 'Creating' : 'Opening'} AOF incr file ${name} on server start`)
  }

  /** Opens the last increment once more, which may have been cut off. @throws AofFault */
  reopen(): void {
    this.#appendTo(this.#folder.open(this.#folder.manifest, 'at its end'))
  }

  /** A file says itself which database it is about. */
  #appendTo(descriptor: number): void {
    this.#stream.forget()
    this.writer.open(descriptor)
    this.#settledSize = this.#folder.totalSize - this.writer.size
  }

  /** @throws AofFault */
  removeHistory(): void {
    this.#readOnce()
    this.#folder.removeHistory()
  }

  #readOnce(): void {
    if (this.#isRead) return
    this.#folder.read()
    this.#isRead = true
  }

  // ---- A new base ------------------------------------------------------------------------------

  /**
   * Begins a rewrite. What comes from now on goes to an increment of its own, if anything does; or
   * to a draft of one, as long as there is no base that it could follow.
   * @throws AofFault, ManifestError
   */
  beginRewrite(effectsGoTo: EffectsGoTo): Rewrite {
    const folder = this.#folder
    const { prefix } = folder
    this.#readOnce()
    folder.make()
    let { draftName: name } = folder
    if (effectsGoTo === 'an increment') {
      if (!this.writer.flushAll()) throw new AofFault(NOT_WRITTEN)
      const manifest = folder.manifest.extended(prefix)
      name = lastName(manifest)
      this.#appendTo(folder.open(manifest, 'anew'))
    } else if (effectsGoTo === 'a draft') {
      this.#stream.forget()
      this.writer.open(folder.openDraft())
    }
    const { log, clock } = this.#server
    if (effectsGoTo !== 'nowhere') {
      log.notice(`Creating AOF incr file ${name} on background rewrite`)
    }
    const format = baseFormat(this.#server)
    const base = baseName(folder.manifest.rebased(prefix, format, 0))
    return {
      base: folder.pathOf(base),
      draft: folder.outside(DRAFT),
      format,
      effectsGoTo,
      startedAt: clock.now(),
      offset: this.writer.takenOffset,
    }
  }

  /** The base, which is complete, takes the place of what it was made of. @throws AofFault */
  finishRewrite({ format, effectsGoTo, offset }: Rewrite): void {
    const folder = this.#folder
    const { log } = this.#server
    const { prefix } = folder
    const isDraft = effectsGoTo === 'a draft'
    const kept = effectsGoTo === 'an increment' ? 1 : 0
    const rebased = folder.manifest.rebased(prefix, format, kept)
    const manifest = isDraft ? rebased.extended(prefix) : rebased
    log.notice(renamed('base', DRAFT, baseName(manifest)))
    try {
      if (isDraft) {
        folder.move(folder.draftName, lastName(manifest))
        log.notice(renamed('incr', folder.draftName, lastName(manifest)))
      }
      folder.write(manifest)
    } catch (error) {
      folder.remove(baseName(manifest))
      if (isDraft) folder.remove(lastName(manifest))
      throw error
    }
    if (effectsGoTo === 'nowhere') return
    this.#settledSize = folder.totalSize - this.writer.size
    this.sizeThen = this.size
    this.writer.covered(offset)
  }

  /** What was taken since a first base was begun is in the next one. */
  dropDraft(): void {
    const { draftName } = this.#folder
    this.writer.drop()
    this.writer.close()
    this.#server.log.notice(`Removing the temp incr aof file ${draftName} in the background`)
    this.#folder.remove(draftName)
  }

  /**
   * The data as it is now takes the place of all that there is, at once.
   * @throws AofFault, ManifestError
   */
  replaceAll(): void {
    const folder = this.#folder
    this.#readOnce()
    folder.make()
    const manifest = this.#writeBase().extended(folder.prefix)
    this.#appendTo(folder.open(manifest, 'anew'))
    this.sizeThen = this.size
    this.writer.begunAnew()
  }

  /** The manifest with a base of the data as it is now, which it has no increment to yet. */
  #writeBase(): Manifest {
    const server = this.#server
    const folder = this.#folder
    const format = baseFormat(server)
    const manifest = folder.manifest.rebased(folder.prefix, format, 0)
    orFault(
      () =>
        replaceFile(folder.pathOf(baseName(manifest)), folder.outside(DRAFT), out =>
          writeSnapshot(server, out, contentsOf(format)),
        ),
      writeFailure,
    )
    return manifest
  }
}

/** What a base that cannot be written is logged as. */
export function writeFailure(reason: string): string {
  return `Write error writing append only file on disk: ${reason}`
}

const DRAFT = `temp-rewriteaof-bg-${process.pid}.aof`
const NOT_WRITTEN = 'What could not be written yet has to be before a rewrite can begin'

function renamed(kind: 'base' | 'incr', draft: string, name: string): string {
  return `Successfully renamed the temporary AOF ${kind} file ${draft} into ${name}`
}
