import { Tabs } from 'antd'
import { useTranslation } from 'react-i18next'
import { useRight } from '../api/session.ts'
import { AccountPanel } from './account-panel.tsx'
import { PolicyPanel } from './policy-panel.tsx'
import { RightsPanel } from './rights-panel.tsx'
import { TeamPanel } from './team-panel.tsx'
import './accounts.css'

/** Accounts, what they may do, and who works where with which phone; each part by its right. */
export function AccountsPage() {
  const { t } = useTranslation()
  const mayRead = useRight('account.read')
  const mayArrange = useRight('team.manage')
  const items = [
    ...(mayRead ? [{ key: 'accounts', label: t('accounts.tab.accounts'), children: <AccountPanel /> }] : []),
    ...(mayArrange ? [{ key: 'teams', label: t('accounts.tab.teams'), children: <TeamPanel /> }] : []),
    ...(mayRead
      ? [
          { key: 'rights', label: t('accounts.tab.rights'), children: <RightsPanel /> },
          { key: 'policy', label: t('accounts.tab.policy'), children: <PolicyPanel /> },
        ]
      : []),
  ]
  return <Tabs items={items} destroyOnHidden className="accounts" />
}
