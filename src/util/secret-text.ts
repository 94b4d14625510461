// What is left of a text when what is secret in it is hidden.

export const REDACTED = '(redacted)'

/** Without these words: a server may quote in an error what it was sent. */
export function withoutWords(text: string, secrets: readonly string[]): string {
  let shown = text
  for (const secret of secrets) if (secret !== '') shown = shown.replaceAll(secret, REDACTED)
  return shown
}

/**
 * A server's URL: `rediss://…@host:6379/0` of `rediss://user:password@host:6379/0`. The password is
 * hidden also where the URL is none, because it is then that it is shown: what stands before the
 * last @ (or its escape) is left out, and what is not a plain host, port and number behind it.
 */
export function shownUrl(url: string): string {
  const [, scheme = '', rest = ''] = URL_PARTS.exec(url) ?? []
  const [, login, place = ''] = /^(.*(?:@|%40))?(.*)$/s.exec(rest) ?? []
  const shown = PLACE.exec(place)?.[0] ?? ''
  return `${scheme}${login === undefined ? '' : '…@'}${shown}${shown === place ? '' : '…'}`
}

const URL_PARTS = /^((?:[a-z][a-z0-9+.-]*:)?\/\/|rediss?:)?(.*)$/is
const PLACE = /^(?:\[[0-9a-f:.]*\]|[^:/?#\s]*)(?::\d*)?(?:\/\d*)?/i
