import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import { isFailpoint } from './failpoint.ts'

const script = `
  import { failpoint } from ${JSON.stringify(fileURLToPath(new URL('./failpoint.ts', import.meta.url)))}
  for (let pass = 1; pass <= 3; pass += 1) { console.log(pass); failpoint('answered') }`

async function run(armed: string) {
  const child = spawn(process.execPath, ['--input-type=module', '-e', script], {
    env: { ...process.env, SUIFANG_FAILPOINT: armed },
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const output = child.stdout.setEncoding('utf8').toArray()
  const [code, signal] = await once(child, 'exit')
  return { code, signal, passes: (await output).join('').trim().split('\n').length }
}

test('an armed failpoint kills the process at the named pass', async () => {
  expect(await run('answered:2')).toEqual({ code: null, signal: 'SIGKILL', passes: 2 })
})

test('another failpoint lets the process live', async () => {
  expect(await run('ringing')).toEqual({ code: 0, signal: null, passes: 3 })
})

test('only names that stand in the code are failpoints', () => {
  expect(['answered', 'answered:3', 'answerd', 'answered:0'].map(isFailpoint)).toEqual([true, true, false, false])
})
