// What a program wrote, read for the one line that says what was wrong: traces of many languages
// put it elsewhere, and end in lines that say nothing.

const LINE_MAX = 200

// Colours of a terminal and control characters would spoil every report.
const NOT_PRINTED = /\x1b\[[0-9;]*[A-Za-z]|[^\x20-\x7e\u00a0-\uffff]/g

/** OpenSSL's line with thread, number, function and place, of which the reason is what counts. */
const OPENSSL_LINE = /[0-9A-F]{12,16}:error:[0-9A-F]{8}:[^:]*:[^:]*:([^:]*):.*/

/** Lines of a trace, or of what ran the program, that say nothing of the cause. */
const NOISE: readonly RegExp[] = [
  // Places: of Node, Java and .NET; of Java's repetitions; of Go; of PHP; of Python.
  /^at /,
  /^\.\.\. \d+ (?:more|common frames)/,
  /^goroutine \d+ |^[\w./()*-]+\.\w+\(.*\)$|^\/?\S+\.go:\d+|^created by |^\[signal /,
  /^#\d+ |^Stack trace:|^thrown in /,
  /^File "|^Traceback |^(?:During handling|The above exception)|^~*\^+~*$/,
  /^--- End of /,
  // Brackets and carets of source lines.
  /^[\^{}\]~|\s]+,?$/,
  // What redis-server thinks of the machine at its start.
  /^\d+:[A-Z] .* # WARNING:? /,
  // Who ran it.
  /^exit status \d+$|^Node\.js v\d|^npm (?:ERR!|error)|^error Command failed|^note: run with/,
  /^\[(?:ERROR|INFO)\] (?:\[Help|Re-run|To see|For more|->)|ELIFECYCLE/,
]

/** The line below which it began: the innermost one is the last. */
const CAUSE = /^(?:Caused by: |---> |\[cause\]: )(.+?)(?: \{)?$/

const TELLING = /error|exception|ERR_|timed? ?out|refused|fail|panic|fatal|x509|certificate/i

/** The line that says what was wrong, or else the last one; '' if nothing was said. */
export function causeIn(output: string): string {
  const lines = output
    .split('\n')
    .map(line => line.replaceAll(NOT_PRINTED, ' ').trim())
    .filter(line => line !== '' && !NOISE.some(noise => noise.test(line)))
  const line =
    lines.findLast(text => CAUSE.test(text)) ??
    lines.findLast(text => TELLING.test(text)) ??
    lines.at(-1) ??
    ''
  return line.replace(CAUSE, '$1').replace(OPENSSL_LINE, '$1').slice(0, LINE_MAX)
}
