// The token of the printed address: taken out of the address bar at once, so that neither history
// nor a shared screen has it, and kept for when the page is loaded again. It is of no use once the
// lab has ended.

const KEY = 'redis-tls-mock lab: token'

export const token = takeToken()

function takeToken(): string {
  const given = new URLSearchParams(location.search).get('token')
  if (given === null) return kept()
  history.replaceState(null, '', `/${location.hash}`)
  try {
    localStorage.setItem(KEY, given)
  } catch {
    // A browser without storage asks for the printed address each time.
  }
  return given
}

function kept(): string {
  try {
    return localStorage.getItem(KEY) ?? ''
  } catch {
    return ''
  }
}
