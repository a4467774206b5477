import { ArrowLeftOutlined } from '@ant-design/icons'
import { getRouteApi, Link, useNavigate } from '@tanstack/react-router'
import { Alert, Button, Tag } from 'antd'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import type { ProgrammeCard } from '#follow-up/programmes/programme-schema.ts'
import { useRight } from '../api/session.ts'
import type { Line } from '../app/newer-version.tsx'
import { Waiting } from '../app/page-states.tsx'
import { Trouble } from '../app/trouble.tsx'
import { WhyNotLine } from '../live/why-not-line.tsx'
import { count, dateTime } from '../text/time.ts'
import { word } from '../text/word.ts'
import { useProgramme } from './programme-api.ts'
import { differences, exclusionLines, linesOf, matchLines, stepLines } from './programme-words.ts'
import { CampaignLink } from './programmes-page.tsx'
import { StateDialog } from './state-dialog.tsx'
import { StateMark } from './state-mark.tsx'
import { TakeUpDialog } from './take-up-dialog.tsx'
import './programmes.css'

const route = getRouteApi('/inside/programmes/$programmeId')

/** All that one programme says, what became of it so far, and what may be done with it. */
export function ProgrammePage() {
  const { t } = useTranslation()
  const { programmeId } = route.useParams()
  const card = useProgramme(programmeId)
  return (
    <div className="stack">
      <Link to="/programmes" className="programme-back">
        <ArrowLeftOutlined aria-hidden /> {t('programmes.toList')}
      </Link>
      {card.isPending && <Waiting />}
      {card.isError && <Trouble error={card.error} onRetry={() => void card.refetch()} />}
      {card.data && <Card key={programmeId} card={card.data} />}
    </div>
  )
}

type Asked = 'running' | 'paused' | 'stopped' | 'take-up' | null

function Card({ card }: { readonly card: ProgrammeCard }) {
  const { t } = useTranslation()
  const mayChange = useRight('programme.manage')
  const [asked, setAsked] = useState<Asked>(null)
  const { programme, tasks, dialling } = card
  const { name, state, missing, isDefault, campaign } = programme
  return (
    <>
      <div className="programme-title">
        <h2>{name}</h2>
        <StateMark state={state} />
        {isDefault && <Tag>{t('programmes.default')}</Tag>}
        <span className="fill" />
        {mayChange && <Actions card={card} onAsk={setAsked} />}
      </div>
      {missing.length > 0 && (
        <Alert
          type="warning"
          showIcon
          data-notice="missing"
          title={t('programmes.missingTitle')}
          description={
            <ul className="programme-list">
              {missing.map((one) => (
                <li key={one} data-missing={one}>
                  {t(`programmes.missing.${one}`)}
                </li>
              ))}
            </ul>
          }
        />
      )}
      {dialling !== null && campaign !== null && isStill(programme, dialling) && (
        <Alert
          type="info"
          showIcon
          data-notice="still"
          title={
            dialling.goesOnAt === null
              ? t('programmes.diallingNothing')
              : t('programmes.goesOnAt', { at: dateTime(dialling.goesOnAt) })
          }
          description={<WhyNotLine campaignId={campaign.id} whyNot={dialling.whyNot} />}
        />
      )}
      <div className="programme-parts">
        <InForce card={card} />
        <Standing card={card} />
      </div>
      <Versions card={card} />
      {(asked === 'running' || asked === 'paused' || asked === 'stopped') && (
        <StateDialog programme={programme} tasks={tasks} to={asked} onClose={() => setAsked(null)} />
      )}
      {asked === 'take-up' && <TakeUpDialog programme={programme} onClose={() => setAsked(null)} />}
    </>
  )
}

/** All is in its place, and nothing may be dialled now. */
function isStill({ missing }: ProgrammeCard['programme'], { whyNot }: NonNullable<ProgrammeCard['dialling']>): boolean {
  return missing.length === 0 && whyNot.callable === 0
}

function Actions({ card, onAsk }: { readonly card: ProgrammeCard; readonly onAsk: (what: Asked) => void }) {
  const { t } = useTranslation()
  const navigate = useNavigate()
  const { id, state } = card.programme
  return (
    <>
      {state !== 'stopped' && <Button onClick={() => onAsk('take-up')}>{t('programmes.takeUp')}</Button>}
      <Button onClick={() => void navigate({ to: '/programmes/new', search: { copyOf: id } })}>
        {t('programmes.copy')}
      </Button>
      {state === 'running' && <Button onClick={() => onAsk('paused')}>{t('programmes.pause')}</Button>}
      {state !== 'stopped' && (
        <Button danger onClick={() => onAsk('stopped')}>
          {t('programmes.stop')}
        </Button>
      )}
      {state !== 'running' && <Button onClick={() => onAsk('running')}>{t('programmes.run')}</Button>}
      <Button
        type="primary"
        onClick={() => void navigate({ to: '/programmes/$programmeId/change', params: { programmeId: id } })}
      >
        {t('programmes.edit')}
      </Button>
    </>
  )
}

function InForce({ card: { programme, published } }: { readonly card: ProgrammeCard }) {
  const { t } = useTranslation()
  const saying = { t, published }
  const { content, version } = programme
  return (
    <section className="panel programme-part" aria-labelledby="programme-version">
      <h2 id="programme-version">{t('programmes.inForce', { version })}</h2>
      <h3>{t('programmes.match')}</h3>
      <p className="muted">{programme.isDefault ? t('programmes.defaultText') : null}</p>
      <Lines lines={matchLines(content, saying)} />
      <h3>{t('programmes.out')}</h3>
      <Lines lines={exclusionLines(content, saying)} />
      <p className="muted">{t('programmes.outText')}</p>
      <h3>{t('programmes.steps')}</h3>
      <Lines lines={stepLines(content, saying)} />
    </section>
  )
}

function Lines({ lines }: { readonly lines: readonly Line[] }) {
  return (
    <dl className="programme-lines">
      {lines.map(({ key, label, text }) => (
        <div key={key} data-line={key}>
          <dt>{label}</dt>
          <dd>{text}</dd>
        </div>
      ))}
    </dl>
  )
}

function Standing({ card: { programme, tasks, dialling } }: { readonly card: ProgrammeCard }) {
  const { t } = useTranslation()
  const mayRead = useRight('call.read')
  const { id, site, legalBasis, purpose, campaign, enrolled, leftOut } = programme
  const figures = [
    ['enrolled', enrolled],
    ['leftOut', leftOut],
    ['waiting', tasks.waiting],
    ['due', tasks.due],
    ['callback', tasks.callback],
    ['suspended', tasks.suspended],
    ['underWay', tasks.underWay],
  ] as const
  return (
    <div className="stack">
      <section className="panel programme-part" aria-labelledby="programme-figures">
        <h2 id="programme-figures">{t('programmes.figures')}</h2>
        <dl className="programme-figures">
          {figures.map(([key, value]) => (
            <div key={key} data-figure={key}>
              <dt className={key === 'due' ? 'muted' : ''}>{t(`programmes.${key}`)}</dt>
              <dd className="number">{count(value)}</dd>
            </div>
          ))}
        </dl>
        {mayRead && (
          <Link to="/tasks" search={{ programmeId: id }}>
            {t('programmes.seeTasks')}
          </Link>
        )}
      </section>
      <section className="panel programme-part" aria-labelledby="programme-dialling">
        <h2 id="programme-dialling">{t('programmes.dialling')}</h2>
        <dl className="programme-lines">
          <div>
            <dt>{t('programmes.campaign')}</dt>
            <dd>
              <CampaignLink of={campaign} />
            </dd>
          </div>
          <div>
            <dt>{t('programmes.legalBasis')}</dt>
            <dd>{t(`programmes.basis.${legalBasis}`)}</dd>
          </div>
          <div>
            <dt>{t('programmes.purpose')}</dt>
            <dd>{word('purpose', purpose)}</dd>
          </div>
          <div>
            <dt>{t('programmes.site')}</dt>
            <dd>{site}</dd>
          </div>
        </dl>
        {dialling !== null && campaign !== null && !isStill(programme, dialling) && (
          <WhyNotLine campaignId={campaign.id} whyNot={dialling.whyNot} />
        )}
        <p className="muted">{t('programmes.retryNote')}</p>
      </section>
    </div>
  )
}

function Versions({ card: { versions, published } }: { readonly card: ProgrammeCard }) {
  const { t } = useTranslation()
  const saying = { t, published }
  return (
    <section className="panel programme-part" aria-labelledby="programme-versions">
      <h2 id="programme-versions">{t('programmes.versions')}</h2>
      <ol className="programme-versions">
        {versions.map(({ version, content, at, by, reason, enrolled }, index) => {
          const before = versions[index + 1]
          return (
            <li key={version} data-version={version}>
              <div className="programme-version">
                <b>{t('programmes.version', { version })}</b>
                <span>{t('programmes.versionOf', { at: dateTime(at), by: by ?? t('programmes.house') })}</span>
                {reason !== null && <span>{reason}</span>}
                <span className="fill" />
                <span className="muted number">{t('programmes.enrolledUnder', { count: enrolled })}</span>
              </div>
              {before === undefined ? (
                <p className="muted">{t('programmes.first')}</p>
              ) : (
                <Differs
                  than={before.version}
                  all={differences(linesOf(before.content, saying), linesOf(content, saying))}
                />
              )}
            </li>
          )
        })}
      </ol>
    </section>
  )
}

function Differs({ than, all }: { readonly than: number; readonly all: ReturnType<typeof differences> }) {
  const { t } = useTranslation()
  if (all.length === 0) return <p className="muted">{t('programmes.same')}</p>
  return (
    <>
      <p className="muted">{t('programmes.differs', { version: than })}</p>
      <dl className="programme-lines">
        {all.map(({ key, label, before, after }) => (
          <div key={key}>
            <dt>{label}</dt>
            <dd>
              <del>{before ?? t('programmes.nothing')}</del> <ins>{after ?? t('programmes.nothing')}</ins>
            </dd>
          </div>
        ))}
      </dl>
    </>
  )
}
