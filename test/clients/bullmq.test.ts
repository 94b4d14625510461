// BullMQ over TLS with a client certificate: queues, workers, flows, schedulers, delayed jobs. Its
// scripts are the largest that anybody sends to Redis, and its workers wait in BZPOPMIN.

import { once } from 'node:events'
import {
  FlowProducer,
  type Job,
  type JobNode,
  Queue,
  QueueEvents,
  UnrecoverableError,
  Worker,
} from 'bullmq'
import t, { type Test } from 'tap'
import { startRedis } from '../../src/index.ts'

interface Closable {
  close(): Promise<void>
}

interface Bench {
  queue(name: string): Queue
  events(name: string): Promise<QueueEvents>
  worker(name: string, run: (job: Job) => Promise<unknown>, options?: object): Worker
  flows(): FlowProducer
}

/** A server for one test, and what it closes at its end, in the order in which BullMQ likes it. */
async function bench(t: Test): Promise<Bench> {
  const redis = await startRedis({ users: { default: 'off', bull: 'on >horns ~bull:* &* +@all' } })
  const opened: Closable[] = []
  t.teardown(async () => {
    for (const each of opened.reverse()) await each.close()
    await redis.close()
  })
  const login = { username: 'bull', password: 'horns' }
  const connection = { ...redis.connectOptions('ioredis', login), maxRetriesPerRequest: null }
  const keep = <T extends Closable>(each: T): T => {
    opened.push(each)
    return each
  }
  return {
    queue: name => keep(new Queue(name, { connection })),
    async events(name) {
      const events = keep(new QueueEvents(name, { connection }))
      await events.waitUntilReady()
      return events
    },
    worker(name, run, options = {}) {
      const worker = keep(new Worker(name, run, { connection, ...options }))
      worker.on('error', error => t.fail(`worker: ${error.message}`))
      return worker
    },
    flows: () => keep(new FlowProducer({ connection })),
  }
}

t.test('a worker takes the jobs of a queue in order, and their results are kept', async t => {
  const { queue, events, worker } = await bench(t)
  const sums = queue('sums')
  sums.setMaxListeners(30)
  const heard = await events('sums')
  const jobs = await sums.addBulk(
    Array.from({ length: 20 }, (_, i) => ({ name: 'sum', data: { a: i, b: 2 * i } })),
  )
  const seen: number[] = []
  worker('sums', async job => {
    seen.push(job.data.a)
    await job.updateProgress(50)
    await job.log(`sum of ${job.data.a}`)
    return job.data.a + job.data.b
  })
  const results = await Promise.all(jobs.map(job => job.waitUntilFinished(heard)))
  t.strictSame(
    results,
    Array.from({ length: 20 }, (_, i) => 3 * i),
  )
  t.strictSame(
    seen,
    Array.from({ length: 20 }, (_, i) => i),
  )
  t.match(await sums.getJobCounts(), { completed: 20, waiting: 0, active: 0, failed: 0 })
  const last = await sums.getJob(String(jobs.at(-1)?.id))
  t.equal(last?.returnvalue, 57)
  t.equal(last?.progress, 50)
  t.strictSame((await sums.getJobLogs(String(last?.id))).logs, ['sum of 19'])
  await sums.clean(0, 5, 'completed')
  t.equal(await sums.getCompletedCount(), 15)
  await sums.obliterate()
  t.equal(await sums.getCompletedCount(), 0)
})

t.test('a failed job is tried again, with backoff, and keeps its last error', async t => {
  const { queue, events, worker } = await bench(t)
  const flaky = queue('flaky')
  const heard = await events('flaky')
  const tries = new Map<string, number>()
  worker('flaky', async job => {
    const count = (tries.get(job.name) ?? 0) + 1
    tries.set(job.name, count)
    if (job.name === 'never') throw new UnrecoverableError('not today')
    if (count < job.data.succeedsAt) throw new Error(`try ${count}`)
    return count
  })
  const options = { attempts: 3, backoff: { type: 'exponential', delay: 20 } }
  const third = await flaky.add('third', { succeedsAt: 3 }, options)
  const fourth = await flaky.add('fourth', { succeedsAt: 4 }, options)
  const never = await flaky.add('never', {}, options)
  t.equal(await third.waitUntilFinished(heard), 3)
  await t.rejects(fourth.waitUntilFinished(heard), { message: 'try 3' })
  await t.rejects(never.waitUntilFinished(heard), { message: 'not today' })
  t.strictSame(Object.fromEntries(tries), { third: 3, fourth: 3, never: 1 })
  t.equal(await flaky.getFailedCount(), 2)
  await (await flaky.getJob(String(fourth.id)))?.retry()
  t.equal(await fourth.waitUntilFinished(heard), 4)
  t.equal(await flaky.getFailedCount(), 1)
})

t.test('priorities, LIFO, pauses, deduplication and rate limits', async t => {
  const { queue, events, worker } = await bench(t)
  const line = queue('line')
  const heard = await events('line')
  await line.pause()
  await line.add('low', 1, { priority: 10 })
  await line.add('high', 2, { priority: 1 })
  await line.add('first', 3)
  await line.add('last in', 4, { lifo: true })
  const once = await line.add('once', 5, { deduplication: { id: 'only' } })
  const again = await line.add('once', 6, { deduplication: { id: 'only' } })
  t.equal(again.id, once.id)
  t.match(await line.getJobCounts('waiting', 'prioritized'), { waiting: 3, prioritized: 2 })
  const order: string[] = []
  const done = new Promise<void>(resolve => {
    worker(
      'line',
      async job => {
        order.push(job.name)
        if (order.length === 5) resolve()
      },
      { limiter: { max: 2, duration: 50 } },
    )
  })
  t.equal(await line.isPaused(), true)
  await line.resume()
  await done
  t.strictSame(order, ['last in', 'first', 'once', 'high', 'low'])
  await heard.close()
})

t.test('a delayed job waits for its time, or is promoted', async t => {
  const { queue, events, worker } = await bench(t)
  const later = queue('later')
  const heard = await events('later')
  const order: string[] = []
  worker('later', async job => {
    order.push(job.name)
    return Date.now() - job.timestamp
  })
  const soon = await later.add('soon', {}, { delay: 150 })
  const sooner = await later.add('sooner', {}, { delay: 60 })
  const promoted = await later.add('promoted', {}, { delay: 3_600_000 })
  t.equal(await later.getDelayedCount(), 3)
  await promoted.promote()
  await promoted.waitUntilFinished(heard)
  t.ok((await sooner.waitUntilFinished(heard)) >= 60)
  t.ok((await soon.waitUntilFinished(heard)) >= 150)
  // On a busy machine both may be due when the worker looks; then either may come first.
  t.strictSame([order[0], ...order.slice(1).sort()], ['promoted', 'soon', 'sooner'])
  t.equal(await later.getDelayedCount(), 0)
})

t.test('a scheduler makes a job each period until it is removed', async t => {
  const { queue, worker } = await bench(t)
  const ticks = queue('ticks')
  const seen: unknown[] = []
  let enough: () => void = () => {}
  const three = new Promise<void>(resolve => {
    enough = resolve
  })
  worker('ticks', async job => {
    seen.push(job.data)
    if (seen.length === 3) enough()
  })
  const template = { name: 'tick', data: { from: 'scheduler' } }
  await ticks.upsertJobScheduler('every', { every: 60 }, template)
  await ticks.upsertJobScheduler('nightly', { pattern: '0 0 3 * * *' }, template)
  await three
  t.strictSame(seen[2], { from: 'scheduler' })
  t.equal(await ticks.getJobSchedulersCount(), 2)
  const schedulers = await ticks.getJobSchedulers()
  t.strictSame(schedulers.map(({ key }) => key).sort(), ['every', 'nightly'])
  t.equal(await ticks.removeJobScheduler('every'), true)
  t.equal(await ticks.removeJobScheduler('every'), false)
  t.equal(await ticks.getJobSchedulersCount(), 1)
})

t.test('a flow: the parent runs when its children are done, and sees what they found', async t => {
  const { queue, events, worker, flows } = await bench(t)
  const house = queue('house')
  const heard = await events('house')
  const order: string[] = []
  worker('walls', async job => {
    order.push(job.name)
    return job.data.stones * 2
  })
  worker('house', async job => {
    order.push(job.name)
    const values = Object.values(await job.getChildrenValues<number>())
    return values.reduce((sum, value) => sum + value, 0)
  })
  const children = [1, 2, 3].map(stones => ({
    name: `wall ${stones}`,
    queueName: 'walls',
    data: { stones },
  }))
  const tree: JobNode = await flows().add({
    name: 'roof',
    queueName: 'house',
    data: {},
    children: [{ name: 'floor', queueName: 'house', data: {}, children }],
  })
  t.equal(await tree.job.waitUntilFinished(heard), 12)
  t.strictSame(order, ['wall 1', 'wall 2', 'wall 3', 'floor', 'roof'])
  t.equal((await tree.job.getDependencies()).processed !== undefined, true)
  t.equal(await house.getCompletedCount(), 2)
})

t.test('a worker that dies leaves a stalled job, which another one takes over', async t => {
  const { queue, events, worker } = await bench(t)
  const fragile = queue('fragile')
  const heard = await events('fragile')
  const job = await fragile.add('long', {})
  const first = worker('fragile', () => new Promise(() => {}), {
    lockDuration: 100,
    skipLockRenewal: true,
    skipStalledCheck: true,
  })
  await once(first, 'active')
  await first.close(true)
  worker('fragile', async () => 'by another', { stalledInterval: 120 })
  t.equal(await job.waitUntilFinished(heard), 'by another')
})
