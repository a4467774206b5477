import { keepPreviousData, useQuery, useQueryClient } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { Checkbox, Input, Table, type TableColumnsType, Tag } from 'antd'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import type { PatientItem, PatientPage } from '#follow-up/patients/patient-schema.ts'
import { request } from '../api/request.ts'
import { useRight } from '../api/session.ts'
import { Pager } from '../app/pager.tsx'
import { Trouble } from '../app/trouble.tsx'
import { Nobody } from '../not-called/nobody.tsx'
import { count } from '../text/time.ts'
import { word } from '../text/word.ts'
import './patients.css'

const pageSize = 50
/** What was searched for last: who comes back from a card finds the list as it was. Never in an address. */
const askedKey = ['patients-asked'] as const

interface Asked {
  readonly patient: string
  readonly deceased: boolean
  /** Last patients of the pages before this one. */
  readonly trail: readonly string[]
  /** Each press of "search" is a round of its own: the same question again asks again. */
  readonly round: number
}

const nothing: Asked = { patient: '', deceased: false, trail: [], round: 0 }

/** Looks a patient up by name, number or record. */
export function PatientsPage() {
  const { t } = useTranslation()
  const queryClient = useQueryClient()
  const seesClear = useRight('patient.clear')
  const [asked, setAsked] = useState(() => queryClient.getQueryData<Asked>(askedKey) ?? nothing)
  const { patient, deceased, trail } = asked
  const ask = (change: Partial<Asked>) => {
    const next = { ...asked, trail: [], round: asked.round + 1, ...change }
    queryClient.setQueryDefaults(askedKey, { gcTime: Number.POSITIVE_INFINITY })
    queryClient.setQueryData(askedKey, next)
    setAsked(next)
  }
  const before = trail.at(-1)
  const found = useQuery({
    queryKey: ['patients', asked],
    queryFn: ({ signal }) => {
      const body = {
        ...(patient === '' ? {} : { patient }),
        ...(deceased ? { deceased } : {}),
        ...(before === undefined ? {} : { before }),
        limit: pageSize,
      }
      return request<PatientPage>('/api/patients/search', { method: 'POST', body, signal })
    },
    placeholderData: keepPreviousData,
  })
  const hint = t(seesClear ? 'patients.searchHint' : 'patients.searchMasked')
  const everybody = patient === '' && !deceased
  const next = found.data?.next ?? null
  return (
    <div className="stack">
      <div className="panel patients-bar">
        <Input.Search
          aria-label={hint}
          placeholder={hint}
          defaultValue={patient}
          allowClear
          autoFocus
          enterButton={t('patients.search')}
          maxLength={60}
          autoComplete="off"
          loading={found.isFetching}
          onSearch={(text) => ask({ patient: text.trim() })}
        />
        <Checkbox checked={deceased} onChange={({ target }) => ask({ deceased: target.checked })}>
          {t('patients.deceasedOnly')}
        </Checkbox>
      </div>
      {found.isError && <Trouble error={found.error} onRetry={() => void found.refetch()} />}
      <section className="panel" aria-label={t('patients.list')}>
        <Table<PatientItem>
          size="small"
          rowKey="id"
          columns={useColumns()}
          // A refused search has found nobody; the list of the search before would pass for its answer.
          dataSource={found.isError ? [] : (found.data?.patients ?? [])}
          loading={found.isFetching}
          scroll={{ x: 980 }}
          onRow={({ id }) => ({ 'data-patient': id }) as object}
          locale={{
            emptyText: found.isPending ? (
              ' '
            ) : (
              <Nobody
                text={t(everybody ? 'patients.none' : 'patients.notFound')}
                next={t(everybody ? 'patients.noneNext' : 'patients.notFoundNext')}
              />
            ),
          }}
          pagination={false}
        />
        {(next !== null || trail.length > 0) && (
          <Pager
            first={t('patients.first')}
            onFirst={trail.length === 0 ? null : () => ask({})}
            onPrevious={trail.length === 0 ? null : () => ask({ trail: trail.slice(0, -1) })}
            onNext={next === null ? null : () => ask({ trail: [...trail, next] })}
          />
        )}
      </section>
    </div>
  )
}

function useColumns(): TableColumnsType<PatientItem> {
  const { t } = useTranslation()
  const dash = (text: string | null) => text ?? '–'
  return [
    {
      title: t('patients.name'),
      width: 150,
      ellipsis: true,
      render: (_value, { id, name }) => (
        <Link to="/patients/$patientId" params={{ patientId: id }}>
          {name}
        </Link>
      ),
    },
    {
      title: t('patients.sexAge'),
      width: 136,
      className: 'nowrap',
      render: (_value, { sex, age }) =>
        [sex === null ? null : word('sex', sex), age === null ? null : t('patients.age', { age })]
          .filter((part) => part !== null)
          .join(' · ') || '–',
    },
    { title: t('patients.recordNumber'), dataIndex: 'recordNumber', width: 150, className: 'number', render: dash },
    { title: t('patients.department'), dataIndex: 'department', ellipsis: true, render: dash },
    {
      title: t('patients.discharged'),
      dataIndex: 'dischargedOn',
      width: 120,
      className: 'number nowrap',
      render: dash,
    },
    { title: t('patients.phone'), dataIndex: 'phone', width: 150, className: 'number nowrap', render: dash },
    {
      title: t('patients.open'),
      width: 110,
      align: 'right',
      className: 'number',
      render: (_value, { open }) => count(open),
    },
    {
      title: t('patients.state'),
      width: 110,
      render: (_value, { deceased }) => deceased && <Tag>{t('patients.deceased')}</Tag>,
    },
  ]
}
