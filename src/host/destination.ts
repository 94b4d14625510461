// Where this server connects to by itself, with the TLS that its settings ask for.

import type { Destination } from '../transport/outgoing.ts'
import { loadClientOptions, TlsSetupError } from '../transport/tls-settings.ts'
import { tlsSettings } from './config/tls.ts'
import type { Host } from './host.ts'

/** What links between servers are about: a setting each says whether they are TLS. */
export type TlsPurpose = 'tls-replication' | 'tls-cluster'

/** Undefined, with the reason in the log, if the settings do not make up a TLS client. */
export function destinationOf(
  { settings, listeners, log }: Host,
  host: string,
  port: number,
  purpose: TlsPurpose,
): Destination | undefined {
  const detour = purpose === 'tls-replication' ? listeners?.detour : undefined
  const target = {
    ...(detour?.({ host, port }) ?? { host, port }),
    unref: listeners?.unref ?? false,
  }
  if (!settings[purpose]) return { ...target, tls: undefined }
  try {
    return { ...target, tls: listeners?.clientTls ?? loadClientOptions(tlsSettings(settings)) }
  } catch (error) {
    if (!(error instanceof TlsSetupError)) throw error
    log.warning(error.message)
    return undefined
  }
}
