// Keyspace notifications: which events are on, and the two messages of each.

import { readClasses } from '../host/config/event-classes.ts'
import type { Database } from '../store/database.ts'
import type { Keyspace } from '../store/keyspace.ts'
import type { PubSub } from './pubsub.ts'

/** Events of which the class is not that of the key's own type. */
const EVENT_CLASS: ReadonlyMap<string, string> = new Map(
  Object.entries({
    g: 'del rename_from rename_to expire persist move_from move_to copy_to restore',
    x: 'expired',
    e: 'evicted',
    m: 'keymiss',
    n: 'new',
    $: 'set getset setrange append incrby incrbyfloat decrby incr decr setbit getdel setex getex',
    l: 'lpush rpush lpop rpop linsert lset lrem ltrim sortstore',
    h: 'hset hincrby hincrbyfloat hdel hexpire hexpired hpersist',
    s: 'sadd srem spop sinterstore sunionstore sdiffstore',
    z: 'zadd zincr zincrby zrem zremrangebyscore zremrangebyrank zremrangebylex zdiffstore zinterstore zunionstore zrangestore zpopmin zpopmax geosearchstore georadiusstore',
    t: 'xadd xdel xtrim xsetid xgroup-create xgroup-createconsumer xgroup-delconsumer xgroup-destroy xgroup-setid xclaim xautoclaim',
  }).flatMap(([letter, events]) => events.split(' ').map(event => [event, letter] as const)),
)

export class Notifications {
  readonly #keyspace: Keyspace
  readonly #pubsub: PubSub
  #enabled: ReadonlySet<string> = new Set()

  constructor(keyspace: Keyspace, pubsub: PubSub) {
    this.#keyspace = keyspace
    this.#pubsub = pubsub
  }

  /** Reads the classes of notify-keyspace-events. */
  enable(letters: string): void {
    this.#enabled = readClasses(letters)
    this.#keyspace.notifies = this.#enabled.size > 0
  }

  send(db: Database, event: string, key: string): void {
    const letter = EVENT_CLASS.get(event) ?? 'g'
    if (!this.#enabled.has(letter)) return
    if (this.#enabled.has('K')) this.#pubsub.publish(`__keyspace@${db.index}__:${key}`, event)
    if (this.#enabled.has('E')) this.#pubsub.publish(`__keyevent@${db.index}__:${event}`, key)
  }
}
