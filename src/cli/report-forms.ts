// Forms that CI systems read, for every subcommand that reports: JUnit, TAP, the annotations of
// GitHub, cells of its tables. Texts go in as they are and are escaped here.

export interface Annotation {
  readonly level: 'error' | 'warning' | 'notice'
  readonly file?: string | undefined
  readonly line?: number
  readonly column?: number
  readonly title: string
  readonly message: string
}

/** One line, as a runner of GitHub Actions reads it from the log. */
export function annotation({ level, file, line, column, title, message }: Annotation): string {
  const properties = [
    ...(file === undefined ? [] : [`file=${githubProperty(file)}`]),
    ...(line ? [`line=${line}`] : []),
    ...(column ? [`col=${column}`] : []),
    `title=${githubProperty(title)}`,
  ]
  return `::${level} ${properties.join(',')}::${githubData(message)}\n`
}

/** As the runner unescapes it. */
function githubData(value: string): string {
  return value.replaceAll('%', '%25').replaceAll('\r', '%0D').replaceAll('\n', '%0A')
}

function githubProperty(value: string): string {
  return githubData(value).replaceAll(':', '%3A').replaceAll(',', '%2C')
}

/** As entities, which are text wherever they stand: no link, no image, no tag, no other cell. */
export function markdownText(line: string): string {
  return line.replaceAll(
    /[^\p{L}\p{N} .,;'"()-]|(?<=www)\./giu,
    sign => `&#${sign.codePointAt(0)};`,
  )
}

export interface TestCase {
  readonly name: string
  readonly group: string
  /** Undefined: it passed. */
  readonly failure?: { readonly title: string; readonly type: string; readonly body: string }
}

export interface TestSuite {
  readonly name: string
  readonly cases: readonly TestCase[]
}

export function junit(suites: readonly TestSuite[]): string {
  const counts = (cases: readonly TestCase[]): string =>
    `tests="${cases.length}" failures="${cases.filter(one => one.failure).length}" errors="0"`
  return [
    '<?xml version="1.0" encoding="UTF-8"?>',
    `<testsuites ${counts(suites.flatMap(({ cases }) => cases))}>`,
    ...suites.flatMap(({ name, cases }) => [
      `  <testsuite name="${escaped(name)}" ${counts(cases)} skipped="0" time="0">`,
      ...cases.map(junitCase),
      '  </testsuite>',
    ]),
    '</testsuites>\n',
  ].join('\n')
}

function junitCase({ name, group, failure }: TestCase): string {
  const head = `    <testcase name="${escaped(name)}" classname="${escaped(group)}" time="0"`
  if (failure === undefined) return `${head}/>`
  const { title, type, body } = failure
  return (
    `${head}>\n      <failure message="${escaped(title)}" type="${escaped(type)}">` +
    `${escaped(body)}</failure>\n    </testcase>`
  )
}

export function tap(suites: readonly TestSuite[]): string {
  const cases = suites.flatMap(suite => suite.cases)
  const lines = cases.flatMap(({ name, failure }, i) => {
    // A # would begin a directive such as SKIP.
    const title = name.replace(/[\\#]/g, '\\$&').replace(/[\r\n]/g, ' ')
    if (failure === undefined) return [`ok ${i + 1} - ${title}`]
    const body = failure.body.split('\n').map(line => `    ${line}`)
    return [
      `not ok ${i + 1} - ${title}`,
      '  ---',
      `  message: ${JSON.stringify(failure.title)}`,
      '  explanation: |',
      ...body,
      '  ...',
    ]
  })
  return `${['TAP version 14', `1..${cases.length}`, ...lines].join('\n')}\n`
}

/** For XML and HTML. What XML cannot hold at all becomes a question mark. */
export function escaped(value: string): string {
  return value
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;')
    .replace(/[^\t\n\r -\ufffd]/g, '?')
}
