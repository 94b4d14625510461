// Watching a server work: SLOWLOG, LATENCY and MONITOR.

import t from 'tap'
import { splitWords } from '../../src/resp3/words.ts'
import { type Either, onBoth } from '../helpers/both.ts'
import { ANY, transcript } from '../helpers/transcript.ts'
import { type Shown, show } from '../helpers/wire.ts'

transcript(t, 'SLOWLOG counts, shows and forgets', [
  ['CONFIG SET slowlog-log-slower-than -1', '+OK'],
  ['SLOWLOG RESET', '+OK'],
  ['SLOWLOG LEN', ':0'],
  ['SLOWLOG GET', []],
  ['SLOWLOG GET 0', []],
  ['SLOWLOG GET -1', []],
  ['SLOWLOG GET -2', '-ERR count should be greater than or equal to -1'],
  ['SLOWLOG GET x', '-ERR count should be greater than or equal to -1'],
  [
    'SLOWLOG GET 1 2',
    "-ERR unknown subcommand or wrong number of arguments for 'GET'. Try SLOWLOG HELP.",
  ],
  ['SLOWLOG LEN x', "-ERR wrong number of arguments for 'slowlog|len' command"],
  ['SLOWLOG RESET x', "-ERR wrong number of arguments for 'slowlog|reset' command"],
  ['SLOWLOG', "-ERR wrong number of arguments for 'slowlog' command"],
  ['SLOWLOG NOSUCH', "-ERR unknown subcommand 'NOSUCH'. Try SLOWLOG HELP."],
  ['SLOWLOG HELP', ANY, 'shape'],
  ['CONFIG SET slowlog-log-slower-than 10000', '+OK'],
])

transcript(t, 'LATENCY without any spike', [
  ['LATENCY RESET', ':0'],
  ['LATENCY LATEST', []],
  ['LATENCY HISTORY command', []],
  ['LATENCY HISTORY nosuch', []],
  ['LATENCY GRAPH nosuch', "-ERR No samples available for event 'nosuch'"],
  ['LATENCY RESET nosuch', ':0'],
  ['LATENCY DOCTOR', ANY, 'shape'],
  ['LATENCY HISTORY', "-ERR wrong number of arguments for 'latency|history' command"],
  ['LATENCY GRAPH', "-ERR wrong number of arguments for 'latency|graph' command"],
  ['LATENCY LATEST x', "-ERR wrong number of arguments for 'latency|latest' command"],
  ['LATENCY', "-ERR wrong number of arguments for 'latency' command"],
  ['LATENCY NOSUCH', "-ERR unknown subcommand 'NOSUCH'. Try LATENCY HELP."],
  ['LATENCY HELP', ANY, 'shape'],
])

transcript(t, 'LATENCY HISTOGRAM counts calls', [
  ['CONFIG RESETSTAT', '+OK'],
  ['LATENCY HISTOGRAM get', []],
  ['LATENCY HISTOGRAM nosuch', []],
  ['SET k v', '+OK'],
  ['SET k w', '+OK'],
  ['LATENCY HISTOGRAM set', ANY, 'shape'],
  ['LATENCY HISTOGRAM SET|x', []],
  ['CONFIG SET latency-tracking no', '+OK'],
  ['GET k', '$w'],
  ['LATENCY HISTOGRAM get', []],
  ['CONFIG SET latency-tracking yes', '+OK'],
])

transcript(t, 'a spike is kept', [
  ['CONFIG SET latency-monitor-threshold 5', '+OK'],
  ['DEBUG SLEEP 0.02', '+OK'],
  ['LATENCY LATEST', ANY, 'shape'],
  ['LATENCY HISTORY command', ANY, 'shape'],
  ['LATENCY GRAPH command', ANY, 'shape'],
  ['LATENCY DOCTOR', ANY, 'shape'],
  ['LATENCY RESET nosuch', ':0'],
  ['LATENCY RESET command nosuch', ':1'],
  ['LATENCY HISTORY command', []],
  ['CONFIG SET latency-monitor-threshold 0', '+OK'],
])

transcript(t, "MONITOR's words", [
  ['MULTI', '+OK'],
  ['MONITOR', '+QUEUED'],
  ['EXEC', ["-ERR MONITOR isn't allowed for DENY BLOCKING client"]],
  ['MONITOR x', "-ERR wrong number of arguments for 'monitor' command"],
  [
    'EVAL "return redis.call(\'MONITOR\')" 0',
    '-ERR This Redis command is not allowed from script script: a3544a076f8e841eecd58d75053659f691232544, on @user_script:1.',
  ],
  ['MONITOR', '+OK'],
])

onBoth(t, 'SLOWLOG shows words, address and name, the latest first', async (t, server) => {
  const wire = await server.connect()
  await wire.call('CLIENT', 'SETNAME', 'me')
  await wire.call('CONFIG', 'SET', 'slowlog-log-slower-than', '0', 'slowlog-max-len', '3')
  await wire.call('SLOWLOG', 'RESET')
  for (const line of ['SET k v', 'GET k', 'EVAL return(1) 0', 'MULTI', 'INCR n', 'EXEC']) {
    await wire.call(...line.split(' '))
  }
  await wire.call('CONFIG', 'SET', 'slowlog-log-slower-than', '-1')
  const entries = (await wire.ask('SLOWLOG', 'GET')) as readonly (readonly Shown[])[]
  t.strictSame(
    entries.map(([, , , words, , name]) => [words, name]),
    [
      [['$INCR', '$n'], '$me'],
      [['$MULTI'], '$me'],
      [['$EVAL', '$return(1)', '$0'], '$me'],
    ],
  )
  const [[id, at, took, , address] = []] = entries
  t.match(id, /^:\d+$/)
  t.match(at, /^:1\d{9}$/)
  t.match(took, /^:\d+$/)
  t.match(address, /^\$127\.0\.0\.1:\d+$/)
  t.equal(await wire.ask('SLOWLOG', 'LEN'), ':3')
  t.equal(((await wire.ask('SLOWLOG', 'GET', '1')) as readonly Shown[]).length, 1)
  t.equal(await wire.ask('SLOWLOG', 'RESET'), '+OK')
  t.equal(await wire.ask('SLOWLOG', 'LEN'), ':0')
})

/** Sends lines on one connection: what another one hears that monitors, without times and ports. */
async function monitored(server: Either, lines: readonly string[]): Promise<string[]> {
  const [sender, monitor] = [await server.connect(), await server.connect()]
  await sender.call('PING')
  await monitor.call('MONITOR')
  for (const words of [...lines, 'ECHO end'].map(splitWords)) await sender.call(...(words ?? []))
  const heard: string[] = []
  for (;;) {
    const text = String(show((await monitor.next()).reply))
    if (text.endsWith('"ECHO" "end"')) return heard
    heard.push(
      text
        .replace(/^\+1\d{9}\.\d{6} \[(\d+) (127\.0\.0\.1:\d+|lua)\]/, '$1 $2')
        .replace(/ 127\S+/, ''),
    )
  }
}

onBoth(t, 'MONITOR shows what the others run, with its bytes', async (t, server) => {
  t.strictSame(
    await monitored(server, [
      'SET k v',
      'SELECT 2',
      'get k',
      'ECHO "\\"\\\\\\n\\x01\\xff"',
      'NOSUCH',
      'GET',
      'LPUSH k',
      'SET k v NOSUCH',
    ]),
    [
      '0 "SET" "k" "v"',
      '2 "SELECT" "2"',
      '2 "get" "k"',
      '2 "ECHO" "\\"\\\\\\n\\x01\\xff"',
      '2 "SET" "k" "v" "NOSUCH"',
    ],
  )
})

onBoth(t, 'MONITOR shows transactions as they run, and scripts from inside', async (t, server) => {
  t.strictSame(
    await monitored(server, [
      'MULTI',
      'INCR n',
      'INCR n',
      'EXEC',
      'MULTI',
      'INCR n',
      'DISCARD',
      `EVAL "return redis.call('INCR', KEYS[1])" 1 n`,
    ]),
    [
      '0 "MULTI"',
      '0 "INCR" "n"',
      '0 "INCR" "n"',
      '0 "EXEC"',
      '0 "MULTI"',
      '0 "DISCARD"',
      `0 "EVAL" "return redis.call('INCR', KEYS[1])" "1" "n"`,
      '0 lua "INCR" "n"',
    ],
  )
})

onBoth(t, 'MONITOR shows no secrets and nothing of administration', async (t, server) => {
  t.strictSame(
    await monitored(server, [
      'AUTH default secret',
      'CONFIG SET requirepass ""',
      'ACL SETUSER u >secret',
      'DEBUG SLEEP 0',
      'SLOWLOG LEN',
      'CONFIG GET port',
      'HELLO 2 AUTH default secret SETNAME n',
    ]),
    [
      '0 "AUTH" "(redacted)" "(redacted)"',
      '0 "HELLO" "2" "AUTH" "(redacted)" "(redacted)" "SETNAME" "n"',
    ],
  )
})

onBoth(t, 'a client that monitors may leave it again', async (t, server) => {
  const [monitor, other] = [await server.connect(), await server.connect()]
  t.equal(await monitor.ask('MONITOR'), '+OK')
  t.equal(await monitor.ask('RESET'), '+RESET')
  await other.call('SET', 'k', 'v')
  t.equal(await monitor.ask('PING'), '+PONG')
  t.equal(await monitor.ask('MONITOR'), '+OK')
  t.equal(await monitor.ask('QUIT'), '+OK')
  await monitor.closed
  t.equal(await other.ask('PING'), '+PONG')
})
