// The server as a whole: databases emptied and exchanged, INFO, the time.

import fs from 'node:fs'
import t from 'tap'
import { onBoth } from '../helpers/both.ts'
import { ANY, transcript } from '../helpers/transcript.ts'

transcript(t, 'databases are counted, emptied and swapped', [
  ['DBSIZE', ':0'],
  ['MSET a 1 b 2', '+OK'],
  ['SELECT 1', '+OK'],
  ['SET c 3', '+OK'],
  ['DBSIZE', ':1'],
  ['SWAPDB 0 1', '+OK'],
  ['KEYS *', ['$a', '$b'], 'sorted'],
  ['SWAPDB 0 1', '+OK'],
  ['SWAPDB 0 0', '+OK'],
  ['SWAPDB 0 99', '-ERR DB index is out of range'],
  ['SWAPDB -1 0', '-ERR DB index is out of range'],
  ['SWAPDB x 0', '-ERR invalid first DB index'],
  ['SWAPDB 0 x', '-ERR invalid second DB index'],
  ['SWAPDB x y', '-ERR invalid first DB index'],
  ['SWAPDB 99 x', '-ERR invalid second DB index'],
  ['SWAPDB 0', "-ERR wrong number of arguments for 'swapdb' command"],
  ['FLUSHDB', '+OK'],
  ['DBSIZE', ':0'],
  ['SELECT 0', '+OK'],
  ['DBSIZE', ':2'],
  ['FLUSHDB ASYNC', '+OK'],
  ['FLUSHDB SYNC', '+OK'],
  ['FLUSHDB later', '-ERR syntax error'],
  ['FLUSHDB SYNC ASYNC', '-ERR syntax error'],
  ['DBSIZE', ':0'],
  ['SET a 1', '+OK'],
  ['FLUSHALL', '+OK'],
  ['FLUSHALL async', '+OK'],
  ['FLUSHALL sync', '+OK'],
  ['FLUSHALL later', '-ERR syntax error'],
  ['FLUSHALL ASYNC x', '-ERR syntax error'],
  ['DBSIZE', ':0'],
  ['DBSIZE x', "-ERR wrong number of arguments for 'dbsize' command"],
])

transcript(t, 'INFO takes sections', [
  ['INFO nosuch', '$'],
  ['INFO ""', '$'],
  ['INFO', ANY, 'shape'],
  ['INFO server', ANY, 'shape'],
  ['INFO everything', ANY, 'shape'],
  ['INFO all default', ANY, 'shape'],
  ['INFO server clients nosuch', ANY, 'shape'],
  ['INFO keyspace', '$# Keyspace\r\n'],
  ['SET k v', '+OK'],
  ['INFO keyspace', '$# Keyspace\r\ndb0:keys=1,expires=0,avg_ttl=0,subexpiry=0\r\n', '7.4'],
  [
    'INFO KEYSPACE keyspace',
    '$# Keyspace\r\ndb0:keys=1,expires=0,avg_ttl=0,subexpiry=0\r\n',
    '7.4',
  ],
  ['INFO cluster', '$# Cluster\r\ncluster_enabled:0\r\n'],
  ['INFO modules', '$# Modules\r\n'],
])

transcript(t, 'the time, and the version drawn', [
  ['TIME', ANY, 'shape'],
  ['TIME x', "-ERR wrong number of arguments for 'time' command"],
  ['LOLWUT', ANY, 'shape'],
  ['LOLWUT VERSION 5', ANY, 'shape'],
  ['LOLWUT VERSION 6 1 2', ANY, 'shape'],
  ['LOLWUT VERSION 99', ANY, 'shape'],
  ['LOLWUT VERSION x', '-ERR value is not an integer or out of range'],
  ['LOLWUT VERSION 5 x', '-ERR value is not an integer or out of range'],
  ['LOLWUT VERSION 6 x', '-ERR value is not an integer or out of range'],
  ['LOLWUT 1 2', '$Redis ver. 7.4.1\n', '7.4'],
])

const RECORDED = JSON.parse(
  fs.readFileSync(new URL('../recorded/info-7.4.json', import.meta.url), 'utf8'),
) as Readonly<Record<string, readonly string[]>>

onBoth(
  t,
  'INFO has the same sections, and each the same fields in the same order',
  async (t, server) => {
    const wire = await server.connect()
    await wire.call('SET', 'k', 'v')
    const text = String(await wire.ask('INFO', 'everything')).slice(1)
    const sections = text.split('\r\n\r\n').map(section => {
      const [, title = ''] = /^# (\w+)/.exec(section) ?? []
      const names = [...section.matchAll(/^([a-z][\w.-]*):/gm)].map(([, name]) => name ?? '')
      // Which listeners there are is the test's own matter.
      return [title, names.filter(name => !name.startsWith('listener'))] as const
    })
    t.strictSame(
      sections.map(([title]) => title),
      Object.keys(RECORDED),
    )
    for (const [title, names] of sections) t.strictSame(names, RECORDED[title], title)
  },
  { since: [7, 4] },
)

onBoth(t, 'INFO gives each section that is asked for once, in its own order', async (t, server) => {
  const wire = await server.connect()
  const titles = async (...sections: readonly string[]): Promise<string> => {
    const text = String(await wire.ask('INFO', ...sections))
    return [...text.matchAll(/^\$?# (\w+)/gm)].map(([, title]) => title).join(' ')
  }
  t.equal(await titles('cpu', 'SERVER', 'cpu', 'nosuch'), 'Server CPU')
  t.equal(await titles('commandstats', 'keyspace'), 'Commandstats Keyspace')
  t.equal(await titles(), await titles('default'))
  t.notMatch(await titles(), /Commandstats|Latencystats/)
  t.match(await titles('all'), /Commandstats/)
  t.equal(await titles('keyspace', 'default'), await titles('default'))
})
