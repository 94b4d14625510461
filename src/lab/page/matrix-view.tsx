// Who may run what: an overview of users by categories as a heat map, and under it every command,
// to filter. It shows the rules as they are edited, so that one sees a change before it is applied.

import { useEffect, useMemo, useState } from 'preact/hooks'
import type { CommandView, Matrix, MatrixRow } from '../protocol.ts'
import { ask } from './api.ts'
import { Scroll } from './scroll.tsx'
import type { Lab } from './use-lab.ts'

export function MatrixView({ lab }: { readonly lab: Lab }) {
  const [matrix, setMatrix] = useState<Matrix>()
  const [category, setCategory] = useState('')
  useEffect(() => {
    let isCurrent = true
    ask<Matrix>('matrix', { rules: lab.draft })
      .then(found => isCurrent && setMatrix(found))
      .catch(() => {})
    return () => {
      isCurrent = false
    }
  }, [lab.draft])
  if (matrix === undefined) return <p class="empty">Loading …</p>
  const { docs } = lab
  const { commands, categories } = lab.state
  return (
    <>
      <section class="panel" aria-labelledby="heat-title">
        <header class="panel-head">
          <h2 id="heat-title">Users by category</h2>
          <span class="quiet">
            How many commands of each category a user may run; pick one to list its commands
          </span>
        </header>
        <HeatMap {...{ matrix, commands, categories, category, setCategory }} />
      </section>
      <CommandTable {...{ matrix, commands, categories, category, setCategory, docs }} />
    </>
  )
}

interface Props {
  readonly matrix: Matrix
  readonly commands: readonly CommandView[]
  readonly categories: readonly string[]
  readonly category: string
  readonly setCategory: (name: string) => void
}

function HeatMap({ matrix, commands, categories, category, setCategory }: Props) {
  const indexes = useMemo(() => indexesByCategory(commands, categories), [commands, categories])
  return (
    <Scroll label="Heat map">
      <table class="heat">
        <thead>
          <tr>
            <th scope="col">User</th>
            {categories.map(name => (
              <th scope="col" key={name} class="upright">
                <button
                  type="button"
                  class="plain"
                  aria-pressed={name === category}
                  onClick={() => setCategory(name === category ? '' : name)}
                >
                  @{name}
                </button>
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {matrix.rows.map(row => (
            <tr key={row.user}>
              <UserHead row={row} scope="row" />
              {categories.map(name => (
                <HeatCell key={name} row={row} indexes={indexes.get(name) ?? []} />
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </Scroll>
  )
}

function indexesByCategory(
  commands: readonly CommandView[],
  categories: readonly string[],
): ReadonlyMap<string, readonly number[]> {
  return new Map(
    categories.map(name => [
      name,
      commands.flatMap((command, i) => (command.categories.includes(name) ? [i] : [])),
    ]),
  )
}

const STEPS = 5

function HeatCell(props: { readonly row: MatrixRow; readonly indexes: readonly number[] }) {
  const { row, indexes } = props
  const count = indexes.filter(i => row.cells[i] !== '-').length
  const heat = count === 0 ? 0 : Math.max(1, Math.floor((count / indexes.length) * STEPS))
  return (
    <td class={`heat-${heat}`} title={`${row.user}: ${count} of ${indexes.length}`}>
      {count}
      <span class="sr-only"> of {indexes.length}</span>
    </td>
  )
}

function UserHead({ row, scope }: { readonly row: MatrixRow; readonly scope: 'row' | 'col' }) {
  return (
    <th scope={scope} title={row.rules}>
      {row.user}
      {!row.enabled && <span class="quiet"> off</span>}
    </th>
  )
}

/** Which commands are shown; a name, a category and `onlyDifferent` all have to fit. */
interface Filter {
  readonly text: string
  readonly category: string
  /** Those that not all users may run alike. */
  readonly onlyDifferent: boolean
}

interface ShownCommand extends CommandView {
  /** Of its cell in every row of the matrix. */
  readonly index: number
}

interface TableProps extends Props {
  readonly docs: Lab['docs']
}

function CommandTable(props: TableProps) {
  const { matrix, commands, categories, category, setCategory, docs } = props
  const [text, setText] = useState('')
  const [onlyDifferent, setOnlyDifferent] = useState(false)
  const filter = { text, category, onlyDifferent }
  const shown = commandsThatFit(filter, matrix, commands)
  return (
    <section class="panel" aria-labelledby="commands-title">
      <header class="panel-head">
        <h2 id="commands-title">Users by command</h2>
        <span class="quiet" role="status">
          {shown.length} of {commands.length} commands
        </span>
        <FilterFields {...{ filter, categories, setText, setCategory, setOnlyDifferent }} />
      </header>
      <Scroll label="Commands" isTall>
        <CommandRows rows={matrix.rows} {...{ shown, docs }} />
        {shown.length === 0 && <p class="empty">No command fits the filter.</p>}
      </Scroll>
      <p class="legend quiet">
        ✓ allowed · ◐ by a selector, or with certain first words only · · denied. Keys and channels
        decide as well.
      </p>
    </section>
  )
}

function commandsThatFit(
  { text, category, onlyDifferent }: Filter,
  { rows }: Matrix,
  commands: readonly CommandView[],
): readonly ShownCommand[] {
  const wanted = text.trim().toLowerCase()
  return commands.flatMap(({ name, categories }, index) => {
    const fits =
      name.replace('|', ' ').includes(wanted.replace('|', ' ')) &&
      (category === '' || categories.includes(category)) &&
      (!onlyDifferent || new Set(rows.map(({ cells }) => cells[index])).size > 1)
    return fits ? [{ name, categories, index }] : []
  })
}

interface FilterProps {
  readonly filter: Filter
  readonly categories: readonly string[]
  readonly setText: (text: string) => void
  readonly setCategory: (name: string) => void
  readonly setOnlyDifferent: (only: boolean) => void
}

function FilterFields(props: FilterProps) {
  const { filter, categories, setText, setCategory, setOnlyDifferent } = props
  return (
    <div class="actions">
      <input
        type="search"
        aria-label="Filter commands by name"
        placeholder="Filter"
        value={filter.text}
        onInput={event => setText(event.currentTarget.value)}
      />
      <select
        aria-label="Category"
        value={filter.category}
        onChange={event => setCategory(event.currentTarget.value)}
      >
        <option value="">All categories</option>
        {categories.map(name => (
          <option key={name} value={name}>
            @{name}
          </option>
        ))}
      </select>
      <label class="check">
        <input
          type="checkbox"
          checked={filter.onlyDifferent}
          onChange={event => setOnlyDifferent(event.currentTarget.checked)}
        />
        Only differences
      </label>
    </div>
  )
}

interface RowsProps {
  readonly rows: readonly MatrixRow[]
  readonly shown: readonly ShownCommand[]
  readonly docs: Lab['docs']
}

function CommandRows({ rows, shown, docs }: RowsProps) {
  const hasSummaries = Object.values(docs).some(({ summary }) => summary !== '')
  return (
    <table class="commands">
      <thead>
        <tr>
          <th scope="col">Command</th>
          {rows.map(row => (
            <UserHead key={row.user} row={row} scope="col" />
          ))}
          <th scope="col" class="categories">
            Categories
          </th>
          {hasSummaries && (
            <th scope="col" class="summary">
              What it does
            </th>
          )}
        </tr>
      </thead>
      <tbody>
        {shown.map(({ name, categories, index }) => (
          <tr key={name}>
            <th scope="row">
              <code>{name.replace('|', ' ')}</code>
            </th>
            {rows.map(({ user, cells }) => (
              <CommandCell key={user} letter={cells[index] ?? '-'} />
            ))}
            <td class="categories quiet">{categories.map(one => `@${one}`).join(' ')}</td>
            {hasSummaries && <td class="summary quiet">{docs[name]?.summary}</td>}
          </tr>
        ))}
      </tbody>
    </table>
  )
}

interface Look {
  readonly sign: string
  readonly title: string
  readonly look: string
}

const DENIED: Look = { sign: '·', title: 'denied', look: 'cell-none' }
const LOOKS: ReadonlyMap<string, Look> = new Map([
  ['a', { sign: '✓', title: 'allowed', look: 'cell-all' }],
  ['s', { sign: '◐', title: 'allowed by a selector', look: 'cell-part' }],
  ['p', { sign: '◐', title: 'allowed with certain first words', look: 'cell-part' }],
])

function CommandCell({ letter }: { readonly letter: string }) {
  const { sign, title, look } = LOOKS.get(letter) ?? DENIED
  return (
    <td class={look} title={title}>
      <span aria-hidden="true">{sign}</span>
      <span class="sr-only">{title}</span>
    </td>
  )
}
