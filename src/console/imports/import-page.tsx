import { DownloadOutlined, FileExcelOutlined, InboxOutlined } from '@ant-design/icons'
import { useQuery, useQueryClient } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { Alert, Button, Empty, Progress, Skeleton, Table, type TableColumnsType, Tabs, Tag, Upload } from 'antd'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import type { ImportReceipt, ImportReport, ImportRun, NumberlessPatient } from '#follow-up/intake/import-schema.ts'
import { request } from '../api/request.ts'
import { useRight } from '../api/session.ts'
import { Trouble } from '../app/trouble.tsx'
import { count, dateTime } from '../text/time.ts'
import { word } from '../text/word.ts'
import { uploadList } from './upload-list.ts'
import './imports.css'

type Sending =
  | { readonly type: 'idle' }
  | { readonly type: 'sending'; readonly fileName: string; readonly share: number }
  | { readonly type: 'failed'; readonly fileName: string; readonly error: unknown }

interface Received {
  readonly file: File
  readonly receipt: ImportReceipt
  /** Sheets of the file that were read, one upload each. */
  readonly read: readonly string[]
}

/** Discharge lists in: upload, what became of each row, what came in before, who cannot be called. */
export function ImportPage() {
  const { t } = useTranslation()
  const queryClient = useQueryClient()
  const mayWrite = useRight('import.write')
  const [sending, setSending] = useState<Sending>({ type: 'idle' })
  const [shown, setShown] = useState<string | null>(null)
  const [received, setReceived] = useState<Received | null>(null)

  async function send(file: File, sheet?: string) {
    setSending({ type: 'sending', fileName: file.name, share: 0 })
    try {
      const onShare = (share: number) => setSending({ type: 'sending', fileName: file.name, share })
      const receipt = await uploadList(file, onShare, sheet === undefined ? {} : { sheet })
      const read = sheet === undefined ? [] : (received?.read ?? [])
      setSending({ type: 'idle' })
      setReceived({ file, receipt, read: receipt.sheet === null ? read : [...read, receipt.sheet] })
      setShown(receipt.id)
    } catch (error) {
      setSending({ type: 'failed', fileName: file.name, error })
    }
    await queryClient.invalidateQueries({ queryKey: ['imports'] })
    await queryClient.invalidateQueries({ queryKey: ['numberless'] })
  }

  return (
    <div className="stack">
      {mayWrite && <Drop sending={sending} onFile={(file) => void send(file)} />}
      {received !== null && received.receipt.id === shown && (
        <Receipt {...received} busy={sending.type === 'sending'} onSheet={(sheet) => void send(received.file, sheet)} />
      )}
      {shown !== null && <Report importId={shown} />}
      <section className="panel imports-tabs">
        <Tabs
          items={[
            { key: 'history', label: t('imports.history'), children: <History shown={shown} onOpen={setShown} /> },
            { key: 'numberless', label: t('imports.noPhone'), children: <Numberless /> },
          ]}
        />
      </section>
    </div>
  )
}

/** What would else be passed over in silence: sheets that were not read, and what was odd in rows that were. */
function Receipt({
  receipt,
  read,
  busy,
  onSheet,
}: Received & { readonly busy: boolean; readonly onSheet: (sheet: string) => void }) {
  const { t, i18n } = useTranslation()
  const language = i18n.language === 'en' ? 'en' : 'zh'
  const unread = receipt.otherSheets.filter((sheet) => !read.includes(sheet))
  return (
    <>
      {unread.length > 0 && (
        <Alert
          role="status"
          type="warning"
          showIcon
          title={t('imports.otherSheets', { sheet: receipt.sheet ?? '' })}
          description={
            <div className="imports-sheets">
              {unread.map((sheet) => (
                <Button key={sheet} size="small" disabled={busy} onClick={() => onSheet(sheet)}>
                  {t('imports.readSheet', { sheet })}
                </Button>
              ))}
            </div>
          }
        />
      )}
      {receipt.warnings.length > 0 && (
        <Alert
          role="status"
          type="info"
          showIcon
          title={t('imports.oddRows')}
          description={
            <ul className="imports-odd">
              {receipt.warnings.map(({ code, words, rows }) => (
                <li key={code}>
                  {words[language]} × {count(rows)}
                </li>
              ))}
            </ul>
          }
        />
      )}
    </>
  )
}

function Drop({ sending, onFile }: { readonly sending: Sending; readonly onFile: (file: File) => void }) {
  const { t } = useTranslation()
  const busy = sending.type === 'sending'
  return (
    <section className="panel imports-drop">
      <Upload.Dragger
        accept=".xlsx,.xls,.csv,.txt"
        showUploadList={false}
        disabled={busy}
        beforeUpload={(file) => {
          onFile(file)
          return false
        }}
      >
        {sending.type === 'sending' ? (
          <div className="imports-progress" role="status">
            <div>
              <FileExcelOutlined aria-hidden /> {sending.fileName}
            </div>
            <Progress percent={Math.round(sending.share * 100)} showInfo={false} />
            <div className="muted">
              {sending.share < 1
                ? t('imports.uploading', { percent: Math.round(sending.share * 100) })
                : t('imports.reading')}
            </div>
          </div>
        ) : (
          <div className="imports-invite">
            <InboxOutlined aria-hidden />
            <div>
              <strong>{t('imports.drop')}</strong>
              <div className="muted">{t('imports.accepts')}</div>
            </div>
          </div>
        )}
      </Upload.Dragger>
      {sending.type === 'failed' && (
        <div style={{ marginTop: 12 }}>
          <p className="imports-failed">
            {t('imports.failed')}: {sending.fileName}
          </p>
          <Trouble error={sending.error} />
        </div>
      )}
    </section>
  )
}

const countNames = ['read', 'created', 'changed', 'unchanged', 'duplicate', 'excluded', 'rejected'] as const

function Report({ importId }: { readonly importId: string }) {
  const { t, i18n } = useTranslation()
  const language = i18n.language === 'en' ? 'en' : 'zh'
  const report = useQuery({
    queryKey: ['import', importId],
    queryFn: ({ signal }) => request<ImportReport>(`/api/imports/${importId}`, { signal }),
  })
  if (report.isPending) return <Skeleton active />
  if (report.isError) return <Trouble error={report.error} onRetry={() => void report.refetch()} />
  const { run, rejected, excluded, takenBack } = report.data
  return (
    <section className="panel imports-report" aria-labelledby="import-report" data-import={run.id}>
      <header>
        <h2 id="import-report">
          {t('imports.report')}
          <span className="muted">
            {run.fileName} · {dateTime(run.at)}
          </span>
        </h2>
        {run.counts.rejected > 0 && (
          <Button
            icon={<DownloadOutlined aria-hidden />}
            href={`/api/imports/${run.id}/errors`}
            download
            title={t('imports.downloadHint')}
          >
            {t('imports.downloadErrors')}
          </Button>
        )}
      </header>
      {run.failure !== null && <Failure {...run.failure} />}
      <dl className="imports-counts" title={t('imports.sum')}>
        {countNames.map((name) => (
          <div key={name} data-count={name} data-some={run.counts[name] > 0}>
            <dt>{t(`imports.${name}`)}</dt>
            <dd>{count(run.counts[name])}</dd>
          </div>
        ))}
      </dl>
      {rejected.length > 0 && (
        <RowList
          title={t('imports.rejectedRows')}
          hint={t('imports.downloadHint')}
          rows={rejected.map((row) => ({
            key: `${row.sheet ?? ''}:${row.line}`,
            place: placeText(row.sheet, row.line, language),
            column: row.column ?? '',
            code: row.code,
            words: row.words[language],
          }))}
        />
      )}
      {excluded.length > 0 && (
        <RowList
          title={t('imports.excludedRows')}
          rows={excluded.map((row) => ({
            key: `${row.sheet ?? ''}:${row.line}`,
            place: placeText(row.sheet, row.line, language),
            column: '',
            code: row.reason,
            words: row.words[language],
            patientId: row.patientId,
          }))}
        />
      )}
      {takenBack.length > 0 && (
        <RowList
          title={t('imports.takenBackRows')}
          rows={takenBack.map((row) => ({
            key: `${row.sheet ?? ''}:${row.line}`,
            place: placeText(row.sheet, row.line, language),
            column: '',
            code: 'death_taken_back',
            words: row.words[language],
            patientId: row.patientId,
          }))}
        />
      )}
    </section>
  )
}

function Failure({ code, words }: NonNullable<ImportRun['failure']>) {
  const { t, i18n } = useTranslation()
  return (
    <Alert
      className="imports-failure"
      type="error"
      showIcon
      title={t('imports.failed')}
      description={
        <>
          {words[i18n.language === 'en' ? 'en' : 'zh']} <span className="muted">{code}</span>
        </>
      }
    />
  )
}

interface ReportRow {
  readonly key: string
  readonly place: string
  readonly column: string
  readonly code: string
  readonly words: string
  /** Whose card is a step away; absent where the row was not loaded. */
  readonly patientId?: string | null
}

function RowList({
  title,
  hint,
  rows,
}: {
  readonly title: string
  readonly hint?: string
  readonly rows: readonly ReportRow[]
}) {
  const { t } = useTranslation()
  const hasColumns = rows.some(({ column }) => column !== '')
  const mayOpen = useRight('patient.read') && rows.some(({ patientId }) => patientId != null)
  const columns: TableColumnsType<ReportRow> = [
    { title: t('imports.row'), dataIndex: 'place', width: 170, className: 'number' },
    ...(hasColumns ? [{ title: t('imports.column'), dataIndex: 'column', width: 130 }] : []),
    { title: t('imports.message'), dataIndex: 'words' },
    { title: t('imports.code'), dataIndex: 'code', width: mayOpen ? 160 : 220, className: 'muted' },
    ...(mayOpen
      ? [
          {
            title: '',
            width: 100,
            render: (_value: unknown, { patientId }: ReportRow) =>
              patientId != null && (
                <Link to="/patients/$patientId" params={{ patientId }} data-patient={patientId}>
                  {t('imports.openPatient')}
                </Link>
              ),
          },
        ]
      : []),
  ]
  return (
    <>
      <h3>
        {title} {hint && <span className="muted">{hint}</span>}
      </h3>
      <Table<ReportRow>
        size="small"
        columns={columns}
        dataSource={[...rows]}
        pagination={rows.length > 10 ? { pageSize: 10, showSizeChanger: false, size: 'small' } : false}
      />
    </>
  )
}

function placeText(sheet: string | null, line: number, language: 'zh' | 'en'): string {
  const row = language === 'zh' ? `第 ${line} 行` : `row ${line}`
  return sheet === null ? row : `${sheet} ${row}`
}

function History({ shown, onOpen }: { readonly shown: string | null; readonly onOpen: (id: string) => void }) {
  const { t, i18n } = useTranslation()
  const runs = useQuery({
    queryKey: ['imports'],
    queryFn: ({ signal }) => request<{ runs: ImportRun[] }>('/api/imports', { signal }),
  })
  if (runs.isError) return <Trouble error={runs.error} onRetry={() => void runs.refetch()} />
  const columns: TableColumnsType<ImportRun> = [
    { title: t('imports.at'), dataIndex: 'at', width: 146, render: dateTime, className: 'number' },
    { title: t('imports.file'), dataIndex: 'fileName', ellipsis: true, render: (name: string | null) => name ?? '–' },
    {
      title: t('imports.by'),
      dataIndex: 'by',
      width: 100,
      ellipsis: true,
      render: (name: string | null) => name ?? '–',
    },
    {
      title: t('imports.state'),
      width: 92,
      render: (_value, { state }) => <Tag color={runColors[state]}>{word('runState', state)}</Tag>,
    },
    ...countNames.map((name) => ({
      title: t(`imports.short.${name}`),
      width: 74,
      align: 'right' as const,
      className: 'number',
      render: (_value: unknown, { counts }: ImportRun) => count(counts[name]),
    })),
    {
      title: '',
      width: 72,
      render: (_value, { id }) => (
        <Button size="small" type={id === shown ? 'primary' : 'default'} onClick={() => onOpen(id)}>
          {t('imports.open')}
        </Button>
      ),
    },
  ]
  return (
    <Table<ImportRun>
      size="small"
      rowKey="id"
      columns={columns}
      dataSource={runs.data?.runs ?? []}
      expandable={{
        showExpandColumn: false,
        expandedRowKeys: runs.data?.runs.flatMap(({ id, failure }) => (failure === null ? [] : [id])) ?? [],
        expandedRowRender: ({ id, failure }) =>
          failure !== null && (
            <span data-failure={id}>
              {failure.words[i18n.language === 'en' ? 'en' : 'zh']} <span className="muted">{failure.code}</span>
            </span>
          ),
      }}
      loading={runs.isPending}
      scroll={{ x: 1_060 }}
      pagination={{ pageSize: 10, hideOnSinglePage: true, showSizeChanger: false }}
      locale={{
        emptyText: runs.isPending ? ' ' : <Nothing title={t('imports.noHistory')} next={t('imports.noHistoryNext')} />,
      }}
    />
  )
}

const runColors = { running: 'processing', finished: 'green', failed: 'red' } as const

function Numberless() {
  const { t, i18n } = useTranslation()
  const patients = useQuery({
    queryKey: ['numberless'],
    queryFn: ({ signal }) => request<{ patients: NumberlessPatient[] }>('/api/imports/numberless', { signal }),
  })
  if (patients.isError) return <Trouble error={patients.error} onRetry={() => void patients.refetch()} />
  const columns: TableColumnsType<NumberlessPatient> = [
    {
      title: t('imports.department'),
      dataIndex: 'department',
      width: 200,
      render: (name: string | null) => name ?? <span className="muted">{t('imports.departmentUnknown')}</span>,
    },
    { title: t('imports.patient'), dataIndex: 'name', width: 140, render: (name: string | null) => name ?? '–' },
    {
      title: t('imports.recordNumber'),
      dataIndex: 'recordNumber',
      width: 170,
      className: 'number',
      render: (text: string | null) => text ?? '–',
    },
    { title: t('imports.discharged'), dataIndex: 'dischargedOn', className: 'number' },
    {
      title: t('imports.row'),
      width: 170,
      className: 'number',
      render: (_value, { sheet, line }) => placeText(sheet, line, i18n.language === 'en' ? 'en' : 'zh'),
    },
  ]
  return (
    <>
      {(patients.data?.patients.length ?? 0) > 0 && <p className="muted imports-hint">{t('imports.noPhoneNext')}</p>}
      <Table<NumberlessPatient>
        size="small"
        rowKey={({ importId, sheet, line }) => `${importId}:${sheet ?? ''}:${line}`}
        columns={columns}
        dataSource={patients.data?.patients ?? []}
        loading={patients.isPending}
        pagination={{ pageSize: 10, hideOnSinglePage: true, showSizeChanger: false }}
        locale={{ emptyText: patients.isPending ? ' ' : <Nothing title={t('imports.noPhoneNone')} /> }}
      />
    </>
  )
}

function Nothing({ title, next }: { readonly title: string; readonly next?: string }) {
  return (
    <Empty
      image={Empty.PRESENTED_IMAGE_SIMPLE}
      description={
        <>
          {title}
          {next && <div className="muted">{next}</div>}
        </>
      }
    />
  )
}
