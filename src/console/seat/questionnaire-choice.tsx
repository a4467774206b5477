import { SwapOutlined } from '@ant-design/icons'
import { App, Button, Dropdown, Tag } from 'antd'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { currentLanguage } from '../text/i18n.ts'
import type { Desk } from './desk.ts'
import { type DeskRecord, takeQuestionnaire } from './seat-api.ts'

interface QuestionnaireChoiceProps {
  readonly record: DeskRecord
  readonly desk: Desk
  readonly canWrite: boolean
  /** The record as it is after the change. */
  readonly onTaken: () => Promise<void>
}

/** The form's title; the agent may ask by another questionnaire, and what was answered stays with this one (D05). */
export function QuestionnaireChoice({ record, desk, canWrite, onTaken }: QuestionnaireChoiceProps) {
  const { t } = useTranslation()
  const { message } = App.useApp()
  const [taking, setTaking] = useState(false)
  const language = currentLanguage()
  const { questionnaire, questionnaires } = record
  const inHand = questionnaires.find((choice) => choice.inHand)
  async function take(versionId: string) {
    setTaking(true)
    try {
      const saved = await Promise.all([desk.answers.settled(), desk.respondent.settled()])
      if (!saved.every((all) => all)) return void message.error(t('seat.outcome.unsavedAnswers'))
      await takeQuestionnaire(record.task.id, versionId)
      await onTaken()
    } catch (error) {
      void message.error(error instanceof Error ? error.message : String(error))
    } finally {
      setTaking(false)
    }
  }
  return (
    <>
      {questionnaire?.title[language] ?? t('seat.form.title')}
      {inHand?.own === false && (
        <Tag color="gold" data-chosen-form>
          {t('seat.form.chosen')}
        </Tag>
      )}
      {questionnaires.length > 1 && (
        <Dropdown
          trigger={['click']}
          disabled={!canWrite}
          autoFocus
          menu={{
            selectedKeys: inHand === undefined ? [] : [inHand.versionId],
            items: questionnaires.map(({ versionId, title, own, answers }) => ({
              key: versionId,
              label: [
                title[language],
                own ? t('seat.form.ownForm') : null,
                answers > 0 ? t('seat.form.answered', { count: answers }) : null,
              ]
                .filter((part) => part !== null)
                .join(' · '),
            })),
            onClick: ({ key }) => void take(key),
          }}
        >
          <Button size="small" icon={<SwapOutlined aria-hidden />} aria-haspopup="menu" loading={taking}>
            {t('seat.form.change')}
          </Button>
        </Dropdown>
      )}
    </>
  )
}
