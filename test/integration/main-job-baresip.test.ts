/**
 * The main job with patients whose telephones share no line with ours: a list in, dialled, the notice heard, the
 * questions answered by keys, recorded.
 */
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { sql } from 'kysely'
import { describe, expect, it } from 'vitest'
import { readWavHeader } from '#softswitch/media/wav.ts'
import { type Hospital, openHospital, recordedAt } from '../chaos/hospital.ts'
import { patientOptions, pressed, surveyed } from '../chaos/patients.ts'
import { startBaresip } from '../harness/baresip.ts'
import { testFolder } from '../harness/folder.ts'
import { hasProgram } from '../harness/programs.ts'
import { startSipp } from '../harness/sipp.ts'
import { tonePcap } from '../harness/tone-pcap.ts'
import { toneLevel } from '../harness/tones.ts'
import { waitFor } from '../harness/wait-for.ts'

const limitMs = 240_000

interface Called {
  readonly result: string
  readonly task: string
  readonly recording: string
  readonly path: string
}

interface Answer {
  readonly question: string
  readonly keys: string
}

/** The one patient's call when it is over and its recording judged, and what was answered in it. */
async function endOf(hospital: Hospital): Promise<{ call: Called; answers: readonly Answer[] }> {
  const call = await waitFor(
    async () => {
      const [row] = await hospital.rows<Called>(sql`
        select a.result, t.state as task, r.state as recording, r.path
        from attempt a join task t on t.id = a.task_id join recording r on r.attempt_id = a.id
        where a.state = 'ended' and r.state in ('verified', 'damaged', 'missing')
      `)
      return row
    },
    { what: 'a judged recording', timeoutMs: 120_000 },
  )
  return {
    call,
    answers: await hospital.rows<Answer>(sql`select question_id as question, keys from answer order by at`),
  }
}

const questions = ['nurses', 'doctors', 'ward', 'advice', 'advice-clear']
const expected = pressed.map((keys, index) => ({ question: questions[index], keys }))
const done = { result: 'completed', task: 'completed', recording: 'verified' }

// At the same time: each mostly waits for prompts to be heard.
describe.concurrent('a patient of the main job', () => {
  it.skipIf(!hasProgram('baresip'))(
    'with baresip is heard on the left of the recording, its keys are the answers, and the notice stands on the right',
    async () => {
      await using opened = new AsyncDisposableStack()
      const baresip = await startBaresip({ frequency: 600, user: '+8619900000101' })
      opened.defer(() => baresip.close())
      const hospital = await openHospital({ patients: 1, trunk: { port: baresip.port } })
      opened.defer(() => hospital.close())
      await hospital.open()
      // It says who it is when it has heard the opening, the notice (6.8 s) and a second of the question.
      await waitFor(async () => (await baresip.heard()).length > 8 * 8_000, { what: 'the notice', timeoutMs: 60_000 })
      press(baresip, '1')
      for (const [index, keys] of pressed.entries()) {
        await waitFor(async () => (await questionsOf(hospital)) > index, { what: 'a question', timeoutMs: 60_000 })
        press(baresip, keys)
      }
      const { call, answers } = await endOf(hospital)
      expect(call).toMatchObject(done)
      expect(answers).toEqual(expected)
      await expectSides(recordedAt(hospital.ground, call.path), 600)
    },
    limitMs,
  )

  it.skipIf(!hasProgram('sipp'))(
    'with sipp is heard on the left of the recording, its keys are the answers, and the notice stands on the right',
    async () => {
      await using opened = new AsyncDisposableStack()
      const folder = await testFolder()
      opened.defer(() => folder.close())
      const pcap = join(folder.path, 'tone.pcap')
      await writeFile(pcap, tonePcap(700, 10))
      const tone = [`<nop><action><exec play_pcap_audio="${pcap}"/></action></nop>`]
      const sipp = await startSipp(surveyed({ tone }), patientOptions(1))
      opened.defer(() => sipp.close())
      const hospital = await openHospital({ patients: 1, trunk: { port: sipp.port } })
      opened.defer(() => hospital.close())
      await hospital.open()
      const { call, answers } = await endOf(hospital)
      expect(call).toMatchObject(done)
      expect(answers).toEqual(expected)
      await expectSides(recordedAt(hospital.ground, call.path), 700)
      await sipp.done
    },
    limitMs,
  )
})

function press(baresip: { press(key: string): void }, key: string): void {
  baresip.press(key)
  baresip.press('\u0004') // the key is let go
}

async function questionsOf(hospital: Hospital): Promise<number> {
  const [row] = await hospital.rows<{ count: number }>(
    sql`select count(*)::integer as count from call_event where type = 'question'`,
  )
  return row?.count ?? 0
}

/** The patient's tone on the left alone, the shipped recording notice on the right alone. */
async function expectSides(path: string, frequency: number): Promise<void> {
  const file = await readFile(path)
  const format = readWavHeader(file)
  expect(format).toMatchObject({ encoding: 'pcm16', channels: 2, sampleRate: 8_000 })
  const start = format?.dataStart ?? 44
  const frames = Math.floor((file.length - start) / 4)
  const [left, right] = [0, 2].map((side) =>
    Int16Array.from({ length: frames }, (_, i) => file.readInt16LE(start + i * 4 + side)),
  ) as [Int16Array, Int16Array]
  // From the third second to the fifth: the telephone has begun to send, and no key has been pressed.
  const early = (side: Int16Array) => side.subarray(3 * 8_000, 5 * 8_000)
  expect(toneLevel(early(left), frequency)).toBeGreaterThan(2_000)
  expect(toneLevel(early(right), frequency)).toBeLessThan(200)
  const prompt = await readFile('ivr-flows/prompts/zh-CN/recording-notice.wav')
  const notice = Int16Array.from({ length: 1_600 }, (_, i) => prompt.readInt16LE(44 + (8_000 + i) * 2))
  const opening = 12 * 8_000
  expect(likeness(right.subarray(0, opening), notice)).toBeGreaterThan(0.9)
  expect(likeness(left.subarray(0, opening), notice)).toBeLessThan(0.5)
}

/** Highest normalised correlation of a piece of sound with any place in another: 1 for the same, whatever the volume. */
function likeness(sound: Int16Array, piece: Int16Array): number {
  const energy = (samples: Int16Array) => samples.reduce((sum, sample) => sum + sample * sample, 0)
  const own = energy(piece)
  let best = 0
  let there = energy(sound.subarray(0, piece.length))
  for (let at = 0; at + piece.length < sound.length; at += 1) {
    let product = 0
    for (let i = 0; i < piece.length; i += 1) product += (sound[at + i] ?? 0) * (piece[i] ?? 0)
    if (there > own / 100) best = Math.max(best, product / Math.sqrt(own * there))
    there += (sound[at + piece.length] ?? 0) ** 2 - (sound[at] ?? 0) ** 2
  }
  return best
}
