import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { PassThrough, Readable, Writable } from 'node:stream'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { type SimulateFlowOptions, simulateFlow } from './simulate-flow.ts'

const shipped = new URL('../../../ivr-flows/discharge-satisfaction.json', import.meta.url).pathname

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'suifang-simulate-'))
})
afterEach(() => rmSync(folder, { recursive: true }))

async function simulated(file: string, options: Partial<SimulateFlowOptions> = {}) {
  const written: string[] = []
  const output = new Writable({
    write(chunk, _encoding, done) {
      written.push(String(chunk))
      done()
    },
  })
  const exit = await simulateFlow(file, { input: Readable.from([]), output, ...options })
  return { exit, text: written.join('') }
}

/** A terminal on which these keys are typed. */
function terminal(typed: string) {
  const modes: boolean[] = []
  const input = Object.assign(new PassThrough(), { isTTY: true, setRawMode: (raw: boolean) => modes.push(raw) })
  input.write(typed)
  return { input, modes }
}

function write(name: string, content: unknown): string {
  const path = join(folder, name)
  writeFileSync(path, typeof content === 'string' ? content : JSON.stringify(content))
  return path
}

describe('simulate-flow', () => {
  it('runs a flow on keys that are given', async () => {
    const { exit, text } = await simulated(shipped, { keys: '1,1,2,3,1,4' })
    expect(exit).toBe(0)
    expect(text).toContain('> 您好，这里是医院随访中心。  [opening,')
    expect(text).toContain('answer      advice-clear = dissatisfied (keys 4)')
    expect(text.trimEnd().split('\n').at(-1)).toBe('outcome done, 5 of 5 answered, score 56.25')
  })

  it('hangs up when the keys are at their end', async () => {
    const { text } = await simulated(shipped, { keys: '1,1' })
    expect(text).toContain('(the person hangs up)')
    expect(text.trimEnd()).toMatch(/outcome partial, 1 of 5 answered, score 100$/)
  })

  it('takes a dot as silence', async () => {
    const { text } = await simulated(shipped, { keys: '...' })
    expect(text).toContain('outcome uncooperative')
  })

  it('shows where an earlier attempt is resumed', async () => {
    const { text } = await simulated(shipped, { keys: '1', answers: { nurses: 'satisfied' } })
    expect(text).toContain('question    doctors (2 of 5)')
  })

  it('takes keys from a terminal one by one, and gives it back as it was', async () => {
    const { input, modes } = terminal('1\r11112')
    const { text } = await simulated(shipped, { input })
    expect(text).toContain('(silence)')
    expect(text).toContain('outcome done')
    expect(modes).toEqual([true, false])
  })

  it.each(['\u0003', '\u0004'])('hangs up on control key %j', async (key) => {
    const { text } = await simulated(shipped, { input: terminal(`1${key}`).input })
    expect(text).toContain('(the person hangs up)')
  })

  it('reads keys out of a pipe, whose lines mean no silence', async () => {
    const { text } = await simulated(shipped, { input: Readable.from(['1\n1\n1\n', '1\n2\n']) })
    expect(text).not.toContain('silence')
    expect(text).toContain('outcome done, 4 of 4 answered')
  })

  it('says everything that is wrong with a bad flow, and fails', async () => {
    const flow = {
      id: 'bad',
      title: { zh: '坏', en: 'bad' },
      language: 'zh-CN',
      prompts: [{ id: 'opening' }, { id: 'singing' }],
      start: 'a',
      nodes: {
        a: { kind: 'play', prompts: ['opening', 'singing'], next: 'b' },
        c: { kind: 'hangup', outcome: 'done' },
      },
    }
    const { exit, text } = await simulated(write('bad.json', flow))
    expect(exit).toBe(1)
    expect(text).toContain('error FLOW_NODE_UNKNOWN at /nodes/a/next: There is no node "b".')
    expect(text).toContain('error FLOW_PROMPT_UNKNOWN at /prompts/1/id: There is no sound for the prompt "singing"')
  })

  it('says it in Chinese too', async () => {
    const { text } = await simulated(write('bad.json', {}), { language: 'zh' })
    expect(text).toContain('结构有误')
  })

  it.each([
    ['that is missing', () => join(folder, 'nowhere.json'), 'FLOW_FILE_UNREADABLE'],
    ['that is no JSON', () => write('x.json', '{ "id": '), 'FLOW_NOT_JSON'],
    ['that is something else', () => write('x.json', [1]), 'FLOW_SHAPE'],
  ])('fails with a file %s', async (_what, file, code) => {
    const { exit, text } = await simulated(file())
    expect(exit).toBe(1)
    expect(text).toContain(code)
  })
})
