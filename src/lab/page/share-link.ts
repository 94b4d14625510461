// Rules that come with the page's address: `#share=` and the rules in base64url.

const MARK = '#share='

/** Takes the rules out of the address; undefined if it has none, or none that can be read. */
export function takeSharedRules(): string | undefined {
  const { hash } = location
  if (!hash.startsWith(MARK)) return undefined
  history.replaceState(null, '', '#rules')
  try {
    const coded = hash.slice(MARK.length).replaceAll('-', '+').replaceAll('_', '/')
    const bytes = Uint8Array.from(atob(coded), char => char.charCodeAt(0))
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes)
  } catch {
    return undefined
  }
}
