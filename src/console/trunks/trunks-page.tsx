import { PlusOutlined } from '@ant-design/icons'
import { Alert, Button, Empty, Tag } from 'antd'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { Waiting } from '../app/page-states.tsx'
import { Trouble } from '../app/trouble.tsx'
import { count, dateTime } from '../text/time.ts'
import { word } from '../text/word.ts'
import { OwnedNumbers } from './owned-numbers.tsx'
import { SwitchDialog } from './switch-dialog.tsx'
import { TestDialog } from './test-dialog.tsx'
import { type Trunk, useTrunks } from './trunk-api.ts'
import { TrunkDialog } from './trunk-dialog.tsx'
import './trunks.css'

type Asked = { readonly what: 'add' } | { readonly what: 'edit' | 'switch' | 'test'; readonly trunk: Trunk }

/** The ways to the telephone network: set up, watched, tested. Nothing of patients stands here. */
export function TrunksPage() {
  const { t } = useTranslation()
  const board = useTrunks()
  const [asked, setAsked] = useState<Asked | null>(null)
  if (board.isPending) return <Waiting />
  if (board.data === undefined) return <Trouble error={board.error} onRetry={() => void board.refetch()} />
  const { trunks, owned } = board.data
  const close = () => setAsked(null)
  /** As it is now: somebody else may change it while it is changed here. */
  const edited = asked?.what === 'edit' ? (trunks.find(({ id }) => id === asked.trunk.id) ?? asked.trunk) : null
  return (
    <div className="stack">
      {board.isError && <Trouble error={board.error} onRetry={() => void board.refetch()} />}
      <div className="sheets aside">
        <section className="panel sheet" aria-labelledby="trunks">
          <h2 id="trunks">
            {t('setup.trunk.title')}
            <Button
              type="primary"
              icon={<PlusOutlined aria-hidden />}
              disabled={owned.length === 0}
              onClick={() => setAsked({ what: 'add' })}
            >
              {t('setup.trunk.add')}
            </Button>
          </h2>
          <p className="muted">{t('setup.trunk.text')}</p>
          {trunks.length === 0 && <Empty image={Empty.PRESENTED_IMAGE_SIMPLE} description={t('setup.trunk.none')} />}
          {trunks.map((trunk) => (
            <TrunkCard key={trunk.id} trunk={trunk} onAsk={(what) => setAsked({ what, trunk })} />
          ))}
        </section>
        <OwnedNumbers owned={owned} />
      </div>
      {asked?.what === 'add' && <TrunkDialog trunk={null} owned={owned} onClose={close} />}
      {edited !== null && <TrunkDialog trunk={edited} owned={owned} onClose={close} />}
      {asked?.what === 'switch' && <SwitchDialog trunk={asked.trunk} onClose={close} />}
      {asked?.what === 'test' && <TestDialog trunk={asked.trunk} onClose={close} />}
    </div>
  )
}

function TrunkCard({
  trunk,
  onAsk,
}: {
  readonly trunk: Trunk
  readonly onAsk: (what: 'edit' | 'switch' | 'test') => void
}) {
  const { t } = useTranslation()
  const { name, kind, host, port, lines, used, callsPerSecond, callerNumber, campaigns, failures, lastTest } = trunk
  return (
    <article className="trunk" aria-label={name} data-trunk={name}>
      <div className="trunk-head">
        <h3>{name}</h3>
        <State trunk={trunk} />
        {kind === 'simulated' && <Tag>{t('setup.trunk.simulated')}</Tag>}
        <span className="fill" />
        <Button size="small" onClick={() => onAsk('test')} disabled={!trunk.enabled}>
          {t('setup.trunk.test')}
        </Button>
        <Button size="small" onClick={() => onAsk('edit')}>
          {t('setup.trunk.edit')}
        </Button>
        <Button size="small" danger={trunk.enabled} onClick={() => onAsk('switch')}>
          {t(trunk.enabled ? 'setup.trunk.disable' : 'setup.trunk.enable')}
        </Button>
      </div>
      <ul className="trunk-facts number">
        <li>
          {host}:{port}
        </li>
        <li>{t('setup.trunk.used', { used, lines })}</li>
        <li>{t('setup.trunk.cpsUnit', { cps: callsPerSecond })}</li>
        <li>
          {t('setup.trunk.caller')} {callerNumber}
        </li>
        <li>{t('setup.trunk.dialled', { n: count(trunk.dialled) })}</li>
      </ul>
      {trunk.carrier !== null && <Carrier carrier={trunk.carrier} />}
      {campaigns.length > 0 && <p className="muted">{t('setup.trunk.campaigns', { names: campaigns.join('、') })}</p>}
      {failures.length === 0 ? (
        <p className="muted">{t('setup.trunk.failuresNone')}</p>
      ) : (
        <>
          <h4>{t('setup.trunk.failures')}</h4>
          <ul className="trunk-failures">
            {failures.map(({ fault, count: size, lastAt, sipStatus, q850 }) => (
              <li key={fault} data-fault={fault}>
                <b className="number">{count(size)}</b> {word('fault', fault)}{' '}
                <span className="muted number">
                  {t('setup.trunk.signal', { sip: sipStatus ?? '–', q850: q850 ?? '–' })} · {dateTime(lastAt)}
                </span>
              </li>
            ))}
          </ul>
        </>
      )}
      {lastTest !== null && (
        <p className="muted">
          {t('setup.trunk.lastTest', {
            at: dateTime(lastTest.at),
            what: lastTest.fault === null ? t('setup.trunk.reached') : word('fault', lastTest.fault),
          })}
        </p>
      )}
    </article>
  )
}

/** The house starts it again by itself; who tries the house should know why calls have failed. */
function Carrier({
  carrier: { downSince, restartedAt, restarts },
}: {
  readonly carrier: NonNullable<Trunk['carrier']>
}) {
  const { t } = useTranslation()
  if (downSince !== null) {
    return (
      <Alert type="warning" showIcon role="status" title={t('setup.trunk.carrierDown', { at: dateTime(downSince) })} />
    )
  }
  if (restartedAt === null) return null
  const title = t('setup.trunk.carrierAgain', { at: dateTime(restartedAt), n: restarts })
  return <Alert type="info" showIcon role="status" title={title} />
}

function State({ trunk: { enabled, watched, answers, answersSince } }: { readonly trunk: Trunk }) {
  const { t } = useTranslation()
  const since = answersSince === null ? null : t('setup.trunk.since', { at: dateTime(answersSince) })
  if (!enabled) return <Tag data-state="off">{t('setup.trunk.off')}</Tag>
  if (!watched) return <Tag data-state="unwatched">{t('setup.trunk.unwatched')}</Tag>
  if (answers === null) {
    return (
      <Tag color="gold" data-state="unknown" title={t('setup.trunk.unknownText')}>
        {t('setup.trunk.unknown')}
      </Tag>
    )
  }
  const title = answers ? {} : { title: t('setup.trunk.silentText') }
  return (
    <>
      <Tag color={answers ? 'green' : 'red'} data-state={answers ? 'answers' : 'silent'} {...title}>
        {t(answers ? 'setup.trunk.answers' : 'setup.trunk.silent')}
      </Tag>
      <span className="muted number">{since}</span>
    </>
  )
}
