import { cp, mkdir, readFile, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { testFolder } from '../harness/folder.ts'
import { startProcess } from '../harness/process.ts'

const house = join(import.meta.dirname, '../..')
let root = ''
let folder: Awaited<ReturnType<typeof testFolder>>

/** A copy of the door alone, before another house: its run.ts says what it was given and waits for a signal. */
beforeEach(async () => {
  folder = await testFolder()
  root = join(folder.path, 'clone')
  await mkdir(join(root, 'bin'), { recursive: true })
  await cp(join(house, 'bin/suifang.mjs'), join(root, 'bin/suifang.mjs'))
  await writeFile(join(root, 'package.json'), '{"name": "empty", "version": "1.0.0"}')
  await writeFile(join(root, 'package-lock.json'), JSON.stringify(lock))
  await writeFile(
    join(root, 'bin/run.ts'),
    `process.once('SIGTERM', () => process.exit(7))
     console.log(JSON.stringify({ argv: process.argv.slice(2), cwd: process.cwd(), from: process.env.INIT_CWD, pid: process.pid }))
     if (process.argv[2] === 'wait') setInterval(() => {}, 1000)`,
  )
})
afterEach(() => folder.close())

const lock = { name: 'empty', version: '1.0.0', lockfileVersion: 3, requires: true, packages: { '': {} } }

/** What npm would have left, with the Node that runs this test in the place of the installed one. */
async function installByHand(packages: Record<string, unknown> = {}): Promise<void> {
  const bin = join(root, `node_modules/node-${process.platform}-${process.arch}/bin`)
  await mkdir(bin, { recursive: true })
  await symlink(process.execPath, join(bin, 'node'))
  await writeFile(join(root, 'node_modules/.package-lock.json'), JSON.stringify({ ...lock, packages }))
}

/** `oldNode`: a Node that cannot replace itself, as before 22.15. */
function door(args: readonly string[], { oldNode = false, env = {} } = {}) {
  const forget = oldNode ? ['--import', 'data:text/javascript,delete process.execve'] : []
  const nowhere = { npm_config_registry: 'http://127.0.0.1:9/', npm_config_fetch_retries: '0' }
  return startProcess([process.execPath, ...forget, join(root, 'bin/suifang.mjs'), ...args], {
    cwd: folder.path,
    env: { ...nowhere, npm_execpath: undefined, INIT_CWD: undefined, ...env },
  })
}

describe.each([{ oldNode: false }, { oldNode: true }])('under a Node that cannot replace itself: $oldNode', (node) => {
  test('what is installed is not installed again, and the command goes on in the house with its arguments', async () => {
    await installByHand()
    const started = await door(['cli', 'import', '名单 1.csv'], node)
    const [said = ''] = await started.line(/^{.*/)
    expect(JSON.parse(said)).toMatchObject({ argv: ['cli', 'import', '名单 1.csv'], cwd: root, from: folder.path })
    expect(await started.ended).toEqual({ code: 0, signal: null })
    expect(started.lines.join('\n')).not.toContain('Installing')
  })

  test('a signal reaches the command, and its exit code comes back', async () => {
    await installByHand()
    const started = await door(['wait'], node)
    await started.line(/^{.*/)
    expect(await started.kill('SIGTERM')).toEqual({ code: 7, signal: null })
  })
})

test('where Node can replace itself nobody waits beside the command', async () => {
  await installByHand()
  const started = await door(['wait'])
  const [said = ''] = await started.line(/^{.*/)
  expect(JSON.parse(said)).toMatchObject({ pid: started.pid })
  await started.close()
})

test('a lock file that has changed is installed; without a registry it says so and ends', async () => {
  await installByHand()
  const changed = {
    ...lock,
    packages: { '': { dependencies: { pg: '8.23.1' } }, 'node_modules/pg': { version: '8.23.1' } },
  }
  await writeFile(join(root, 'package-lock.json'), JSON.stringify(changed))
  await writeFile(join(root, 'package.json'), '{"name": "empty", "version": "1.0.0", "dependencies": {"pg": "8.23.1"}}')
  const started = await door(['cli'], { env: { npm_config_cache: join(folder.path, 'cache') } })
  expect(await started.ended).toEqual({ code: 1, signal: null })
  expect(started.lines.join('\n')).toMatch(/Installing[\s\S]*registry http:\/\/127\.0\.0\.1:9\/ cannot be reached/)
}, 60_000)

test('an installer that was killed does not keep the next one waiting', async () => {
  const dead = await startProcess([process.execPath, '-e', ''])
  await dead.ended
  await mkdir(join(root, '.cache/installing'), { recursive: true })
  await writeFile(join(root, '.cache/installing/pid'), String(dead.pid))
  const started = await door(['install'], { env: { npm_config_cache: join(folder.path, 'cache') } })
  await started.line(/Installing/)
  await started.close()
})

test('the machine that guards main runs what a person runs', async () => {
  expect(await readFile(join(house, '.ci/run'), 'utf8')).toMatch(/^npm test$/m)
})
