// Places: a sorted set whose scores are geohashes. The words of the searches are read in
// geo-search.ts; the arithmetic is in util/geohash.ts.

import type { KeyPlace } from '../acl/command-facts.ts'
import type { Args } from '../resp3/args.ts'
import { ReplyError, SYNTAX } from '../resp3/errors.ts'
import type { ReplyWriter } from '../resp3/writer.ts'
import type { Client } from '../server/client.ts'
import { family, READ, WRITE } from '../server/command.ts'
import { type Element, SortedSetValue } from '../store/sorted-set.ts'
import { decode, distance, encode, toText } from '../util/geohash.ts'
import { formatFixed } from '../util/number.ts'
import {
  checkSearch,
  type Found,
  find,
  newSearch,
  placeOf,
  readCircle,
  readPoint,
  readSearchOptions,
  readUnit,
  type Search,
  type StoreStyle,
} from './geo-search.ts'
import { add } from './sorted-set-add.ts'

export const geo = family('geo', 'geo', {
  geoadd: {
    arity: -5,
    flags: 'write denyoom',
    keys: 'RW update 1',
    since: '3.2.0',
    run: geoadd,
  },
  geodist: { arity: -4, flags: 'readonly', keys: 'RO access 1', since: '3.2.0', run: geodist },
  geohash: { arity: -2, flags: 'readonly', keys: 'RO access 1', since: '3.2.0', run: geohash },
  geopos: { arity: -2, flags: 'readonly', keys: 'RO access 1', since: '3.2.0', run: geopos },
  georadius: {
    arity: -6,
    flags: 'write denyoom',
    keys: ['RO access 1', 'OW update STORE@6', 'OW update STOREDIST@6'],
    findKeys: args => radiusKeys(args, 6),
    since: '3.2.0',
    run: georadius,
  },
  georadius_ro: {
    arity: -6,
    flags: 'readonly',
    keys: 'RO access 1',
    since: '3.2.10',
    run: georadiusReadOnly,
  },
  georadiusbymember: {
    arity: -5,
    flags: 'write denyoom',
    keys: ['RO access 1', 'OW update STORE@5', 'OW update STOREDIST@5'],
    findKeys: args => radiusKeys(args, 5),
    since: '3.2.0',
    run: georadiusbymember,
  },
  georadiusbymember_ro: {
    arity: -5,
    flags: 'readonly',
    keys: 'RO access 1',
    since: '3.2.10',
    run: georadiusbymemberReadOnly,
  },
  geosearch: { arity: -7, flags: 'readonly', keys: 'RO access 1', since: '6.2.0', run: geosearch },
  geosearchstore: {
    arity: -8,
    flags: 'write denyoom',
    keys: ['OW update 1', 'RO access 2'],
    since: '6.2.0',
    run: geosearchstore,
  },
})

function geoadd({ db }: Client, args: Args, reply: ReplyWriter): void {
  const found = new Set<string>()
  let first = 2
  for (; first < args.count; first++) {
    const word = args.option(first)
    if (word !== 'NX' && word !== 'XX' && word !== 'CH') break
    found.add(word)
  }
  if ((args.count - first) % 3 !== 0 || (found.has('XX') && found.has('NX'))) throw SYNTAX
  const additions: Element[] = []
  for (let i = first; i < args.count; i += 3) {
    additions.push({ score: encode(readPoint(args, i)), member: args.text(i + 2) })
  }
  if (additions.length === 0) throw SYNTAX
  const options = { onlyNew: found.has('NX'), onlyOld: found.has('XX') }
  const { added, updated } = add(db, args.text(1), additions, options)
  reply.integer(found.has('CH') ? added + updated : added)
}

// ---- Reading -----------------------------------------------------------------------------------

function geodist({ db }: Client, args: Args, reply: ReplyWriter): void {
  if (args.count > 5) throw SYNTAX
  const toMeters = args.count === 5 ? readUnit(args, 4) : 1
  const set = db.read(args.text(1), SortedSetValue)
  const a = set?.score(args.text(2))
  const b = set?.score(args.text(3))
  if (a === undefined || b === undefined) reply.null()
  else reply.bulk(formatDistance(distance(decode(a), decode(b)) / toMeters))
}

function formatDistance(length: number): string {
  return formatFixed(length, 4)
}

function geohash({ db }: Client, args: Args, reply: ReplyWriter): void {
  const set = db.read(args.text(1), SortedSetValue)
  reply.array(args.count - 2)
  for (let i = 2; i < args.count; i++) {
    const score = set?.score(args.text(i))
    reply.bulkOrNull(score === undefined ? undefined : toText(decode(score)))
  }
}

function geopos({ db }: Client, args: Args, reply: ReplyWriter): void {
  const set = db.read(args.text(1), SortedSetValue)
  reply.array(args.count - 2)
  for (let i = 2; i < args.count; i++) {
    const score = set?.score(args.text(i))
    if (score === undefined) reply.nullArray()
    else writePoint(reply, decode(score))
  }
}

function writePoint(reply: ReplyWriter, { longitude, latitude }: Found['point']): void {
  reply.array(2)
  reply.humanDouble(longitude)
  reply.humanDouble(latitude)
}

// ---- Searching ---------------------------------------------------------------------------------

function georadius(client: Client, args: Args, reply: ReplyWriter): void {
  searchRadius(client, args, reply, 'option')
}

function georadiusReadOnly(client: Client, args: Args, reply: ReplyWriter): void {
  searchRadius(client, args, reply, 'none')
}

/** GEORADIUS key longitude latitude radius unit [options] */
function searchRadius(client: Client, args: Args, reply: ReplyWriter, store: StoreStyle): void {
  const set = client.db.read(args.text(1), SortedSetValue)
  const search = newSearch()
  search.center = readPoint(args, 2)
  search.shape = readCircle(args, 4)
  readSearchOptions(search, args, 6, { form: 'radius', store }, set)
  answerRadius(client, args, reply, search, set)
}

function georadiusbymember(client: Client, args: Args, reply: ReplyWriter): void {
  searchAroundMember(client, args, reply, 'option')
}

function georadiusbymemberReadOnly(client: Client, args: Args, reply: ReplyWriter): void {
  searchAroundMember(client, args, reply, 'none')
}

/** GEORADIUSBYMEMBER key member radius unit [options] */
function searchAroundMember(
  client: Client,
  args: Args,
  reply: ReplyWriter,
  store: StoreStyle,
): void {
  const set = client.db.read(args.text(1), SortedSetValue)
  const search = newSearch()
  // Without a set Redis does not look at the radius either.
  if (set !== undefined) {
    search.center = placeOf(set, args.text(2))
    search.shape = readCircle(args, 3)
  }
  readSearchOptions(search, args, 5, { form: 'radius', store }, set)
  answerRadius(client, args, reply, search, set)
}

function answerRadius(
  client: Client,
  args: Args,
  reply: ReplyWriter,
  search: Search,
  set: SortedSetValue | undefined,
): void {
  checkSearch(search, 'radius', 'STORE option in GEORADIUS', args.text(0))
  const found = set === undefined ? [] : find(search, set)
  if (search.storeAt === undefined) writeFound(reply, search, found)
  else storeFound(client, args.text(search.storeAt), 'georadiusstore', search, found, reply)
}

/** The key that is read, and the one that the last STORE or STOREDIST names. */
function radiusKeys(args: Args, firstOption: number): readonly KeyPlace[] {
  const search = newSearch()
  try {
    const style = { form: 'radius', store: 'option' } as const
    readSearchOptions(search, args, firstOption, style, undefined)
  } catch (error) {
    // The command will find the same error, and touch nothing.
    if (!(error instanceof ReplyError)) throw error
  }
  const { storeAt } = search
  const source = { position: 1, needs: READ, flags: ['RO', 'access'] }
  if (storeAt === undefined) return [source]
  const flags = ['OW', 'update']
  return [source, { position: storeAt, needs: WRITE, flags }]
}

function geosearch({ db }: Client, args: Args, reply: ReplyWriter): void {
  const set = db.read(args.text(1), SortedSetValue)
  const search = newSearch()
  readSearchOptions(search, args, 2, { form: 'search', store: 'none' }, set)
  checkSearch(search, 'search', '', args.text(0))
  writeFound(reply, search, set === undefined ? [] : find(search, set))
}

function geosearchstore(client: Client, args: Args, reply: ReplyWriter): void {
  const set = client.db.read(args.text(2), SortedSetValue)
  const search = newSearch()
  search.storeAt = 1
  readSearchOptions(search, args, 3, { form: 'search', store: 'flag' }, set)
  checkSearch(search, 'search', 'GEOSEARCHSTORE', args.text(0))
  const found = set === undefined ? [] : find(search, set)
  storeFound(client, args.text(1), 'geosearchstore', search, found, reply)
}

function writeFound(reply: ReplyWriter, search: Search, found: readonly Found[]): void {
  const { withDistance, withHash, withCoordinates, shape } = search
  const extras = Number(withDistance) + Number(withHash) + Number(withCoordinates)
  reply.array(found.length)
  for (const { member, score, point, meters } of found) {
    if (extras > 0) reply.array(1 + extras)
    reply.bulk(member)
    if (withDistance) reply.bulk(formatDistance(meters / (shape?.toMeters ?? 1)))
    if (withHash) reply.integer(Math.trunc(score))
    if (withCoordinates) writePoint(reply, point)
  }
}

function storeFound(
  { db, server }: Client,
  key: string,
  event: string,
  { storesDistance, shape }: Search,
  found: readonly Found[],
  reply: ReplyWriter,
): void {
  if (found.length > 0) {
    const result = new SortedSetValue(server.keyspace.limits)
    for (const { member, score, meters } of found) {
      result.set(member, storesDistance ? meters / (shape?.toMeters ?? 1) : score)
    }
    result.chooseEncoding()
    db.put(key, result)
    db.changed(key, event, found.length)
  } else if (db.discard(key)) {
    db.changed(key, 'del')
  }
  reply.integer(found.length)
}
