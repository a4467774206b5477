import { ArrowLeftOutlined } from '@ant-design/icons'
import { useMutation } from '@tanstack/react-query'
import { getRouteApi, Link, useNavigate } from '@tanstack/react-router'
import { Alert, Button } from 'antd'
import { useCallback, useState } from 'react'
import { useTranslation } from 'react-i18next'
import type { MadeQuestionnaire, QuestionnaireCard } from '#follow-up/questionnaire/questionnaire-schema.ts'
import { request } from '../api/request.ts'
import { useRight } from '../api/session.ts'
import { Waiting } from '../app/page-states.tsx'
import { Trouble } from '../app/trouble.tsx'
import { DraftEditor } from './draft-editor.tsx'
import { useQuestionnaire } from './questionnaire-api.ts'
import { VersionList } from './version-list.tsx'
import { VersionView } from './version-view.tsx'
import './questionnaires.css'

const route = getRouteApi('/inside/questionnaires/$questionnaireId')

/** One questionnaire: its draft, if somebody writes one, and every version that was published. */
export function QuestionnairePage() {
  const { t } = useTranslation()
  const { questionnaireId: id } = route.useParams()
  /** What the stream last said of the draft; undefined: nothing since the page was loaded. */
  const [told, setTold] = useState<number | null | undefined>(undefined)
  const { card, refetch } = useQuestionnaire(id, (revision) => {
    setTold(revision)
    // Begun, published or discarded; the editor keeps what is not saved.
    if (revision === null || card.data?.draft === null) void refetch()
  })
  /** Of what the author sees: another one only when it was asked for, never because the network came back. */
  const [edition, setEdition] = useState(0)
  const look = useCallback(() => void refetch(), [refetch])
  const [reloading, setReloading] = useState(false)
  const reload = async () => {
    setReloading(true)
    await refetch()
    setTold(undefined)
    setEdition((before) => before + 1)
    setReloading(false)
  }
  return (
    <div className="stack">
      <Link to="/questionnaires" className="call-back">
        <ArrowLeftOutlined aria-hidden /> {t('questionnaires.toList')}
      </Link>
      {card.isPending && <Waiting />}
      {card.isError && <Trouble error={card.error} onRetry={() => void reload()} />}
      {card.data !== undefined && (
        <Shown
          key={card.data.id}
          card={card.data}
          told={told}
          edition={edition}
          reloading={reloading}
          onReload={() => void reload()}
          onLook={look}
        />
      )}
    </div>
  )
}

function Shown({
  card,
  told,
  edition,
  reloading,
  onReload,
  onLook,
}: {
  readonly card: QuestionnaireCard
  readonly told: number | null | undefined
  readonly edition: number
  /** Another edition is on its way. */
  readonly reloading: boolean
  readonly onReload: () => void
  readonly onLook: () => void
}) {
  const { t } = useTranslation()
  const navigate = useNavigate()
  const mayWrite = useRight('questionnaire.manage')
  const [chosen, setChosen] = useState<number | null>(null)
  const taking = useMutation({
    mutationFn: () => request(`/api/questionnaires/${card.id}/draft`, { method: 'POST' }),
    onSuccess: () => {
      setChosen(null)
      onReload()
    },
  })
  const copying = useMutation({
    mutationFn: (copyOf: string) =>
      request<MadeQuestionnaire>('/api/questionnaires', { method: 'POST', body: { copyOf } }),
    onSuccess: ({ id }) => navigate({ to: '/questionnaires/$questionnaireId', params: { questionnaireId: id } }),
  })
  const { draft, versions } = card
  const [begun, setBegun] = useState(draft)
  const [unsaved, setUnsaved] = useState(false)
  // What somebody types in stays in its place, though the draft be published or discarded meanwhile.
  if (draft !== begun && draft !== null) setBegun(draft)
  const written = draft === null && unsaved ? begun : draft
  const version = versions.find((one) => one.version === chosen) ?? (written === null ? versions[0] : undefined)
  return (
    <>
      {(taking.isError || copying.isError) && <Trouble error={taking.error ?? copying.error} />}
      <div className="questionnaire">
        {version !== undefined ? (
          <VersionView
            key={version.id}
            card={card}
            version={version}
            actions={
              mayWrite && (
                <>
                  <Button onClick={() => copying.mutate(version.id)} loading={copying.isPending}>
                    {t('questionnaires.copy')}
                  </Button>
                  {draft === null && version === versions[0] && (
                    <Button type="primary" onClick={() => taking.mutate()} loading={taking.isPending}>
                      {t('questionnaires.change')}
                    </Button>
                  )}
                </>
              )
            }
          />
        ) : (
          written !== null &&
          !mayWrite && (
            <Alert type="info" showIcon title={t('questionnaires.beingWritten', { by: written.changedBy ?? '–' })} />
          )
        )}
        {written !== null && mayWrite && (
          // It stays while a version is looked at. What is begun in it while another edition is on its way would go with it.
          <div hidden={version !== undefined} inert={reloading} aria-busy={reloading}>
            <DraftEditor
              key={edition}
              card={card}
              begun={written}
              told={told}
              onReload={onReload}
              onLook={onLook}
              onUnsaved={setUnsaved}
            />
          </div>
        )}
        <VersionList card={card} shown={version?.version ?? null} onShow={setChosen} />
      </div>
    </>
  )
}
