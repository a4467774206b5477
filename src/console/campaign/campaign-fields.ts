import type { CampaignBoard, CampaignSettings } from '#follow-up/dialling/campaign-settings-schema.ts'

type RetryPlan = CampaignBoard['programmeRetry']
type Day = 'as_hospital' | 'closed'

/** The form's own shape: what a campaign leaves to others is a choice there. */
export interface CampaignFields extends Omit<CampaignSettings, 'calling' | 'retry' | 'teamId'> {
  /** Empty: none. */
  readonly teamId: string
  readonly ownHours: boolean
  readonly periods: CampaignBoard['hospital']['periods']
  readonly holidays: Day
  readonly weekends: Day
  readonly ownRetry: boolean
  readonly retry: RetryPlan
}

export function fieldsOf({ settings, hospital, programmeRetry }: CampaignBoard): CampaignFields {
  const { calling, retry, teamId, ...rest } = settings
  return {
    ...rest,
    teamId: teamId ?? '',
    ownHours: calling !== null,
    periods: calling?.periods ?? hospital.periods,
    holidays: calling?.holidays === 'closed' ? 'closed' : 'as_hospital',
    weekends: calling?.weekends === 'closed' ? 'closed' : 'as_hospital',
    ownRetry: retry !== null,
    retry: retry ?? programmeRetry,
  }
}

/** In one order, so that two of them can be compared as text. */
export function settingsOf(fields: CampaignFields): CampaignSettings {
  const { trunkId, anyHour, pacing, teamId, ringSeconds, rating, ownHours, ownRetry, retry } = fields
  return {
    trunkId,
    anyHour,
    pacing,
    teamId: teamId === '' ? null : teamId,
    ringSeconds,
    rating,
    calling: ownHours && !anyHour ? ownOf(fields) : null,
    retry: ownRetry ? retry : null,
  }
}

function ownOf({ periods, holidays, weekends }: CampaignFields): CampaignSettings['calling'] {
  return {
    periods: periods.map(({ opens, closes }) => ({ opens, closes })),
    ...(holidays === 'closed' ? { holidays } : {}),
    ...(weekends === 'closed' ? { weekends } : {}),
  }
}
