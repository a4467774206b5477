import {
  ApiOutlined,
  BarChartOutlined,
  CustomerServiceOutlined,
  FileSearchOutlined,
  GlobalOutlined,
  HddOutlined,
  IdcardOutlined,
  ImportOutlined,
  KeyOutlined,
  LaptopOutlined,
  LogoutOutlined,
  MedicineBoxOutlined,
  MenuFoldOutlined,
  MenuUnfoldOutlined,
  PhoneOutlined,
  ProfileOutlined,
  SafetyCertificateOutlined,
  ScheduleOutlined,
  SoundOutlined,
  StopOutlined,
  TeamOutlined,
  UnorderedListOutlined,
  UsergroupAddOutlined,
  UserOutlined,
} from '@ant-design/icons'
import { useQuery, useQueryClient } from '@tanstack/react-query'
import { Link, Outlet, useMatches, useNavigate, useRouterState } from '@tanstack/react-router'
import { Alert, Button, Dropdown, Layout, Menu } from 'antd'
import { useEffect, useState } from 'react'
import { useTranslation } from 'react-i18next'
import { sessionChanged, sessionQuery, signOut } from '../api/session.ts'
import { Connection } from '../realtime/connection.ts'
import { endPagePhone, pagePhoneOf } from '../softphone/page-phone.ts'
import { chooseLanguage, currentLanguage } from '../text/i18n.ts'
import { useActivity } from './activity.ts'
import { ConnectionContext, ConnectionMark, useConnectionState } from './connection-state.tsx'
import { NoRight } from './page-states.tsx'

/** What stands around every page of who is signed in: the way to the pages, the state of the connection, the account. */
export function Shell() {
  const queryClient = useQueryClient()
  const [connection, setConnection] = useState<Connection | null>(null)
  useActivity()
  useEffect(() => {
    const askAgain = () => void queryClient.invalidateQueries({ queryKey: sessionQuery.queryKey })
    const opened = new Connection({ onSignedOut: () => sessionChanged(queryClient, null), onRefused: askAgain })
    setConnection(opened)
    return () => opened.close()
  }, [queryClient])
  if (connection === null) return null
  return (
    <ConnectionContext value={connection}>
      <Frame />
    </ConnectionContext>
  )
}

/** The menu, in the order of a day: who is called now, the patients and what came of it, what is set up, who may what. */
const pageGroups = [
  {
    text: 'nav.groups.calling',
    pages: [
      { path: '/', right: 'live.read', text: 'nav.live', icon: <PhoneOutlined aria-hidden /> },
      { path: '/seat', right: 'seat.use', text: 'nav.seat', icon: <CustomerServiceOutlined aria-hidden /> },
      { path: '/floor', right: 'floor.read', text: 'nav.floor', icon: <TeamOutlined aria-hidden /> },
    ],
  },
  {
    text: 'nav.groups.followUp',
    pages: [
      { path: '/import', right: 'import.read', text: 'nav.import', icon: <ImportOutlined aria-hidden /> },
      { path: '/tasks', right: 'call.read', text: 'nav.tasks', icon: <UnorderedListOutlined aria-hidden /> },
      { path: '/patients', right: 'patient.read', text: 'nav.patients', icon: <IdcardOutlined aria-hidden /> },
      { path: '/calls', right: 'call.read', text: 'nav.calls', icon: <FileSearchOutlined aria-hidden /> },
      { path: '/reports', right: 'report.read', text: 'nav.reports', icon: <BarChartOutlined aria-hidden /> },
    ],
  },
  {
    text: 'nav.groups.setup',
    pages: [
      {
        path: '/programmes',
        right: 'programme.read',
        text: 'nav.programmes',
        icon: <MedicineBoxOutlined aria-hidden />,
      },
      {
        path: '/questionnaires',
        right: 'questionnaire.read',
        text: 'nav.questionnaires',
        icon: <ProfileOutlined aria-hidden />,
      },
      { path: '/voices', right: 'voice.read', text: 'nav.voices', icon: <SoundOutlined aria-hidden /> },
      { path: '/calling', right: 'campaign.control', text: 'nav.calling', icon: <ScheduleOutlined aria-hidden /> },
      { path: '/do-not-call', right: 'campaign.control', text: 'nav.notCalled', icon: <StopOutlined aria-hidden /> },
      { path: '/trunks', right: 'trunk.manage', text: 'nav.trunks', icon: <ApiOutlined aria-hidden /> },
    ],
  },
  {
    text: 'nav.groups.administration',
    pages: [
      {
        path: '/accounts',
        right: 'account.read',
        or: 'team.manage',
        text: 'nav.accounts',
        icon: <UsergroupAddOutlined aria-hidden />,
      },
      { path: '/storage', right: 'storage.manage', text: 'nav.storage', icon: <HddOutlined aria-hidden /> },
      { path: '/audit', right: 'audit.read', text: 'nav.audit', icon: <SafetyCertificateOutlined aria-hidden /> },
    ],
  },
] as const

/** Pages reached from elsewhere than the menu. */
const ownPages = [
  { path: '/sessions', text: 'shell.sessions' },
  { path: '/campaigns', text: 'nav.campaign' },
] as const

function Frame() {
  const { t } = useTranslation()
  const { data: session } = useQuery(sessionQuery)
  const path = useRouterState({ select: (state) => state.location.pathname })
  const mayNot = useMatches({ select: (all) => all.some(({ context }) => 'mayNot' in context && context.mayNot) })
  const [collapsed, setCollapsed] = useState(false)
  const groups = pageGroups.map(({ text, pages }) => ({
    text,
    pages: pages.filter(
      (page) => session?.rights.includes(page.right) || ('or' in page && session?.rights.includes(page.or)),
    ),
  }))
  // A page's own pages lie below it.
  const here = [...pageGroups.flatMap(({ pages }) => [...pages]), ...ownPages].find(
    (page) => page.path === path || path.startsWith(`${page.path}/`),
  )
  const name = session?.signInName
  useEffect(() => {
    if (name !== undefined) pagePhoneOf(name)
  }, [name])
  return (
    <Layout className="shell">
      <a className="skip" href="#content">
        {t('skip')}
      </a>
      <Layout.Sider width={204} collapsedWidth={60} collapsed={collapsed}>
        <div className="shell-brand">
          <img src="/mark.svg" alt="" />
          {!collapsed && t('product')}
        </div>
        <nav aria-label={t('nav.menu')}>
          <Menu
            theme="dark"
            mode="inline"
            inlineCollapsed={collapsed}
            selectedKeys={here === undefined ? [] : [here.path]}
            items={groups.flatMap(({ text: heading, pages }) =>
              pages.length === 0
                ? []
                : {
                    key: heading,
                    type: 'group' as const,
                    label: collapsed ? null : t(heading),
                    children: pages.map(({ path: to, text, icon }) => ({
                      key: to,
                      icon,
                      label: <Link to={to}>{t(text)}</Link>,
                      title: t(text),
                    })),
                  },
            )}
          />
        </nav>
      </Layout.Sider>
      <Layout>
        <Layout.Header className="shell-header">
          <Button
            type="text"
            icon={collapsed ? <MenuUnfoldOutlined aria-hidden /> : <MenuFoldOutlined aria-hidden />}
            aria-label={t(collapsed ? 'shell.expand' : 'shell.collapse')}
            onClick={() => setCollapsed(!collapsed)}
          />
          <h1>{here === undefined ? t('product') : t(here.text)}</h1>
          <ConnectionMark />
          <LanguageButton />
          <AccountMenu name={session?.displayName ?? ''} />
        </Layout.Header>
        <Interrupted />
        <Layout.Content id="content" className="shell-content" tabIndex={-1}>
          {mayNot ? <NoRight /> : <Outlet />}
        </Layout.Content>
      </Layout>
    </Layout>
  )
}

function Interrupted() {
  const { t } = useTranslation()
  if (useConnectionState() !== 'interrupted') return null
  return <Alert type="warning" banner role="alert" title={t('connection.interruptedLong')} />
}

export function LanguageButton() {
  const { t } = useTranslation()
  return (
    <Button
      type="text"
      icon={<GlobalOutlined aria-hidden />}
      title={t('shell.languageHint')}
      onClick={() => void chooseLanguage(currentLanguage() === 'zh' ? 'en' : 'zh')}
    >
      {t('shell.language')}
    </Button>
  )
}

function AccountMenu({ name }: { readonly name: string }) {
  const { t } = useTranslation()
  const navigate = useNavigate()
  const queryClient = useQueryClient()
  async function leave() {
    endPagePhone()
    await signOut().catch(() => undefined)
    sessionChanged(queryClient, null)
    await navigate({ to: '/sign-in', search: {} })
  }
  return (
    <Dropdown
      trigger={['click']}
      menu={{
        items: [
          { key: 'password', icon: <KeyOutlined aria-hidden />, label: t('shell.password') },
          { key: 'sessions', icon: <LaptopOutlined aria-hidden />, label: t('shell.sessions') },
          { key: 'leave', icon: <LogoutOutlined aria-hidden />, label: t('shell.signOut') },
        ],
        onClick: ({ key }) => {
          if (key === 'leave') void leave()
          else void navigate({ to: key === 'sessions' ? '/sessions' : '/password' })
        },
      }}
    >
      <Button type="text" icon={<UserOutlined aria-hidden />} aria-label={t('shell.account')}>
        {name}
      </Button>
    </Dropdown>
  )
}
