// Replication, as a server answers that has neither a master nor replicas.

import t from 'tap'
import { onBoth } from '../helpers/both.ts'
import { transcript } from '../helpers/transcript.ts'

transcript(t, 'a server that replicates nothing', [
  ['ROLE', ['$master', ':0', []]],
  ['ROLE x', "-ERR wrong number of arguments for 'role' command"],
  ['REPLICAOF no one', '+OK'],
  ['SLAVEOF NO ONE', '+OK'],
  ['REPLICAOF 127.0.0.1 x', '-ERR Invalid master port'],
  ['REPLICAOF 127.0.0.1 65536', '-ERR Invalid master port'],
  ['REPLICAOF 127.0.0.1 -1', '-ERR Invalid master port'],
  ['REPLICAOF', "-ERR wrong number of arguments for 'replicaof' command"],
  ['SLAVEOF 127.0.0.1', "-ERR wrong number of arguments for 'slaveof' command"],
  ['FAILOVER', '-ERR FAILOVER requires connected replicas.'],
  ['FAILOVER ABORT', '-ERR No failover in progress.'],
  ['FAILOVER ABORT now', '-ERR syntax error'],
  ['FAILOVER TO 127.0.0.1 99', '-ERR FAILOVER requires connected replicas.'],
  ['FAILOVER TO 127.0.0.1', '-ERR syntax error'],
  ['FAILOVER TO 127.0.0.1 x', '-ERR value is not an integer or out of range'],
  ['FAILOVER TIMEOUT 0', '-ERR FAILOVER timeout must be greater than 0'],
  ['FAILOVER TIMEOUT x', '-ERR value is not an integer or out of range'],
  ['FAILOVER TIMEOUT 10 TIMEOUT 10', '-ERR syntax error'],
  ['FAILOVER FORCE', '-ERR FAILOVER requires connected replicas.'],
  ['FAILOVER FORCE FORCE', '-ERR syntax error'],
  ['FAILOVER TO 127.0.0.1 99 TIMEOUT 5', '-ERR FAILOVER requires connected replicas.'],
  ['FAILOVER WHAT', '-ERR syntax error'],
  ['FAILOVER TO 127.0.0.1 99 FORCE', '-ERR FAILOVER requires connected replicas.'],
])

transcript(t, 'REPLCONF reads pairs', [
  ['REPLCONF', '+OK'],
  ['REPLCONF listening-port', '-ERR syntax error'],
  ['REPLCONF listening-port 6380', '+OK'],
  ['REPLCONF listening-port x', '-ERR value is not an integer or out of range'],
  ['REPLCONF ip-address 192.0.2.1', '+OK'],
  ['REPLCONF capa eof capa psync2', '+OK'],
  ['REPLCONF nosuch x', '-ERR Unrecognized REPLCONF option: nosuch'],
  ['REPLCONF rdb-only 0', '+OK'],
  ['REPLCONF rdb-only x', '-ERR value is not an integer or out of range'],
  ['REPLCONF rdb-filter-only functions', '+OK'],
  ['REPLCONF rdb-filter-only nosuch', '-ERR Unsupported rdb-filter-only option: nosuch'],
  ['REPLCONF rdb-filter-only ""', '+OK'],
  ['REPLCONF rdb-only 2', '-ERR value is out of range, value must between 0 and 1'],
  ['REPLCONF version 7.4.0', '-ERR Unrecognized REPLCONF option: version'],
])

transcript(t, 'WAIT and WAITAOF without replicas', [
  ['WAIT 0 0', ':0'],
  ['WAIT 1 1', ':0'],
  ['WAIT -1 0', ':0'],
  ['WAIT x 0', '-ERR value is not an integer or out of range'],
  ['WAIT 0 x', '-ERR timeout is not an integer or out of range'],
  ['WAIT 0 -1', '-ERR timeout is negative'],
  ['WAIT 0', "-ERR wrong number of arguments for 'wait' command"],
  ['WAITAOF 0 0 0', [':0', ':0'], '7.2'],
  ['WAITAOF 0 1 1', [':0', ':0'], '7.2'],
  [
    'WAITAOF 1 0 0',
    '-ERR WAITAOF cannot be used when numlocal is set but appendonly is disabled.',
    '7.2',
  ],
  ['WAITAOF 2 0 0', '-ERR value is out of range, value must between 0 and 1', '7.2'],
  ['WAITAOF -1 0 0', '-ERR value is out of range, value must between 0 and 1', '7.2'],
  ['WAITAOF 0 -1 0', '-ERR value is out of range, must be positive', '7.2'],
  ['WAITAOF x 0 0', '-ERR value is not an integer or out of range', '7.2'],
  ['WAITAOF 0 x 0', '-ERR value is out of range, must be positive', '7.2'],
  ['WAITAOF 0 0 x', '-ERR timeout is not an integer or out of range', '7.2'],
  ['WAITAOF 0 0 -1', '-ERR timeout is negative', '7.2'],
  ['WAITAOF 0 0', "-ERR wrong number of arguments for 'waitaof' command", '7.2'],
  ['MULTI', '+OK'],
  ['WAIT 1 0', '+QUEUED'],
  ['WAITAOF 0 1 0', '+QUEUED', '7.2'],
  ['EXEC', [':0', [':0', ':0']], '7.4'],
  ['MULTI', '+OK'],
  ['PSYNC ? -1', '-ERR Command not allowed inside a transaction'],
  ['EXEC', '-EXECABORT Transaction discarded because of previous errors.'],
  ['MULTI', '+OK'],
  ['SYNC', '-ERR Command not allowed inside a transaction'],
  ['EXEC', '-EXECABORT Transaction discarded because of previous errors.'],
  ['PSYNC ?', "-ERR wrong number of arguments for 'psync' command"],
  ['SYNC x', "-ERR wrong number of arguments for 'sync' command"],
  ['MULTI', '+OK'],
  ['REPLICAOF NO ONE', '+QUEUED'],
  ['EXEC', ['+OK']],
  ['EVAL "return redis.call(\'WAIT\', 1, 0)" 0', ':0', '7.4'],
  [
    'EVAL "return redis.call(\'ROLE\')" 0',
    '-ERR This Redis command is not allowed from script script: 51cead610274f607a9e096c9db2cf1fec04e0e04, on @user_script:1.',
  ],
  [
    "EVAL \"return redis.call('REPLICAOF', 'NO', 'ONE')\" 0",
    '-ERR This Redis command is not allowed from script script: 88050b6353b1b04bb6ff86b3d044b9e203df53c4, on @user_script:1.',
  ],
])

onBoth(t, 'INFO replication knows of nobody', async (t, server) => {
  const wire = await server.connect()
  const text = String(await wire.ask('INFO', 'replication'))
  t.match(text, /^\$# Replication\r\nrole:master\r\nconnected_slaves:0\r\n/)
  t.match(text, /\r\nmaster_replid:[0-9a-f]{40}\r\nmaster_replid2:0{40}\r\n/)
  const names = [...text.matchAll(/^([a-z]\w*):/gm)].map(([, name]) => name)
  t.strictSame(names, [
    'role',
    'connected_slaves',
    'master_failover_state',
    'master_replid',
    'master_replid2',
    'master_repl_offset',
    'second_repl_offset',
    'repl_backlog_active',
    'repl_backlog_size',
    'repl_backlog_first_byte_offset',
    'repl_backlog_histlen',
  ])
})
