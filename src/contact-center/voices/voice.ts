import { type Finding, fault } from '../ivr/flow-finding.ts'
import './voice-errors.ts'

/**
 * The voice of a prompt: what it says in the hospital's calls and how that sounds, where the hospital has put its own in
 * the place of the shipped one. Every change is a version, also the one back to the shipped prompt; the last is in force.
 */
export interface VoiceVersion {
  readonly version: number
  /** The hospital's own sound; null: the shipped one. */
  readonly ownPromptId: string | null
}

/** Said to a patient whose agent was lost; no flow has a place for it. */
export const apologyPrompt = 'agent-lost'

/** What a prompt has to say whatever voice says it. */
export interface VoiceDuty {
  readonly prompt: string
  /** The text that ships, whose keys the flow knows. */
  readonly shippedText: string | null
  /** It is what the law asks for before a call is recorded. */
  readonly notice: boolean
}

/** Nobody speaks faster: 16 syllables a second. What is shorter is another sentence, or a part of it. */
const leastMsPerSign = 60

/** How a notice says that it records. */
const recordingWords = /录音|录制/

/**
 * What keeps words and their sound from being a prompt's voice: a sound too short for its words, keys of the flow that are
 * not told any more, a recording notice that does not say so.
 * Source: requirements §8.4, E08, E13.
 */
export function voiceFindings(
  { prompt, shippedText, notice }: VoiceDuty,
  { text, durationMs }: { readonly text: string; readonly durationMs: number },
): readonly Finding[] {
  const findings: Finding[] = []
  const signs = text.match(/[\p{L}\p{N}]/gu)?.length ?? 0
  if (durationMs < signs * leastMsPerSign) {
    findings.push(fault('VOICE_TOO_SHORT', '', { seconds: Math.round(durationMs / 100) / 10, signs }))
  }
  const told = keysNamed(withDigits(text))
  const lacking = [...keysNamed(shippedText ?? '')].filter((key) => !told.has(key))
  if (lacking.length > 0) findings.push(fault('VOICE_KEYS_MISSING', '', { keys: lacking.join('、') }))
  if (notice && !recordingWords.test(text)) findings.push(fault('VOICE_NOTICE_UNSAID', '', { prompt }))
  return findings
}

const signKeys = { 星号: '*', 米字: '*', 井号: '#' } as const

/** Keys that a text names by digit, star or hash. What ships writes them so: "再听一遍" is no key. */
function keysNamed(text: string): ReadonlySet<string> {
  const signs = Object.entries(signKeys).flatMap(([word, key]) => (text.includes(word) ? [key] : []))
  return new Set([...(text.match(/[0-9*#]/g) ?? []), ...signs])
}

const writtenDigits = '零一二三四五六七八九'

/** Somebody else may write 按一. */
function withDigits(text: string): string {
  return text.normalize('NFKC').replace(/[零一二三四五六七八九]/g, (digit) => String(writtenDigits.indexOf(digit)))
}
