// What the lab's server and its page tell each other, as JSON. Types only: this is the one file
// that both sides import.

/** The header that carries the token of the printed address. */
export type TokenHeader = 'x-lab-token'

/** Asked once, when the page opens, and again when the users of the server have changed. */
export interface LabState {
  readonly server: ServerView
  /** The rules to edit: those that were applied last, or the server's own. */
  readonly rules: string
  readonly users: readonly UserView[]
  /** Those that rules decide about: AUTH and the like, which nobody can be denied, are none. */
  readonly commands: readonly CommandView[]
  /** Every name that a rule can have, `config` as well as `config|set`. */
  readonly names: readonly string[]
  readonly categories: readonly string[]
  readonly exercises: readonly ExerciseView[]
  /** The clients that the lab can play, to see what becomes of their handshakes. */
  readonly trials: readonly TrialView[]
  /** Where the rules came from and can be written to; undefined for the sample. */
  readonly home: HomeView | undefined
}

export interface HomeView {
  readonly kind: 'file' | 'server' | 'link'
  /** A file's name, or a server's URL without its login; empty for a link. */
  readonly name: string
  readonly isWritable: boolean
}

/** What writing the rules to their home would change there. */
export interface Planned {
  /** A sentence each. */
  readonly changes: readonly string[]
  /** Goes back with the order to write: nothing is written if the home has changed meanwhile. */
  readonly mark: string
}

/** Rules as a link carries them. */
export interface Shared {
  /** From the # on. */
  readonly fragment: string
  /** How many passwords and hashes were left out. */
  readonly removed: number
}

/** Commands to try, as words of the console. */
export interface Suggestions {
  readonly allowed: readonly string[]
  readonly denied: readonly string[]
}

/** By name: `config|set`. */
export interface Docs {
  readonly commands: Readonly<Record<string, CommandDoc>>
}

export interface CommandDoc {
  /** `GET key`; the name alone where the server does not say more. */
  readonly syntax: string
  /** May be empty. */
  readonly summary: string
  /** Whether the server said what the command takes. */
  readonly isKnown: boolean
}

export interface Solution {
  /** Lines of an ACL file. */
  readonly rules: string
}

export interface ServerView {
  readonly url: string
  /** A redis-cli line that connects, without login. */
  readonly redisCli: string
}

export interface UserView {
  readonly name: string
  readonly enabled: boolean
  /** As ACL LIST shows the rules, without passwords. */
  readonly rules: string
}

export interface CommandView {
  /** `config|set`. */
  readonly name: string
  readonly categories: readonly string[]
}

export type Severity = 'error' | 'warning' | 'info'

/** Something to mark in the rules; lines and columns count from 1, in characters. */
export interface Finding {
  readonly severity: Severity
  /** Redis would not take it. */
  readonly isRefused: boolean
  readonly line: number
  readonly column: number
  readonly length: number
  readonly user: string
  readonly message: string
  readonly why: string
  /** What to do about it; may be empty. */
  readonly cure: string
}

export interface Checked {
  readonly findings: readonly Finding[]
}

/** If anything is refused, nothing has changed. */
export interface Applied {
  readonly refused: readonly Finding[]
}

export interface Ran {
  /** Who the connection was when the command arrived. */
  readonly user: string
  readonly command: string
  /** As redis-cli shows it; undefined while the server has not answered. */
  readonly reply: string | undefined
  readonly isError: boolean
  /** Why the words are no command, so that no rule was asked: `Unknown command`. */
  readonly fault: string | undefined
  /** Undefined where the words are no command. */
  readonly verdict: VerdictView | undefined
}

export interface VerdictView {
  readonly user: string
  readonly command: string
  readonly allowed: boolean
  /** What the client is told, or `OK`. */
  readonly answer: string
  /** The index of the selector that allows the command, or came furthest. */
  readonly decisive: number
  readonly selectors: readonly SelectorView[]
  readonly change: ChangeView | undefined
  readonly notes: readonly string[]
}

export interface SelectorView {
  readonly index: number
  readonly rules: string
  readonly allowed: boolean
  readonly steps: readonly StepView[]
}

export interface StepView {
  readonly kind: 'command' | 'key' | 'channel'
  readonly name: string
  /** `read`, `write`, `read and write`; empty where that says nothing. */
  readonly needs: string
  readonly allowed: boolean
  /** The rule that decides; undefined where none fits. */
  readonly rule: string | undefined
  /** Rules that fit by name and give too few rights. */
  readonly tooWeak: readonly string[]
}

export interface ChangeView {
  /** Rules to add to the user, in order. */
  readonly words: readonly string[]
  /** What of them is new. */
  readonly add: readonly string[]
  /** 0 is the user's root. */
  readonly selector: number
  /** A selector that allows this command alone. */
  readonly alone: string
}

/**
 * One letter a command: `a` allowed, `s` by a selector only, `p` with certain first words only, or
 * `-`.
 */
export interface MatrixRow {
  readonly user: string
  readonly enabled: boolean
  /** Of each selector, without passwords. */
  readonly rules: string
  readonly cells: string
}

export interface Matrix {
  /** In the order of the commands in LabState. */
  readonly rows: readonly MatrixRow[]
}

/** A line of the event stream. */
export type LabEvent =
  | { readonly kind: 'activity'; readonly activity: Activity }
  | { readonly kind: 'late'; readonly user: string; readonly reply: string }
  | { readonly kind: 'users' }

/** Times are milliseconds since 1970. */
export interface Activity {
  readonly log: readonly LogView[]
  readonly handshakes: readonly HandshakeView[]
  readonly clients: readonly ClientView[]
}

export interface LogView {
  readonly id: number
  readonly count: number
  readonly reason: string
  readonly context: string
  readonly object: string
  readonly user: string
  readonly client: string
  readonly at: number
}

export interface HandshakeView {
  readonly id: number
  readonly at: number
  readonly peer: string
  readonly succeeded: boolean
  /** The sentence for people, or what was agreed on. */
  readonly text: string
  /** OpenSSL's words. */
  readonly detail: string
}

export interface ClientView {
  readonly id: number
  readonly address: string
  readonly name: string
  readonly user: string
  readonly session: string
  readonly certificate: string
}

export interface TrialView {
  readonly name: string
  readonly title: string
}

export interface TrialResult {
  /** What the client saw. */
  readonly text: string
  readonly succeeded: boolean
}

export interface ExerciseView {
  readonly id: string
  readonly title: string
  /** What is in backquotes is code. */
  readonly task: string
  readonly hints: readonly string[]
  /** What the answer starts from, as lines of an ACL file. */
  readonly start: string
}

export interface Graded {
  readonly passed: boolean
  /** Rules that cannot be read, or undefined. */
  readonly error: string | undefined
  readonly results: readonly GradedCase[]
}

export interface GradedCase {
  readonly text: string
  readonly ok: boolean
  /** What is wrong, in a sentence; may be empty. */
  readonly fault: string
}
