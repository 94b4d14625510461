// What is said of a command for those who want to use it: a row of prose and syntax beside the row
// of the command's facts (row.ts), loaded by whoever asks for it and by nobody else.

export interface Doc {
  /** What the command does, in one sentence. */
  readonly summary: string
  readonly complexity?: string
  /** The words after its name, as arguments.ts reads them. */
  readonly arguments?: string
  readonly flags?: readonly 'syscmd'[]
  /** Since which version something else is better, and what: '6.2.0 LMOVE'. */
  readonly deprecated?: string
  /** What came after its first version, each with the version: '6.2.0 Takes a count.' */
  readonly history?: readonly string[]
}

/** By the full names of commands: 'get', 'config|set'. */
export type CommandDocs = Readonly<Record<string, Doc>>
