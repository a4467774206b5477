import { App } from 'antd'
import { useTranslation } from 'react-i18next'
import type { BackInPlan } from '#follow-up/patients/patient-schema.ts'
import { useChange } from '../accounts/account-api.ts'
import { request } from '../api/request.ts'
import { count } from '../text/time.ts'

/** One thing that is done to a patient, below the patient's own address. */
export interface Wish {
  readonly method?: 'POST' | 'PUT'
  /** Such as `/death`; one that begins with `/api` stands by itself. */
  readonly path: string
  readonly body: Readonly<Record<string, unknown>>
}

/** What is to be done once its reason is known. */
export interface Asking {
  readonly title: string
  readonly okText: string
  readonly hint: string
  readonly wish: Wish
}

/** Sends what a dialog asked for, says what came of it, and asks for the card anew. */
export function usePatientChange(patientId: string, { onDone }: { readonly onDone: () => void }) {
  const { t } = useTranslation()
  const { message } = App.useApp()
  return useChange(
    ({ method = 'POST', path, body }: Wish) =>
      request<BackInPlan | undefined>(path.startsWith('/api') ? path : `/api/patients/${patientId}${path}`, {
        method,
        body,
      }),
    ['patient', 'patients'],
    {
      onSuccess: (back) => {
        onDone()
        const said =
          back?.waiting === undefined
            ? t('patients.saved')
            : t('patients.tookBack', { waiting: count(back.waiting), expired: count(back.expired) })
        void message.success(said)
      },
    },
  )
}

export type Sending = ReturnType<typeof usePatientChange>
