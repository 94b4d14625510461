// Why a replica does not get in step with its master, step by step: what its settings say, then
// what every TLS client meets, with what Redis does otherwise, and then login, rights, the state of
// the master and the version of its snapshots. No synchronization is begun.

import type { Settings } from '../../../host/config/config.ts'
import { brokenReason } from '../../../transport/outgoing.ts'
import { curesFor, type Fault } from '../cures.ts'
import { judgeChain, judgeDates, judgeHostName, judgeStrength } from './certificate.ts'
import { plainAnswer, reach, TIMEOUT_MS } from './connection.ts'
import { checkFiles } from './files.ts'
import { judgeClientCertificate, judgeHandshake } from './handshake.ts'
import { judgeLinkLogin, judgeMaster, judgeRights, judgeVersion } from './link-judge.ts'
import { type LinkOptions, linkIn } from './link-settings.ts'
import { type LinkTalk, talkAsReplica } from './link-talk.ts'
import { type Session, shake } from './session.ts'
import { inOrder, LINK_STEPS, type LinkQuestion, type Step, type StepName, step } from './step.ts'

/** Steps that a plain link has not. */
const OF_TLS: ReadonlySet<StepName> = new Set([
  'files',
  'cipher',
  'chain',
  'host name',
  'dates',
  'client certificate',
])

/**
 * Takes all steps; those that cannot be taken are `unknown`.
 * @param settings the replica's
 */
export async function explainLink(settings: Settings, options: LinkOptions): Promise<Step[]> {
  const found: Step[] = []
  const take = (taken: Step): boolean => {
    found.push(taken)
    return taken.verdict !== 'wrong'
  }
  const question = linkIn(settings, { timeoutMs: TIMEOUT_MS, ...options }, take)
  if (question !== undefined) await takeSteps(question, take)
  const isTls = settings['tls-replication']
  return inOrder(
    LINK_STEPS.filter(name => isTls || !OF_TLS.has(name)),
    found,
  )
}

type Take = (step: Step) => boolean

async function takeSteps(question: LinkQuestion, take: Take): Promise<void> {
  if (question.link !== undefined && !take(withPair(checkFiles(question)))) return
  for await (const taken of reach(question)) if (!take(taken)) return
  const talk = await (question.link === undefined
    ? talkPlainly(question, take)
    : talkOverTls(question, take))
  if (talk === undefined) return
  if (!take(judgeLinkLogin(talk, question))) return
  take(judgeRights(talk, question))
  if (!take(judgeMaster(talk))) return
  take(judgeVersion(talk, question))
}

// ---- Plain ----------------------------------------------------------------------------------

async function talkPlainly(question: LinkQuestion, take: Take): Promise<LinkTalk | undefined> {
  const talk = await talkAsReplica(question)
  if (talk.replies.size > 0) {
    take(step('protocol', 'right', 'Plain, and the master answers so.'))
    return talk
  }
  const { isShaken, certificates, error } = await shake(withoutLogin(question))
  if (isShaken || certificates.length > 0 || /ALERT_/.test(error?.code ?? '')) {
    const text = 'The link speaks no TLS (tls-replication is no), and this is a TLS port.'
    take(step('protocol', 'wrong', text, { fault: 'tls-missing' }))
  } else {
    const text = `No Redis answers on this port (${talk.error?.code ?? talk.error?.message}).`
    take(step('protocol', 'wrong', text, { cure: 'Correct the port of replicaof.' }))
  }
  return undefined
}

// ---- TLS ------------------------------------------------------------------------------------

/** Looks first, further than a replica does, and then does what a replica does. */
async function talkOverTls(question: LinkQuestion, take: Take): Promise<LinkTalk | undefined> {
  const session = await shake(withoutLogin(question))
  const [leaf] = session.certificates
  const plain = session.isShaken ? undefined : await plainAnswer(question, session.error)
  const handshake = judgeHandshake(session, plain, question).map(withPair)
  const judged = [
    ...handshake,
    ...(leaf === undefined
      ? []
      : [
          judgeStrength(session, leaf),
          judgeChain(session, question),
          hostName(question, leaf),
          judgeDates(session.certificates, question),
        ]),
  ]
  const refused = leaf === undefined || judged.some(({ name }) => name === 'client certificate')
  if (!refused) judged.push(withPair(judgeClientCertificate(session, question)))
  const isWrong = judged.some(({ verdict }) => verdict === 'wrong')
  const talk = isWrong ? undefined : await talkAsReplica(question)
  const narrow = talk && !talk.isOpen ? tooNarrow(session, talk) : undefined
  for (const one of judged) take(one.name === narrow?.name ? narrow : one)
  return narrow === undefined ? talk : undefined
}

/** The master is right, and the replica's own settings keep it from shaking hands. */
function tooNarrow({ protocol, cipher }: Session, { error }: LinkTalk): Step {
  const text = `With the replica's own settings the handshake fails: ${brokenReason(error)}.`
  return step('protocol', 'wrong', text, {
    cure: `The master takes ${protocol} with ${cipher}: let tls-protocols, tls-ciphers and tls-ciphersuites allow it.`,
  })
}

function hostName(question: LinkQuestion, leaf: Parameters<typeof judgeHostName>[1]): Step {
  const { verdict } = judgeHostName(question, leaf)
  const text = 'Replicas compare no host names: the chain alone counts.'
  return step(
    'host name',
    'right',
    verdict === 'wrong' ? `${text} (Clients would refuse it: it is not for this host.)` : text,
  )
}

/** Which of its certificates a replica shows is not what one expects. */
function withPair(taken: Step): Step {
  const isOfPair = taken.name === 'files' || taken.name === 'client certificate'
  const isRight = taken.verdict === 'right' || taken.verdict === 'unknown'
  if (isRight || !isOfPair || taken.cures !== undefined) return taken
  const fault: Fault = 'client-certificate'
  return { ...taken, cures: curesFor(fault) }
}

function withoutLogin(question: LinkQuestion): LinkQuestion {
  return { ...question, username: undefined, password: undefined }
}
