import { Button, Input } from 'antd'
import { useTranslation } from 'react-i18next'
import type { PromptFacts } from '#contact-center/prompts/own-prompt-schema.ts'
import type { DraftPrompt } from '#follow-up/questionnaire/questionnaire-draft.ts'
import { Trouble } from '../app/trouble.tsx'
import { MakeButtons, usePromptMaking } from '../prompts/make-prompt.tsx'
import { PlayButton, PromptState } from '../prompts/prompt-state.tsx'
import { proposedText, replaced, reworded, without } from './draft-steps.ts'
import { FieldFindings } from './field-findings.tsx'
import type { QuestionPart } from './question-editor.tsx'
import { promptDoor, soundOf } from './questionnaire-api.ts'

interface PromptRowsProps extends QuestionPart {
  readonly facts: ReadonlyMap<string, PromptFacts>
  readonly speech: boolean
  readonly onMade: (prompt: PromptFacts) => void
}

/** What the patient hears, sentence by sentence: its words, whose voice says them, and another voice for them. */
export function PromptRows({ question, path, onChange, facts, speech, onMade }: PromptRowsProps) {
  const { t } = useTranslation()
  const { prompts } = question
  const put = (next: DraftPrompt[]) => onChange({ prompts: next })
  const proposed = proposedText(question)
  return (
    <fieldset className="draft-group">
      <legend>{t('questionnaires.heard')}</legend>
      <p className="muted">{t('questionnaires.heardHint')}</p>
      {prompts.map((prompt, index) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: a sentence has no name of its own while it is written
        <div key={index}>
          <PromptRow
            prompt={prompt}
            fact={prompt.prompt === null ? undefined : facts.get(prompt.prompt)}
            speech={speech}
            onMade={onMade}
            onChange={(next) => put(replaced(prompts, index, next))}
            onRemove={() => put(without(prompts, index))}
          />
          <FieldFindings path={`${path}/prompts/${index}`} />
        </div>
      ))}
      <FieldFindings path={`${path}/prompts`} but={prompts.map((_prompt, index) => `${path}/prompts/${index}`)} />
      <div className="draft-row">
        <Button size="small" onClick={() => put([...prompts, { text: '', prompt: null }])}>
          {t('questionnaires.addPrompt')}
        </Button>
        <Button
          size="small"
          disabled={proposed === '' || (prompts.length === 1 && prompts[0]?.text === proposed)}
          onClick={() => put([{ text: proposed, prompt: null }])}
        >
          {t('questionnaires.propose')}
        </Button>
      </div>
    </fieldset>
  )
}

function PromptRow({
  prompt,
  fact,
  speech,
  onMade,
  onChange,
  onRemove,
}: {
  readonly prompt: DraftPrompt
  readonly fact: PromptFacts | undefined
  readonly speech: boolean
  readonly onMade: (prompt: PromptFacts) => void
  readonly onChange: (prompt: DraftPrompt) => void
  readonly onRemove: () => void
}) {
  const { t } = useTranslation()
  const making = usePromptMaking(promptDoor, prompt.text, (facts) => {
    onMade(facts)
    onChange({ text: facts.text ?? prompt.text, prompt: facts.id })
  })
  const { speaking, recording, busy } = making
  return (
    <>
      <div className="draft-row prompt-row">
        <Input.TextArea
          value={prompt.text}
          autoSize={{ minRows: 1, maxRows: 6 }}
          maxLength={300}
          disabled={busy}
          aria-label={t('prompts.text')}
          onChange={({ target }) => onChange(reworded(prompt, target.value))}
        />
        <PromptState fact={fact} />
        <PlayButton
          path={prompt.prompt === null ? null : soundOf(prompt.prompt)}
          disabled={fact === undefined || fact.source === null}
        />
        <MakeButtons making={making} speech={speech && fact?.source !== 'synthetic'} />
        <Button type="text" size="small" onClick={onRemove}>
          {t('questionnaires.remove')}
        </Button>
      </div>
      {(speaking.isError || recording.isError) && <Trouble error={recording.error ?? speaking.error} />}
    </>
  )
}
