// Whether tests run in this process. The environment does not tell: what a test starts inherits it.

/** True where a runner's hooks are global names: jest, mocha, vitest with `globals`. */
export function isTestRun(): boolean {
  return ['describe', 'beforeEach'].every(
    name => typeof Reflect.get(globalThis, name) === 'function',
  )
}
