// What an exercise is made of: data only, so that the command line and the web lab share it.

/** What is asked of one user. */
export interface WantedUser {
  readonly name: string
  /** Commands that it must be able to run: `GET cache:1`, in words as inline commands have them. */
  readonly allow?: readonly string[]
  readonly deny?: readonly string[]
  /** Rules that give what is asked for, no less and no more; whoever answers never sees them. */
  readonly rights?: string
  /** Whether anybody can log in as it: `on` and a password, no nopass. */
  readonly canLogIn?: boolean
  readonly passwords?: { readonly right?: readonly string[]; readonly wrong?: readonly string[] }
}

/** One exercise. */
export interface Exercise {
  readonly id: string
  readonly title: string
  /** The task, complete: who reads it needs nothing else. */
  readonly task: string
  /** From a nudge to nearly the answer. */
  readonly hints: readonly string[]
  /** Rules that are there at the beginning, as lines of an ACL file. */
  readonly start: readonly string[]
  readonly users: readonly WantedUser[]
}
