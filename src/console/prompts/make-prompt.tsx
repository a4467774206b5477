import { useMutation } from '@tanstack/react-query'
import { App, Button } from 'antd'
import { useRef } from 'react'
import { useTranslation } from 'react-i18next'
import type { PromptFacts } from '#contact-center/prompts/own-prompt-schema.ts'
import { type PromptDoor, recordPrompt, speakPrompt } from './prompt-sounds.ts'

/** A sentence gets a voice: a recording is uploaded, or the machine speaks it. */
export function usePromptMaking(door: PromptDoor, text: string, onMade: (facts: PromptFacts) => void) {
  const { t } = useTranslation()
  const { message } = App.useApp()
  const speaking = useMutation({ mutationFn: () => speakPrompt(door, text), onSuccess: onMade })
  const recording = useMutation({
    mutationFn: (file: File) => recordPrompt(door, text, file),
    onSuccess: ({ prompt: facts, speechDb, gainDb, warnings }) => {
      onMade(facts)
      const level = t('prompts.level.told', { speechDb, gainDb })
      if (warnings.length === 0) void message.success(level)
      else {
        const words = warnings.map((warning) => t(`prompts.level.${warning}`)).join(' ')
        void message.warning(`${words} ${level}`, 8)
      }
    },
  })
  return { speaking, recording, busy: speaking.isPending || recording.isPending, wordless: text.trim() === '' }
}

export function MakeButtons({
  making: { speaking, recording, busy, wordless },
  speech,
}: {
  readonly making: ReturnType<typeof usePromptMaking>
  /** Whether the machine may be asked to speak it. */
  readonly speech: boolean
}) {
  const { t } = useTranslation()
  const chooser = useRef<HTMLInputElement>(null)
  return (
    <>
      <Button
        size="small"
        loading={recording.isPending}
        disabled={busy || wordless}
        onClick={() => chooser.current?.click()}
      >
        {t('prompts.upload')}
      </Button>
      <input
        ref={chooser}
        type="file"
        accept=".wav,audio/wav"
        hidden
        aria-label={t('prompts.upload')}
        onChange={({ target }) => {
          const [file] = target.files ?? []
          if (file !== undefined) recording.mutate(file)
          target.value = ''
        }}
      />
      {speech && (
        <Button size="small" loading={speaking.isPending} disabled={busy || wordless} onClick={() => speaking.mutate()}>
          {t('prompts.speak')}
        </Button>
      )}
    </>
  )
}
