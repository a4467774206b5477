import { Tabs } from 'antd'
import { useTranslation } from 'react-i18next'
import { FlaggedPanel } from './flagged-panel.tsx'
import { RefusalPanel } from './refusal-panel.tsx'
import './not-called.css'

/** Who is not called and why, and how that is taken back. */
export function NotCalledPage() {
  const { t } = useTranslation()
  const items = [
    { key: 'refusals', label: t('notCalled.tab.refusals'), children: <RefusalPanel /> },
    { key: 'flagged', label: t('notCalled.tab.flagged'), children: <FlaggedPanel /> },
  ]
  return <Tabs items={items} destroyOnHidden className="not-called" />
}
