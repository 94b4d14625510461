// Databases by their numbers, as SELECT, MOVE and COPY are given them.

import type { Args } from '../resp3/args.ts'
import { DB_INDEX_OUT_OF_RANGE, err } from '../resp3/errors.ts'
import type { Database } from '../store/database.ts'
import type { RedisServer } from './server.ts'

const MIN_INT = -2147483648
const MAX_INT = 2147483647
const NOT_AN_INT = err(`value is out of range, value must between ${MIN_INT} and ${MAX_INT}`)

export function readDatabaseIndex(args: Args, i: number): number {
  const index = args.integer(i)
  if (index < MIN_INT || index > MAX_INT) throw NOT_AN_INT
  return index
}

export function databaseAt({ keyspace }: RedisServer, args: Args, i: number): Database {
  const db = keyspace.get(readDatabaseIndex(args, i))
  if (db === undefined) throw DB_INDEX_OUT_OF_RANGE
  return db
}
