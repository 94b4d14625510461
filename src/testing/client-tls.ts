// What a client of a server needs for TLS.

/** What a client needs to know of TLS, as PEM and as paths of files that close() removes. */
export interface ClientTls {
  readonly ca: string
  readonly cert: string
  readonly key: string
  readonly caFile: string
  readonly certFile: string
  readonly keyFile: string
}
