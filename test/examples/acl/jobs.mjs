// Background jobs with BullMQ: a queue, a worker, events, a delayed job, and a failed one that is
// tried again. `node jobs.mjs` ends with 0 when all are done.

import assert from 'node:assert/strict'
import { fileURLToPath } from 'node:url'
import { Queue, QueueEvents, Worker } from 'bullmq'
import { ioredisOptions } from './connection.mjs'

const PATIENCE_MS = 6000

export async function run(env) {
  const connection = { ...ioredisOptions(env), maxRetriesPerRequest: null }
  const opened = []
  let fail = () => {}
  const failure = new Promise((_, reject) => {
    fail = reject
  })
  const keep = each => {
    each.on('error', fail)
    opened.push(each)
    return each
  }
  const timer = setTimeout(() => fail(new Error('not done in time')), PATIENCE_MS)
  try {
    await Promise.race([failure, work(keep, connection)])
  } finally {
    clearTimeout(timer)
    // Where rights are missing, some wait for ever.
    const patience = new Promise(resolve => setTimeout(resolve, 500))
    await Promise.race([Promise.all(opened.map(close)), patience])
  }
}

async function close(each) {
  each.removeAllListeners('error').on('error', () => {})
  if (each instanceof Worker) await each.close(true).catch(() => {})
  else await each.close().catch(() => {})
}

async function work(keep, connection) {
  const queue = keep(new Queue('mails', { connection }))
  const events = keep(new QueueEvents('mails', { connection }))
  await events.waitUntilReady()
  const tries = new Map()
  const send = async job => {
    tries.set(job.name, (tries.get(job.name) ?? 0) + 1)
    if (job.name === 'flaky' && tries.get('flaky') < 2) throw new Error('not yet')
    await job.updateProgress(50)
    await job.log('sent')
    return job.data.to.length
  }
  const worker = keep(new Worker('mails', send, { connection }))
  await worker.waitUntilReady()
  const options = { attempts: 2, backoff: { type: 'fixed', delay: 10 } }
  const first = await queue.add('first', { to: 'anna' })
  const flaky = await queue.add('flaky', { to: 'bert' }, options)
  const later = await queue.add('later', { to: 'cora' }, { delay: 20 })
  const results = await Promise.all([first, flaky, later].map(j => j.waitUntilFinished(events)))
  assert.deepEqual(results, [4, 4, 4])
  assert.equal(tries.get('flaky'), 2)
  assert.equal((await queue.getJobCounts('completed')).completed, 3)
  assert.deepEqual((await queue.getJobLogs(first.id)).logs, ['sent'])
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  await run(process.env).catch(error => {
    console.error(error)
    process.exit(1)
  })
  process.exit(0)
}
