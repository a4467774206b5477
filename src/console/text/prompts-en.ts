import type { promptsZh } from './prompts-zh.ts'
import type { Texts } from './texts.ts'

export const promptsEn: Texts<typeof promptsZh> = {
  play: 'Play',
  text: 'Words of the prompt',
  sound: {
    missing: 'No sound',
    recorded: 'Recorded',
    synthetic: 'Synthetic',
    placed: 'Recording in the data folder',
    shipped: 'Shipped',
  },
  upload: 'Upload recording',
  speak: 'Speak',
  noSpeech: 'No speech program here: upload recordings',
  level: {
    told: 'Recorded at {{speechDb}} dB, changed by {{gainDb}} dB.',
    clipped: 'The recording is cut off at its loudest; record it again farther from the microphone.',
    quiet: 'The recording is too quiet and noisy when raised; better record it again.',
  },
}
