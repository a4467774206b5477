import { pause, type SippRun, uas } from '../harness/sipp.ts'

/** A key as RFC 4733 packets; the package of sipp brings them. */
export const key = (digit: number) =>
  `<nop><action><exec play_pcap_audio="/usr/share/sip-tester/dtmf_2833_${digit}.pcap"/></action></nop>`

/**
 * What a patient of {@link surveyed} answers to the five questions. The captures are pieces of one stream: played in
 * another order, a key's packets may look like late ones of the key before, and are rightly dropped. 4 → 2 would; 4 → 1
 * is far enough back to be a new beginning.
 */
export const pressed = ['2', '3', '4', '1', '2'] as const

/**
 * Answers, hears opening and notice (6.8 s), says it is the patient, hears how long it takes (3.5 s) and answers five
 * questions; the house hangs up. sipp does not listen, so each key comes in the middle of the time in which it may: the
 * menu takes one from 6.8 s to 22 s, the first question from 3.5 s to 17 s after that.
 * @param gapMs between two answers; a prompt may be interrupted, so a short one does
 * @param tone what it sends until its first key: a step
 */
export function surveyed({ gapMs = 2_500, tone = [] }: { gapMs?: number; tone?: readonly string[] } = {}): string[] {
  const [first, ...others] = pressed.map(Number)
  return [
    uas.expect('INVITE'),
    uas.answer(180),
    pause(300),
    uas.answer(200, { sdp: true }),
    uas.expect('ACK'),
    ...tone,
    pause(11_000),
    key(1),
    pause(7_000),
    key(first ?? 1),
    ...others.flatMap((digit) => [pause(gapMs), key(digit)]),
    uas.expect('BYE'),
    uas.answer(200, { tag: false }),
  ]
}

/** Patients of a chaos test may be left alone in a call: no limit of sipp's own ends them before the test does. */
export const patientOptions = (calls: number) => ({
  calls,
  args: ['-timeout', '170', '-recv_timeout', '120000'],
})

/** Messages of a telephone that begin so, as it got them from the house; of each, when (epoch ms) and the text. */
export async function received(telephone: SippRun, start: RegExp): Promise<readonly { at: number; text: string }[]> {
  const log = await telephone.messages().catch(() => '')
  return [
    ...log.matchAll(/^-{20,} (\d{4}-\d\d-\d\d)[ T\t](\d\d:\d\d:\d\d\.\d+)[^\n]*\n([\s\S]*?)(?=^-{20,}|(?![\s\S]))/gm),
  ]
    .map(([, day, time, text = '']) => ({ at: new Date(`${day}T${time}`).getTime(), text }))
    .filter(({ text }) => /message received/i.test(text) && start.test(text))
}

/** INVITEs that a telephone got, each once however often it was sent again. */
export async function invited(telephone: SippRun): Promise<readonly { attemptId: string; at: number }[]> {
  const seen = new Map<string, { attemptId: string; at: number }>()
  for (const { at, text } of await received(telephone, /^INVITE sip:/m)) {
    const branch = /^Via:.*branch=([^;\s]+)/im.exec(text)?.[1] ?? text
    if (!seen.has(branch)) seen.set(branch, { attemptId: /^X-Suifang-Attempt:\s*(\S+)/im.exec(text)?.[1] ?? '?', at })
  }
  return [...seen.values()]
}
