// Texts that subcommands are given: files by name, and what was read out of one.

import fs from 'node:fs'
import { kindOf, type Policy } from '../policy/policy.ts'
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

const KINDS: readonly (readonly [RegExp, 'acl' | 'conf'])[] = [
  [/\.acl$/, 'acl'],
  [/(^|\/)redis[^/]*\.conf$/, 'conf'],
]

/** Whether a file's name says that it is an ACL file or redis.conf. */
export function isPolicyName(file: string): boolean {
  return KINDS.some(([name]) => name.test(file))
}

/** What a policy is by its file's name; if that does not say which it is, its contents do. */
export function kindOfFile(file: string, text: string): 'acl' | 'conf' {
  return KINDS.find(([name]) => name.test(file))?.[1] ?? kindOf(text)
}
