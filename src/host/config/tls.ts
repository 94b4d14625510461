// The tls-* settings as the transport wants them: tls-cert-file as certFile, and so on.

import type { TlsSettings } from '../../transport/tls-settings.ts'
import { toText } from '../../util/bytes.ts'
import type { Settings } from './config.ts'
import { TLS_PARAMETERS, type TlsParameterName } from './parameters.ts'

type CamelCase<Name extends string> = Name extends `${infer First}-${infer Rest}`
  ? `${First}${Capitalize<CamelCase<Rest>>}`
  : Name
type OwnName<Name extends string> = Name extends `tls-${infer Rest}` ? CamelCase<Rest> : never

/** The settings by their own names: the compiler sees that the transport gets all that it needs. */
type TlsValues = { readonly [N in TlsParameterName as OwnName<N>]: Settings[N] }

export function tlsSettings(settings: Settings): TlsSettings {
  const { replication, cluster, ...context } = valuesOf(settings)
  return {
    ...context,
    authClients: settings['tls-auth-clients'],
    needsCa: replication || cluster,
  }
}

function valuesOf(settings: Settings): TlsValues {
  const values = TLS_PARAMETERS.map(name => {
    const value = settings[name]
    return [ownName(name), typeof value === 'string' ? toText(value) : value] as const
  })
  return Object.fromEntries(values) as unknown as TlsValues
}

function ownName(name: TlsParameterName): string {
  return name.slice('tls-'.length).replace(/-(.)/g, (_, letter: string) => letter.toUpperCase())
}
