// Runs the program that is checked, once: what it is told of the server, what it writes, how it
// ends, and that nothing of it stays.

import { type ChildProcess, spawn } from 'node:child_process'

/** What a program is told, by the names that its arguments use: `{port}`. */
export interface Place {
  readonly url: string
  readonly host: string
  readonly port: string
  /** Paths of files: the authority, and the client's certificate and key. */
  readonly ca: string
  readonly cert: string
  readonly key: string
  /** The same for Java: certificate and key, the authority, and the password of both files. */
  readonly p12: string
  readonly truststore: string
  readonly p12Password: string
}

/** The same as environment variables. */
const VARIABLES: readonly (readonly [string, keyof Place])[] = [
  ['REDIS_URL', 'url'],
  ['REDIS_HOST', 'host'],
  ['REDIS_PORT', 'port'],
  ['REDIS_TLS_CA_FILE', 'ca'],
  ['REDIS_TLS_CERT_FILE', 'cert'],
  ['REDIS_TLS_KEY_FILE', 'key'],
  ['REDIS_TLS_P12_FILE', 'p12'],
  ['REDIS_TLS_TRUSTSTORE_FILE', 'truststore'],
  ['REDIS_TLS_P12_PASSWORD', 'p12Password'],
]

export interface ProgramEnd {
  /** Undefined: it was ended, when it was plain what it does or when its time was over. */
  readonly exitCode: number | undefined
  /** The last of what it wrote, on both streams. */
  readonly output: string
}

/** Of what it writes, in characters, the last ones. */
const OUTPUT_MAX = 65_536

/** One run of the program. */
export class Program {
  readonly #child: ChildProcess
  #timer: NodeJS.Timeout
  #output = ''
  readonly #beforeEnd: () => void
  #isEnded = false
  #isOver = false
  /** Rejects if it cannot be started. */
  readonly ended: Promise<ProgramEnd>

  /** @param beforeEnd hears that it is about to be ended, which closes its connections */
  constructor(
    command: readonly string[],
    place: Place,
    { timeoutMs, beforeEnd }: { readonly timeoutMs: number; readonly beforeEnd: () => void },
  ) {
    this.#beforeEnd = beforeEnd
    const [name = '', ...args] = command.map(word => filledIn(word, place))
    const own = Object.fromEntries(VARIABLES.map(([to, of]) => [to, place[of]]))
    const child = spawn(name, args, {
      env: { ...process.env, ...own },
      stdio: ['ignore', 'pipe', 'pipe'],
      // In a group of its own, so that what it starts can be ended with it.
      detached: process.platform !== 'win32',
    })
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding('utf8').on('data', chunk => {
        this.#output = (this.#output + chunk).slice(-OUTPUT_MAX)
      })
    }
    this.#child = child
    this.#timer = setTimeout(() => this.end(), timeoutMs)
    this.ended = new Promise((resolve, reject) => {
      child.once('error', error => reject(new Error(`Cannot run ${name}: ${error.message}`)))
      child.once('close', code => {
        resolve({ exitCode: this.#isEnded ? undefined : (code ?? 1), output: this.#output })
      })
    })
    const isOver = (): void => {
      this.#isOver = true
      clearTimeout(this.#timer)
    }
    this.ended.then(isOver, isOver)
  }

  /** Its time begins anew: the start of a program may take long, and is no fault. */
  hasConnected(timeoutMs: number): void {
    clearTimeout(this.#timer)
    if (!this.#isOver) this.#timer = setTimeout(() => this.end(), timeoutMs)
  }

  /** Before it ends by itself. */
  end(): void {
    if (!this.#isEnded && !this.#isOver) this.#beforeEnd()
    this.#isEnded = true
    endGroup(this.#child)
  }
}

/** `{port}` and the like; other braces are left as they are. */
function filledIn(word: string, place: Place): string {
  const places = new Map<string, string>(Object.entries(place))
  return word.replaceAll(/\{([a-z0-9]+)\}/g, (whole, name) => places.get(name) ?? whole)
}

function endGroup(child: ChildProcess): void {
  if (child.pid === undefined) return
  try {
    if (process.platform === 'win32') child.kill('SIGKILL')
    else process.kill(-child.pid, 'SIGKILL')
  } catch {
    // It has just ended by itself.
  }
}
