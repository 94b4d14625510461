// Who may run what, packed for the page: a row a user, a letter a command. The same commands are
// counted as in the rows of categories of `acl matrix`.

import { countedCommands } from '../policy/counted.ts'
import { type MatrixCell, matrix } from '../policy/matrix.ts'
import { type Policy, readAclPolicy } from '../policy/policy.ts'
import { CATALOGUE } from '../table/redis.ts'
import { toText } from '../util/bytes.ts'
import type { CommandView, Matrix } from './protocol.ts'

function rowsOf(policy: Policy) {
  const { users, rows } = matrix(policy, { by: 'commands' })
  const counted = new Set(countedCommands(policy.context.catalog).map(({ name }) => name))
  return { users, rows: rows.filter(({ name }) => counted.has(name)) }
}

/** In the order of the letters of matrixOf(). */
export function commandViews(): CommandView[] {
  return rowsOf(readAclPolicy('')).rows.map(({ name, categories }) => ({ name, categories }))
}

/** Every name that a rule can have. */
export function commandNames(): string[] {
  return CATALOGUE.all.map(({ name }) => name).sort()
}

export function matrixOf(policy: Policy): Matrix {
  const { users, rows } = rowsOf(policy)
  return {
    rows: users.map(({ name, enabled, selectors }, i) => ({
      user: toText(name),
      enabled,
      rules: selectors.map(toText).join(' or '),
      cells: rows.map(({ cells }) => letterOf(cells[i])).join(''),
    })),
  }
}

function letterOf(cell: MatrixCell | undefined): string {
  if (cell === undefined || cell.level === 'none') return '-'
  if (cell.level === 'some') return 'p'
  return cell.selectors.includes(0) ? 'a' : 's'
}
