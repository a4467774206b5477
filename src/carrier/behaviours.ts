/**
 * How the simulated patients behave, by the last digits of the number that is called. This file is the whole table;
 * nothing else decides what a patient does, but chance within the ranges given here.
 *
 * | last two digits | what happens | how a hospital would call it |
 * |---|---|---|
 * | 00–44 | answers, hears the greeting out, presses 1, then answers everything, mostly satisfied | complete |
 * | 45–54 | the same, with mixed answers and less patience | complete |
 * | 55–59 | the same, and talks meanwhile | complete |
 * | 60–64 | a relative: presses 2 first, then answers | complete by proxy |
 * | 65–69 | presses keys that mean nothing before the right ones | complete |
 * | 70–72 | answers and stays silent | no answers |
 * | 73–75 | answers and hangs up within seconds | abandoned |
 * | 76–77 | hangs up after some answers | partial |
 * | 78–79 | presses 9 and means it | refused |
 * | 80 | presses 3: somebody else’s number | wrong person |
 * | 81–84 | 486, Q.850 17 | busy |
 * | 85–87 | rings, then 603, Q.850 21 | rejected |
 * | 88–91 | rings until the caller gives up | no answer |
 * | 92–94 | announcement as early media, then 480 with Q.850 20 | powered off |
 * | 95 | announcement as early media, then 480 with Q.850 27 | unreachable |
 * | 96 | 503, Q.850 34 | congestion |
 * | 97 | 404, Q.850 1 | invalid number |
 * | 98 | 410 | suspended line |
 * | 99 | ring-back tone as early media, then as 00–44 | complete |
 *
 * Source: issue "main job" (simulated carrier), vocabulary (attempt result).
 */

/** Milliseconds, drawn evenly between both ends. */
export type Range = readonly [from: number, to: number]

/** Keys and how often each is chosen, against the sum of all. */
export type Choice = Readonly<Record<string, number>>

/** What a patient does who picks up. */
export interface Conversation {
  readonly ringMs: Range
  /** Ring-back tone as early media instead of a plain 180. */
  readonly earlyMedia?: boolean
  /**
   * How long a patient listens before each key: to the first prompt, the second, and so on; the last counts for all
   * further ones. A prompt that ends sooner is answered when it has been quiet for `endOfPromptMs`.
   */
  readonly listenMs: readonly Range[]
  /** What is pressed at each prompt; the last counts for all further ones. None: the patient never presses a key. */
  readonly keys: readonly Choice[]
  /** Pressed, and found wrong, before the right key: at this share of the prompts. */
  readonly slips?: { readonly share: number; readonly keys: Choice }
  /** Sound on the patient’s channel: all the time, or in phrases as people talk. */
  readonly voice?: 'steady' | 'phrases'
  /** Hangs up this long after the answer. */
  readonly hangUpAfterMs?: Range
  /** Presses no more keys than this, and waits for what comes. */
  readonly mostKeys?: number
  /** Hangs up a moment after so many keys. */
  readonly hangUpAfterKeys?: number
}

/** What a patient’s telephone says who does not pick up. */
export interface Refusal {
  /** Rings before; without it the refusal comes at once. */
  readonly ringMs?: Range
  /** Announcement as early media before. */
  readonly announcementMs?: Range
  readonly status: number
  readonly q850?: number
}

export type Behaviour =
  | { readonly name: string; readonly answers: Conversation }
  | { readonly name: string; readonly refuses: Refusal }

/** Ring-back of a line that nobody picks up: the network gives up after this. */
const unansweredRingMs: Range = [60_000, 60_000]
const mostlySatisfied: Choice = { 1: 70, 2: 24, 3: 4, 4: 2 }
const mixed: Choice = { 1: 35, 2: 35, 3: 20, 4: 10 }
const usualRing: Range = [2_500, 6_000]
/** Hears the greeting out, then most of each question. */
const patient: readonly Range[] = [
  [7_600, 9_000],
  [4_000, 5_200],
  [2_000, 3_600],
]
const impatient: readonly Range[] = [
  [7_400, 8_000],
  [3_800, 4_400],
  [1_300, 2_400],
]

export const behaviours = {
  satisfied: {
    name: 'satisfied',
    answers: { ringMs: usualRing, listenMs: patient, keys: [{ 1: 1 }, mostlySatisfied] },
  },
  mixed: { name: 'mixed', answers: { ringMs: [1_500, 4_000], listenMs: impatient, keys: [{ 1: 1 }, mixed] } },
  talker: {
    name: 'talker',
    answers: { ringMs: usualRing, listenMs: patient, keys: [{ 1: 1 }, mostlySatisfied], voice: 'phrases' },
  },
  proxy: { name: 'proxy', answers: { ringMs: usualRing, listenMs: patient, keys: [{ 2: 1 }, mostlySatisfied] } },
  clumsy: {
    name: 'clumsy',
    answers: {
      ringMs: usualRing,
      listenMs: patient,
      keys: [{ 1: 1 }, mostlySatisfied],
      slips: { share: 0.35, keys: { 7: 1, 8: 1, 6: 1 } },
    },
  },
  silent: { name: 'silent', answers: { ringMs: usualRing, listenMs: [], keys: [] } },
  leaves: { name: 'leaves', answers: { ringMs: usualRing, listenMs: [], keys: [], hangUpAfterMs: [2_500, 9_000] } },
  partial: {
    name: 'partial',
    answers: { ringMs: usualRing, listenMs: patient, keys: [{ 1: 1 }, mixed], hangUpAfterKeys: 4 },
  },
  refuses: { name: 'refuses', answers: { ringMs: usualRing, listenMs: patient, keys: [{ 9: 1 }] } },
  stranger: { name: 'stranger', answers: { ringMs: usualRing, listenMs: patient, keys: [{ 3: 1 }] } },
  early: {
    name: 'early',
    answers: { ringMs: usualRing, earlyMedia: true, listenMs: patient, keys: [{ 1: 1 }, mostlySatisfied] },
  },
  busy: { name: 'busy', refuses: { status: 486, q850: 17 } },
  rejects: { name: 'rejects', refuses: { ringMs: [1_500, 6_000], status: 603, q850: 21 } },
  ringsOut: { name: 'ringsOut', refuses: { ringMs: unansweredRingMs, status: 480, q850: 19 } },
  poweredOff: { name: 'poweredOff', refuses: { announcementMs: [2_500, 4_000], status: 480, q850: 20 } },
  unreachable: { name: 'unreachable', refuses: { announcementMs: [2_500, 4_000], status: 480, q850: 27 } },
  congestion: { name: 'congestion', refuses: { status: 503, q850: 34 } },
  invalidNumber: { name: 'invalidNumber', refuses: { status: 404, q850: 1 } },
  suspendedLine: { name: 'suspendedLine', refuses: { status: 410 } },
  /**
   * For load: a steady tone, hardly a ring, the same timing for everybody, and exactly the six keys that the shipped
   * questionnaire takes, each well inside its prompt. Not in the table; a setting chooses it for all numbers.
   */
  bench: {
    name: 'bench',
    answers: {
      ringMs: [200, 200],
      listenMs: [
        [8_000, 8_000],
        [4_600, 4_600],
        [1_500, 1_500],
      ],
      keys: [{ 1: 1 }, { 1: 1, 2: 1 }, { 1: 1, 2: 1 }, { 1: 1, 2: 1 }, { 1: 1 }, { 1: 1, 2: 1 }],
      mostKeys: 6,
      voice: 'steady',
    },
  },
} as const satisfies Record<string, Behaviour>

export type BehaviourName = keyof typeof behaviours

/** First and last of the two last digits, and who lives there. */
const table: readonly (readonly [from: number, to: number, name: BehaviourName])[] = [
  [0, 44, 'satisfied'],
  [45, 54, 'mixed'],
  [55, 59, 'talker'],
  [60, 64, 'proxy'],
  [65, 69, 'clumsy'],
  [70, 72, 'silent'],
  [73, 75, 'leaves'],
  [76, 77, 'partial'],
  [78, 79, 'refuses'],
  [80, 80, 'stranger'],
  [81, 84, 'busy'],
  [85, 87, 'rejects'],
  [88, 91, 'ringsOut'],
  [92, 94, 'poweredOff'],
  [95, 95, 'unreachable'],
  [96, 96, 'congestion'],
  [97, 97, 'invalidNumber'],
  [98, 98, 'suspendedLine'],
  [99, 99, 'early'],
]

/** Who answers this number. What does not end in two digits is no number: 404. */
export function behaviourOf(number: string): Behaviour {
  const digits = /(\d\d)$/.exec(number)?.[1]
  if (digits === undefined) return behaviours.invalidNumber
  const row = table.find(([from, to]) => from <= Number(digits) && Number(digits) <= to)
  return row === undefined ? behaviours.invalidNumber : behaviours[row[2]]
}

export function isBehaviourName(name: string): name is BehaviourName {
  return Object.hasOwn(behaviours, name)
}
