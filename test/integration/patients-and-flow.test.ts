/**
 * The simulated patients against the shipped flow and its recorded prompts, in no time: the sound of the prompts goes
 * to the patients' ears, their keys to the flow. What the demo hospital lives on.
 */
import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { type Behaviour, behaviourOf, behaviours, type Conversation } from '#carrier/behaviours.ts'
import { chance } from '#carrier/chance.ts'
import { Ear } from '#carrier/ear.ts'
import { Patient } from '#carrier/patient.ts'
import { checkFlow } from '#contact-center/ivr/flow.ts'
import { flowFolder, readJson, readJsonFolder } from '#contact-center/ivr/flow-files.ts'
import { type FlowInput, isOver, startFlow, step } from '#contact-center/ivr/flow-machine.ts'
import { kindRegistry } from '#contact-center/ivr/node-kind.ts'
import { ownKinds } from '#contact-center/ivr/nodes/own-kinds.ts'
import { openPrompts } from '#contact-center/ivr/prompt-library.ts'
import { surveyKind } from '#follow-up/questionnaire/survey-node.ts'

const folder = new URL('../../ivr-flows/', import.meta.url).pathname
const { prompts: sounds, healthWords } = flowFolder(folder)
const questionnaires = readJsonFolder(`${folder}questionnaires`)
const prompts = openPrompts({ language: 'zh-CN', shipped: sounds })
const kinds = kindRegistry(
  ...ownKinds,
  surveyKind((id) => questionnaires.get(id)),
)
const checked = checkFlow(readJson(`${folder}discharge-satisfaction.json`), { kinds, prompts, healthWords })
if (checked.flow === null) throw new Error(JSON.stringify(checked.findings))
const { flow } = checked

/** From a command of the application to the first packet of a prompt, and from a key's end to the application. */
const delayMs = 60
const keyMs = 100

const loudness = new Map<string, readonly number[]>()

/** Mean absolute sample of each 20 ms of a prompt: 8 kHz, 16 bits, one channel. */
function framesOf(prompt: string): readonly number[] {
  const known = loudness.get(prompt)
  if (known !== undefined) return known
  const bytes = readFileSync(prompts.resolve(prompt)).subarray(44)
  const frames = Array.from({ length: Math.ceil(bytes.length / 320) }, (_, i) => {
    const frame = bytes.subarray(i * 320, i * 320 + 320)
    let sum = 0
    for (let at = 0; at + 1 < frame.length; at += 2) sum += Math.abs(frame.readInt16LE(at))
    return sum / 160
  })
  loudness.set(prompt, frames)
  return frames
}

interface Told {
  readonly outcome: string | null
  readonly answers: number
  /** From the answer to the end. */
  readonly seconds: number
  readonly keys: number
  readonly keysTaken: number
}

/** One call from answer to end. */
function call(conversation: Conversation, seed: string): Told {
  let now = 0
  let state = startFlow({})
  let playing: { frames: readonly number[]; from: number; begun: boolean } | undefined
  let timerAt: number | undefined
  let over = false
  const told = { outcome: null as string | null, answers: 0, keys: 0, keysTaken: 0 }
  const due: { at: number; input: FlowInput }[] = []
  let begunAt = 0

  const feed = (input: FlowInput): void => {
    if (over || isOver(state)) return
    const next = step(flow, state, input)
    state = next.state
    for (const command of next.commands) {
      if (command.type === 'play')
        playing = { frames: command.prompts.flatMap(framesOf), from: now + delayMs, begun: false }
      else if (command.type === 'stop') playing = undefined
      else if (command.type === 'timer') timerAt = command.ms === null ? undefined : now + command.ms
      else if (command.type === 'hangup') over = true
      else if (command.type === 'record') {
        if (command.event.type === 'answer') told.answers++
        if (command.event.type === 'key' && command.event.taken) told.keysTaken++
        if (command.event.type === 'outcome') told.outcome = command.event.outcome
      }
    }
  }
  const ear = new Ear()
  const patient = new Patient(
    conversation,
    chance(seed),
    ear,
    {
      press: (key) => {
        told.keys++
        due.push({ at: now + keyMs + delayMs, input: { type: 'digit', digit: key, early: now < begunAt } })
      },
      hangUp: () => {
        feed({ type: 'hangup' })
        over = true
      },
    },
    now,
  )
  feed({ type: 'start' })
  for (; !over && now < 300_000; now += 20) {
    for (const { input } of due.splice(0, due.filter(({ at }) => at <= now).length)) feed(input)
    if (timerAt !== undefined && timerAt <= now) {
      timerAt = undefined
      feed({ type: 'timeout' })
    }
    if (playing !== undefined && now >= playing.from) {
      if (!playing.begun) {
        playing.begun = true
        begunAt = now
        feed({ type: 'begun' })
      }
      const frame = playing?.frames[Math.floor((now - (playing?.from ?? 0)) / 20)]
      if (frame !== undefined) ear.hear(frame, now)
      else if (playing !== undefined) {
        playing = undefined
        feed({ type: 'played' })
      }
    } else ear.hear(0, now)
    patient.tick(now)
  }
  return { ...told, seconds: now / 1_000 }
}

function conversationOf(behaviour: Behaviour): Conversation {
  if (!('answers' in behaviour)) throw new Error(`${behaviour.name} does not pick up`)
  return behaviour.answers
}

/** Forty calls of one kind of patient. */
function calls(behaviour: Behaviour): Told[] {
  return Array.from({ length: 40 }, (_, i) => call(conversationOf(behaviour), `${behaviour.name}${i}`))
}

describe('patients who answer complete the questionnaire', () => {
  test.each(['satisfied', 'mixed', 'talker', 'proxy', 'early', 'clumsy'] as const)('%s', (name) => {
    const done = calls(behaviours[name])
    expect(done.filter(({ outcome }) => outcome === 'done').length).toBeGreaterThanOrEqual(36)
  })

  test('within about forty seconds of the answer', () => {
    const seconds = calls(behaviours.satisfied).map((told) => told.seconds)
    expect(Math.max(...seconds)).toBeLessThan(42)
    expect(seconds.reduce((sum, each) => sum + each, 0) / seconds.length).toBeLessThan(38)
  })
})

test('the patients for load press six keys, and each one is taken', () => {
  for (const told of calls(behaviours.bench)) {
    expect(told).toMatchObject({ outcome: 'done' })
    expect([told.keys, told.keysTaken]).toEqual([6, 6])
  }
})

test.each([
  ['refuses', 'refused'],
  ['stranger', 'wrong_person'],
] as const)('%s ends as %s', (name, outcome) => {
  expect(new Set(calls(behaviours[name]).map((told) => told.outcome))).toEqual(new Set([outcome]))
})

test.each(['silent', 'leaves'] as const)('%s leaves no answer', (name) => {
  expect(calls(behaviours[name]).every(({ answers }) => answers === 0)).toBe(true)
})

test('who hangs up midway leaves some answers', () => {
  expect(calls(behaviours.partial).every(({ answers }) => answers > 0 && answers < 5)).toBe(true)
})

test('of a hundred numbers about seventy end complete', () => {
  const done = Array.from({ length: 100 }, (_, i) => behaviourOf(String(i).padStart(2, '0')))
    .filter((behaviour) => 'answers' in behaviour)
    .map((behaviour, i) => call(conversationOf(behaviour), `all${i}`))
    .filter(({ outcome }) => outcome === 'done')
  expect(done.length).toBeGreaterThanOrEqual(66)
  expect(done.length).toBeLessThanOrEqual(74)
})
