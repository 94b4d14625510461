// Where nodes.conf is kept: in a file, or nowhere, as a library's server keeps all in memory.

import fs from 'node:fs'
import { StartError } from '../host/config/directives.ts'
import { codeOf, systemReason } from '../util/system-error.ts'
import { writeNodes } from './nodes-conf.ts'
import type { ClusterState } from './state.ts'

export class NodesFile {
  readonly #path: string
  readonly #state: ClusterState

  constructor(path: string, state: ClusterState) {
    this.#path = path
    this.#state = state
  }

  /** What is in the file; undefined if there is nothing. @throws StartError */
  read(): string | undefined {
    try {
      const text = fs.readFileSync(this.#path, 'latin1')
      return text === '' ? undefined : text
    } catch (error) {
      if (codeOf(error) === 'ENOENT') return undefined
      const line = `Loading the cluster node config from ${this.#path}: ${systemReason(error)}`
      throw new StartError(line, { cause: error })
    }
  }

  /** @param syncs whether it must be on the disk when this returns */
  write(syncs: boolean): void {
    writeNodes(this.#path, this.#state, syncs)
  }
}
