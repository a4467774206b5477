import { PlayCircleOutlined } from '@ant-design/icons'
import { Button, Tag } from 'antd'
import { useTranslation } from 'react-i18next'
import type { PromptFacts } from '#contact-center/prompts/own-prompt-schema.ts'
import { playPrompt } from './questionnaire-api.ts'

const colours = { recorded: 'green', synthetic: 'blue', shipped: 'default' } as const

/** Whose voice says it; or that nobody's does yet. */
export function PromptState({ fact }: { readonly fact: PromptFacts | undefined }) {
  const { t } = useTranslation()
  const source = fact?.source ?? null
  if (fact === undefined || source === null) {
    return (
      <Tag color="red" data-sound="missing">
        {t('questionnaires.sound.missing')}
      </Tag>
    )
  }
  return (
    <Tag color={colours[source]} data-sound={source}>
      {t(`questionnaires.sound.${source}`)} <span className="number">{(fact.durationMs / 1_000).toFixed(1)} s</span>
    </Tag>
  )
}

export function PlayButton({ prompt, disabled }: { readonly prompt: string | null; readonly disabled: boolean }) {
  const { t } = useTranslation()
  return (
    <Button
      type="text"
      size="small"
      icon={<PlayCircleOutlined aria-hidden />}
      aria-label={t('questionnaires.play')}
      disabled={disabled || prompt === null}
      onClick={() => prompt !== null && playPrompt(prompt)}
    />
  )
}
