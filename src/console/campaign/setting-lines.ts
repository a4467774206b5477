import { useTranslation } from 'react-i18next'
import type { CampaignBoard } from '#follow-up/dialling/campaign-settings-schema.ts'
import type { Line } from '../app/newer-version.tsx'
import { hoursText } from '../calling/rule-words.ts'
import { word } from '../text/word.ts'
import { type CampaignFields, settingsOf } from './campaign-fields.ts'

/** What a campaign's settings say, a line a setting. */
export function useSettingLines({ trunks, teams }: CampaignBoard): (fields: CampaignFields) => readonly Line[] {
  const { t } = useTranslation()
  const nameIn = (all: readonly { readonly id: string; readonly name: string }[], id: string | null) =>
    all.find((one) => one.id === id)?.name ?? t('newer.nothing')
  const day = (kind: string | undefined) => t(kind === 'closed' ? 'setup.campaign.closed' : 'setup.campaign.asHospital')
  return (fields) => {
    const { trunkId, pacing, teamId, ringSeconds, rating, anyHour, calling, retry } = settingsOf(fields)
    const yes = (is: boolean) => t(is ? 'newer.yes' : 'newer.no')
    return [
      line('trunkId', t('setup.campaign.trunk'), nameIn(trunks, trunkId)),
      line('pacing', t('setup.campaign.pacing'), t(`setup.campaign.pacingWord.${pacing}`)),
      line('teamId', t('setup.campaign.team'), nameIn(teams, teamId)),
      line('ringSeconds', t('setup.campaign.ring'), `${ringSeconds} ${t('setup.campaign.seconds')}`),
      line('rating', t('setup.campaign.rating'), yes(rating)),
      line('anyHour', t('setup.campaign.anyHour'), yes(anyHour)),
      ...(calling === null
        ? [line('ownHours', t('setup.campaign.hours'), t('setup.campaign.asHospital'))]
        : [
            line('ownHours', t('setup.campaign.hours'), hoursText(calling.periods ?? [])),
            line('holidays', t('setup.campaign.holidays'), day(calling.holidays)),
            line('weekends', t('setup.campaign.weekends'), day(calling.weekends)),
          ]),
      line('retry', t('setup.campaign.retry'), t(`setup.campaign.${retry === null ? 'asProgramme' : 'ownRetry'}`)),
      ...(retry === null ? [] : planLines(retry)),
    ]
  }

  function planLines({ maxRounds, maxPerDay, maxAttempts, rules }: CampaignFields['retry']): readonly Line[] {
    return [
      line('rounds', t('setup.campaign.rounds'), `${maxRounds}`),
      line('perDay', t('setup.campaign.perDay'), `${maxPerDay}`),
      line('attempts', t('setup.campaign.attempts'), `${maxAttempts}`),
      ...rules.map(({ result, delayMinutes, maxTimes }) => {
        const times = maxTimes ?? t('setup.campaign.unlimited')
        return line(result, word('result', result), `${delayMinutes} ${t('setup.campaign.minutes')} × ${times}`)
      }),
    ]
  }
}

function line(key: string, label: string, text: string): Line {
  return { key, label, text }
}
