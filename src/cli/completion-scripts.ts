// The scripts of `redis-tls-mock completion`, one a shell, from what can stand where.

/** Where a command line is, and what can come there. */
export interface CommandPlace {
  /** The words before: none, a group, or a command. */
  readonly words: readonly string[]
  readonly options: readonly OptionRow[]
  /** The words that may come next. */
  readonly next: readonly { readonly name: string; readonly what: string }[]
  readonly takesFiles: boolean
}

export interface OptionRow {
  /** Without the dashes. */
  readonly name: string
  readonly what: string
  /** What comes after it; undefined for nothing. */
  readonly wants: Wanted | undefined
}

export interface Wanted {
  /** A list has commas between its words. */
  readonly kind: 'words' | 'list' | 'files' | 'folders' | 'anything'
  readonly words: readonly string[]
}

const PROGRAM = 'redis-tls-mock'

export const SCRIPTS: Readonly<
  Record<'bash' | 'zsh' | 'fish', (places: readonly CommandPlace[]) => string>
> = { bash, zsh, fish }

/** The longest name of a place first, by which a command is told from its group. */
function cases(
  places: readonly CommandPlace[],
  lineFor: (place: CommandPlace) => string,
  valueFor: (option: OptionRow) => string | undefined,
): { readonly ofPlaces: string; readonly ofValues: string } {
  const ofPlaces = places.map(place => `    '${place.words.join(' ')}') ${lineFor(place)} ;;\n`)
  const ofValues = places.flatMap(({ words, options }) =>
    options.flatMap(option => {
      const value = valueFor(option)
      if (value === undefined) return []
      return [`    '${words.join(' ')} --${option.name}') ${value} ;;\n`]
    }),
  )
  return { ofPlaces: ofPlaces.join(''), ofValues: ofValues.join('') }
}

/** As bash and zsh find the place: the first word, and the second if the first is a group. */
function placeFinder(places: readonly CommandPlace[], words: string, first: number): string {
  const names = places.filter(({ words }) => words.length === 1).map(place => place.words[0] ?? '')
  const groups = names.filter(name =>
    places.some(place => place.words[1] && place.words[0] === name),
  )
  return `  local place='' word=\${${words}[${first}]-} second=\${${words}[${first + 1}]-}
  case "$word" in
    ${groups.join('|')}) place=$word; if ((current > 2)); then place="$word $second"; fi ;;
    ${names.filter(name => !groups.includes(name)).join('|')}) place=$word ;;
  esac
  if ((current == 1)); then place=''; fi
`
}

function bash(places: readonly CommandPlace[]): string {
  const { ofPlaces, ofValues } = cases(
    places,
    ({ options, next, takesFiles }) =>
      `flags='${options.map(({ name }) => `--${name}`).join(' ')}' ` +
      `next='${next.map(({ name }) => name).join(' ')}' files=${takesFiles ? 1 : 0}`,
    ({ wants }) => wants && `kind=${wants.kind} values='${wants.words.join(' ')}'`,
  )
  // No more than bash 3.2 can, which Apple's systems have.
  return `# Completion of ${PROGRAM} for bash: source <(${PROGRAM} completion bash)

_redis_tls_mock_words() { COMPREPLY=($(compgen -P "\${3-}" -W "$1" -- "$2")); }

_redis_tls_mock_paths() {
  local IFS=$'\\n'
  compopt -o filenames 2>/dev/null
  COMPREPLY=($(compgen "$1" -- "$2"))
}

_redis_tls_mock() {
  local current=$COMP_CWORD i
  local now=\${COMP_WORDS[COMP_CWORD]} before=\${COMP_WORDS[COMP_CWORD - 1]}
  local flags='' next='' files=0 kind='' values='' head=''
  COMPREPLY=()
  for ((i = 1; i < current; i++)); do
    # What stands behind is another program's.
    if [[ \${COMP_WORDS[i]} == -- ]]; then compopt -o default 2>/dev/null; return; fi
  done
  # --option=value comes in three words.
  if [[ $now == = ]]; then now=''; elif [[ $before == = ]]; then before=\${COMP_WORDS[COMP_CWORD - 2]}; fi
${placeFinder(places, 'COMP_WORDS', 1)}  case "$place $before" in
${ofValues}  esac
  case "$kind" in
    words) _redis_tls_mock_words "$values" "$now"; return ;;
    list)
      if [[ $now == *,* ]]; then head="\${now%,*},"; fi
      compopt -o nospace 2>/dev/null
      _redis_tls_mock_words "$values" "\${now##*,}" "$head"
      return ;;
    files) _redis_tls_mock_paths -f "$now"; return ;;
    folders) _redis_tls_mock_paths -d "$now"; return ;;
    anything) return ;;
  esac
  case "$place" in
${ofPlaces}  esac
  if [[ $now == -* ]]; then next=$flags; files=0; fi
  _redis_tls_mock_words "$next" "$now"
  if ((files && \${#COMPREPLY[@]} == 0)); then _redis_tls_mock_paths -f "$now"; fi
}

complete -F _redis_tls_mock ${PROGRAM}
`
}

function zsh(places: readonly CommandPlace[]): string {
  const described = (rows: readonly { readonly name: string; readonly what: string }[]): string =>
    rows.map(({ name, what }) => quoted(`${name}:${what}`)).join(' ')
  const { ofPlaces, ofValues } = cases(
    places,
    ({ options, next, takesFiles }) =>
      `flags=(${described(options.map(one => ({ ...one, name: `--${one.name}` })))}) ` +
      `next=(${described(next)}) files=${takesFiles ? 1 : 0}`,
    ({ wants }) => wants && `kind=${wants.kind}; values=(${wants.words.join(' ')})`,
  )
  return `#compdef ${PROGRAM}
# Completion of ${PROGRAM} for zsh: source <(${PROGRAM} completion zsh)

_redis_tls_mock() {
  local current=$((CURRENT - 1)) before=\${words[CURRENT - 1]} files=0 kind=''
  local -a flags next values
  # What stands behind is another program's.
  if ((\${words[(I)--]} > 0 && \${words[(I)--]} < CURRENT)); then _default; return; fi
${placeFinder(places, 'words', 2)}  case "$place $before" in
${ofValues}  esac
  case "$kind" in
    words) compadd -- $values; return ;;
    list) compset -P '*,'; compadd -S '' -- $values; return ;;
    files) _files; return ;;
    folders) _files -/; return ;;
    anything) return ;;
  esac
  case "$place" in
${ofPlaces}  esac
  if [[ \${words[CURRENT]} == -* ]]; then _describe -o option flags; return; fi
  ((\${#next})) && _describe word next
  ((files)) && _files
}

compdef _redis_tls_mock ${PROGRAM}
`
}

function fish(places: readonly CommandPlace[]): string {
  const lines = places.flatMap(({ words, options, next, takesFiles }) => {
    const on = (test: string): string =>
      `complete -c ${PROGRAM} -n ${quoted(['__redis_tls_mock', test, ...words].join(' '))}`
    return [
      ...(takesFiles ? [] : [`${on('within')} -f`]),
      ...next.map(({ name, what }) => `${on('at')} -a ${name}${described(what)}`),
      ...options.map(
        ({ name, what, wants }) =>
          `${on('within')} -l ${name}${fishValue(wants)}${described(what)}`,
      ),
    ]
  })
  const commands = places.flatMap(({ words }) => (words.length === 1 ? words : []))
  return `# Completion of ${PROGRAM} for fish: ${PROGRAM} completion fish | source

function __redis_tls_mock
  set -l how $argv[1]
  set -e argv[1]
  set -l words (commandline -opc)
  set -e words[1]
  # What stands behind is another program's.
  if contains -- -- $words
    return 1
  end
  if test $how = at
    test "$words" = "$argv"
  else if test (count $argv) -eq 0
    not contains -- "$words[1]" ${commands.join(' ')}
  else
    string match -q -- "$argv *" "$words "
  end
end

${lines.join('\n')}
`
}

function described(what: string): string {
  return what === '' ? '' : ` -d ${quoted(what)}`
}

function fishValue(wants: Wanted | undefined): string {
  if (wants === undefined) return ''
  if (wants.kind === 'files') return ' -r -F'
  if (wants.kind === 'folders') return " -x -a '(__fish_complete_directories)'"
  if (wants.words.length === 0) return ' -x'
  return ` -x -a ${quoted(wants.words.join(' '))}`
}

/** For any of the shells; fish alone reads backslashes within, of which there are none. */
function quoted(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`
}
