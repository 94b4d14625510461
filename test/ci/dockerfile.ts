// Reads a Dockerfile and says which rules of good images it breaks.

export interface Instruction {
  /** In capitals. */
  readonly name: string
  readonly rest: string
  /** How many FROM there were up to here. */
  readonly stage: number
}

/** Lines that go on are joined, comments left out. */
export function instructionsOf(text: string): Instruction[] {
  const lines = text
    .split('\n')
    .filter(line => !/^\s*(?:#|$)/.test(line))
    .join('\n')
    .replaceAll(/\\\n\s*/g, '')
    .split('\n')
  let stage = 0
  return lines.map(line => {
    const [, name = '', rest = ''] = /^\s*(\w+)\s*(.*?)\s*$/.exec(line) ?? []
    if (name.toUpperCase() === 'FROM') stage++
    return { name: name.toUpperCase(), rest, stage }
  })
}

type Rule = readonly [name: string, isBroken: (all: readonly Instruction[]) => boolean]

const some =
  (name: string, isBad: (rest: string) => boolean) =>
  (all: readonly Instruction[]): boolean =>
    all.some(instruction => instruction.name === name && isBad(instruction.rest))

/** Of the last stage, which is what runs. */
const last = (all: readonly Instruction[], name: string): string[] => {
  const stage = all.at(-1)?.stage
  return all.filter(found => found.stage === stage && found.name === name).map(({ rest }) => rest)
}

const stageNames = (all: readonly Instruction[]): string[] =>
  all.flatMap(({ name, rest }) => (name === 'FROM' ? (/ AS (\S+)$/i.exec(rest)?.[1] ?? []) : []))

const isExecForm = (rest: string): boolean => {
  try {
    const words: unknown = JSON.parse(rest)
    return Array.isArray(words) && words.every(word => typeof word === 'string')
  } catch {
    return false
  }
}

const RULES: readonly Rule[] = [
  ['begins with FROM', all => all[0]?.name !== 'FROM'],
  [
    'base images have a version',
    some('FROM', rest => !/^\S+:v?\d[\w.-]*(@sha256:[0-9a-f]{64})?( AS \S+)?$/i.test(rest)),
  ],
  ['does not run as root', all => !/^(?!root\b|0\b)\w+/.test(last(all, 'USER').at(-1) ?? '')],
  ['COPY, not ADD', all => all.some(({ name }) => name === 'ADD')],
  ['no MAINTAINER', all => all.some(({ name }) => name === 'MAINTAINER')],
  ['WORKDIR is absolute', some('WORKDIR', rest => !rest.startsWith('/'))],
  ['files are copied to a WORKDIR', all => last(all, 'WORKDIR').length === 0],
  ['ENTRYPOINT in exec form', some('ENTRYPOINT', rest => !isExecForm(rest))],
  ['CMD in exec form', some('CMD', rest => !isExecForm(rest))],
  ['at most one CMD', all => last(all, 'CMD').length > 1],
  ['one ENTRYPOINT', all => last(all, 'ENTRYPOINT').length !== 1],
  [
    'COPY of several files into a folder',
    some('COPY', rest => / .+ .*[^/]$/.test(rest.replaceAll(/--\S+ +/g, ''))),
  ],
  [
    'COPY --from a stage there is',
    all =>
      some('COPY', rest => {
        const from = /--from=(\S+)/.exec(rest)?.[1]
        return from !== undefined && !stageNames(all).includes(from)
      })(all),
  ],
  ['ports are ports', some('EXPOSE', rest => !/^\d{1,5}( \d{1,5})*$/.test(rest))],
  ['no sudo', some('RUN', rest => /\bsudo\b/.test(rest))],
  ['no cd, but WORKDIR', some('RUN', rest => /(^|&& *)cd /.test(rest))],
  ['nothing from the network into a shell', some('RUN', rest => /(curl|wget).*\|/.test(rest))],
  ['npm ci, not npm install', some('RUN', rest => /npm (i|install)\b/.test(rest))],
  [
    'no lists of apt are left',
    some('RUN', rest => /apt-get/.test(rest) && !/rm -rf \/var\/lib\/apt\/lists/.test(rest)),
  ],
  [
    'nor what apt recommends',
    some('RUN', rest => /apt-get install/.test(rest) && !/--no-install-recommends/.test(rest)),
  ],
  ['apk without a cache', some('RUN', rest => /apk add (?!--no-cache)/.test(rest))],
  ['no secret', some('ENV', rest => /(password|secret|token)\w*[= ]/i.test(rest))],
]

/** The names of the rules that it breaks. */
export function brokenRules(text: string): string[] {
  const all = instructionsOf(text)
  return RULES.filter(([, isBroken]) => isBroken(all)).map(([name]) => name)
}
