#!/usr/bin/env node
/**
 * The door of the house. Runs under whatever Node (18 or later) the machine has, with nothing installed: installs what
 * package-lock.json says when that has changed, and goes on under the Node 24 that came with it, in bin/run.ts.
 *
 *   node bin/suifang.mjs install | start | test | cli … | bench … | contract … | peers … | prompts …
 */
import { spawn, spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = dirname(dirname(fileURLToPath(import.meta.url)))
const [command = 'help', ...args] = process.argv.slice(2)

if (Number(process.versions.node.split('.')[0]) < 18)
  fail(`Suifang needs Node 18 or later to start; this is ${process.version}.`)
await install()
if (command !== 'install') await goOn()

/** Installs unless what is installed is what the lock file says. */
async function install() {
  if (isInstalled()) return
  const release = await takeTurn()
  try {
    if (!isInstalled()) npmCi()
  } finally {
    release()
  }
}

function isInstalled() {
  const wanted = lockHash()
  if (read('node_modules/.suifang-installed') === wanted) return existsSync(node24())
  if (!existsSync(node24()) || !isInstalledByHand()) return false
  try {
    writeFileSync(join(root, 'node_modules/.suifang-installed'), wanted)
  } catch {
    // Installed by somebody else, in an image for one: we look again at each start.
  }
  return true
}

/** Somebody ran npm ci or npm install: npm's own record of node_modules says the same as the lock file. */
function isInstalledByHand() {
  const record = read('node_modules/.package-lock.json')
  if (record === undefined) return false
  const there = JSON.parse(record).packages
  const wanted = Object.entries(JSON.parse(read('package-lock.json') ?? '{}').packages)
  return wanted.every(([path, { version, optional, peer }]) => {
    if (path === '') return true
    return there[path] === undefined ? optional === true || peer === true : there[path].version === version
  })
}

function npmCi() {
  const started = Date.now()
  say('Installing what package-lock.json lists (about 650 MB; once, and after an upgrade) …')
  // Warnings about engines are about the Node that runs npm, not about the one that runs Suifang.
  const options = ['ci', '--no-audit', '--no-fund', '--prefer-offline', '--loglevel=error']
  const { status, error } = npm(options, ['ignore', 2, 2])
  if (status !== 0) {
    const reachable =
      error === undefined && npm(['ping', '--loglevel=silent', '--fetch-retries=0'], 'ignore', 20_000).status === 0
    const where = (npm(['config', 'get', 'registry'], ['ignore', 'pipe', 'ignore']).stdout ?? '').toString().trim()
    if (error !== undefined) fail(`npm could not be started: ${error.message}. Install Node with npm, then try again.`)
    if (!reachable)
      fail(
        `The npm registry ${where} cannot be reached. Connect this machine to it, or name another (npm config set registry …), then try again.`,
      )
    fail('npm ci failed; what it said stands above. Put that right, then try again.')
  }
  if (!existsSync(node24())) {
    fail(
      `There is no Node 24 for ${process.platform} on ${process.arch} in the lock file. Suifang runs on Linux, x64 or arm64, with glibc.`,
    )
  }
  writeFileSync(join(root, 'node_modules/.suifang-installed'), lockHash())
  say(`Installed in ${Math.round((Date.now() - started) / 1000)} s.`)
}

function npm(options, stdio, timeout = 1_800_000) {
  // Started by npm, we use that very npm; its shim may not be in the PATH.
  const script = process.env.npm_execpath
  const [program, ...before] = script?.endsWith('npm-cli.js') ? [process.execPath, script] : ['npm']
  return spawnSync(program, [...before, ...options], { cwd: root, stdio, timeout })
}

/** Two starters on a fresh clone: one installs, the other waits. Returns how to let the next one in. */
async function takeTurn() {
  const folder = join(root, '.cache/installing')
  mkdirSync(dirname(folder), { recursive: true })
  for (let tries = 0; tries < 3_600; tries += 1) {
    try {
      mkdirSync(folder)
      writeFileSync(join(folder, 'pid'), String(process.pid))
      const release = () => rmSync(folder, { recursive: true, force: true })
      process.once('exit', release)
      return release
    } catch (error) {
      if (error.code !== 'EEXIST') fail(`${root} cannot be written: ${error.message}`)
    }
    if (tries === 0) say('Another process is installing here; waiting for it …')
    // Only a holder that is surely dead is pushed aside: its number is known and answers no more.
    const holder = Number(read('.cache/installing/pid') || 0)
    if (holder > 0 && !isAlive(holder)) rmSync(folder, { recursive: true, force: true })
    else await new Promise((resolve) => setTimeout(resolve, 500))
  }
  fail(`Another process has been installing for half an hour. If there is none, remove ${folder}.`)
}

/**
 * Hands over to Node 24. Where Node can replace itself (22.15 and later) nothing of us remains; else we wait, pass
 * signals on, and end as it ends.
 */
async function goOn() {
  const argv = [node24(), join(root, 'bin/run.ts'), command, ...args]
  const env = { ...process.env, INIT_CWD: process.env.INIT_CWD ?? process.cwd() }
  process.chdir(root)
  if (process.execve) process.execve(argv[0], argv, env)
  const child = spawn(argv[0], argv.slice(1), { stdio: 'inherit', env })
  // Ctrl-C reaches the child by the terminal as well; passing it on again does no harm, not passing on a kill would.
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGQUIT']) process.on(signal, () => child.kill(signal))
  child.on('error', (error) =>
    fail(`Node 24 could not be started: ${error.message}. Remove node_modules, then try again.`),
  )
  child.on('exit', (code, signal) => {
    for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGQUIT']) process.removeAllListeners(name)
    if (signal !== null) process.kill(process.pid, signal)
    process.exit(code ?? 1)
  })
}

function node24() {
  return join(root, 'node_modules', `node-${process.platform}-${process.arch}`, 'bin/node')
}

function lockHash() {
  return createHash('sha256')
    .update(read('package-lock.json') ?? '')
    .update(process.platform + process.arch)
    .digest('hex')
}

function read(path) {
  try {
    return readFileSync(join(root, path), 'utf8')
  } catch {
    return undefined
  }
}

function isAlive(pid) {
  try {
    return process.kill(pid, 0)
  } catch (error) {
    return error.code === 'EPERM'
  }
}

/** stdout belongs to the command: a bench or a --json ends it with a line that is read. */
function say(text) {
  process.stderr.write(`${text}\n`)
}

function fail(text) {
  say(text)
  process.exit(1)
}
