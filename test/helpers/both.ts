// One test, two servers: the same steps on ours and, where the machine has one, on a real
// redis-server, so that what a test expects is what Redis does.

import type t from 'tap'
import type { Test } from 'tap'
import { NO_REAL_SERVER, realIsAtLeast, startReal } from './real.ts'
import { startServer } from './server.ts'
import type { Wire } from './wire.ts'

export interface BothOptions {
  /** Settings that both start with. */
  readonly config?: readonly (readonly [name: string, value: string])[]
  /** The first version of Redis that does so; an older real server is not asked. */
  readonly since?: readonly [major: number, minor: number]
}

/** What a test needs of either server. */
export interface Either {
  connect(): Promise<Wire>
}

/** A real server is started with it, so ours is as well. */
const DEBUG = ['enable-debug-command', 'yes'] as const

/** Ours, with the settings of a test. */
export function startOurs(config: NonNullable<BothOptions['config']> = []) {
  return startServer({ config: [DEBUG, ...config] })
}

/** The real server, with the settings of a test. */
export function startTheirs(config: NonNullable<BothOptions['config']> = []) {
  return startReal(...config.flatMap(([name, value]) => [`--${name}`, value]))
}

export function onBoth(
  parent: Test | typeof t,
  name: string,
  run: (t: Test, server: Either) => Promise<void>,
  { config, since = [7, 0] }: BothOptions = {},
): void {
  const skip =
    NO_REAL_SERVER || (realIsAtLeast(...since) ? false : `before Redis ${since.join('.')}`)
  parent.test(name, async t => {
    await t.test('here', async t => {
      const ours = await startOurs(config)
      t.teardown(() => ours.close())
      await run(t, ours)
    })
    await t.test('on a real server', { skip }, async t => {
      const real = await startTheirs(config)
      t.teardown(() => real.close())
      await run(t, real)
    })
  })
}
