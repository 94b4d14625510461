// What a client of a server needs for TLS.

/** What a client needs to know of TLS, as PEM and as paths of files that close() removes. */
export interface ClientTls {
  readonly ca: string
  readonly cert: string
  readonly key: string
  readonly caFile: string
  readonly certFile: string
  readonly keyFile: string
  /**
   * The same for JVM clients, as PKCS#12: certificate and key in one file, the authority in the
   * other. Both are made when their paths are first asked for.
   */
  readonly p12File: string
  readonly truststoreFile: string
  /** The password of both. */
  readonly p12Password: string
}
