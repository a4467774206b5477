import { useMutation } from '@tanstack/react-query'
import { useBlocker } from '@tanstack/react-router'
import { Alert, App, Button, Form, Switch } from 'antd'
import { useEffect, useState } from 'react'
import { useTranslation } from 'react-i18next'
import type { PromptFacts } from '#contact-center/prompts/own-prompt-schema.ts'
import type { DraftText } from '#follow-up/questionnaire/questionnaire-draft.ts'
import type { PublishedAs, QuestionnaireCard, SharedDraft } from '#follow-up/questionnaire/questionnaire-schema.ts'
import { request } from '../api/request.ts'
import { FormDialog } from '../app/form-dialog.tsx'
import { NewerVersion } from '../app/newer-version.tsx'
import { Trouble } from '../app/trouble.tsx'
import { ReasonedChange } from '../calling/reasoned-change.tsx'
import { speakPrompt } from '../prompts/prompt-sounds.ts'
import { linesOfDraft } from './draft-lines.ts'
import { spokenAs, unspoken } from './draft-steps.ts'
import { FieldFindings, FindingsContext, isUnder } from './field-findings.tsx'
import { GoneDraft } from './gone-draft.tsx'
import { GradeRows } from './grade-rows.tsx'
import { QuestionEditor } from './question-editor.tsx'
import { QuestionList } from './question-list.tsx'
import { promptDoor } from './questionnaire-api.ts'
import { TextPair } from './text-pair.tsx'
import { TrialPanel } from './trial-panel.tsx'
import { isLate, useSharedDraft } from './use-shared-draft.ts'

/** Where a questionnaire is written. What is typed is saved by itself; what is wrong stands beside its field. */
export function DraftEditor({
  card,
  begun,
  told,
  onReload,
  onLook,
  onUnsaved,
}: {
  readonly card: QuestionnaireCard
  readonly begun: SharedDraft
  /** The draft's revision as the stream last told it. */
  readonly told: number | null | undefined
  readonly onReload: () => void
  /** Asks for the draft as it is now, and leaves what is typed alone. */
  readonly onLook: () => void
  /** Whether something here is known to this page alone. */
  readonly onUnsaved: (unsaved: boolean) => void
}) {
  const { t } = useTranslation()
  const draft = useSharedDraft(card.id, { begun, shared: card.draft, onRefused: onLook })
  const unsaved = draft.state !== 'saved'
  useEffect(() => onUnsaved(unsaved), [unsaved, onUnsaved])
  useBlocker({
    shouldBlockFn: () => draft.error !== null && !window.confirm(t('questionnaires.leave')),
    enableBeforeUnload: () => unsaved,
  })
  const { document, byKeys, findings, revision } = draft
  const [chosen, setChosen] = useState(0)
  const [made, setMade] = useState<readonly PromptFacts[]>([])
  const facts = new Map([...card.prompts, ...made].map((prompt) => [prompt.id, prompt]))
  const onMade = (prompt: PromptFacts) => setMade((before) => [...before, prompt])
  const elsewhere = typeof told === 'number' && told > revision && draft.state !== 'saving'
  const index = Math.min(chosen, document.questions.length - 1)
  const question = document.questions[index]
  const field = (name: 'title' | 'script', value: DraftText) => draft.change((before) => ({ ...before, [name]: value }))
  return (
    <FindingsContext value={findings}>
      <div className="stack" data-draft={draft.state}>
        {draft.newer !== null && (
          <NewerVersion
            newer={draft.newer}
            change={card.draft === null ? null : { by: card.draft.changedBy, at: card.draft.changedAt, reason: null }}
            linesOf={(content) => linesOfDraft(content, t)}
            onGoOn={() => undefined}
          />
        )}
        {unsaved && card.draft === null && <GoneDraft card={card} content={{ document, byKeys }} onBegun={onLook} />}
        {elsewhere && !unsaved && (
          <Alert
            type="warning"
            showIcon
            title={t('questionnaires.changedElsewhere')}
            action={
              <Button size="small" onClick={onReload}>
                {t('questionnaires.reload')}
              </Button>
            }
          />
        )}
        {draft.error !== null && draft.newer === null && !isLate(draft.error) && (
          <Trouble error={draft.error} onRetry={() => void draft.settle()} />
        )}
        <section className="panel" aria-labelledby="draft">
          <h2 id="draft">
            {t('questionnaires.draft')}
            <span className="muted draft-state">{t(`questionnaires.state.${draft.state}`)}</span>
            <span className="fill" />
            {byKeys && (
              <TrialPanel
                questionnaireId={card.id}
                version={null}
                before={async () => (await draft.settle()) !== null}
              />
            )}
            {byKeys && <SpeakAll card={card} draft={draft} onMade={onMade} />}
            <Decide card={card} draft={draft} onDone={onReload} />
          </h2>
          <div className="draft-frame">
            <TextPair
              label={t('questionnaires.titleField')}
              path="/title"
              value={document.title}
              onChange={(value) => field('title', value)}
            />
            <div className="draft-switch">
              <Switch id="by-keys" checked={byKeys} onChange={draft.setByKeys} aria-describedby="by-keys-hint" />
              <label htmlFor="by-keys">{t('questionnaires.byKeys')}</label>
              <span id="by-keys-hint" className="muted">
                {t('questionnaires.byKeysHint')}
              </span>
            </div>
            <details open={findings.some(({ path }) => isUnder(path, '/grades') || isUnder(path, '/script'))}>
              <summary>{t('questionnaires.scriptAndGrades')}</summary>
              <TextPair
                label={t('questionnaires.script')}
                path="/script"
                rows={4}
                value={document.script}
                onChange={(value) => field('script', value)}
              />
              <GradeRows
                grades={document.grades}
                onChange={(grades) => draft.change((before) => ({ ...before, grades }))}
              />
            </details>
            {/* Of the whole: its length. */}
            <FieldFindings path="" but={['/title', '/script', '/grades', ...document.questions.map(questionPath)]} />
          </div>
        </section>
        <div className="draft-questions">
          <QuestionList draft={draft} chosen={index} onChoose={setChosen} />
          {question !== undefined && (
            <QuestionEditor
              key={question.id}
              draft={draft}
              index={index}
              question={question}
              facts={facts}
              speech={card.speech}
              onMade={onMade}
            />
          )}
        </div>
      </div>
    </FindingsContext>
  )
}

function questionPath(_question: unknown, index: number): string {
  return `/questions/${index}`
}

type Handle = ReturnType<typeof useSharedDraft>

/** Everything that has words and no sound, one after another. */
function SpeakAll({
  card,
  draft,
  onMade,
}: {
  readonly card: QuestionnaireCard
  readonly draft: Handle
  readonly onMade: (prompt: PromptFacts) => void
}) {
  const { t } = useTranslation()
  const { message } = App.useApp()
  const lacking = unspoken(draft.document)
  const speaking = useMutation({
    mutationFn: async () => {
      for (const text of new Set(lacking.map((one) => one.text))) {
        const prompt = await speakPrompt(promptDoor, text)
        onMade(prompt)
        draft.change((before) => spokenAs(before, text, prompt))
      }
    },
    onError: (error) => void message.error(error.message),
  })
  if (lacking.length === 0) return null
  if (!card.speech) return <span className="muted">{t('prompts.noSpeech')}</span>
  return (
    <Button onClick={() => speaking.mutate()} loading={speaking.isPending}>
      {t('questionnaires.speakAll', { count: lacking.length })}
    </Button>
  )
}

function Decide({
  card,
  draft,
  onDone,
}: {
  readonly card: QuestionnaireCard
  readonly draft: Handle
  readonly onDone: () => void
}) {
  const { t } = useTranslation()
  const { message } = App.useApp()
  const [asked, setAsked] = useState<'publish' | 'discard' | null>(null)
  const [reason, setReason] = useState('')
  const [form] = Form.useForm()
  const faults = draft.findings.filter(({ severity }) => severity === 'error').length
  const path = `/api/questionnaires/${card.id}/draft`
  const done = (text: string) => {
    setAsked(null)
    void message.success(text)
    onDone()
  }
  const publishing = useMutation({
    mutationFn: async (why: string) => {
      const revision = await draft.settle()
      if (revision !== null)
        return request<PublishedAs>(`${path}/publish`, { method: 'POST', body: { revision, reason: why } })
      setReason(why)
      return null
    },
    onSuccess: (published) => {
      if (published === null) return setAsked(null)
      setReason('')
      done(t('questionnaires.published', { version: published.version }))
    },
  })
  const discarding = useMutation({
    mutationFn: () => request(`${path}/discard`, { method: 'POST', body: { revision: draft.revision } }),
    onSuccess: () => done(t('questionnaires.discarded')),
  })
  return (
    <>
      <Button danger onClick={() => setAsked('discard')}>
        {t('questionnaires.discard')}
      </Button>
      <Button type="primary" disabled={faults > 0 || draft.state !== 'saved'} onClick={() => setAsked('publish')}>
        {t('questionnaires.publish')}
      </Button>
      {faults > 0 && (
        <span className="draft-faults number" role="status">
          {t('questionnaires.faults', { count: faults })}
        </span>
      )}
      {asked === 'publish' && (
        <ReasonedChange
          title={t('questionnaires.publishTitle', { version: (card.versions[0]?.version ?? 0) + 1 })}
          okText={t('questionnaires.publishOk')}
          hint={t('questionnaires.publishHint')}
          sending={publishing}
          reason={reason}
          onReason={(typed) => publishing.mutate(typed)}
          onClose={(typed) => {
            setReason(typed)
            setAsked(null)
          }}
        />
      )}
      <FormDialog
        open={asked === 'discard'}
        danger
        title={t('questionnaires.discardTitle')}
        okText={t('questionnaires.discardOk')}
        form={form}
        sending={discarding}
        onSend={() => discarding.mutate()}
        onClose={() => setAsked(null)}
      >
        <p>{t('questionnaires.discardHint')}</p>
      </FormDialog>
    </>
  )
}
