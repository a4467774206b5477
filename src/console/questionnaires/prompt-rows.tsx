import { useMutation } from '@tanstack/react-query'
import { App, Button, Input } from 'antd'
import { useRef } from 'react'
import { useTranslation } from 'react-i18next'
import type { PromptFacts } from '#contact-center/prompts/own-prompt-schema.ts'
import type { DraftPrompt } from '#follow-up/questionnaire/questionnaire-draft.ts'
import { Trouble } from '../app/trouble.tsx'
import { proposedText, replaced, reworded, without } from './draft-steps.ts'
import { FieldFindings } from './field-findings.tsx'
import { PlayButton, PromptState } from './prompt-state.tsx'
import type { QuestionPart } from './question-editor.tsx'
import { recordPrompt, speakPrompt } from './questionnaire-api.ts'

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
  const { message } = App.useApp()
  const chooser = useRef<HTMLInputElement>(null)
  const made = (facts: PromptFacts) => {
    onMade(facts)
    onChange({ text: facts.text ?? prompt.text, prompt: facts.id })
  }
  const speaking = useMutation({ mutationFn: () => speakPrompt(prompt.text), onSuccess: made })
  const recording = useMutation({
    mutationFn: (file: File) => recordPrompt(prompt.text, file),
    onSuccess: ({ prompt: facts, speechDb, gainDb, warnings }) => {
      made(facts)
      const level = t('questionnaires.level.told', { speechDb, gainDb })
      if (warnings.length === 0) void message.success(level)
      else {
        const words = warnings.map((warning) => t(`questionnaires.level.${warning}`)).join(' ')
        void message.warning(`${words} ${level}`, 8)
      }
    },
  })
  const busy = speaking.isPending || recording.isPending
  const wordless = prompt.text.trim() === ''
  return (
    <>
      <div className="draft-row prompt-row">
        <Input.TextArea
          value={prompt.text}
          autoSize={{ minRows: 1, maxRows: 6 }}
          maxLength={300}
          disabled={busy}
          aria-label={t('questionnaires.promptText')}
          onChange={({ target }) => onChange(reworded(prompt, target.value))}
        />
        <PromptState fact={fact} />
        <PlayButton prompt={prompt.prompt} disabled={fact === undefined || fact.source === null} />
        <Button
          size="small"
          loading={recording.isPending}
          disabled={busy || wordless}
          onClick={() => chooser.current?.click()}
        >
          {t('questionnaires.upload')}
        </Button>
        <input
          ref={chooser}
          type="file"
          accept=".wav,audio/wav"
          hidden
          aria-label={t('questionnaires.upload')}
          onChange={({ target }) => {
            const [file] = target.files ?? []
            if (file !== undefined) recording.mutate(file)
            target.value = ''
          }}
        />
        {speech && fact?.source !== 'synthetic' && (
          <Button
            size="small"
            loading={speaking.isPending}
            disabled={busy || wordless}
            onClick={() => speaking.mutate()}
          >
            {t('questionnaires.speak')}
          </Button>
        )}
        <Button type="text" size="small" onClick={onRemove}>
          {t('questionnaires.remove')}
        </Button>
      </div>
      {(speaking.isError || recording.isError) && <Trouble error={recording.error ?? speaking.error} />}
    </>
  )
}
