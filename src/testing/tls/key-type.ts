// What certificates are made with. On its own, so that public types need no types of packages.

/** How a private key is made, and what a signature with it is made of. */
export type KeyType = 'ec' | 'rsa' | 'rsa-1024'

/** The hash under a signature. */
export type Hash = 'SHA-256' | 'SHA-1'

/** What a responder says of a certificate. */
export type OcspStatus = 'good' | 'revoked'
