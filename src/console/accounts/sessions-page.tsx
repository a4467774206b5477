import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { App } from 'antd'
import { useTranslation } from 'react-i18next'
import type { LivingSessionView } from '#platform/auth/session-view.ts'
import { request } from '../api/request.ts'
import { Trouble } from '../app/trouble.tsx'
import { SessionTable } from './session-table.tsx'

const key = ['own-sessions']

/** One's own sessions; what one does not know, one ends. */
export function SessionsPage() {
  const { t } = useTranslation()
  const { message } = App.useApp()
  const queryClient = useQueryClient()
  const sessions = useQuery({
    queryKey: key,
    queryFn: ({ signal }) => request<{ sessions: LivingSessionView[] }>('/api/sessions', { signal }),
  })
  const ending = useMutation({
    mutationFn: (id: string) => request(`/api/sessions/${id}`, { method: 'DELETE' }),
    onSuccess: () => void message.success(t('accounts.ended')),
    onSettled: () => queryClient.invalidateQueries({ queryKey: key }),
  })
  return (
    <div className="stack">
      {sessions.isError && <Trouble error={sessions.error} onRetry={() => void sessions.refetch()} />}
      {ending.isError && <Trouble error={ending.error} />}
      <p className="muted" style={{ margin: 0 }}>
        {t('accounts.sessionsHint')}
      </p>
      <section className="panel" aria-label={t('shell.sessions')}>
        <SessionTable
          sessions={sessions.data?.sessions ?? []}
          loading={sessions.isPending}
          onEnd={(id) => ending.mutateAsync(id)}
        />
      </section>
    </div>
  )
}
