// One right answer of an exercise, made of what it asks for.

import type { Exercise, WantedUser } from './exercise.ts'

/** Lines of an ACL file. */
export function solutionOf({ users, start }: Exercise): string[] {
  return users.map(wanted => {
    const line = start.find(text => text.split(' ')[1] === wanted.name) ?? ''
    const words = [...loginOf(wanted, line), wanted.rights ?? '']
    return ['user', wanted.name, ...words].filter(word => word !== '').join(' ')
  })
}

/** Who may log in already keeps its password, unless it is to have another. */
function loginOf({ canLogIn, passwords }: WantedUser, line: string): string[] {
  if (canLogIn === false) return ['off']
  const right = passwords?.right?.map(password => `>${password}`)
  if (right !== undefined) return ['on', ...right]
  return line.split(' ').filter(word => word === 'on' || word.startsWith('#'))
}
