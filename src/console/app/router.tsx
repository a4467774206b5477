import type { QueryClient } from '@tanstack/react-query'
import {
  createRootRouteWithContext,
  createRoute,
  createRouter,
  lazyRouteComponent,
  Outlet,
  redirect,
} from '@tanstack/react-router'
import { sessionQuery } from '../api/session.ts'
import { parseAuditAddress } from '../audit/audit-address.ts'
import { parseCallSearch } from '../calls/call-search.ts'
import { parseReportAddress } from '../reports/report-address.ts'
import { PasswordPage } from '../sign-in/password-page.tsx'
import { SignInPage } from '../sign-in/sign-in-page.tsx'
import { parseTaskAddress } from '../tasks/task-address.ts'
import { NotFound, PageTrouble, Waiting } from './page-states.tsx'
import { Shell } from './shell.tsx'

interface RouterContext {
  readonly queryClient: QueryClient
}

const root = createRootRouteWithContext<RouterContext>()({ component: Outlet })

const signIn = createRoute({
  getParentRoute: () => root,
  path: '/sign-in',
  validateSearch: (search): { back?: string } =>
    typeof search.back === 'string' && /^\/(?!\/)/.test(search.back) ? { back: search.back } : {},
  component: SignInPage,
})

const password = createRoute({
  getParentRoute: () => root,
  path: '/password',
  beforeLoad: async ({ context }) => {
    if ((await context.queryClient.ensureQueryData(sessionQuery)) === null)
      throw redirect({ to: '/sign-in', search: {} })
  },
  component: PasswordPage,
})

/** Pages of who is signed in. The server judges every request anew; here it is decided what to show. */
const inside = createRoute({
  getParentRoute: () => root,
  id: 'inside',
  beforeLoad: async ({ context, location }) => {
    const session = await context.queryClient.ensureQueryData(sessionQuery)
    if (session === null) throw redirect({ to: '/sign-in', search: { back: location.href } })
    if (session.mustChangePassword) throw redirect({ to: '/password' })
    return { session }
  },
  component: Shell,
})

const live = createRoute({
  getParentRoute: () => inside,
  path: '/',
  beforeLoad: (match) => {
    // Who has no part in the calls begins where the own work is.
    const elsewhere = (
      [
        ['account.read', '/accounts'],
        ['audit.read', '/audit'],
      ] as const
    ).find(([right]) => match.context.session.rights.includes(right))
    if (!match.context.session.rights.includes('live.read') && elsewhere !== undefined) {
      throw redirect({ to: elsewhere[1] })
    }
    return requireRight('live.read')(match)
  },
  component: lazyRouteComponent(() => import('../live/live-page.tsx'), 'LivePage'),
})

const imports = createRoute({
  getParentRoute: () => inside,
  path: '/import',
  beforeLoad: requireRight('import.read'),
  component: lazyRouteComponent(() => import('../imports/import-page.tsx'), 'ImportPage'),
})

const calling = createRoute({
  getParentRoute: () => inside,
  path: '/calling',
  beforeLoad: requireRight('campaign.control'),
  component: lazyRouteComponent(() => import('../calling/calling-page.tsx'), 'CallingPage'),
})

const calls = createRoute({
  getParentRoute: () => inside,
  path: '/calls',
  validateSearch: parseCallSearch,
  beforeLoad: requireRight('call.read'),
  component: lazyRouteComponent(() => import('../calls/calls-page.tsx'), 'CallsPage'),
})

const call = createRoute({
  getParentRoute: () => inside,
  path: '/calls/$attemptId',
  validateSearch: (search): { listen?: boolean } => (search.listen === true ? { listen: true } : {}),
  beforeLoad: requireRight('call.read'),
  component: lazyRouteComponent(() => import('../calls/call-page.tsx'), 'CallPage'),
})

const reports = createRoute({
  getParentRoute: () => inside,
  path: '/reports',
  validateSearch: parseReportAddress,
  beforeLoad: requireRight('report.read'),
  component: lazyRouteComponent(() => import('../reports/reports-page.tsx'), 'ReportsPage'),
})

const tasks = createRoute({
  getParentRoute: () => inside,
  path: '/tasks',
  validateSearch: parseTaskAddress,
  beforeLoad: requireRight('call.read'),
  component: lazyRouteComponent(() => import('../tasks/tasks-page.tsx'), 'TasksPage'),
})

const task = createRoute({
  getParentRoute: () => inside,
  path: '/tasks/$taskId',
  beforeLoad: requireRight('call.read'),
  component: lazyRouteComponent(() => import('../tasks/task-page.tsx'), 'TaskPage'),
})

const programmes = createRoute({
  getParentRoute: () => inside,
  path: '/programmes',
  beforeLoad: requireRight('programme.read'),
  component: lazyRouteComponent(() => import('../programmes/programmes-page.tsx'), 'ProgrammesPage'),
})

const newProgramme = createRoute({
  getParentRoute: () => inside,
  path: '/programmes/new',
  validateSearch: (search): { copyOf?: string } =>
    typeof search.copyOf === 'string' && /^[0-9a-f-]{36}$/.test(search.copyOf) ? { copyOf: search.copyOf } : {},
  beforeLoad: requireRight('programme.manage'),
  component: lazyRouteComponent(() => import('../programmes/edit-page.tsx'), 'NewProgrammePage'),
})

const programme = createRoute({
  getParentRoute: () => inside,
  path: '/programmes/$programmeId',
  beforeLoad: requireRight('programme.read'),
  component: lazyRouteComponent(() => import('../programmes/programme-page.tsx'), 'ProgrammePage'),
})

const changeProgramme = createRoute({
  getParentRoute: () => inside,
  path: '/programmes/$programmeId/change',
  beforeLoad: requireRight('programme.manage'),
  component: lazyRouteComponent(() => import('../programmes/edit-page.tsx'), 'ChangeProgrammePage'),
})

const notCalled = createRoute({
  getParentRoute: () => inside,
  path: '/do-not-call',
  beforeLoad: requireRight('campaign.control'),
  component: lazyRouteComponent(() => import('../not-called/not-called-page.tsx'), 'NotCalledPage'),
})

const questionnaires = createRoute({
  getParentRoute: () => inside,
  path: '/questionnaires',
  beforeLoad: requireRight('questionnaire.read'),
  component: lazyRouteComponent(() => import('../questionnaires/questionnaires-page.tsx'), 'QuestionnairesPage'),
})

const questionnaire = createRoute({
  getParentRoute: () => inside,
  path: '/questionnaires/$questionnaireId',
  beforeLoad: requireRight('questionnaire.read'),
  component: lazyRouteComponent(() => import('../questionnaires/questionnaire-page.tsx'), 'QuestionnairePage'),
})

const voices = createRoute({
  getParentRoute: () => inside,
  path: '/voices',
  beforeLoad: requireRight('voice.read'),
  component: lazyRouteComponent(() => import('../voices/voices-page.tsx'), 'VoicesPage'),
})

const trunks = createRoute({
  getParentRoute: () => inside,
  path: '/trunks',
  beforeLoad: requireRight('trunk.manage'),
  component: lazyRouteComponent(() => import('../trunks/trunks-page.tsx'), 'TrunksPage'),
})

const campaign = createRoute({
  getParentRoute: () => inside,
  path: '/campaigns/$campaignId',
  beforeLoad: requireRight('campaign.control'),
  component: lazyRouteComponent(() => import('../campaign/campaign-page.tsx'), 'CampaignPage'),
})

const patients = createRoute({
  getParentRoute: () => inside,
  path: '/patients',
  beforeLoad: requireRight('patient.read'),
  component: lazyRouteComponent(() => import('../patients/patients-page.tsx'), 'PatientsPage'),
})

const patient = createRoute({
  getParentRoute: () => inside,
  path: '/patients/$patientId',
  beforeLoad: requireRight('patient.read'),
  component: lazyRouteComponent(() => import('../patients/patient-page.tsx'), 'PatientPage'),
})

const accounts = createRoute({
  getParentRoute: () => inside,
  path: '/accounts',
  beforeLoad: requireRight('account.read', 'team.manage'),
  component: lazyRouteComponent(() => import('../accounts/accounts-page.tsx'), 'AccountsPage'),
})

const storage = createRoute({
  getParentRoute: () => inside,
  path: '/storage',
  beforeLoad: requireRight('storage.manage'),
  component: lazyRouteComponent(() => import('../storage/storage-page.tsx'), 'StoragePage'),
})

const sessions = createRoute({
  getParentRoute: () => inside,
  path: '/sessions',
  component: lazyRouteComponent(() => import('../accounts/sessions-page.tsx'), 'SessionsPage'),
})

const audit = createRoute({
  getParentRoute: () => inside,
  path: '/audit',
  validateSearch: parseAuditAddress,
  beforeLoad: requireRight('audit.read'),
  component: lazyRouteComponent(() => import('../audit/audit-page.tsx'), 'AuditPage'),
})

const seat = createRoute({
  getParentRoute: () => inside,
  path: '/seat',
  beforeLoad: requireRight('seat.use'),
  component: lazyRouteComponent(() => import('../seat/seat-page.tsx'), 'SeatPage'),
})

const floor = createRoute({
  getParentRoute: () => inside,
  path: '/floor',
  beforeLoad: requireRight('floor.read'),
  component: lazyRouteComponent(() => import('../floor/floor-page.tsx'), 'FloorPage'),
})

/** One of these. The shell shows why where there is none: an error thrown here would be told to the browser's console. */
function requireRight(...rights: readonly string[]) {
  return ({ context }: { context: { session: { rights: string[] } } }) => ({
    mayNot: !rights.some((right) => context.session.rights.includes(right)),
  })
}

export function createConsoleRouter(queryClient: QueryClient) {
  return createRouter({
    routeTree: root.addChildren([
      signIn,
      password,
      inside.addChildren([
        live,
        seat,
        floor,
        imports,
        calling,
        tasks,
        task,
        programmes,
        newProgramme,
        programme,
        changeProgramme,
        calls,
        call,
        notCalled,
        questionnaires,
        voices,
        questionnaire,
        trunks,
        campaign,
        accounts,
        storage,
        reports,
        patients,
        patient,
        sessions,
        audit,
      ]),
    ]),
    context: { queryClient },
    defaultPendingComponent: Waiting,
    defaultNotFoundComponent: NotFound,
    defaultErrorComponent: ({ error, reset }) => <PageTrouble error={error} onRetry={reset} />,
  })
}

declare module '@tanstack/react-router' {
  interface Register {
    router: ReturnType<typeof createConsoleRouter>
  }
}
