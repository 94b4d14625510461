// Which part of the server follows which setting. Each line takes the setting as it is now and
// again whenever CONFIG SET changes it; what is read where it is needed does not appear here.

import type { ParameterName } from '../host/config/config.ts'
import type { EncodingLimits } from '../store/value.ts'
import type { RedisServer } from './server.ts'

export function followSettings(server: RedisServer): void {
  const { config, settings, keyspace } = server
  const follow = (names: readonly ParameterName[], apply: () => void): void => {
    apply()
    config.watch(names, apply)
  }

  follow(LIMIT_NAMES, () => Object.assign(keyspace.limits, encodingLimits(server)))
  follow(['proto-max-bulk-len'], () => {
    server.parserLimits.bulkMax = settings['proto-max-bulk-len']
  })
  follow(['loglevel'], () => {
    server.log.level = settings.loglevel
  })
  follow(['slowlog-log-slower-than', 'slowlog-max-len'], () => {
    server.slowlog.slowerThanMicroseconds = settings['slowlog-log-slower-than']
    server.slowlog.maxLength = settings['slowlog-max-len']
  })
  follow(['latency-monitor-threshold', 'latency-tracking'], () => {
    server.latency.thresholdMs = settings['latency-monitor-threshold']
    server.latency.tracksHistograms = settings['latency-tracking']
  })
  follow(['latency-tracking-info-percentiles'], () => {
    server.latency.percentiles = settings['latency-tracking-info-percentiles']
  })
  follow(['min-replicas-to-write', 'min-replicas-max-lag'], () => {
    server.replication.settingsChanged()
  })
  follow(['notify-keyspace-events'], () => {
    server.notifications.enable(settings['notify-keyspace-events'])
  })
  follow(['maxmemory'], () => {
    server.memory.limit(settings.maxmemory > 0)
    if (settings.maxmemory === 0) return
    server.effects.apart()
    server.memory.makeRoom()
  })
  follow(['maxmemory', 'maxmemory-clients'], () => server.clientEviction.configure())
  follow(['maxmemory-policy', 'lfu-log-factor', 'lfu-decay-time'], () => {
    keyspace.countsFrequency = settings['maxmemory-policy'].endsWith('-lfu')
    keyspace.lfuLogFactor = settings['lfu-log-factor']
    keyspace.lfuDecayMinutes = settings['lfu-decay-time']
  })
  follow(['acl-pubsub-default'], () => {
    server.users.allChannelsByDefault = settings['acl-pubsub-default'] === 'allchannels'
  })
  follow(['acllog-max-len'], () => {
    server.aclLog.maxLength = settings['acllog-max-len']
  })
  if (settings.requirepass !== '') server.users.setDefaultPassword(settings.requirepass)
  config.watch(['requirepass'], () => server.users.setDefaultPassword(settings.requirepass))
}

const LIMIT_NAMES: readonly ParameterName[] = [
  'hash-max-listpack-entries',
  'hash-max-listpack-value',
  'list-max-listpack-size',
  'list-compress-depth',
  'set-max-intset-entries',
  'set-max-listpack-entries',
  'set-max-listpack-value',
  'zset-max-listpack-entries',
  'zset-max-listpack-value',
  'stream-node-max-bytes',
  'stream-node-max-entries',
  'hll-sparse-max-bytes',
]

function encodingLimits({ settings }: RedisServer): EncodingLimits {
  return {
    hashMaxListpackEntries: settings['hash-max-listpack-entries'],
    hashMaxListpackValue: settings['hash-max-listpack-value'],
    listMaxListpackSize: settings['list-max-listpack-size'],
    listCompressDepth: settings['list-compress-depth'],
    setMaxIntsetEntries: settings['set-max-intset-entries'],
    setMaxListpackEntries: settings['set-max-listpack-entries'],
    setMaxListpackValue: settings['set-max-listpack-value'],
    zsetMaxListpackEntries: settings['zset-max-listpack-entries'],
    zsetMaxListpackValue: settings['zset-max-listpack-value'],
    streamNodeMaxBytes: settings['stream-node-max-bytes'],
    streamNodeMaxEntries: settings['stream-node-max-entries'],
    hllSparseMaxBytes: settings['hll-sparse-max-bytes'],
  }
}
