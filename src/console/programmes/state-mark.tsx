import { Tag } from 'antd'
import { useTranslation } from 'react-i18next'
import type { ProgrammeItem } from '#follow-up/programmes/programme-schema.ts'

const colours = { running: 'success', paused: 'warning', stopped: 'default' } as const

export function StateMark({ state }: { readonly state: ProgrammeItem['state'] }) {
  const { t } = useTranslation()
  return (
    <Tag color={colours[state]} data-state={state}>
      {t(`programmes.stateWord.${state}`)}
    </Tag>
  )
}
