// Whether a server listens on one of the ports that are named, for the health check of an image. It
// goes away without a word, since what is there may be TLS, and TLS with a fault.

import net from 'node:net'

const listens = port =>
  new Promise(resolve => {
    const socket = net.connect(Number(port), '127.0.0.1')
    socket.once('connect', () => socket.end(() => resolve(true)))
    socket.once('error', () => resolve(false))
  })

const found = await Promise.all(process.argv.slice(2).map(listens))
process.exit(found.includes(true) ? 0 : 1)
