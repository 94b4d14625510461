// Which exercises are solved, and what was answered: kept in the browser, and nowhere else.

const KEY = 'redis-tls-mock lab: exercises'

export interface Progress {
  readonly solved: readonly string[]
  readonly answers: Readonly<Record<string, string>>
}

const NONE: Progress = { solved: [], answers: {} }

export function loadProgress(): Progress {
  try {
    const { solved, answers } = JSON.parse(localStorage.getItem(KEY) ?? '{}')
    return { solved: Array.isArray(solved) ? solved : [], answers: { ...answers } }
  } catch {
    return NONE
  }
}

export function saveProgress(progress: Progress): void {
  try {
    localStorage.setItem(KEY, JSON.stringify(progress))
  } catch {
    // A browser without storage forgets; that is all.
  }
}
