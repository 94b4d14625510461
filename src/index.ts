// The public API of the library.

export type {
  ClientName,
  ConnectOptions,
  IoredisOptions,
  Login,
  NodeRedisOptions,
  RedisPyOptions,
} from './testing/connect-options.ts'
export {
  type ClientTls,
  type RunningRedis,
  type SettingValue,
  type StartOptions,
  startRedis,
  type TlsMaterial,
} from './testing/start.ts'
