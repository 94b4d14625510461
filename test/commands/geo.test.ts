import t from 'tap'
import { startServer } from '../helpers/server.ts'
import { transcript } from '../helpers/transcript.ts'

const WRONGTYPE = '-WRONGTYPE Operation against a key holding the wrong kind of value'
const SYNTAX = '-ERR syntax error'
const SICILY = 'GEOADD sicily 13.361389 38.115556 palermo 15.087269 37.502669 catania'
const POSITION = ['$13.36138933897018433', '$38.11555639549629859']

transcript(t, 'places are added to a sorted set', [
  [SICILY, ':2'],
  ['TYPE sicily', '+zset'],
  ['ZSCORE sicily palermo', '$3479099956230698'],
  ['GEOADD sicily NX 0 0 palermo', ':0'],
  ['GEOADD sicily XX CH 13.5 38.1 palermo', ':1'],
  ['GEOADD sicily XX 1 1 nowhere', ':0'],
  ['GEOADD sicily NX XX 1 1 a', SYNTAX],
  ['GEOADD sicily 1 1 a 2', SYNTAX],
  ['GEOADD sicily 1 x a', '-ERR value is not a valid float'],
  ['GEOADD s 181 0 a', '-ERR invalid longitude,latitude pair 181.000000,0.000000'],
  [
    'GEOADD s 200.0078125 1e25 a',
    '-ERR invalid longitude,latitude pair 200.007812,10000000000000000905969664.000000',
  ],
  ['GEOADD s 1 1 a 1 -86 b', '-ERR invalid longitude,latitude pair 1.000000,-86.000000'],
  ['EXISTS s', ':0'],
])

transcript(t, 'positions, hashes and distances', [
  [SICILY, ':2'],
  ['GEOPOS sicily palermo none', [POSITION, '(nil array)']],
  ['GEOPOS none a', ['(nil array)']],
  ['GEOPOS sicily', []],
  ['GEOHASH sicily palermo none catania', ['$sqc8b49rny0', '(nil)', '$sqdtr74hyu0']],
  ['GEODIST sicily palermo catania', '$166274.1516'],
  ['GEODIST sicily palermo catania km', '$166.2742'],
  ['GEODIST sicily palermo catania FT', '$545518.8700'],
  ['GEODIST sicily palermo catania mi', '$103.3182'],
  ['GEODIST sicily palermo palermo', '$0.0000'],
  ['GEODIST sicily palermo none', '(nil)'],
  ['GEODIST none a b', '(nil)'],
  ['GEODIST sicily palermo catania x', '-ERR unsupported unit provided. please use M, KM, FT, MI'],
  ['GEODIST sicily palermo catania m m', SYNTAX],
  // The ends of the map.
  ['GEOADD ends 180 85.05112878 ne -180 -85.05112878 sw 0 0 zero', ':3'],
  [
    'GEOPOS ends ne sw',
    [
      ['$180', '$85.0511287799999991'],
      ['$-179.99999731779098511', '$-85.05112751263942528'],
    ],
    '7.2',
  ],
  ['GEOHASH ends ne sw zero', ['$bp05b5048p0', '$00bh0hbj200', '$s0000000000']],
])

transcript(t, 'searching', [
  [SICILY, ':2'],
  ['GEOADD sicily 12.758489 38.788135 edge1 17.241510 38.788135 edge2', ':2'],
  ['GEOSEARCH sicily FROMLONLAT 15 37 BYRADIUS 200 km ASC', ['$catania', '$palermo']],
  [
    'GEOSEARCH sicily FROMLONLAT 15 37 BYBOX 400 400 km ASC',
    ['$catania', '$palermo', '$edge2', '$edge1'],
  ],
  ['GEOSEARCH sicily FROMMEMBER palermo BYRADIUS 200 km DESC', ['$catania', '$edge1', '$palermo']],
  ['GEOSEARCH sicily FROMLONLAT 15 37 BYRADIUS 1000 km COUNT 1', ['$catania']],
  [
    'GEOSEARCH sicily FROMLONLAT 15 37 BYRADIUS 200 km ASC WITHCOORD WITHDIST WITHHASH COUNT 1',
    [
      [
        '$catania',
        '$56.4413',
        ':3479447370796909',
        ['$15.08726745843887329', '$37.50266842333162032'],
      ],
    ],
  ],
  ['GEOSEARCH sicily FROMLONLAT 15 37 BYRADIUS 0 m', []],
  ['GEOSEARCH none FROMLONLAT 15 37 BYRADIUS 10 km', []],
  ['GEOSEARCH none FROMMEMBER a BYRADIUS 10 km', []],
  ['GEORADIUS sicily 15 37 200 km', ['$palermo', '$catania'], 'sorted'],
  ['GEORADIUS_RO sicily 15 37 200 km COUNT 1 ASC WITHDIST', [['$catania', '$56.4413']]],
  ['GEORADIUSBYMEMBER sicily palermo 200 km ASC', ['$palermo', '$edge1', '$catania']],
  ['GEORADIUSBYMEMBER_RO none a x y', []],
])

transcript(t, 'what a search refuses', [
  [SICILY, ':2'],
  ['SET s x', '+OK'],
  ['GEOSEARCH s FROMLONLAT 15 37 BYRADIUS 200 km FOO', WRONGTYPE],
  ['GEOSEARCH sicily FROMLONLAT 15 37 BYRADIUS 200 km FOO', SYNTAX],
  ['GEOSEARCH sicily FROMLONLAT 15 37 FROMMEMBER a BYRADIUS 2 km', SYNTAX],
  ['GEOSEARCH sicily FROMLONLAT 15 37 BYBOX 2 2 km BYRADIUS 2 km', SYNTAX],
  ['GEOSEARCH sicily FROMMEMBER a BYRADIUS 2 km', '-ERR could not decode requested zset member'],
  [
    'GEOSEARCH sicily BYRADIUS 2 km ASC COUNT 2',
    '-ERR exactly one of FROMMEMBER or FROMLONLAT can be specified for GEOSEARCH',
  ],
  [
    'geosearch sicily FROMLONLAT 15 37 COUNT 2 ASC',
    '-ERR exactly one of BYRADIUS and BYBOX can be specified for geosearch',
  ],
  ['GEOSEARCH sicily FROMLONLAT 1 1 BYRADIUS x km', '-ERR need numeric radius'],
  ['GEOSEARCH sicily FROMLONLAT 1 1 BYRADIUS -1 km', '-ERR radius cannot be negative'],
  ['GEOSEARCH sicily FROMLONLAT 1 1 BYBOX x 1 km', '-ERR need numeric width'],
  ['GEOSEARCH sicily FROMLONLAT 1 1 BYBOX 1 x km', '-ERR need numeric height'],
  ['GEOSEARCH sicily FROMLONLAT 1 1 BYBOX 1 -1 km', '-ERR height or width cannot be negative'],
  ['GEOSEARCH sicily FROMLONLAT 1 1 BYRADIUS 1 km COUNT 0', '-ERR COUNT must be > 0'],
  [
    'GEOSEARCH sicily FROMLONLAT 1 1 BYRADIUS 1 km ANY',
    '-ERR the ANY argument requires COUNT argument',
  ],
  [
    'GEORADIUS sicily 1 1 1 km STORE d WITHDIST',
    '-ERR STORE option in GEORADIUS is not compatible with WITHDIST, WITHHASH and WITHCOORD options',
  ],
  [
    'GEOSEARCHSTORE d sicily FROMLONLAT 1 1 BYRADIUS 1 km WITHDIST',
    '-ERR GEOSEARCHSTORE is not compatible with WITHDIST, WITHHASH and WITHCOORD options',
  ],
  ['GEORADIUS_RO sicily 1 1 1 km STORE d', SYNTAX],
  ['GEOSEARCH sicily FROMLONLAT 1 1 BYRADIUS 1 km STOREDIST', SYNTAX],
])

transcript(t, 'results can be stored', [
  [SICILY, ':2'],
  ['GEOSEARCHSTORE d sicily FROMLONLAT 15 37 BYRADIUS 200 km', ':2'],
  ['ZRANGE d 0 -1 WITHSCORES', ['$palermo', '$3479099956230698', '$catania', '$3479447370796909']],
  ['GEOSEARCHSTORE d sicily FROMLONLAT 15 37 BYRADIUS 200 km COUNT 1 STOREDIST', ':1'],
  ['ZRANGE d 0 -1 WITHSCORES', ['$catania', '$56.4412578701582'], '7.2'],
  ['GEORADIUS sicily 15 37 200 km STORE a STOREDIST b', ':2'],
  ['EXISTS a b', ':1'],
  ['ZRANGE b 0 -1', ['$catania', '$palermo']],
  ['GEORADIUSBYMEMBER sicily palermo 1 m STORE c', ':1'],
  ['GEORADIUS sicily 0 0 1 m STORE b', ':0'],
  ['EXISTS b', ':0'],
  ['GEOSEARCHSTORE c none FROMMEMBER x BYRADIUS 200 km', ':0'],
  ['EXISTS c', ':0'],
])

t.test('points of one cell are found in one order, also when only some are asked for', async t => {
  const redis = await startServer()
  t.teardown(() => redis.close())
  const client = await redis.connect()
  const places = Array.from({ length: 200 }, (_, i) => [
    '2',
    '48',
    `m${String(i).padStart(3, '0')}`,
  ])
  await client.ask('GEOADD', 'g', ...places.flat())
  const search = ['GEOSEARCH', 'g', 'FROMLONLAT', '2', '48', 'BYRADIUS', '1', 'km']
  const any = (await client.ask(...search, 'COUNT', '5', 'ANY')) as string[]
  t.strictSame(any, ['$m000', '$m001', '$m002', '$m003', '$m004'])
  t.equal(new Set((await client.ask(...search, 'COUNT', '150')) as string[]).size, 150)
})

t.test('the keys of GEORADIUS are the source and the last store', async t => {
  const redis = await startServer()
  t.teardown(() => redis.close())
  const client = await redis.connect()
  t.strictSame(
    await client.ask(
      ...'COMMAND GETKEYSANDFLAGS GEORADIUS k 1 1 1 m STORE ok STORE bad'.split(' '),
    ),
    [
      ['$k', ['+RO', '+access']],
      ['$bad', ['+OW', '+update']],
    ],
  )
  await client.ask('ACL', 'SETUSER', 'u', 'on', 'nopass', '+@all', '~k', '~ok')
  const dryRun = async (line: string) => client.ask('ACL', 'DRYRUN', 'u', ...line.split(' '))
  t.equal(await dryRun('GEORADIUS k 1 1 1 m STORE ok'), '+OK')
  t.equal(
    await dryRun('GEORADIUS k 1 1 1 m STORE ok STORE bad'),
    "$User u has no permissions to access the 'bad' key",
  )
  t.equal(
    await dryRun('GEORADIUSBYMEMBER k m 1 m COUNT 1 STOREDIST bad'),
    "$User u has no permissions to access the 'bad' key",
  )
  t.equal(await dryRun('GEORADIUSBYMEMBER k m 1 m'), '+OK')
})
