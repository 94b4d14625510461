// Asks a lab as its page does.

/** Whatever the answer of a question is: the test looks at it. */
// biome-ignore lint/suspicious/noExplicitAny: the page's own types are not what is tested.
type Answer = any

export type AskLab = (path: string, body?: object) => Promise<Answer>

/** @param url the address that openLab() gives; what is refused is thrown, in the lab's words */
export function askLab(url: string): AskLab {
  const { origin, searchParams } = new URL(url)
  return async (path, body = {}) => {
    const answer = await fetch(`${origin}/api/${path}`, {
      method: 'POST',
      headers: { 'x-lab-token': searchParams.get('token') ?? '' },
      body: JSON.stringify(body),
    })
    const content: Answer = await answer.json()
    if (!answer.ok) throw new Error(content.error)
    return content
  }
}
