// The types of page.mjs.

export function buildPage(folder: string): Promise<unknown>
