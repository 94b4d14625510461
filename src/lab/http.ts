// The lab's web server: three kinds of answers (files of the page, JSON, one stream of events), and
// a 403 for whoever the guard does not admit.

import http, { type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { bareHeaders, Guard, newNonce, safetyHeaders } from './guard.ts'
import type { PageFiles } from './page-files.ts'
import { refusalPage } from './refusal-page.ts'

/** Answers one question of the page; what it returns is sent as JSON. */
export type Route = (body: unknown) => unknown

export interface LabRoutes {
  /** By path: `/api/run`. */
  readonly routes: ReadonlyMap<string, Route>
  /** Begins to send events; returns how to stop. */
  readonly subscribe: (send: (event: unknown) => void) => () => void
}

/** A question that is wrong in itself; the page shows the message. */
export class RequestError extends Error {
  override readonly name = 'RequestError'
}

const HOST = '127.0.0.1'
const BODY_MAX = 1024 * 1024
const EVENTS_PATH = '/api/events'

export class LabHttp {
  readonly #guard = new Guard()
  readonly #server: http.Server
  readonly #files: PageFiles
  readonly #routes: LabRoutes
  #origin = ''

  constructor(files: PageFiles, routes: LabRoutes) {
    this.#files = files
    this.#routes = routes
    const answer = (request: IncomingMessage, response: ServerResponse): void => {
      // A page that goes away in mid-question must not take the lab with it.
      this.#answer(request, response).catch(() => response.destroy())
    }
    // Without these two Node would answer for us before the guard is asked.
    this.#server = http.createServer({ requireHostHeader: false }, answer)
    this.#server.on('checkContinue', answer)
    this.#server.on('clientError', (_error, socket) => socket.destroy())
  }

  /** Resolves to the address with the token in it. @throws Error if the port is taken */
  listen(port: number): Promise<string> {
    return new Promise((resolve, reject) => {
      this.#server.once('error', reject)
      this.#server.listen(port, HOST, () => {
        const { port: open } = this.#server.address() as AddressInfo
        this.#guard.listensOn(open)
        this.#origin = `http://${HOST}:${open}`
        resolve(`${this.#origin}/?token=${this.#guard.token}`)
      })
    })
  }

  /** An address that opens the page once, and is of no use to whoever reads it afterwards. */
  openingUrl(): string {
    return `${this.#origin}/?open=${this.#guard.newCode()}`
  }

  close(): Promise<void> {
    return new Promise(resolve => {
      this.#server.close(() => resolve())
      this.#server.closeAllConnections()
    })
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = readUrl(request.url)
    if (url !== undefined && this.#guard.takeCode(request, url)) {
      const location = `/?token=${this.#guard.token}`
      response.writeHead(303, { ...safetyHeaders(), location, 'content-length': 0 }).end()
      return
    }
    if (url === undefined || !this.#guard.admits(request, url)) {
      this.#refuse(request, url, response)
      return
    }
    if (request.method === 'GET' && url.pathname === EVENTS_PATH) this.#stream(response)
    else if (request.method === 'GET') this.#sendFile(url.pathname, response)
    else await this.#sendJson(request, url.pathname, response)
  }

  #refuse(request: IncomingMessage, url: URL | undefined, response: ServerResponse): void {
    const isPerson = !url?.pathname.startsWith('/api/') && this.#guard.isVisit(request)
    if (!isPerson) {
      response.writeHead(403, { 'content-length': 0, connection: 'close' }).end()
      return
    }
    const nonce = newNonce()
    const headers = { ...bareHeaders(nonce), 'content-type': 'text/html; charset=utf-8' }
    response.writeHead(403, { ...headers, connection: 'close' }).end(refusalPage(nonce))
  }

  #sendFile(path: string, response: ServerResponse): void {
    const nonce = newNonce()
    const file = this.#files.find(path, { pass: this.#guard.pass, nonce })
    const headers = { ...safetyHeaders(nonce), ...(file?.isPage && this.#guard.cookieHeader) }
    if (file === undefined) response.writeHead(404, headers).end()
    else response.writeHead(200, { ...headers, 'content-type': file.type }).end(file.content)
  }

  async #sendJson(request: IncomingMessage, path: string, response: ServerResponse): Promise<void> {
    const route = request.method === 'POST' ? this.#routes.routes.get(path) : undefined
    const send = (status: number, content: unknown): void => {
      const type = 'application/json; charset=utf-8'
      response.writeHead(status, { ...safetyHeaders(), 'content-type': type })
      response.end(JSON.stringify(content))
    }
    if (route === undefined) {
      send(404, { error: 'No such question' })
      return
    }
    try {
      send(200, await route(await readBody(request)))
    } catch (error) {
      if (!(error instanceof RequestError)) throw error
      send(400, { error: error.message })
    }
  }

  /** One JSON text a line, for as long as the page is open. */
  #stream(response: ServerResponse): void {
    const type = 'application/x-ndjson; charset=utf-8'
    response.writeHead(200, { ...safetyHeaders(), 'content-type': type })
    response.flushHeaders()
    const stop = this.#routes.subscribe(event => response.write(`${JSON.stringify(event)}\n`))
    response.once('close', stop)
  }
}

function readUrl(text = ''): URL | undefined {
  if (!text.startsWith('/')) return undefined
  try {
    return new URL(`http://${HOST}${text}`)
  } catch {
    return undefined
  }
}

async function readBody(request: IncomingMessage): Promise<unknown> {
  const chunks: Buffer[] = []
  let size = 0
  for await (const chunk of request) {
    size += (chunk as Buffer).length
    if (size > BODY_MAX) throw new RequestError('The question is too long')
    chunks.push(chunk as Buffer)
  }
  try {
    return JSON.parse(Buffer.concat(chunks).toString() || 'null')
  } catch {
    throw new RequestError('The question is no JSON')
  }
}
