// A policy out of a file, which may be a redis.conf that names others.

import { readPolicy } from '../practice/conf-policy.ts'
import { POLICY_FILES } from './conf-file.ts'
import { readBytes, type Source } from './input.ts'

/** @throws UsageError */
export function readFileSource(file: string): Source {
  return confSource(file, readBytes(file === '-' ? 0 : file))
}

export function confSource(name: string, text: string): Source {
  return { name, policy: readPolicy(text, { files: POLICY_FILES }) }
}
