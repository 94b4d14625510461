// A policy out of a file, which may be a redis.conf that names others.

import type { CommandCatalog } from '../acl/command-facts.ts'
import { readPolicy } from '../policy/conf-policy.ts'
import type { Policy } from '../policy/policy.ts'
import { CATALOGUE } from '../table/redis.ts'
import { POLICY_FILES } from './conf-file.ts'
import { readBytes, type Source } from './input.ts'
import { kindOfFile } from './policy-kind.ts'

/** @throws UsageError */
export function readFileSource(file: string): Source {
  return { name: file, policy: readPolicyFile(file) }
}

/**
 * An ACL file or redis.conf, and what it names.
 * @throws UsageError
 */
export function readPolicyFile(
  file: string,
  text = readBytes(file === '-' ? 0 : file),
  catalog: CommandCatalog = CATALOGUE,
): Policy {
  return readPolicy(text, { kind: kindOfFile(file, text), catalog, files: POLICY_FILES })
}
