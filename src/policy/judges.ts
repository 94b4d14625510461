// The policy tools that the library has, for whoever loads all of them at their first use.

export { readPolicy } from './conf-policy.ts'
export { diff } from './diff.ts'
export { explain } from './explain-text.ts'
export { lint } from './lint.ts'
export { matrix } from './matrix.ts'
