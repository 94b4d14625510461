// The result of `tls explain` in the forms that people and programs read.

import { LIBRARIES, type Library } from '../testing/tls/cures.ts'
import type { Step } from '../testing/tls/explain/connection.ts'
import { printable } from '../util/printable.ts'
import { jsonText } from './out.ts'

export const EXPLAIN_FORMS = ['text', 'json', 'prometheus'] as const

type Form = (typeof EXPLAIN_FORMS)[number]

/** What was found of one server. */
export interface Explained {
  /** `host:port`. */
  readonly target: string
  readonly steps: readonly Step[]
}

export function explanations(
  form: Form,
  found: readonly Explained[],
  only: Library | undefined,
): string {
  const [first] = found
  if (form === 'prometheus') return prometheus(found)
  if (first !== undefined && found.length === 1) {
    return form === 'json' ? jsonText(first.steps) : explanation(first.steps, only)
  }
  if (form === 'json') return jsonText(found)
  return found
    .map(({ target, steps }) => `${printable(target)}\n\n${explanation(steps, only)}`)
    .join('\n')
}

const MARKS = { right: 'right', wrong: 'WRONG', doubtful: 'doubtful', unknown: '-' } as const

/** Lines that several steps have in common are told where they are first met. */
export function explanation(steps: readonly Step[], only: Library | undefined): string {
  const told = new Set<string>()
  const lines = steps.flatMap(({ name, verdict, text, cure, cures }) => {
    const own = LIBRARIES.filter(library => only === undefined || library === only).flatMap(
      library => {
        const line = cures && `${library.padEnd(21)}${cures[library]}`
        if (line === undefined || told.has(line)) return []
        told.add(line)
        return [indented(line)]
      },
    )
    const head = `${MARKS[verdict].padEnd(10)}${name.padEnd(20)}${printable(text)}`
    return [head, ...(cure === undefined ? [] : [indented(printable(cure))]), ...own]
  })
  return `${[...lines, '', conclusion(steps)].join('\n')}\n`
}

function conclusion(steps: readonly Step[]): string {
  const first = steps.find(({ verdict }) => verdict === 'wrong')
  const doubts = steps.filter(({ verdict }) => verdict === 'doubtful').length
  const rest = doubts === 0 ? '' : `, ${doubts} doubtful`
  if (first === undefined) return `Nothing is wrong${rest}.`
  const wrong = steps.filter(({ verdict }) => verdict === 'wrong').length
  return `${wrong} wrong${rest}. Begin with: ${first.name}.`
}

function indented(text: string): string {
  return `${' '.repeat(32)}${text}`
}

// ---- Prometheus ----

type Sample = readonly [labels: Readonly<Record<string, string>>, value: number]

/** The text format: https://prometheus.io/docs/instrumenting/exposition_formats/ */
function prometheus(found: readonly Explained[]): string {
  const days = found.flatMap(({ target, steps }): Sample[] => {
    const left = steps.find(({ daysLeft }) => daysLeft !== undefined)?.daysLeft
    return left === undefined ? [] : [[{ target }, left]]
  })
  const steps = found.flatMap(({ target, steps }) =>
    steps.map(({ name, verdict }): Sample => [{ target, step: name, verdict }, 1]),
  )
  const wrong = found.map(({ target, steps }): Sample => {
    return [{ target }, steps.filter(({ verdict }) => verdict === 'wrong').length]
  })
  return [
    metric('redis_tls_wrong', 'Steps of the connection that are wrong.', wrong),
    metric('redis_tls_step_info', 'What was found of each step.', steps),
    metric('redis_tls_certificate_days_left', 'Until the first of the chain ends.', days),
  ].join('')
}

function metric(name: string, help: string, samples: readonly Sample[]): string {
  if (samples.length === 0) return ''
  const lines = samples.map(([labels, value]) => {
    const pairs = Object.entries(labels).map(([label, text]) => `${label}="${escaped(text)}"`)
    return `${name}{${pairs.join(',')}} ${value}`
  })
  return `${[`# HELP ${name} ${help}`, `# TYPE ${name} gauge`, ...lines].join('\n')}\n`
}

function escaped(text: string): string {
  return printable(text).replaceAll('\\', '\\\\').replaceAll('"', '\\"')
}
