import { Alert, Button } from 'antd'
import { useTranslation } from 'react-i18next'
import { dateTime } from '../text/time.ts'
import type { Newer } from './use-versioned-form.ts'
import './newer-version.css'

/** One thing that a version says, such as: diagnosis codes: I20-I25. */
export interface Line {
  /** The same thing in another version. */
  readonly key: string
  readonly label: string
  readonly text: string
}

/** Who was first, when and why; as far as it is known. */
export interface Change {
  readonly by: string | null
  readonly at: string | null
  readonly reason: string | null
}

/** Somebody else was first: what they wrote, what is typed here, and the two ways to go on. Nothing typed is lost before one is taken. */
export function NewerVersion<Fields>({
  newer,
  change,
  linesOf,
  onGoOn,
}: {
  readonly newer: Newer<Fields>
  readonly change: Change | null
  readonly linesOf: (fields: Fields) => readonly Line[]
  /** What is in the form from now on; null: nothing of what was typed. */
  readonly onGoOn: (carried: Fields | null) => void
}) {
  const { t } = useTranslation()
  const [theirs, mine, carried] = [linesOf(newer.theirs), linesOf(newer.mine), linesOf(newer.carried)]
  const by = change?.by ?? t('newer.somebody')
  const title =
    change === null || change.at === null
      ? t('newer.title', { by })
      : t('newer.titleAt', { by, at: dateTime(change.at) })
  return (
    <Alert
      type="warning"
      showIcon
      role="alert"
      data-notice="newer"
      title={title}
      description={
        <div className="newer">
          {change !== null && change.reason !== null && <div>{t('newer.reason', { reason: change.reason })}</div>}
          <p>{t('newer.text')}</p>
          <table>
            <thead>
              <tr>
                <th />
                <th scope="col">{t('newer.theirs')}</th>
                <th scope="col">{t('newer.mine')}</th>
                <th scope="col">{t('newer.carried')}</th>
              </tr>
            </thead>
            <tbody>
              {differing(theirs, mine).map(({ key, label }) => (
                <tr key={key} data-differs={key}>
                  <th scope="row">{label}</th>
                  {[theirs, mine].map((lines) => (
                    <td key={lines === theirs ? 'theirs' : 'mine'}>{textOf(lines, key) ?? t('newer.nothing')}</td>
                  ))}
                  <td>
                    <b>{textOf(carried, key) ?? t('newer.nothing')}</b>
                  </td>
                </tr>
              ))}
            </tbody>
          </table>
          <div className="newer-ways">
            <Button
              type="primary"
              onClick={() => {
                newer.carryOver()
                onGoOn(newer.carried)
              }}
            >
              {t('newer.carryOver')}
            </Button>
            <Button
              danger
              onClick={() => {
                newer.startAnew()
                onGoOn(null)
              }}
            >
              {t('newer.startAnew')}
            </Button>
          </div>
        </div>
      }
    />
  )
}

function differing(theirs: readonly Line[], mine: readonly Line[]): readonly Line[] {
  const all = new Map([...theirs, ...mine].map((line) => [line.key, line]))
  return [...all.values()].filter(({ key }) => textOf(theirs, key) !== textOf(mine, key))
}

function textOf(lines: readonly Line[], key: string): string | null {
  return lines.find((line) => line.key === key)?.text ?? null
}
