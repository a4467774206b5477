/**
 * Preloaded into a softswitch under attack or measurement: it looks no name up, whatever it is told to send where, and
 * on SIGUSR2 collects its garbage before it tells its figures.
 */
import dns from 'node:dns'
import { syncBuiltinESMExports } from 'node:module'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { isMainThread } from 'node:worker_threads'

Object.assign(dns.promises, { lookup: () => Promise.reject(new Error('no names are looked up here')) })
syncBuiltinESMExports()
if (isMainThread) {
  setFlagsFromString('--expose-gc')
  const collect: () => void = runInNewContext('gc')
  // With an argument (the signal's name) it would collect the young alone.
  process.prependListener('SIGUSR2', () => collect())
}
