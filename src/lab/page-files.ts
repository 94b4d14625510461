// The built page: read once at start, so that what is served is only what was built, whatever a
// path may say.

import fs from 'node:fs'
import path from 'node:path'

export interface PageFile {
  readonly type: string
  /** The page itself, and none of the files that it asks for. */
  readonly isPage: boolean
  readonly content: Buffer | string
}

export interface PageMarks {
  readonly pass: string
  readonly nonce: string
}

const TYPES: ReadonlyMap<string, string> = new Map([
  ['.html', 'text/html; charset=utf-8'],
  ['.js', 'text/javascript; charset=utf-8'],
  ['.css', 'text/css; charset=utf-8'],
  ['.svg', 'image/svg+xml'],
])
const INDEX = 'index.html'

export class PageFiles {
  readonly #files: ReadonlyMap<string, PageFile>

  /** @throws Error if the folder holds no built page */
  constructor(folder: string) {
    const names = fs.existsSync(folder) ? fs.readdirSync(folder) : []
    if (!names.includes(INDEX)) throw new Error(`The page is not built: ${folder} is missing`)
    this.#files = new Map(
      names.flatMap(name => {
        const type = TYPES.get(path.extname(name))
        if (type === undefined) return []
        const content = fs.readFileSync(path.join(folder, name))
        return [[name, { type, isPage: name === INDEX, content }]]
      }),
    )
  }

  /** The pass and the nonce go into the page, which the browser then asks its files with. */
  find(urlPath: string, { pass, nonce }: PageMarks): PageFile | undefined {
    const file = this.#files.get(urlPath === '/' ? INDEX : urlPath.slice(1))
    if (file === undefined || !file.isPage) return file
    const content = file.content
      .toString()
      .replaceAll('%NONCE%', nonce)
      .replace(/(src|href)="\.\/([\w.-]+)"/g, `$1="/$2?pass=${pass}"`)
    return { ...file, content }
  }
}
