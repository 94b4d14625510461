// The result of `tls check` as a page to look at: one file that needs no other, runs no script and
// asks nothing of the network. On a narrow screen each row becomes a card; roles are spelled out,
// since a table that is laid out otherwise is no table to a screen reader.

import type { CheckReport, Finding, ProfileResult } from '../testing/tls/check.ts'
import { ASKED, changeIn, DID, remarks, summary, verdict } from './check-words.ts'
import { escaped } from './report-forms.ts'

const STYLE = `
  :root {
    color-scheme: light dark; font: 16px/1.5 system-ui, sans-serif;
    --ground: #fff; --text: #1f2328; --faint: #59636e; --line: #d1d9e0;
    --right: #1a7f37; --wrong: #cf222e; --tint: #fff5f5;
  }
  @media (prefers-color-scheme: dark) {
    :root {
      --ground: #0d1117; --text: #e6edf3; --faint: #9198a1; --line: #3d444d;
      --right: #3fb950; --wrong: #ff7b72; --tint: #2a1518;
    }
  }
  * { box-sizing: border-box }
  body { margin: 0; background: var(--ground); color: var(--text) }
  main { max-width: 76rem; margin: auto; padding: 1.5rem 1rem 3rem }
  h1 { margin: 0; font-size: 1.6rem }
  h2 { margin: 0; font-size: 1.1rem }
  p { margin: .3rem 0 }
  code { font: .85em/1.5 ui-monospace, monospace; overflow-wrap: anywhere }
  small { color: var(--faint); font-size: .85em; overflow-wrap: anywhere }
  .right { color: var(--right) }
  .wrong { color: var(--wrong); font-weight: 600 }
  section {
    margin: 1rem 0; padding: .6rem 1rem; border-left: 4px solid var(--wrong);
    background: var(--tint);
  }
  table { width: 100%; margin-top: 1.5rem; border-collapse: collapse }
  caption { padding: .4rem .6rem; text-align: left; font-weight: 600 }
  th, td {
    padding: .4rem .6rem; border-bottom: 1px solid var(--line); text-align: left;
    vertical-align: top; font-weight: inherit;
  }
  thead th { font-weight: 600; white-space: nowrap }
  th[scope=row] { width: 34% }
  h2::first-letter { text-transform: uppercase }
  .short { white-space: nowrap }
  tr.fault { background: var(--tint) }
  @media (max-width: 46rem) {
    table, caption, tbody, th, td { display: block }
    thead { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%) }
    tbody tr {
      display: flex; flex-wrap: wrap; gap: 0 1rem; padding: .5rem .6rem;
      border-bottom: 1px solid var(--line);
    }
    tbody th, tbody td { flex: 0 0 auto; padding: 0; border: 0 }
    tbody td:first-child { width: 6.5rem }
    tbody th[scope=row] { flex: 0 0 calc(100% - 7.5rem); width: auto }
    tbody td:last-child { flex-basis: 100% }
    td.short::before { content: attr(data-label) ' '; color: var(--faint); font-weight: 400 }
  }
  @media print { section, tr { break-inside: avoid } }
`

/** Even a browser that is deceived loads and runs nothing. */
const POLICY = "default-src 'none'; style-src 'unsafe-inline'"

const COLUMNS = ['verdict', 'profile', 'is to', 'did', 'what was seen']

export function html(report: CheckReport): string {
  const heads = COLUMNS.map(name => `<th role="columnheader" scope="col">${name}</th>`)
  return [
    '<!doctype html>',
    '<html lang="en">',
    '<head>',
    '<meta charset="utf-8">',
    `<meta http-equiv="Content-Security-Policy" content="${POLICY}">`,
    '<meta name="viewport" content="width=device-width, initial-scale=1">',
    `<title>TLS check: ${escaped(summary(report))}</title>`,
    `<style>${STYLE}</style>`,
    '</head>',
    '<body>',
    '<main>',
    '<h1>TLS check</h1>',
    `<p><code>${escaped(report.command.join(' '))}</code></p>`,
    `<p>${escaped(summary(report))}</p>`,
    ...remarks(report).map(remark => `<p>${escaped(remark)}</p>`),
    ...report.findings.map(finding => section(finding, report)),
    '<table role="table">',
    '<caption role="caption">What the program did with each TLS profile</caption>',
    `<thead role="rowgroup"><tr role="row">${heads.join('')}</tr></thead>`,
    '<tbody role="rowgroup">',
    ...report.results.map(row),
    '</tbody>',
    '</table>',
    '</main>',
    '</body>',
    '</html>',
    '',
  ].join('\n')
}

function section(finding: Finding, report: CheckReport): string {
  const { title, profiles } = finding
  const cure = changeIn(finding, report)
  const change = cure === undefined ? '' : `<p>Change: <code>${escaped(cure)}</code></p>`
  const list = escaped(profiles.join(', '))
  return `<section><h2>${escaped(title)}</h2><p><small>Seen in: ${list}</small></p>${change}</section>`
}

function row(result: ProfileResult): string {
  const { profile, outcome, isRight, story, lastLine } = result
  const said = lastLine === '' ? '' : `<br><small>${escaped(lastLine)}</small>`
  return (
    `<tr role="row"${isRight ? '' : ' class="fault"'}>` +
    short('', isRight ? 'short right' : 'short wrong', verdict(result)) +
    `<th role="rowheader" scope="row"><code>${escaped(profile.name)}</code>` +
    `<br><small>${escaped(profile.what)}</small></th>` +
    short('is to', 'short', ASKED[profile.expects]) +
    short('did', 'short', DID[outcome]) +
    `<td role="cell">${escaped(story)}${said}</td></tr>`
  )
}

function short(label: string, classes: string, word: string): string {
  const mark = label === '' ? '' : ` data-label="${label}"`
  return `<td role="cell" class="${classes}"${mark}>${word}</td>`
}
