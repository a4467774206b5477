import { ArrowDownOutlined, ArrowUpOutlined, HolderOutlined } from '@ant-design/icons'
import { Button, Dropdown } from 'antd'
import { useContext, useState } from 'react'
import { useTranslation } from 'react-i18next'
import { addQuestion, type Kind, moveQuestion } from './draft-steps.ts'
import { FindingsContext, isUnder } from './field-findings.tsx'
import type { DraftHandle } from './use-shared-draft.ts'

const kinds: readonly Kind[] = ['single', 'multiple', 'number', 'text', 'date']

/** The questions in their order, which is changed by dragging, by the arrows, or by Alt with the arrow keys. */
export function QuestionList({
  draft,
  chosen,
  onChoose,
}: {
  readonly draft: DraftHandle
  readonly chosen: number
  readonly onChoose: (index: number) => void
}) {
  const { t } = useTranslation()
  const [dragged, setDragged] = useState<number | null>(null)
  const { questions } = draft.document
  const move = (from: number, to: number) => {
    if (to < 0 || to >= questions.length) return
    draft.change((before) => moveQuestion(before, from, to))
    onChoose(to)
  }
  return (
    <section className="panel question-list" aria-labelledby="question-list">
      <h2 id="question-list">{t('questionnaires.questions')}</h2>
      <ol>
        {questions.map(({ id, text, kind }, index) => (
          <li
            key={id}
            draggable
            data-question={id}
            data-chosen={index === chosen}
            onDragStart={() => setDragged(index)}
            onDragEnd={() => setDragged(null)}
            onDragOver={(event) => event.preventDefault()}
            onDrop={() => dragged !== null && move(dragged, index)}
          >
            <HolderOutlined aria-hidden />
            <button
              type="button"
              aria-pressed={index === chosen}
              onClick={() => onChoose(index)}
              onKeyDown={({ key, altKey }) => {
                if (altKey && key === 'ArrowUp') move(index, index - 1)
                if (altKey && key === 'ArrowDown') move(index, index + 1)
              }}
            >
              <span className="number">{index + 1}.</span> {text.zh.trim() || t('questionnaires.unnamed')}
              <span className="muted"> {t(`questionnaires.kind.${kind}`)}</span> <Marks index={index} />
            </button>
            <Button
              type="text"
              size="small"
              icon={<ArrowUpOutlined aria-hidden />}
              aria-label={t('questionnaires.up')}
              disabled={index === 0}
              onClick={() => move(index, index - 1)}
            />
            <Button
              type="text"
              size="small"
              icon={<ArrowDownOutlined aria-hidden />}
              aria-label={t('questionnaires.down')}
              disabled={index === questions.length - 1}
              onClick={() => move(index, index + 1)}
            />
          </li>
        ))}
      </ol>
      <Dropdown
        trigger={['click']}
        menu={{
          items: kinds.map((kind) => ({
            key: kind,
            label: t(`questionnaires.kind.${kind}`),
            onClick: () => {
              draft.change((before) => addQuestion(before, kind))
              onChoose(questions.length)
            },
          })),
        }}
      >
        <Button className="question-add">{t('questionnaires.addQuestion')}</Button>
      </Dropdown>
    </section>
  )
}

function Marks({ index }: { readonly index: number }) {
  const { t } = useTranslation()
  const findings = useContext(FindingsContext).filter(({ path }) => isUnder(path, `/questions/${index}`))
  const faults = findings.filter(({ severity }) => severity === 'error').length
  if (findings.length === 0) return null
  return (
    <span className="draft-faults number" data-severity={faults > 0 ? 'error' : 'warning'}>
      {t(faults > 0 ? 'questionnaires.faults' : 'questionnaires.warnings', { count: faults || findings.length })}
    </span>
  )
}
