// One test, two servers: the same steps on ours and, where the machine has one, on a real
// redis-server, so that what a test expects is what Redis does.

import type t from 'tap'
import type { Test } from 'tap'
import { notSince, startReal } from './real.ts'
import { type Since, startServer, withCommandsOf } from './server.ts'
import type { Wire } from './wire.ts'

export interface BothOptions {
  /** Settings that both start with. */
  readonly config?: readonly (readonly [name: string, value: string])[]
  /**
   * The first version of Redis that does so; an older real server is not asked. If it is later than
   * ours, ours gets the commands of that version.
   */
  readonly since?: Since
}

/** What a test needs of either server. */
export interface Either {
  connect(): Promise<Wire>
}

/** A real server is started with it, so ours is as well. */
const DEBUG = ['enable-debug-command', 'yes'] as const

/** Ours, with the settings of a test. */
export function startOurs({ config = [], since }: BothOptions = {}) {
  return startServer({ config: [DEBUG, ...config], ...withCommandsOf(since) })
}

/** The real server, with the settings of a test. */
export function startTheirs({ config = [] }: BothOptions = {}) {
  return startReal(...config.flatMap(([name, value]) => [`--${name}`, value]))
}

export function onBoth(
  parent: Test | typeof t,
  name: string,
  run: (t: Test, server: Either) => Promise<void>,
  options: BothOptions = {},
): void {
  parent.test(name, async t => {
    await t.test('here', async t => {
      const ours = await startOurs(options)
      t.teardown(() => ours.close())
      await run(t, ours)
    })
    await t.test('on a real server', { skip: notSince(options.since) }, async t => {
      const real = await startTheirs(options)
      t.teardown(() => real.close())
      await run(t, real)
    })
  })
}
