// INFO: sections of name:value lines. Numbers are true where this server has such a thing, and
// those of a lone server elsewhere. The sections are one table; what only a feature knows, it
// reports (features.ts).

import os from 'node:os'
import { humanBytes } from '../host/units.ts'
import { REDIS_VERSION } from '../host/version.ts'
import { greatest } from '../util/extremes.ts'
import { NO_APPEND_ONLY } from './append-only.ts'
import type { InfoFields } from './info-fields.ts'
import type { LoadProgress, RedisServer } from './server.ts'

interface Section {
  readonly title: string
  /** Part of plain INFO; the others are shown by `all`, `everything` or their name. */
  readonly isDefault: boolean
  readonly fields: (server: RedisServer) => InfoFields
}

const SECTIONS: ReadonlyMap<string, Section> = new Map(
  [
    section('Server', serverFields),
    section('Clients', clientFields),
    section('Memory', memoryFields),
    section('Persistence', persistenceFields),
    section('Stats', statsFields),
    section('Replication', server => server.replication.fields()),
    section('CPU', cpuFields),
    section('Modules', () => []),
    section('Commandstats', commandStats, false),
    section('Errorstats', errorStats),
    section('Latencystats', server => server.latency.percentileFields(), false),
    section('Cluster', ({ cluster }) => [['cluster_enabled', cluster === undefined ? 0 : 1]]),
    section('Keyspace', keyspaceFields),
    section('Debug', debugFields, false),
  ].map(one => [one.title.toLowerCase(), one]),
)

function section(title: string, fields: Section['fields'], isDefault = true): Section {
  return { title, fields, isDefault }
}

/** The text of the sections asked for: names in any case, or default, all, everything. */
export function infoText(server: RedisServer, names: readonly string[]): string {
  const asked = new Set(names.map(name => name.toLowerCase()))
  const all = asked.has('all') || asked.has('everything')
  const standard = asked.size === 0 || asked.has('default')
  const parts: string[] = []
  for (const [name, { title, isDefault, fields }] of SECTIONS) {
    const isAsked = asked.has(name) || (all && name !== 'debug')
    if (!isAsked && !(standard && isDefault)) continue
    if (name === 'modules' && asked.has('all') && !asked.has('everything')) continue
    const lines = fields(server).map(([field, value]) => `${field}:${value}\r\n`)
    parts.push(`# ${title}\r\n${lines.join('')}`)
  }
  return parts.join('\r\n')
}

function serverFields(server: RedisServer): InfoFields {
  const { settings, clock } = server
  const uptimeSeconds = Math.floor((clock.now() - server.startedAt) / 1000)
  return [
    ['redis_version', REDIS_VERSION],
    ['redis_git_sha1', '00000000'],
    ['redis_git_dirty', 0],
    ['redis_build_id', '0000000000000000'],
    ['redis_mode', server.cluster === undefined ? 'standalone' : 'cluster'],
    ['os', `${os.type()} ${os.release()} ${os.machine()}`],
    ['arch_bits', 64],
    ['monotonic_clock', 'POSIX clock_gettime'],
    ['multiplexing_api', 'epoll'],
    ['atomicvar_api', 'c11-builtin'],
    ['gcc_version', '0.0.0'],
    ['process_id', process.pid],
    ['process_supervised', 'no'],
    ['run_id', server.runId],
    ['tcp_port', server.shownPort],
    ['server_time_usec', Math.floor(clock.now() * 1000)],
    ['uptime_in_seconds', uptimeSeconds],
    ['uptime_in_days', Math.floor(uptimeSeconds / 86400)],
    ['hz', settings.hz],
    ['configured_hz', settings.hz],
    ['lru_clock', Math.floor(clock.now() / 1000) & 0xffffff],
    ['executable', process.argv[1] ?? ''],
    ['config_file', server.config.file ?? ''],
    ['io_threads_active', 0],
    ...shutdownFields(server),
    ...(server.listeners?.infoLines() ?? []),
  ]
}

function shutdownFields({ endsAt, clock }: RedisServer): InfoFields {
  if (endsAt === undefined) return []
  return [['shutdown_in_milliseconds', Math.max(0, Math.ceil(endsAt - clock.now()))]]
}

function clientFields(server: RedisServer): InfoFields {
  const clients = [...server.clients.values()]
  const { blocking, watches, pause } = server
  return [
    ['connected_clients', clients.length - server.replication.replicaCount],
    ['cluster_connections', server.cluster?.linkCount ?? 0],
    ['maxclients', server.settings.maxclients],
    ['client_recent_max_input_buffer', greatest(clients.map(c => c.queryBufferSize))],
    ['client_recent_max_output_buffer', greatest(clients.map(c => c.unsent))],
    ['blocked_clients', blocking.count + pause.waitingCount],
    ['tracking_clients', clients.filter(c => c.tracking !== undefined).length],
    ['pubsub_clients', clients.filter(c => c.subscriptionCount > 0).length],
    ['watching_clients', watches.clientCount],
    ['clients_in_timeout_table', clients.filter(c => (c.blocked?.wait.timeoutMs ?? 0) > 0).length],
    ['total_watched_keys', watches.keyCount],
    ['total_blocking_keys', blocking.keyCount],
    ['total_blocking_keys_on_nokey', blocking.keyCountWhenDeleted],
  ]
}

function memoryFields(server: RedisServer): InfoFields {
  const { memory, settings } = server
  const used = memory.usedBytes()
  const { rss } = process.memoryUsage()
  const peak = memory.peakBytes
  const scripts = server.features.report()
  const engines = scripts.scriptEngineBytes + scripts.functionEngineBytes
  return [
    ['used_memory', used],
    ['used_memory_human', humanBytes(used)],
    ['used_memory_rss', rss],
    ['used_memory_rss_human', humanBytes(rss)],
    ['used_memory_peak', peak],
    ['used_memory_peak_human', humanBytes(peak)],
    ['used_memory_peak_perc', `${((used / peak) * 100).toFixed(2)}%`],
    ['used_memory_overhead', memory.overheadBytes],
    ['used_memory_startup', memory.overheadBytes],
    ['used_memory_dataset', used - memory.overheadBytes],
    ['used_memory_dataset_perc', `${(((used - memory.overheadBytes) / used) * 100).toFixed(2)}%`],
    ['allocator_allocated', used],
    ['allocator_active', rss],
    ['allocator_resident', rss],
    ['allocator_muzzy', 0],
    ['total_system_memory', os.totalmem()],
    ['total_system_memory_human', humanBytes(os.totalmem())],
    ['used_memory_lua', scripts.scriptEngineBytes],
    ['used_memory_vm_eval', scripts.scriptEngineBytes],
    ['used_memory_lua_human', humanBytes(scripts.scriptEngineBytes)],
    ['used_memory_scripts_eval', scripts.scriptBytes],
    ['number_of_cached_scripts', scripts.scripts],
    ['number_of_functions', scripts.functions],
    ['number_of_libraries', scripts.libraries],
    ['used_memory_vm_functions', scripts.functionEngineBytes],
    ['used_memory_vm_total', engines],
    ['used_memory_vm_total_human', humanBytes(engines)],
    ['used_memory_functions', scripts.functionBytes],
    ['used_memory_scripts', scripts.scriptBytes + scripts.functionBytes],
    ['used_memory_scripts_human', humanBytes(scripts.scriptBytes + scripts.functionBytes)],
    ['maxmemory', settings.maxmemory],
    ['maxmemory_human', humanBytes(settings.maxmemory)],
    ['maxmemory_policy', settings['maxmemory-policy']],
    ['allocator_frag_ratio', '1.00'],
    ['allocator_frag_bytes', 0],
    ['allocator_rss_ratio', '1.00'],
    ['allocator_rss_bytes', 0],
    ['rss_overhead_ratio', '1.00'],
    ['rss_overhead_bytes', 0],
    ['mem_fragmentation_ratio', (rss / used).toFixed(2)],
    ['mem_fragmentation_bytes', rss - used],
    ['mem_not_counted_for_evict', 0],
    ['mem_replication_backlog', scripts.backlogBytes],
    ['mem_total_replication_buffers', scripts.backlogBytes + scripts.replicaBytes],
    ['mem_clients_slaves', scripts.replicaBytes],
    ['mem_clients_normal', memory.clientBytes()],
    ['mem_cluster_links', server.cluster?.linkBytes ?? 0],
    ['mem_aof_buffer', server.persistence.appendOnly?.facts.bufferedBytes ?? 0],
    ['mem_allocator', 'libc'],
    ['mem_overhead_db_hashtable_rehashing', 0],
    ['active_defrag_running', 0],
    ['lazyfree_pending_objects', 0],
    ['lazyfreed_objects', server.stats.lazyFreed],
  ]
}

function persistenceFields({ keyspace, persistence, loading, clock }: RedisServer): InfoFields {
  const { child } = persistence
  const seconds = child === undefined ? -1 : Math.floor((clock.now() - child.startedAt) / 1000)
  const isSaving = child !== undefined && child.kind !== 'aof rewrite'
  const { keysDone = 0, keysTotal = 0, changedBytes = 0 } = child ?? {}
  return [
    ['loading', Number(loading?.isAsync === false)],
    ['async_loading', Number(loading?.isAsync === true)],
    ['current_cow_peak', changedBytes],
    ['current_cow_size', changedBytes],
    ['current_cow_size_age', 0],
    ['current_fork_perc', (keysTotal === 0 ? 0 : (keysDone / keysTotal) * 100).toFixed(2)],
    ['current_save_keys_processed', keysDone],
    ['current_save_keys_total', keysTotal],
    ['rdb_changes_since_last_save', keyspace.unsavedChanges],
    ['rdb_bgsave_in_progress', isSaving ? 1 : 0],
    ['rdb_last_save_time', persistence.lastSaveSeconds],
    ['rdb_last_bgsave_status', persistence.lastSaveFailed ? 'err' : 'ok'],
    ['rdb_last_bgsave_time_sec', persistence.lastTookSeconds],
    ['rdb_current_bgsave_time_sec', isSaving ? seconds : -1],
    ['rdb_saves', persistence.saves],
    ['rdb_last_cow_size', persistence.lastChangedBytes],
    ['rdb_last_load_keys_expired', persistence.keysExpiredAtLoad],
    ['rdb_last_load_keys_loaded', persistence.keysLoaded],
    ...appendOnlyFields(persistence),
    ...(loading === undefined ? [] : loadFields(loading, clock.now())),
  ]
}

function appendOnlyFields({ appendOnly }: RedisServer['persistence']): InfoFields {
  const facts = appendOnly?.facts ?? NO_APPEND_ONLY
  const status = (failed: boolean): string => (failed ? 'err' : 'ok')
  const fields: InfoFields = [
    ['aof_enabled', Number(facts.isOn)],
    ['aof_rewrite_in_progress', Number(facts.isRewriting)],
    ['aof_rewrite_scheduled', Number(facts.isScheduled)],
    ['aof_last_rewrite_time_sec', facts.lastRewriteSeconds],
    ['aof_current_rewrite_time_sec', facts.currentRewriteSeconds],
    ['aof_last_bgrewrite_status', status(facts.lastRewriteFailed)],
    ['aof_rewrites', facts.rewrites],
    ['aof_rewrites_consecutive_failures', facts.failuresInARow],
    ['aof_last_write_status', status(facts.lastWriteFailed)],
    ['aof_last_cow_size', 0],
    ['module_fork_in_progress', 0],
    ['module_fork_last_cow_size', 0],
  ]
  if (!facts.isOn) return fields
  return [
    ...fields,
    ['aof_current_size', facts.currentSize],
    ['aof_base_size', facts.baseSize],
    ['aof_pending_rewrite', Number(facts.isScheduled)],
    ['aof_buffer_length', facts.bufferedBytes],
    ['aof_pending_bio_fsync', facts.pendingFsyncs],
    ['aof_delayed_fsync', 0],
  ]
}

/** In percent: a guess never says that all is there. */
const ALMOST = 99.99

function loadFields({ startedAt, totalBytes, bytes, usedMemory }: LoadProgress, now: number) {
  const seconds = Math.floor((now - startedAt) / 1000)
  // Where nobody has said how much will come, it is about what the data took where it was saved.
  const total = totalBytes === 0 ? usedMemory : totalBytes
  const percent = total === 0 ? 0 : (bytes / total) * 100
  const left = Math.max(1, total - bytes)
  return [
    ['loading_start_time', Math.floor(startedAt / 1000)],
    ['loading_total_bytes', totalBytes],
    ['loading_rdb_used_mem', usedMemory],
    ['loading_loaded_bytes', bytes],
    ['loading_loaded_perc', Math.min(percent, totalBytes === 0 ? ALMOST : 100).toFixed(2)],
    ['loading_eta_seconds', seconds === 0 ? 1 : Math.floor((seconds * left) / (bytes + 1))],
  ] as const
}

function statsFields(server: RedisServer): InfoFields {
  const { stats, keyspace, pubsub, aclLog } = server
  const rates = server.rates
  const reports = server.features.report()
  return [
    ['total_connections_received', stats.connections],
    ['total_commands_processed', stats.commands],
    ['instantaneous_ops_per_sec', rates.commandsPerSecond],
    ['total_net_input_bytes', stats.bytesIn + reports.replicationBytesIn],
    ['total_net_output_bytes', stats.bytesOut + reports.replicationBytesOut],
    ['total_net_repl_input_bytes', reports.replicationBytesIn],
    ['total_net_repl_output_bytes', reports.replicationBytesOut],
    ['instantaneous_input_kbps', (rates.bytesInPerSecond / 1024).toFixed(2)],
    ['instantaneous_output_kbps', (rates.bytesOutPerSecond / 1024).toFixed(2)],
    ['instantaneous_input_repl_kbps', '0.00'],
    ['instantaneous_output_repl_kbps', '0.00'],
    ['rejected_connections', stats.rejectedConnections],
    ['sync_full', stats.fullSyncs],
    ['sync_partial_ok', stats.partialSyncs],
    ['sync_partial_err', stats.partialSyncsRefused],
    ['expired_subkeys', stats.expiredFields],
    ['expired_keys', keyspace.expired],
    ['expired_stale_perc', '0.00'],
    ['expired_time_cap_reached_count', 0],
    ['expire_cycle_cpu_milliseconds', Math.floor(stats.activeExpireMs)],
    ['evicted_keys', stats.evictedKeys],
    ['evicted_clients', stats.evictedClients],
    ['evicted_scripts', stats.evictedScripts],
    ['total_eviction_exceeded_time', 0],
    ['current_eviction_exceeded_time', 0],
    ['keyspace_hits', keyspace.hits],
    ['keyspace_misses', keyspace.misses],
    ['pubsub_channels', pubsub.channels.size],
    ['pubsub_patterns', pubsub.patterns.size],
    ['pubsubshard_channels', pubsub.shardChannels.size],
    ['latest_fork_usec', 0],
    ['total_forks', server.persistence.children],
    ['migrate_cached_sockets', reports.migrationLinks],
    ['slave_expires_tracked_keys', reports.localKeys],
    ['active_defrag_hits', 0],
    ['active_defrag_misses', 0],
    ['active_defrag_key_hits', 0],
    ['active_defrag_key_misses', 0],
    ['total_active_defrag_time', 0],
    ['current_active_defrag_time', 0],
    ['tracking_total_keys', server.tracking.keyCount],
    ['tracking_total_items', server.tracking.itemCount],
    ['tracking_total_prefixes', server.tracking.prefixCount],
    ['unexpected_error_replies', 0],
    ['total_error_replies', stats.errorReplies],
    ['dump_payload_sanitizations', 0],
    ['total_reads_processed', stats.reads],
    ['total_writes_processed', stats.writes],
    ['io_threaded_reads_processed', 0],
    ['io_threaded_writes_processed', 0],
    ['client_query_buffer_limit_disconnections', stats.queryBufferDisconnections],
    ['client_output_buffer_limit_disconnections', stats.outputBufferDisconnections],
    ['reply_buffer_shrinks', 0],
    ['reply_buffer_expands', 0],
    ['eventloop_cycles', stats.cycles],
    ['eventloop_duration_sum', Math.floor(stats.busyMicroseconds)],
    ['eventloop_duration_cmd_sum', Math.floor(stats.commandMicroseconds)],
    ['instantaneous_eventloop_cycles_per_sec', rates.cyclesPerSecond],
    ['instantaneous_eventloop_duration_usec', Math.ceil(rates.cycleMicroseconds)],
    ['acl_access_denied_auth', aclLog.denied.auth],
    ['acl_access_denied_cmd', aclLog.denied.command],
    ['acl_access_denied_key', aclLog.denied.key],
    ['acl_access_denied_channel', aclLog.denied.channel],
  ]
}

function cpuFields(): InfoFields {
  const { user, system } = process.cpuUsage()
  const seconds = (microseconds: number): string => (microseconds / 1e6).toFixed(6)
  return [
    ['used_cpu_sys', seconds(system)],
    ['used_cpu_user', seconds(user)],
    ['used_cpu_sys_children', '0.000000'],
    ['used_cpu_user_children', '0.000000'],
    ['used_cpu_sys_main_thread', seconds(system)],
    ['used_cpu_user_main_thread', seconds(user)],
  ]
}

function commandStats({ stats, table }: RedisServer): InfoFields {
  return table.catalogue.all.flatMap(({ id, name }) => {
    const calls = stats.calls[id] ?? 0
    const rejected = stats.rejected[id] ?? 0
    const failed = stats.failed[id] ?? 0
    if (calls === 0 && rejected === 0 && failed === 0) return []
    const microseconds = stats.microseconds[id] ?? 0
    const usec = Math.floor(microseconds)
    const perCall = calls === 0 ? 0 : usec / calls
    const text =
      `calls=${calls},usec=${usec},usec_per_call=${perCall.toFixed(2)},` +
      `rejected_calls=${rejected},failed_calls=${failed}`
    return [[`cmdstat_${name}`, text] as const]
  })
}

function errorStats({ stats }: RedisServer): InfoFields {
  return stats
    .errorCounts()
    .map(([code, count]) => [`errorstat_${code}`, `count=${count}`] as const)
}

function keyspaceFields({ keyspace }: RedisServer): InfoFields {
  return keyspace.databases
    .filter(({ size }) => size > 0)
    .map(db => {
      const text =
        `keys=${db.size},expires=${db.volatileCount},avg_ttl=${db.averageTtlMs()},` +
        `subexpiry=${db.fieldExpiryCount}`
      return [`db${db.index}`, text] as const
    })
}

/** What only INFO DEBUG shows: Redis leaves it out of `all` and `everything`. */
function debugFields({ stats }: RedisServer): InfoFields {
  return [
    ['eventloop_duration_aof_sum', 0],
    ['eventloop_duration_cron_sum', Math.ceil(stats.cronMicroseconds)],
    ['eventloop_duration_max', Math.ceil(stats.cycleMicrosecondsMax)],
    ['eventloop_cmd_per_cycle_max', stats.cycleCommandsMax],
  ]
}
