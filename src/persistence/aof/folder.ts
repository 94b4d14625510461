// The folder of the append-only files of one server. What its manifest names is what counts: a file
// is there, and on the disk, before the manifest names it, and is deleted when it no longer does.

import fs from 'node:fs'
import path from 'node:path'
import type { RedisServer } from '../../engine/server.ts'
import type { Settings } from '../../host/config/config.ts'
import { resolveFile } from '../../host/config/directives.ts'
import { toText } from '../../util/bytes.ts'
import { PUBLIC_FILE, syncFolder, writeDraft } from '../../util/files.ts'
import { codeOf, isSystemError, systemReason } from '../../util/system-error.ts'
import { closeAnyhow } from './appended-file.ts'
import { orFault } from './faults.ts'
import { lastName, Manifest } from './manifest.ts'

export class AofFolder {
  manifest = new Manifest(undefined)
  readonly #server: RedisServer

  constructor(server: RedisServer) {
    this.#server = server
  }

  get #settings(): Settings {
    return this.#server.settings
  }

  /** What names of files begin with. */
  get prefix(): string {
    return this.#settings.appendfilename
  }

  get #name(): string {
    return this.#settings.appenddirname
  }

  get path(): string {
    return resolveFile(this.#settings, this.#name)
  }

  pathOf(name: string): string {
    return path.join(this.path, toText(name))
  }

  /** A file in the folder of the server, where old versions kept theirs and drafts are written. */
  outside(name: string): string {
    return resolveFile(this.#settings, name)
  }

  // ---- The manifest ----------------------------------------------------------------------------

  /** Reads the manifest, if there is one. @throws ManifestError, AofFault */
  read(): void {
    const file = this.pathOf(this.#manifestName)
    this.manifest = new Manifest(undefined)
    const text = orFault(
      () => readIfThere(file),
      reason => `Fatal error: can't open the AOF manifest file ${file} for reading: ${reason}`,
    )
    if (text !== undefined) this.manifest = Manifest.parse(text)
  }

  get #manifestName(): string {
    return `${this.prefix}.manifest`
  }

  /** From now on this is what counts. @throws AofFault */
  write(manifest: Manifest): void {
    const name = this.#manifestName
    const draft = `temp-${name}`
    const bytes = Buffer.from(String(manifest), 'latin1')
    orFault(
      () => writeDraft(this.pathOf(draft), out => out(bytes)),
      (reason, error) => draftFailure(draft, reason, error),
    )
    orFault(
      () => fs.renameSync(this.pathOf(draft), this.pathOf(name)),
      reason =>
        `Error trying to rename the temporary AOF manifest file ${draft} into ${name}: ${reason}`,
    )
    // It is in place, whatever else happens: all that it names must stay.
    this.manifest = manifest
    try {
      syncFolder(this.path)
    } catch (error) {
      if (!isSystemError(error)) throw error
      const reason = systemReason(error)
      this.#server.log.warning(`Fail to fsync AOF directory ${this.path}: ${reason}.`)
    }
  }

  // ---- Files -----------------------------------------------------------------------------------

  /** Makes the folder, if there is none. @throws AofFault */
  make(): void {
    const { path: folder } = this
    orFault(
      () => {
        if (fs.statSync(folder, { throwIfNoEntry: false })?.isDirectory()) return
        fs.mkdirSync(folder, 0o755)
        syncFolder(path.dirname(folder))
      },
      reason => `Can't open or create append-only dir ${this.#name}: ${reason}`,
    )
  }

  /**
   * Opens the last increment of a manifest to append to, and writes that manifest, if it is another
   * one. @throws AofFault
   */
  open(manifest: Manifest, begins: 'anew' | 'at its end'): number {
    const descriptor = this.#open(lastName(manifest), begins)
    try {
      if (manifest !== this.manifest) this.write(manifest)
      return descriptor
    } catch (error) {
      closeAnyhow(descriptor)
      throw error
    }
  }

  /** Where effects go as long as the base that they follow is not there. */
  get draftName(): string {
    return `temp-${this.prefix}.incr`
  }

  /** @throws AofFault */
  openDraft(): number {
    return this.#open(this.draftName, 'anew')
  }

  #open(name: string, begins: 'anew' | 'at its end'): number {
    return orFault(
      () => {
        const descriptor = fs.openSync(this.pathOf(name), 'a', PUBLIC_FILE)
        if (begins === 'anew') fs.ftruncateSync(descriptor)
        return descriptor
      },
      reason => `Can't open the append-only file ${name}: ${reason}`,
    )
  }

  /** Gives the draft of an increment its name. @throws AofFault */
  move(draft: string, name: string): void {
    orFault(
      () => fs.renameSync(this.pathOf(draft), this.pathOf(name)),
      reason =>
        `Error trying to rename the temporary AOF incr file ${draft} into ${name}: ${reason}`,
    )
  }

  /** Deletes a file, if it can be. */
  remove(name: string): void {
    try {
      fs.rmSync(this.pathOf(name), { force: true })
    } catch (error) {
      if (!isSystemError(error)) throw error
    }
  }

  /** In bytes. @throws AofFault */
  sizeOf(name: string): number {
    return orFault(
      () => fs.statSync(this.pathOf(name)).size,
      reason => `Unable to obtain the AOF file ${name} length. stat: ${reason}`,
    )
  }

  /** Of all that holds data, in bytes. @throws AofFault */
  get totalSize(): number {
    return this.manifest.files.reduce((sum, { name }) => sum + this.sizeOf(name), 0)
  }

  /** Deletes what no longer holds data, unless that is to be kept. @throws AofFault */
  removeHistory(): void {
    const { manifest } = this
    if (this.#settings['aof-disable-auto-gc'] || manifest.history.length === 0) return
    for (const { name } of manifest.history) {
      this.#server.log.notice(`Removing the history file ${name} in the background`)
      this.remove(name)
    }
    this.write(manifest.withoutHistory())
  }

  // ---- Files of old ----------------------------------------------------------------------------

  /**
   * Takes the one file of a version that knew no folder as the base. A start that was cut off in
   * the middle of that goes on with it. @throws AofFault
   */
  adopt(): void {
    const { prefix, manifest } = this
    if (!isFile(this.outside(prefix))) return
    const isBegun =
      manifest.increments.length === 0 &&
      manifest.base?.name === prefix &&
      !isFile(this.pathOf(prefix))
    if (!manifest.isEmpty && !isBegun) return
    this.make()
    this.write(new Manifest({ name: prefix, number: 1 }))
    orFault(
      () => {
        fs.renameSync(this.outside(prefix), this.pathOf(prefix))
        syncFolder(this.path)
      },
      reason => `Error trying to move the old AOF file ${prefix} into dir ${this.#name}: ${reason}`,
    )
    this.#server.log.notice(
      `Successfully migrated an old-style AOF file (${prefix}) into the AOF directory ` +
        `(${this.#name}).`,
    )
  }
}

function readIfThere(file: string): string | undefined {
  try {
    return fs.readFileSync(file, 'latin1')
  } catch (error) {
    if (['ENOENT', 'ENOTDIR'].includes(codeOf(error))) return undefined
    throw error
  }
}

function isFile(file: string): boolean {
  try {
    return fs.statSync(file, { throwIfNoEntry: false })?.isFile() === true
  } catch {
    return false
  }
}

/** What failed, by the system call that did. */
function draftFailure(draft: string, reason: string, { syscall }: NodeJS.ErrnoException): string {
  if (syscall === 'write') {
    return `Error trying to write the temporary AOF manifest file ${draft}: ${reason}`
  }
  if (syscall === 'fsync') return `Fail to fsync the temp AOF file ${draft}: ${reason}.`
  return `Can't open the AOF manifest file ${draft}: ${reason}`
}
