// Names and addresses that a server's certificate is for, as they stand in one: ASCII, and only such
// as a client can ask for. A certificate takes any text, and no client would ever match it.

import net from 'node:net'
import { domainToASCII } from 'node:url'

const NAME_MAX = 253
/** What a URL's host ends at, or is read without. */
const NO_NAME = /[/?#\\%\s]/

/** An underscore is no host's, but stands in names of containers. The first label may be a star. */
const NAME =
  /^(?:\*\.)?(?:[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?\.)*[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?$/

/** Of ASCII, what stands in no name: for domainToASCII() it would end one, or be an escape. */
const FOREIGN = /[^\w.*\-\u0080-\u{10ffff}]/u

/**
 * 'bücher.example' as 'xn--bcher-kva.example'; addresses as they are.
 * @throws Error for what is neither a name nor an address
 */
export function hostName(text: string): string {
  if (net.isIP(text) !== 0 && !text.includes('%')) return text
  const name = FOREIGN.test(text) ? '' : domainToASCII(text)
  // What comes out as an address was meant as one, and is written as no client would ask for it.
  const isName = net.isIP(name) === 0 && !NO_NAME.test(text)
  if (isName && name.length <= NAME_MAX && NAME.test(name)) return name
  throw new Error(`'${text}' is neither a host name nor an address${adviceFor(text)}`)
}

function adviceFor(text: string): string {
  const bare = /^\[(.*)\](?::\d+)?$|^([^:/]+):\d+$|^\w+:\/\/([^:/]+)/.exec(text)
  const host = bare?.slice(1).find(part => part !== undefined) ?? ''
  return net.isIP(host) !== 0 || NAME.test(host) ? `: give '${host}' alone` : ''
}
