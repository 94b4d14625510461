// Texts that subcommands are given: files by name, and what was read out of one.

import fs from 'node:fs'
import type { Policy } from '../policy/policy.ts'
import { shownUrl } from '../util/secret-text.ts'
import * as system from '../util/system-error.ts'
import { UsageError } from './options.ts'

/** A policy, and what to call it where something is said of it. */
export interface Source {
  readonly name: string
  readonly policy: Policy
}

/** A file as a binary string; 0 is standard input. */
export function readBytes(file: string | 0): string {
  try {
    return fs.readFileSync(file, 'latin1')
  } catch (error) {
    // A URL that is none was taken for a file.
    const shown = /:|@/.test(String(file)) ? shownUrl(String(file)) : file
    throw new UsageError(`Cannot read ${shown}: ${system.systemReason(error)}`)
  }
}
