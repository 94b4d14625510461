// Why a system call failed, in the words of the C library, which Redis hands on to its users.

import { getSystemErrorMap } from 'node:util'

/** Where libuv, whose words Node has, says it differently. */
const C_LIBRARY: ReadonlyMap<string, string> = new Map([
  ['EADDRNOTAVAIL', 'Cannot assign requested address'],
  ['EEXIST', 'File exists'],
  ['EISDIR', 'Is a directory'],
  ['ELOOP', 'Too many levels of symbolic links'],
  ['EMFILE', 'Too many open files'],
  ['ENAMETOOLONG', 'File name too long'],
  ['ENOTDIR', 'Not a directory'],
  ['EPERM', 'Operation not permitted'],
])

/** Whether the system said so, and no code of ours. */
export function isSystemError(error: unknown): error is NodeJS.ErrnoException {
  return error instanceof Error && 'syscall' in error
}

export function systemReason(error: unknown): string {
  const { code, errno, message } = error as NodeJS.ErrnoException
  const known = C_LIBRARY.get(code ?? '')
  if (known !== undefined) return known
  const [, text = message] = getSystemErrorMap().get(errno ?? 0) ?? []
  return text.charAt(0).toUpperCase() + text.slice(1)
}

/** The code of an error, '' if it has none. */
export function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : ''
}
