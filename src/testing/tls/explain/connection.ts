// Why a client cannot reach a Redis over TLS, step by step: files, name, TCP, protocol, cipher,
// chain, host name, dates, client certificate, login. Works against any Redis, and looks further
// than a client does: it shakes hands without verifying, and then judges what it was shown.

import dns from 'node:dns/promises'
import net from 'node:net'
import { shownUrl } from '../../../util/secret-text.ts'
import { judgeChain, judgeDates, judgeHostName, judgeStrength } from './certificate.ts'
import { checkFiles } from './files.ts'
import { judgeClientCertificate, judgeHandshake, judgeLogin } from './handshake.ts'
import { judgeOffer } from './offer.ts'
import { type Session, shake, talkPlainly } from './session.ts'
import { CLIENT_STEPS, inOrder, type Question, type Step, step } from './step.ts'

export type { Question, Step, StepName } from './step.ts'

export const TIMEOUT_MS = 5000

/** Takes all steps; those that cannot be taken are `unknown`. */
export async function explainConnection(
  question: Omit<Question, 'timeoutMs'> & { readonly timeoutMs?: number },
): Promise<Step[]> {
  const found: Step[] = []
  await takeSteps({ timeoutMs: TIMEOUT_MS, ...question }, found)
  const isPlain = found.some(({ name }) => name === 'scheme')
  return inOrder(
    CLIENT_STEPS.filter(name => name !== 'scheme' || isPlain),
    found,
  )
}

async function takeSteps(question: Question, found: Step[]): Promise<void> {
  const take = (taken: Step): boolean => {
    found.push(taken)
    return taken.verdict !== 'wrong'
  }
  if (!take(checkFiles(question))) return
  for await (const taken of reach(question)) if (!take(taken)) return
  const session = await shake(question)
  if (question.isPlain) take(schemeStep(session))
  const plain = session.isShaken ? undefined : await plainAnswer(question, session.error)
  const handshake = judgeHandshake(session, plain, question)
  for (const taken of handshake) take(taken)
  const chain = session.certificates
  const [leaf] = chain
  if (leaf === undefined) return
  take(judgeStrength(session, leaf))
  take(judgeChain(session, question))
  take(judgeHostName(question, leaf))
  take(judgeDates(chain, question))
  if (handshake.some(({ name }) => name === 'client certificate')) return
  if (!take(judgeClientCertificate(session, question))) return
  take(await judgeOffer(question))
  take(judgeLogin(session, question))
}

/** The cause behind many a reset at the first command. */
function schemeStep({ isShaken, certificates, error }: Session): Step {
  const hasTls = isShaken || certificates.length > 0 || /ALERT_/.test(error?.code ?? '')
  if (!hasTls) return step('scheme', 'right', 'redis:// speaks no TLS, and none was met.')
  return step('scheme', 'wrong', 'redis:// speaks no TLS, and this is a TLS port.', {
    cure: 'Say rediss://, or switch TLS on in the client:',
    fault: 'tls-missing',
  })
}

/** Where TLS got no sense out of the port, what it says to PING in plain text. */
export async function plainAnswer(
  question: Question,
  error: NodeJS.ErrnoException | undefined,
): Promise<string | undefined> {
  const isOdd =
    error === undefined || /WRONG_VERSION|PACKET_LENGTH|ETIMEDOUT/.test(error.code ?? '')
  return isOdd ? talkPlainly(question) : undefined
}

// ---- Whether there is a host of that name, and somebody who listens there -----------------------

/** The steps `name` and `TCP`, the second only if the first is not wrong. */
export async function* reach(question: Question): AsyncGenerator<Step, void> {
  const addresses = await lookUp(question.host)
  const named = nameStep(question.host, addresses)
  yield named
  if (named.verdict !== 'wrong') yield await connectionStep(question, addresses)
}

async function lookUp(host: string): Promise<readonly string[]> {
  if (net.isIP(host) !== 0) return [host]
  try {
    return (await dns.lookup(host, { all: true })).map(({ address }) => address)
  } catch {
    return []
  }
}

function nameStep(host: string, addresses: readonly string[]): Step {
  if (host.includes('/') || host.includes('@')) {
    const cure = 'Give host and port apart, or give the whole as a URL.'
    return step(
      'name',
      'wrong',
      `'${shownUrl(host)}' is no host name; it looks like a part of a URL.`,
      {
        cure,
      },
    )
  }
  if (net.isIP(host) !== 0) return step('name', 'right', `${host} is an address.`)
  if (addresses.length === 0) {
    const cure =
      'Correct the name, or make it known (DNS, /etc/hosts, the network of the container).'
    return step('name', 'wrong', `There is no host '${host}'.`, { cure })
  }
  return step('name', 'right', `${host} is ${addresses.join(' and ')}.`)
}

async function connectionStep(
  { port, timeoutMs }: Question,
  addresses: readonly string[],
): Promise<Step> {
  const answers = await Promise.all(addresses.map(host => tryAddress(host, port, timeoutMs)))
  const failures = addresses.flatMap((host, i) => {
    const answer = answers[i]
    return answer === undefined ? [] : [`${host}: ${answer}`]
  })
  if (failures.length === 0) return step('TCP', 'right', `Port ${port} is open.`)
  if (failures.length < addresses.length) {
    const text = `Port ${port} is open, but not at every address of the name (${failures.join(', ')}).`
    return step('TCP', 'doubtful', text, { cure: 'Let the server listen on all (bind).' })
  }
  const isRefused = answers.includes('ECONNREFUSED')
  return step('TCP', 'wrong', `Nobody answers on port ${port} (${failures.join(', ')}).`, {
    cure: isRefused
      ? 'Start the server, or correct the port; tls-port and port are two different ones.'
      : 'Look for a firewall or a security group between here and there.',
  })
}

/** Undefined if it is open, else the code of the error. */
function tryAddress(host: string, port: number, timeoutMs: number): Promise<string | undefined> {
  return new Promise(resolve => {
    const socket = net.connect({ host, port, timeout: timeoutMs })
    const end = (answer: string | undefined): void => {
      socket.destroy()
      resolve(answer)
    }
    socket.once('connect', () => end(undefined))
    socket.once('timeout', () => end('ETIMEDOUT'))
    socket.once('error', error => end((error as NodeJS.ErrnoException).code ?? error.message))
  })
}
