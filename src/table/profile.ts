// Which Redis a catalogue is: what came later is unknown to it.

export interface Profile {
  readonly product: 'redis'
  /** '7.4', or with a patch level, which does not matter here. */
  readonly version: string
}

export const REDIS_7_4: Profile = { product: 'redis', version: '7.4' }

/** Whether something exists `since` a version, '7.2.0', that is after another, '7.0'. */
export function isLater(since: string, version: string): boolean {
  const [major = 0, minor = 0] = since.split('.').map(Number)
  const [ofMajor = 0, ofMinor = 0] = version.split('.').map(Number)
  return major > ofMajor || (major === ofMajor && minor > ofMinor)
}
