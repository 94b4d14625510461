// CLUSTER and its kin, as a server without cluster support answers them.

import t from 'tap'
import { transcript } from '../helpers/transcript.ts'

transcript(t, 'without cluster support no word of CLUSTER has anything to say', [
  ['CLUSTER ADDSLOTS 1', '-ERR This instance has cluster support disabled'],
  ['CLUSTER ADDSLOTSRANGE 1 2', '-ERR This instance has cluster support disabled'],
  ['CLUSTER BUMPEPOCH', '-ERR This instance has cluster support disabled'],
  ['CLUSTER COUNT-FAILURE-REPORTS x', '-ERR This instance has cluster support disabled'],
  ['CLUSTER COUNTKEYSINSLOT 0', '-ERR This instance has cluster support disabled'],
  ['CLUSTER DELSLOTS 1', '-ERR This instance has cluster support disabled'],
  ['CLUSTER DELSLOTSRANGE 1 2', '-ERR This instance has cluster support disabled'],
  ['CLUSTER FAILOVER', '-ERR This instance has cluster support disabled'],
  ['CLUSTER FAILOVER FORCE', '-ERR This instance has cluster support disabled'],
  ['CLUSTER FLUSHSLOTS', '-ERR This instance has cluster support disabled'],
  ['CLUSTER FORGET x', '-ERR This instance has cluster support disabled'],
  ['CLUSTER GETKEYSINSLOT 0 1', '-ERR This instance has cluster support disabled'],
  ['CLUSTER HELP', '-ERR This instance has cluster support disabled'],
  ['CLUSTER INFO', '-ERR This instance has cluster support disabled'],
  ['CLUSTER KEYSLOT k', '-ERR This instance has cluster support disabled'],
  ['CLUSTER LINKS', '-ERR This instance has cluster support disabled'],
  ['CLUSTER MEET 127.0.0.1 1', '-ERR This instance has cluster support disabled'],
  ['CLUSTER MYID', '-ERR This instance has cluster support disabled'],
  ['CLUSTER NODES', '-ERR This instance has cluster support disabled'],
  ['CLUSTER REPLICAS x', '-ERR This instance has cluster support disabled'],
  ['CLUSTER REPLICATE x', '-ERR This instance has cluster support disabled'],
  ['CLUSTER RESET', '-ERR This instance has cluster support disabled'],
  ['CLUSTER RESET HARD', '-ERR This instance has cluster support disabled'],
  ['CLUSTER SAVECONFIG', '-ERR This instance has cluster support disabled'],
  ['CLUSTER SET-CONFIG-EPOCH 1', '-ERR This instance has cluster support disabled'],
  ['CLUSTER SETSLOT 1 NODE x', '-ERR This instance has cluster support disabled'],
  ['CLUSTER SHARDS', '-ERR This instance has cluster support disabled'],
  ['CLUSTER SLAVES x', '-ERR This instance has cluster support disabled'],
  ['CLUSTER SLOTS', '-ERR This instance has cluster support disabled'],
  ['CLUSTER MYSHARDID', '-ERR This instance has cluster support disabled', '7.2'],
  ['READONLY', '-ERR This instance has cluster support disabled'],
  ['READWRITE', '-ERR This instance has cluster support disabled'],
  ['ASKING', '-ERR This instance has cluster support disabled'],
])

transcript(t, 'but arity and names are looked at first', [
  ['CLUSTER', "-ERR wrong number of arguments for 'cluster' command"],
  ['CLUSTER NOSUCH', "-ERR unknown subcommand 'NOSUCH'. Try CLUSTER HELP."],
  ['CLUSTER INFO x', "-ERR wrong number of arguments for 'cluster|info' command"],
  ['CLUSTER KEYSLOT', "-ERR wrong number of arguments for 'cluster|keyslot' command"],
  ['CLUSTER KEYSLOT a b', "-ERR wrong number of arguments for 'cluster|keyslot' command"],
  ['CLUSTER ADDSLOTS', "-ERR wrong number of arguments for 'cluster|addslots' command"],
  ['CLUSTER GETKEYSINSLOT 1', "-ERR wrong number of arguments for 'cluster|getkeysinslot' command"],
  ['CLUSTER SETSLOT 1', "-ERR wrong number of arguments for 'cluster|setslot' command"],
  ['CLUSTER MEET 127.0.0.1', "-ERR wrong number of arguments for 'cluster|meet' command"],
  ['CLUSTER FAILOVER WHAT', '-ERR This instance has cluster support disabled'],
  ['READONLY x', "-ERR wrong number of arguments for 'readonly' command"],
  ['READWRITE x', "-ERR wrong number of arguments for 'readwrite' command"],
  ['ASKING x', "-ERR wrong number of arguments for 'asking' command"],
  ['CLUSTER MYSHARDID x', "-ERR wrong number of arguments for 'cluster|myshardid' command", '7.2'],
])

transcript(t, 'in transactions and scripts', [
  ['MULTI', '+OK'],
  ['CLUSTER INFO', '+QUEUED'],
  ['READONLY', '+QUEUED'],
  ['ASKING', '+QUEUED'],
  [
    'EXEC',
    [
      '-ERR This instance has cluster support disabled',
      '-ERR This instance has cluster support disabled',
      '-ERR This instance has cluster support disabled',
    ],
  ],
  ['MULTI', '+OK'],
  ['CLUSTER NOSUCH', "-ERR unknown subcommand 'NOSUCH'. Try CLUSTER HELP."],
  ['EXEC', '-EXECABORT Transaction discarded because of previous errors.'],
  [
    "EVAL \"return redis.call('CLUSTER', 'INFO')\" 0",
    '-ERR This instance has cluster support disabled script: 19f787a074651b98b421f5e31cf9fc78902ba4d1, on @user_script:1.',
  ],
  [
    "EVAL \"return redis.call('CLUSTER', 'RESET')\" 0",
    '-ERR This Redis command is not allowed from script script: fbfb56e3721e6a3ac78e41cac5096b097fa5ee42, on @user_script:1.',
  ],
  ['EVAL "return redis.pcall(\'READONLY\')" 0', '-ERR This instance has cluster support disabled'],
  ['RESTORE-ASKING k 0 x', '-ERR DUMP payload version or checksum are wrong'],
])
