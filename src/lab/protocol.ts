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
  readonly commands: readonly CommandView[]
  readonly categories: readonly string[]
  readonly exercises: readonly ExerciseView[]
  /** The clients that the lab can play, to see what becomes of their handshakes. */
  readonly trials: readonly TrialView[]
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

/** An error is the server's own, and then nothing has changed. */
export interface Applied {
  readonly error: string | undefined
}

export interface Ran {
  /** Who the connection was when the command arrived. */
  readonly user: string
  readonly command: string
  /** As redis-cli shows it; undefined while the server has not answered. */
  readonly reply: string | undefined
  readonly isError: boolean
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
