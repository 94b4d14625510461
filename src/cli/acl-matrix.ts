// `redis-tls-mock acl matrix`: which users may run which commands, or how much of each category.

import { CATEGORIES } from '../acl/category.ts'
import { type Matrix, matrix } from '../policy/matrix.ts'
import { fromText, toText } from '../util/bytes.ts'
import { printableBytes } from '../util/printable.ts'
import { MATRIX_FORMS, writeMatrix } from './matrix-forms.ts'
import { HELP, type OptionTable, optionLines, readOptions, UsageError } from './options.ts'
import { print } from './out.ts'
import { readOutputs, reporterOption, writeOutputs } from './outputs.ts'
import { CONNECTION_OPTIONS, readSource } from './policy-source.ts'

export const MATRIX_OPTIONS = {
  file: { type: 'string', value: 'FILE', what: 'as FILE' },
  'by-command': { type: 'boolean', what: 'each command and subcommand instead' },
  category: {
    type: 'string',
    value: 'A,B,...',
    words: CATEGORIES,
    what: 'only the commands of these categories (with --by-command)',
  },
  user: {
    type: 'string',
    multiple: true,
    value: 'NAME',
    what: 'only this user; may be given several times',
  },
  format: reporterOption(MATRIX_FORMS),
  ...CONNECTION_OPTIONS,
  ...HELP,
} as const satisfies OptionTable

const MATRIX_USAGE = `Usage: redis-tls-mock acl matrix [options] FILE         an ACL file or redis.conf
       redis-tls-mock acl matrix [options] --url URL    a running server

Shows how much of each category every user may run.

${optionLines(MATRIX_OPTIONS)}`

/** Resolves to the exit code. */
export async function aclMatrix(words: readonly string[]): Promise<number> {
  const { values, rest } = readOptions(words, MATRIX_OPTIONS)
  if (values.help) return print(MATRIX_USAGE)
  const files = values.file === undefined ? rest : [values.file, ...rest]
  const [file] = files
  if (files.length > 1) throw new UsageError('One file only')
  const outputs = readOutputs(values.format, MATRIX_FORMS, 'format')
  const { policy } = await readSource({ ...values, file })
  const shown = matrix(policy, {
    by: values['by-command'] ? 'commands' : 'categories',
    categories: categoriesNamed(values.category),
    ...(values.user !== undefined && { users: values.user.map(fromText) }),
  })
  writeOutputs(outputs, form =>
    writeMatrix(form, asText(shown, form === 'json' ? toText : printableBytes)),
  )
  return 0
}

function categoriesNamed(list: string | undefined): readonly string[] {
  const names = list === undefined ? [] : list.split(',').map(name => name.replace(/^@/, ''))
  const unknown = names.find(name => !CATEGORIES.some(known => known === name))
  if (unknown !== undefined) throw new UsageError(`There is no category '${unknown}'`)
  return names
}

/** Names and patterns are bytes; people read them as UTF-8. */
function asText(shown: Matrix, read: (bytes: string) => string): Matrix {
  const users = shown.users.map(({ name, enabled, selectors }) => ({
    name: read(name),
    enabled,
    selectors: selectors.map(read),
  }))
  return { ...shown, users }
}
