import { expect, it } from 'vitest'
import { virtualClock } from '../clock.ts'
import { DiskQuestion } from './disk-question.ts'

function hanging() {
  const clock = virtualClock()
  const waiting: (() => void)[] = []
  const question = new DiskQuestion({
    clock,
    ask: (folder: string) => new Promise<string>((resolve) => void waiting.push(() => resolve(folder))),
  })
  return { clock, waiting, question }
}

it('a disk that does not answer is told of after five seconds', async () => {
  const { clock, question } = hanging()
  const asked = expect(question.of('/recordings')).rejects.toMatchObject({ code: 'DISK_SILENT' })
  await clock.advance(5_000)
  await asked
  expect(clock.pending).toBe(0)
})

it('while a disk hangs it is asked once, however many want to know', async () => {
  const { clock, waiting, question } = hanging()
  for (let time = 0; time < 10; time += 1) {
    const asked = expect(question.of('/recordings')).rejects.toMatchObject({ code: 'DISK_SILENT' })
    await clock.advance(5_000)
    await asked
  }
  expect(waiting).toHaveLength(1)
})

it('a disk that answers again is asked anew', async () => {
  const { waiting, question } = hanging()
  const first = question.of('/recordings')
  waiting.pop()?.()
  expect(await first).toBe('/recordings')
  const second = question.of('/recordings')
  waiting.pop()?.()
  expect(await second).toBe('/recordings')
})

it('another folder is asked beside one that hangs', async () => {
  const { waiting, question } = hanging()
  void question.of('/recordings').catch(() => {})
  const other = question.of('/data')
  waiting.pop()?.()
  expect(await other).toBe('/data')
})
