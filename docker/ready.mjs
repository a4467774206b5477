/** The container's health: ends with 0 when the house beside it answers /readyz with 200, with 1 otherwise. */
import { get } from 'node:http'
import { get as getSecure } from 'node:https'

const { SUIFANG_BIND: host = '127.0.0.1', PORT: port = '8080' } = process.env
const where = { host, port, path: '/readyz', timeout: 4_000 }

// The port speaks one of the two. A certificate of our own making is no stranger's: this asks the machine it runs on.
const ready = (await isOk(get, where)) || (await isOk(getSecure, { ...where, rejectUnauthorized: false }))
process.exit(ready ? 0 : 1)

function isOk(ask, options) {
  return new Promise((resolve) => {
    const request = ask(options, ({ statusCode }) => resolve(statusCode === 200))
    request.on('error', () => resolve(false))
    request.on('timeout', () => request.destroy())
  })
}
