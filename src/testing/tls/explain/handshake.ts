// What came of the handshake, of the client's certificate and of its login.

import { fromText, quoted } from '../../../util/bytes.ts'
import { withoutWords } from '../../../util/secret-text.ts'
import { CLOSED, type Session, SILENT } from './session.ts'
import { type Question, type Step, step } from './step.ts'

/**
 * The steps that a handshake decides: protocol, and the client certificate if it was refused while
 * shaking hands, as in TLS 1.2. `plain` is what the port says without TLS, if it was asked.
 */
export function judgeHandshake(
  session: Session,
  plain: string | undefined,
  question: Question,
): Step[] {
  const { isShaken, protocol, error } = session
  if (isShaken) return [judgeVersion(protocol)]
  const code = error?.code ?? ''
  const refusal = refusalOf(code)
  if (refusal !== undefined) return [refusedClient(refusal)]
  if (plain !== undefined && plain !== '') return [judgePlain(plain)]
  if (code.endsWith('ALERT_HANDSHAKE_FAILURE')) return [noCommonGround(question)]
  const told = FAILURES.find(([part]) => code.includes(part))
  const [, text, cure] = told ?? ['', `The handshake failed: ${code || error?.message}.`, LOG]
  return [step('protocol', 'wrong', text, { cure })]
}

const LOG = "Read the server's log, which has the other half of this."

const FAILURES: readonly (readonly [string, string, string])[] = [
  ['PROTOCOL_VERSION', 'The server speaks no version that is allowed here.', 'Set tls-protocols.'],
  [
    'UNSUPPORTED_PROTOCOL',
    'The server speaks no version that is allowed here.',
    'Set tls-protocols to "TLSv1.2 TLSv1.3".',
  ],
  [
    'UNRECOGNIZED_NAME',
    'The server, or a proxy before it, knows no host of that name.',
    'Connect by a name that it knows, or send another one (servername, ServerName, --sni).',
  ],
  ['INTERNAL_ERROR', 'The server gave up with an internal error (alert 80).', LOG],
  [
    'WRONG_VERSION_NUMBER',
    'What answers on this port speaks neither TLS nor Redis.',
    'Correct the port.',
  ],
  [
    SILENT,
    'The server takes the connection and says nothing.',
    'Look whether something between here and there swallows it, and give the client a time-out.',
  ],
  [
    'ECONNRESET',
    'The connection was cut in the middle of the handshake, without a reason.',
    'Look at maxclients, at proxies and load balancers in between, and at the log of the server.',
  ],
  [
    CLOSED,
    'The server hung up in the middle of the handshake, without a reason.',
    'Look at maxclients, at proxies and load balancers in between, and at the log of the server.',
  ],
]

function judgeVersion(protocol: string): Step {
  if (protocol === 'TLSv1.2' || protocol === 'TLSv1.3') return step('protocol', 'right', protocol)
  const text = `${protocol}: clients of today refuse it.`
  return step('protocol', 'wrong', text, { cure: 'Set tls-protocols to "TLSv1.2 TLSv1.3".' })
}

function judgePlain(line: string): Step {
  if (/^(?:\+PONG|-NOAUTH|-DENIED|-NOPERM|-ERR|-LOADING)/.test(line)) {
    return step('protocol', 'wrong', 'This is a Redis without TLS: it answers in plain text.', {
      cure: 'Take its tls-port, or switch TLS off in the client:',
      fault: 'tls-off',
    })
  }
  if (line.startsWith('HTTP/')) {
    return step('protocol', 'wrong', 'A web server answers on this port.', {
      cure: 'Correct the port.',
    })
  }
  return step('protocol', 'wrong', 'What answers on this port speaks neither TLS nor Redis.', {
    cure: 'Correct the port.',
  })
}

// In TLS 1.2 this alert also is what a client without a certificate gets.
function noCommonGround({ cert }: Question): Step {
  const text = 'The server found nothing in common: no cipher, no group, no certificate to show'
  if (cert !== undefined) {
    return step('protocol', 'wrong', `${text}.`, {
      cure: 'Widen tls-ciphers, tls-ciphersuites or tls-protocols.',
    })
  }
  return step('protocol', 'wrong', `${text}; or it requires a client certificate (TLS 1.2).`, {
    cure: 'Widen tls-ciphers, tls-ciphersuites or tls-protocols, or show a certificate:',
    fault: 'client-certificate',
  })
}

// ---- The client's certificate ------------------------------------------------------------------

interface Refusal {
  readonly text: string
  readonly cure: string
  readonly isMissing?: boolean
}

const REFUSALS: ReadonlyMap<string, Refusal> = new Map([
  [
    'CERTIFICATE_REQUIRED',
    {
      text: 'The server requires a client certificate, and none was shown.',
      cure: 'Show one, or set tls-auth-clients to no or optional:',
      isMissing: true,
    },
  ],
  [
    'UNKNOWN_CA',
    {
      text: 'The server does not know the authority of the client certificate.',
      cure: 'Take one that its tls-ca-cert-file vouches for, with the intermediates in the file.',
    },
  ],
  [
    'CERTIFICATE_EXPIRED',
    { text: 'The server says that the client certificate has expired.', cure: 'Renew it.' },
  ],
  [
    'CERTIFICATE_REVOKED',
    { text: 'The server says that the client certificate was revoked.', cure: 'Take another one.' },
  ],
  [
    'UNSUPPORTED_CERTIFICATE',
    {
      text: 'The server says that the certificate is not meant for clients.',
      cure: 'Have it made anew with the extended key usage clientAuth.',
    },
  ],
  [
    'BAD_CERTIFICATE',
    {
      text: 'The server finds the client certificate bad: it may not be valid yet.',
      cure: 'Compare the clocks of both machines, and look at its dates.',
    },
  ],
  [
    'CERTIFICATE_UNKNOWN',
    { text: 'The server does not accept the client certificate.', cure: LOG },
  ],
  [
    'DECRYPT_ERROR',
    {
      text: 'The signature of the client certificate is wrong: its authority was made anew.',
      cure: 'Have the client certificate made by the authority that the server knows.',
    },
  ],
])

function refusalOf(code: string): Refusal | undefined {
  const alert = /ALERT_([A-Z_]+)$/.exec(code)?.[1] ?? ''
  return REFUSALS.get(alert)
}

function refusedClient({ text, cure, isMissing }: Refusal): Step {
  const name = 'client certificate'
  return step(name, 'wrong', text, { cure, ...(isMissing && { fault: 'client-certificate' }) })
}

/** In TLS 1.3 the server judges after the client took the handshake for done. */
export function judgeClientCertificate(session: Session, { cert }: Question): Step {
  const { error, replies } = session
  const name = 'client certificate'
  const refusal = refusalOf(error?.code ?? '')
  if (refusal !== undefined) return refusedClient(refusal)
  if (replies.length === 0 && error !== undefined && error.code !== SILENT) {
    const text = `The connection ended after the handshake, without a reason (${error.code}).`
    return step(name, 'wrong', text, {
      cure:
        'Either the client certificate was refused by a server that does not say so, or ' +
        'maxclients was reached, or a proxy in between gave up.',
    })
  }
  if (replies.length === 0) return step(name, 'doubtful', 'Nobody knows: no reply came.')
  return cert === undefined
    ? step(name, 'right', 'None was shown, and none is required.')
    : step(name, 'right', 'The server accepted the connection with it.')
}

// ---- Login -------------------------------------------------------------------------------------

const LOGINS: readonly (readonly [RegExp, string, string])[] = [
  [/^-NOAUTH/, 'The server wants a login.', 'Log in:'],
  [/^-WRONGPASS/, 'User name or password is wrong, or the user is off.', 'Correct them:'],
  [
    /^-ERR AUTH .*without any password/,
    'A password was given, and there is none.',
    'Leave it out.',
  ],
  [/^-DENIED/, 'Protected mode lets nobody in from other machines.', 'Set a password, or bind.'],
  [/^-NOPERM/, 'The login is right, but this user may not even PING.', 'ACL SETUSER … +ping'],
  [/^-LOADING/, 'The server is still loading its data.', 'Wait, and let the client try again.'],
]

export function judgeLogin({ replies, error }: Session, question: Question): Step {
  const refused = replies.find(line => line.startsWith('-'))
  if (refused !== undefined) {
    const said = withoutWords(refused, [fromText(question.password ?? '')])
    const [, text, cure] = LOGINS.find(([pattern]) => pattern.test(refused)) ?? ['', said, LOG]
    const isMild = /^-(?:NOPERM|LOADING)/.test(refused)
    const needsLogin = /^-(?:NOAUTH|WRONGPASS)/.test(refused)
    return step('login', isMild ? 'doubtful' : 'wrong', text, {
      cure,
      ...(needsLogin && { fault: 'login' }),
    })
  }
  const foreign = replies.find(line => !line.startsWith('+'))
  if (foreign !== undefined) {
    const text = `What answers is no Redis: it says ${quoted(foreign)}.`
    return step('login', 'wrong', text, { cure: 'Check host and port.' })
  }
  if (error?.code === SILENT) {
    return step('login', 'wrong', 'The server took the handshake and answers no command.', {
      cure: 'Look at the server, and give the client a time-out for commands:',
      fault: 'no-timeout',
    })
  }
  if (error !== undefined) {
    const text = `The connection ended before PING was answered (${error.code}).`
    return step('login', 'wrong', text, { cure: LOG })
  }
  const who = question.password === undefined ? 'without a login' : 'with this login'
  return step('login', 'right', `PING is answered ${who}.`)
}
