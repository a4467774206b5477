import type { PromptFacts, RecordedPrompt } from '#contact-center/prompts/own-prompt-schema.ts'
import { offline, refused, request } from '../api/request.ts'
import { currentLanguage } from '../text/i18n.ts'

/** Where prompts are made and heard: each needs its own right. */
export type PromptDoor = '/api/prompts' | '/api/voice-prompts'

export function speakPrompt(door: PromptDoor, text: string): Promise<PromptFacts> {
  return request<PromptFacts>(`${door}/speak`, { method: 'POST', body: { text } })
}

/** @throws RefusedError */
export async function recordPrompt(door: PromptDoor, text: string, file: File): Promise<RecordedPrompt> {
  const form = new FormData()
  form.append('text', text)
  form.append('file', file, file.name)
  const headers = { 'x-suifang-console': '1', 'accept-language': currentLanguage() }
  const answer = await fetch(door, { method: 'POST', headers, body: form }).catch(() => {
    throw offline()
  })
  const content: unknown = await answer.json().catch(() => null)
  if (!answer.ok || !isRecorded(content)) throw refused(content, answer.status)
  return content
}

function isRecorded(content: unknown): content is RecordedPrompt {
  return typeof content === 'object' && content !== null && 'prompt' in content && 'warnings' in content
}

let playing: HTMLAudioElement | null = null

/** One at a time: a second click on another is what the ear wants to hear. @param onHeard it was played to its end */
export function playSound(path: string, onHeard: () => void = () => undefined): void {
  playing?.pause()
  playing = new Audio(path)
  playing.addEventListener('ended', onHeard, { once: true })
  // What cannot be played is told beside the prompt: it has no sound.
  playing.play().catch(() => undefined)
}
