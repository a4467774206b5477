import { QueryClient, QueryClientProvider, useQuery } from '@tanstack/react-query'
import { RouterProvider } from '@tanstack/react-router'
import { App as AntApp, ConfigProvider } from 'antd'
import enUS from 'antd/locale/en_US'
import zhCN from 'antd/locale/zh_CN'
import dayjs from 'dayjs'
import 'dayjs/locale/zh-cn'
import { StrictMode, useEffect } from 'react'
import { createRoot } from 'react-dom/client'
import { useTranslation } from 'react-i18next'
import { RefusedError, whenSignedOut } from './api/request.ts'
import { sessionChanged, sessionQuery } from './api/session.ts'
import { keepFocus } from './app/keep-focus.ts'
import { useTheme } from './app/reduced-motion.ts'
import { createConsoleRouter } from './app/router.tsx'
import { startTexts } from './text/i18n.ts'
import './app/page.css'

const queryClient = new QueryClient({
  defaultOptions: {
    queries: {
      refetchOnWindowFocus: false,
      // What the server has refused it will refuse again; only where no answer came is it worth another try.
      retry: (failures, error) => failures < 2 && !(error instanceof RefusedError && error.status !== 0),
    },
  },
})
const router = createConsoleRouter(queryClient)

whenSignedOut(() => sessionChanged(queryClient, null))

function Console() {
  const { i18n, t } = useTranslation()
  const theme = useTheme()
  const chinese = i18n.language === 'zh'
  dayjs.locale(chinese ? 'zh-cn' : 'en')
  useEffect(() => {
    document.title = t('product')
  }, [t])
  return (
    <ConfigProvider
      locale={chinese ? zhCN : enUS}
      theme={theme}
      componentSize="medium"
      button={{ autoInsertSpace: false }}
    >
      <AntApp>
        <SignedOutWatch />
        <RouterProvider router={router} />
      </AntApp>
    </ConfigProvider>
  )
}

/** When the session ends behind the page's back, the page goes to sign-in by its own guard. */
function SignedOutWatch() {
  const { data } = useQuery(sessionQuery)
  useEffect(() => {
    if (data === null) void router.invalidate()
  }, [data])
  return null
}

const place = document.getElementById('root')
if (place === null) throw new Error('the page has no place for the console')
keepFocus()
await startTexts()
createRoot(place).render(
  <StrictMode>
    <QueryClientProvider client={queryClient}>
      <Console />
    </QueryClientProvider>
  </StrictMode>,
)
