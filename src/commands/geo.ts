// Places: a sorted set whose scores are geohashes. The words of the searches are read in
// geo-search.ts; the arithmetic is in util/geohash.ts.

import type { Client } from '../engine/client.ts'
import { handlers } from '../engine/handlers.ts'
import type { Args } from '../resp3/args.ts'
import { SYNTAX } from '../resp3/errors.ts'
import type { ReplyWriter } from '../resp3/writer.ts'
import { type Element, SortedSetValue } from '../store/sorted-set.ts'
import { GEO } from '../table/families/sorted-set.ts'
import {
  checkSearch,
  newSearch,
  readCircle,
  readPoint,
  readSearchOptions,
  readUnit,
  type Search,
  type StoreStyle,
} from '../table/readers/geo-search.ts'
import { decode, distance, encode, geohashText } from '../util/geohash.ts'
import { formatFixed } from '../util/number.ts'
import { type Found, find, placeOf, placesIn } from './geo-search.ts'
import { add } from './sorted-set-add.ts'

export const geo = handlers(GEO, {
  geoadd,
  geodist,
  geohash,
  geopos,
  georadius,
  georadius_ro: georadiusReadOnly,
  georadiusbymember,
  georadiusbymember_ro: georadiusbymemberReadOnly,
  geosearch,
  geosearchstore,
})

function geoadd({ db, server: { effects } }: Client, args: Args, reply: ReplyWriter): void {
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
  if (effects.isHeard) {
    const given = Array.from({ length: first - 1 }, (_, i) => args.slice(i + 1))
    const places = additions.flatMap(({ score, member }) => [String(score), member])
    effects.instead(['zadd', ...given, ...places])
  }
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
    reply.bulkOrNull(score === undefined ? undefined : geohashText(decode(score)))
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
  readSearchOptions(search, args, 6, { form: 'radius', store }, placesIn(set))
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
  readSearchOptions(search, args, 5, { form: 'radius', store }, placesIn(set))
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

function geosearch({ db }: Client, args: Args, reply: ReplyWriter): void {
  const set = db.read(args.text(1), SortedSetValue)
  const search = newSearch()
  readSearchOptions(search, args, 2, { form: 'search', store: 'none' }, placesIn(set))
  checkSearch(search, 'search', '', args.text(0))
  writeFound(reply, search, set === undefined ? [] : find(search, set))
}

function geosearchstore(client: Client, args: Args, reply: ReplyWriter): void {
  const set = client.db.read(args.text(2), SortedSetValue)
  const search = newSearch()
  search.storeAt = 1
  readSearchOptions(search, args, 3, { form: 'search', store: 'flag' }, placesIn(set))
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
    db.replace(key, result)
    db.changed(key, event, found.length)
  } else if (db.discard(key)) {
    db.changed(key, 'del')
  }
  reply.integer(found.length)
}
