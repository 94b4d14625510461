// TLS with faults in the place of ordinary TLS: each connection gets a profile, by the name that
// the client asks for (`expired.localhost`) or the one that is switched on, and the lab remembers
// what it saw of the client. It stands before the listeners of a server; one without it pays
// nothing.

import net from 'node:net'
import type tls from 'node:tls'
import type { AuthClients } from '../../transport/client-certificate.ts'
import { type ClientHello, readClientHello } from '../../transport/client-hello.ts'
import { addressText, tcpConnection } from '../../transport/connection.ts'
import { describeFailure, type HandshakeError } from '../../transport/handshake-sentence.ts'
import type { ListenerEvents } from '../../transport/listener.ts'
import { type SocketTaker, TlsEndpoint } from '../../transport/tls-endpoint.ts'
import type { TlsContext } from '../../transport/tls-settings.ts'
import { type Authority, createAuthority, type Identity } from './authority.ts'
import { type Effect, effectOf, type Material, type Signers } from './effects.ts'
import { hostName } from './host-names.ts'
import { PROFILES, profileNamed } from './profiles.ts'
import { Wire } from './wire.ts'

/** What was seen of one client. */
export interface Sighting {
  readonly profile: string
  /** Undefined where the client spoke no TLS, or nothing. */
  hello: ClientHello | undefined
  /** What a client without TLS said first; undefined where it spoke TLS. */
  plaintext: string | undefined
  isShaken: boolean
  isResumed: boolean
  /** The common name in the certificate that it showed, '' where it showed none. */
  clientName: string
  /** It sent application data. */
  hasSpoken: boolean
  /** How often it did, once its first piece had come. */
  requests: number
  /** It went away without a word, as who only looks whether the port is open. */
  isProbe: boolean
  /** What the client calls itself in CLIENT SETINFO. */
  library: string
  failure: HandshakeError | undefined
  /** The client hung up, or was hung up on. */
  isClosed: boolean
}

export interface LabOptions {
  readonly profile: string
  /** Names and addresses that certificates are for, beside those of this machine. */
  readonly hosts?: readonly string[]
  /** Those of another lab. Default: new ones. */
  readonly identities?: LabIdentities
  /** Hears of each client as soon as it is seen. */
  readonly onSighting?: (sighting: Sighting) => void
  /** Hears whenever something of what was seen is new. */
  readonly onChange?: () => void
}

/** What is right, whatever the profile; labs may share it, for it takes time to make. */
export interface LabIdentities {
  /** The names and addresses that a right certificate is for. */
  readonly hosts: readonly string[]
  /** Those of them that are not this machine's own. */
  readonly given: readonly string[]
  readonly root: Authority
  /** The certificate for names without a fault, with which the server is configured. */
  readonly server: Identity
  readonly client: Identity
}

/** @throws Error for what is no host */
export async function makeIdentities(more: readonly string[] = []): Promise<LabIdentities> {
  const given = more.map(hostName).filter(host => !OWN_HOSTS.includes(host))
  const hosts = [...new Set([...given, ...OWN_HOSTS])]
  // The faults are the server's; its clients are right wherever a test moves the clock to.
  const root = await createAuthority({ name: 'redis-tls-mock lab CA', ...ALWAYS })
  const [server, client] = await Promise.all([root.server(hosts), root.client('default', ALWAYS)])
  return { hosts, given, root, server, client }
}

/** An endpoint for one profile, ready for handshakes. */
interface Stage {
  readonly effect: Effect
  readonly endpoint: TlsEndpoint
  /** With `rotates`, for all connections but the first. */
  readonly next: TlsEndpoint | undefined
  isUsed: boolean
}

const OWN_HOSTS: readonly string[] = ['localhost', '127.0.0.1', '::1']
const RECORD_NAME_MAX = 60
const ALWAYS = { from: new Date(0), to: new Date('2199-12-31T23:59:59Z') }

export class Lab implements SocketTaker {
  readonly identities: LabIdentities
  readonly sightings: Sighting[] = []
  readonly #onSighting: (sighting: Sighting) => void
  readonly #onChange: () => void
  readonly #stages = new Map<string, Promise<Stage>>()
  #stranger: Promise<Authority> | undefined
  #profile: string
  #context: TlsContext | undefined

  private constructor({ profile, identities, ...hear }: Required<Omit<LabOptions, 'hosts'>>) {
    this.identities = identities
    this.#onSighting = hear.onSighting
    this.#onChange = hear.onChange
    this.#profile = profile
  }

  /** @throws Error if there is no such profile, or a host is none */
  static async open(options: LabOptions): Promise<Lab> {
    profileNamed(options.profile)
    const { identities = await makeIdentities(options.hosts), profile } = options
    const { onSighting = () => {}, onChange = () => {} } = options
    return new Lab({ profile, identities, onSighting, onChange })
  }

  get profile(): string {
    return this.#profile
  }

  /**
   * From the next connection on.
   * @throws Error if there is no such profile
   */
  async switchTo(profile: string): Promise<void> {
    profileNamed(profile)
    if (this.#context) await this.#stage(profile)
    this.#profile = profile
  }

  /** Makes what the profile needs, so that no client waits for a key to be made. */
  async prepare(): Promise<void> {
    await this.#stage(this.#profile)
  }

  use(context: TlsContext, _authClients: AuthClients): void {
    this.#context = context
    this.#stages.clear()
  }

  take(raw: net.Socket, events: ListenerEvents): void {
    const effect = effectOf(this.#profile)
    if (effect.accepted) {
      this.#see(this.#profile, raw)
      effect.accepted(raw)
      // Whoever does not read never sees the end.
      raw.resume()
      return
    }
    const profile = this.#profile
    this.#peek(raw, (hello, first) => {
      const name = profileFor(hello, this.identities.given) ?? profile
      const sighting = this.#see(name, raw)
      sighting.hello = hello
      if (hello === undefined) sighting.plaintext = plaintextOf(first)
      this.#onChange()
      if (this.#stopsBeforeTls(raw, sighting, events)) raw.resume()
      else {
        void this.#stage(name).then(stage => this.#shake(stage, raw, sighting, events))
      }
    })
  }

  #see(profile: string, raw: net.Socket): Sighting {
    const sighting: Sighting = {
      profile,
      hello: undefined,
      plaintext: undefined,
      isShaken: false,
      isResumed: false,
      clientName: '',
      hasSpoken: false,
      requests: 0,
      isProbe: false,
      library: '',
      failure: undefined,
      isClosed: false,
    }
    this.sightings.push(sighting)
    this.#onSighting(sighting)
    raw.once('close', () => {
      sighting.isClosed = true
      this.#onChange()
    })
    return sighting
  }

  // What is read here is put back, and node:tls begins with it.
  #peek(raw: net.Socket, then: (hello: ClientHello | undefined, first: Buffer) => void): void {
    let bytes = Buffer.alloc(0)
    const hear = (chunk: Buffer): void => {
      bytes = Buffer.concat([bytes, chunk])
      const hello = readClientHello(bytes)
      if (hello === 'more') return
      raw.off('data', hear)
      raw.off('end', forget)
      raw.pause()
      raw.unshift(bytes)
      then(hello, bytes)
    }
    // A listener is open to half-closed sockets only as long as somebody reads.
    const forget = (): void => {
      this.#see(this.#profile, raw).isProbe = true
      raw.destroy()
    }
    raw.on('data', hear)
    raw.once('end', forget)
  }

  /** True where the connection never comes to TLS. */
  #stopsBeforeTls(raw: net.Socket, sighting: Sighting, events: ListenerEvents): boolean {
    const { hello, profile } = sighting
    const effect = effectOf(profile)
    if (effect.isPlain) {
      if (hello === undefined) {
        sighting.hasSpoken = true
        events.accepted(tcpConnection(raw))
      } else {
        raw.end('-ERR unknown command, with args beginning with: \r\n')
      }
      return true
    }
    return hello !== undefined && effect.spoken?.(raw, hello) === true
  }

  #shake(stage: Stage, raw: net.Socket, sighting: Sighting, events: ListenerEvents): void {
    if (raw.destroyed) return
    const { effect } = stage
    const ends = {
      peer: addressText(raw.remoteAddress, raw.remotePort),
      local: addressText(raw.localAddress, raw.localPort),
      isLoopback: tcpConnection(raw).isLoopback,
    }
    const usesWire = effect.usesWire === true || effect.passing !== undefined
    const wire = usesWire ? new Wire(raw) : undefined
    if (wire && effect.passing) wire.passing = { ...effect.passing }
    const endpoint = stage.isUsed && stage.next ? stage.next : stage.endpoint
    stage.isUsed = true
    endpoint.take((wire ?? raw) as net.Socket, {
      ...events,
      accepted: connection => {
        const { socket } = connection
        sighting.isShaken = true
        sighting.isResumed = (socket as tls.TLSSocket).isSessionReused()
        sighting.clientName = clientNameOf(socket as tls.TLSSocket)
        const isKept = effect.shaken?.(socket, wire) === true
        if (!isKept) events.accepted(wire ? { ...connection, ...ends } : connection)
        socket.on('data', (chunk: Buffer) => {
          sighting.hasSpoken = true
          sighting.requests++
          if (sighting.library === '') sighting.library = libraryIn(chunk)
          this.#onChange()
        })
      },
      failed: failure => {
        const found = { ...failure, ...(wire && ends), hello: sighting.hello }
        sighting.failure = describeFailure(found)
        events.failed(found)
      },
    })
  }

  #stage(profile: string): Promise<Stage> {
    const known = this.#stages.get(profile)
    if (known !== undefined) return known
    const stage = this.#prepare(profile)
    this.#stages.set(profile, stage)
    return stage
  }

  async #prepare(profile: string): Promise<Stage> {
    const effect = effectOf(profile)
    const endpoint = await this.#endpoint(profile, effect)
    const next = effect.rotates ? await this.#endpoint(profile, effect) : undefined
    return { effect, endpoint, next, isUsed: false }
  }

  async #endpoint(profile: string, effect: Effect): Promise<TlsEndpoint> {
    const context = this.#context
    if (context === undefined) throw new Error('The server is not configured yet')
    const { root, hosts } = this.identities
    const names = hosts.filter(host => net.isIP(host) === 0 && !host.startsWith('*'))
    const signers: Signers = {
      root,
      hosts: [...hosts, ...names.map(name => `${profile}.${name}`)],
      stranger: () => {
        this.#stranger ??= createAuthority({ name: 'redis-tls-mock foreign CA' })
        return this.#stranger
      },
    }
    const make = effect.material ?? (({ root, hosts }) => root.server(hosts))
    const material: Material = await make(signers)
    return new TlsEndpoint(
      {
        options: {
          ...context.options,
          cert: material.cert,
          key: material.key,
          ca: root.cert,
          ...effect.tls,
        },
        sessionCaching: effect.breaksSessions !== true,
        ...(context.otherTime && { otherTime: context.otherTime }),
      },
      effect.authClients ?? 'optional',
      { ...effect.departures, prepare: server => staple(server, material.ocsp) },
    )
  }
}

const NAMES: ReadonlySet<string> = new Set(PROFILES.map(({ name }) => name))

/** `expired.localhost` asks for a profile; a host of that name, as `http.example`, does not. */
function profileFor(hello: ClientHello | undefined, given: readonly string[]): string | undefined {
  const name = hello?.serverName?.toLowerCase() ?? ''
  const [label = ''] = name.split('.')
  return NAMES.has(label) && !given.includes(name) ? label : undefined
}

function plaintextOf(first: Buffer): string {
  const text = first.toString('latin1')
  if (/^(GET|POST|PUT|HEAD|CONNECT|OPTIONS) /.test(text)) return 'HTTP'
  const word = /^\*\d+\r\n\$\d+\r\n([^\r\n]*)/.exec(text)?.[1] ?? text.split(/\s/)[0] ?? ''
  return word.slice(0, RECORD_NAME_MAX)
}

function libraryIn(chunk: Buffer): string {
  const text = chunk.toString('latin1')
  return /LIB-NAME\r\n\$\d+\r\n([^\r\n]+)/i.exec(text)?.[1] ?? ''
}

function clientNameOf(socket: tls.TLSSocket): string {
  const name: unknown = socket.getPeerCertificate()?.subject?.CN
  return typeof name === 'string' ? name : ''
}

function staple(server: tls.Server, ocsp: Buffer | undefined): void {
  if (ocsp === undefined) return
  server.on('OCSPRequest', (_certificate, _issuer, done) => done(null, ocsp))
}
