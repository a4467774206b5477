import { ArrowLeftOutlined } from '@ant-design/icons'
import { useQuery } from '@tanstack/react-query'
import { getRouteApi, Link, useNavigate } from '@tanstack/react-router'
import { App } from 'antd'
import { useTranslation } from 'react-i18next'
import type { ProgrammeCard, ProgrammeChoices } from '#follow-up/programmes/programme-schema.ts'
import { useChange } from '../accounts/account-api.ts'
import { request } from '../api/request.ts'
import { Waiting } from '../app/page-states.tsx'
import { Trouble } from '../app/trouble.tsx'
import { cardQuery, choicesQuery, programmeQueries, useProgramme } from './programme-api.ts'
import { contentOf, fieldsOf, nextStep, type ProgrammeFields } from './programme-fields.ts'
import { ProgrammeForm, type Sent } from './programme-form.tsx'
import './programmes.css'

const newRoute = getRouteApi('/inside/programmes/new')
const changeRoute = getRouteApi('/inside/programmes/$programmeId/change')

/** A programme of one's own, or like another. */
export function NewProgrammePage() {
  const { copyOf } = newRoute.useSearch()
  const choices = useQuery({ ...choicesQuery, staleTime: 0 })
  const source = useQuery({ ...cardQuery(copyOf ?? ''), enabled: copyOf !== undefined })
  if (choices.data === undefined || (copyOf !== undefined && source.data === undefined)) {
    return <Absent error={choices.error ?? source.error} />
  }
  return <NewForm choices={choices.data} source={source.data ?? null} />
}

function NewForm({ choices, source }: { readonly choices: ProgrammeChoices; readonly source: ProgrammeCard | null }) {
  const { t } = useTranslation()
  const navigate = useNavigate()
  const { message } = App.useApp()
  const copied = source?.programme
  const fields = copied === undefined ? emptyFields(choices) : copiedFields(copied, t('programmes.copyName', copied))
  const create = useChange(
    ({ fields, reason }: Sent) => {
      const { siteId, name, legalBasis, purpose, isDefault } = fields
      const like = copied === undefined ? {} : { copyOf: copied.id }
      const body = { siteId, name, legalBasis, purpose, isDefault, content: contentOf(fields), reason, ...like }
      return request<{ id: string }>('/api/programmes', { method: 'POST', body })
    },
    programmeQueries,
    {
      onSuccess: ({ id }) => {
        void message.success(t('programmes.created'))
        void navigate({ to: '/programmes/$programmeId', params: { programmeId: id } })
      },
    },
  )
  return (
    <div className="stack">
      <Back id={copied?.id} />
      <ProgrammeForm
        title={copied === undefined ? t('programmes.newTitle') : t('programmes.copyTitle', { name: copied.name })}
        text={t('programmes.newText')}
        current={{ version: 0, fields }}
        choices={choices}
        existing={null}
        sending={create}
        words={{ send: 'programmes.create', title: t('programmes.createAsk'), ok: t('programmes.createOk') }}
      />
    </div>
  )
}

function emptyFields({ sites, published }: ProgrammeChoices): ProgrammeFields {
  return {
    name: '',
    siteId: sites[0]?.id ?? '',
    legalBasis: 'duty',
    purpose: 'clinical',
    isDefault: false,
    ...fieldsOf({ match: { kinds: ['inpatient'] }, exclusions: { dispositions: [] }, steps: [] }),
    steps: [nextStep([], published)],
  }
}

/** A copy takes what its source takes, but for the default, of which a site has one. */
function copiedFields(
  { siteId, legalBasis, purpose, content }: ProgrammeCard['programme'],
  name: string,
): ProgrammeFields {
  return { name, siteId, legalBasis, purpose, isDefault: false, ...fieldsOf(content) }
}

/** The next version of a programme. */
export function ChangeProgrammePage() {
  const { programmeId } = changeRoute.useParams()
  const choices = useQuery({ ...choicesQuery, staleTime: 0 })
  const card = useProgramme(programmeId)
  if (choices.data === undefined || card.data === undefined) return <Absent error={choices.error ?? card.error} />
  return <ChangeForm key={programmeId} card={card.data} choices={choices.data} />
}

/** Nothing to show yet, or not to be had. What is once there stays, though the network goes: somebody types in it. */
function Absent({ error }: { readonly error: Error | null }) {
  return error === null ? <Waiting /> : <Trouble error={error} />
}

function ChangeForm({ card, choices }: { readonly card: ProgrammeCard; readonly choices: ProgrammeChoices }) {
  const { t } = useTranslation()
  const navigate = useNavigate()
  const { message } = App.useApp()
  const { programme } = card
  const { id, name, siteId, legalBasis, purpose, isDefault, version, content, enrolled } = programme
  const publish = useChange(
    ({ fields, reason, basedOn }: Sent) =>
      request<{ version: number }>(`/api/programmes/${id}/versions`, {
        method: 'POST',
        body: { basedOn, name: fields.name, content: contentOf(fields), reason },
      }),
    programmeQueries,
    {
      onSuccess: (answer) => {
        void message.success(t('programmes.published', answer))
        void navigate({ to: '/programmes/$programmeId', params: { programmeId: id } })
      },
    },
  )
  const next = { version: version + 1 }
  return (
    <div className="stack">
      <Back id={id} />
      <ProgrammeForm
        title={t('programmes.changeTitle', { name })}
        text={t('programmes.changeText', { ...next, count: enrolled })}
        current={{ version, fields: { name, siteId, legalBasis, purpose, isDefault, ...fieldsOf(content) } }}
        change={card.versions[0] ?? null}
        choices={{ ...choices, published: card.published }}
        existing={id}
        sending={publish}
        words={{ send: 'programmes.publish', title: t('programmes.publishAsk', next), ok: t('programmes.publishOk') }}
      />
    </div>
  )
}

function Back({ id }: { readonly id: string | undefined }) {
  const { t } = useTranslation()
  const arrow = <ArrowLeftOutlined aria-hidden />
  return id === undefined ? (
    <Link to="/programmes" className="programme-back">
      {arrow} {t('programmes.toList')}
    </Link>
  ) : (
    <Link to="/programmes/$programmeId" params={{ programmeId: id }} className="programme-back">
      {arrow} {t('programmes.toOne')}
    </Link>
  )
}
