import { PlayCircleOutlined } from '@ant-design/icons'
import { Button, Tag } from 'antd'
import { useTranslation } from 'react-i18next'
import { playSound } from './prompt-sounds.ts'

const colours = { recorded: 'green', synthetic: 'blue', placed: 'green', shipped: 'default' } as const

/** What is known of a sound; without a source there is none. */
export interface SoundFacts {
  readonly source: keyof typeof colours | null
  readonly durationMs: number
}

/** Whose voice says it; or that nobody's does yet. */
export function PromptState({ fact }: { readonly fact: SoundFacts | undefined }) {
  const { t } = useTranslation()
  const source = fact?.source ?? null
  if (fact === undefined || source === null) {
    return (
      <Tag color="red" data-sound="missing">
        {t('prompts.sound.missing')}
      </Tag>
    )
  }
  return (
    <Tag color={colours[source]} data-sound={source}>
      {t(`prompts.sound.${source}`)} <span className="number">{(fact.durationMs / 1_000).toFixed(1)} s</span>
    </Tag>
  )
}

/** Plays a sound of the house as the patient hears it: 8 kHz. */
export function PlayButton({
  path,
  onHeard,
  disabled = false,
}: {
  readonly path: string | null
  readonly onHeard?: () => void
  readonly disabled?: boolean
}) {
  const { t } = useTranslation()
  return (
    <Button
      type="text"
      size="small"
      icon={<PlayCircleOutlined aria-hidden />}
      aria-label={t('prompts.play')}
      disabled={disabled || path === null}
      onClick={() => path !== null && playSound(path, onHeard)}
    />
  )
}
