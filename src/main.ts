import { rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { missingCalendarYears } from '#follow-up/calling/calendar-service.ts'
import { loadDemoHospital } from '#follow-up/demo/demo-hospital.ts'
import { ensureStandardHospital } from '#follow-up/intake/standard-hospital.ts'
import { ensureFirstAccounts, type FirstLogin } from '#platform/auth/first-account.ts'
import { AppError } from '#platform/errors/errors.ts'
import { openGround } from '#platform/ground.ts'
import { type Log, logError } from '#platform/log.ts'
import { readSettings, type Settings } from '#platform/settings/settings.ts'
import { type House, openHouse } from './app.ts'
import { openLog } from './open-log.ts'
import { openProgressLine } from './progress-line.ts'

/** An orderly end takes seconds; what hangs longer is left to the next start, which reconciles it. */
const closeLimitMs = 20_000
/** Terminal, npm and launcher may each pass the same Ctrl-C on; a person who means it again takes longer. */
const sameSignalMs = 2_000

try {
  await run(readSettings())
} catch (error) {
  fail(error)
}

/** Opens the house and keeps it open until a signal; closes in reverse. */
async function run(settings: Settings): Promise<void> {
  const log = openLog(settings, 'suifang')
  process.on('uncaughtException', (error) => {
    logError(log, error, 'a fault nobody caught; the next start reconciles')
    fail(error)
    process.exit(1)
  })
  const opened = new AsyncDisposableStack()
  try {
    await open(settings, log, opened)
  } finally {
    await opened.disposeAsync()
  }
}

/** Resolves when a signal asks for the end. */
async function open(settings: Settings, log: Log, opened: AsyncDisposableStack): Promise<void> {
  const stop = signalled(log)
  say('随访 Suifang opens … 正在启动')
  const ground = await openGround({ settings, log, as: 'instance' })
  opened.defer(() => ground.close())
  const logins = await ensureFirstAccounts(ground.db, (first) => keepFirstLogins(settings.dataDir, first))
  if (settings.demo) await loadDemoHospital(ground)
  else await ensureStandardHospital(ground.db)
  for (const year of await missingCalendarYears(ground.db)) {
    log.warn({ year }, 'the holidays of this year are to be imported')
    say(`Holidays of ${year} are not imported yet: only the days that the law itself names are kept free of calls.`)
    say(`${year} 年节假日安排尚未导入：目前只在法定节日当天停止外呼。`)
  }
  const house = await openHouse(ground)
  opened.defer(() => house.close())
  welcome(house, settings, logins)
  const progress = await openProgressLine(ground, process.stdout)
  opened.defer(() => progress.close())

  const signal = await stop
  say('')
  say(`Closing … 正在关闭 (${signal})`)
  setTimeout(() => {
    log.error('closing took too long; the next start reconciles')
    process.exit(1)
  }, closeLimitMs).unref()
}

/** The first SIGINT or SIGTERM; another one later ends the process at once. */
function signalled(log: Log): Promise<NodeJS.Signals> {
  return new Promise((resolve) => {
    let askedAt = Number.POSITIVE_INFINITY
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
      process.on(signal, () => {
        if (performance.now() > askedAt + sameSignalMs) {
          log.warn({ signal }, 'ended without closing')
          process.exit(1)
        }
        askedAt = Math.min(askedAt, performance.now())
        resolve(signal)
      })
    }
  })
}

/** The one place where the first passwords stand in the clear, a name and its password a line; only its owner may read it. */
async function keepFirstLogins(dataDir: string, logins: readonly FirstLogin[]): Promise<void> {
  const file = join(dataDir, 'first-login.txt')
  await rm(file, { force: true })
  const lines = logins.flatMap(({ signInName, password }) => [signInName, password])
  await writeFile(file, `${lines.join('\n')}\n`, { mode: 0o600, flag: 'wx' })
}

function welcome(house: House, settings: Settings, logins: readonly FirstLogin[]): void {
  say(`Console 控制台: ${house.url}`)
  if (house.certificate?.selfSigned) {
    say('This certificate is of our own making: browsers warn once, until somebody has compared and accepted it.')
    say(
      '证书由本系统自签：浏览器首次打开会提示风险，核对指纹后选择继续；也可配置医院自己的证书（docs/operations.md）。',
    )
    say(`SHA-256: ${house.certificate.fingerprint}`)
  }
  say(`Data 数据: ${settings.dataDir}   Log 日志: ${settings.logFile}`)
  if (settings.switches === null) {
    say(
      'Embedded softswitch and simulated carrier: for trials and small offices (8 seats, 30 lines); no real call leaves.',
    )
    say('内置软交换与模拟运营商：供试用和小型随访办公室（8 坐席、30 线路）；不会拨出真实电话。')
  }
  for (const { signInName, password } of logins) say(`First sign-in 首次登录: ${signInName} / ${password}`)
  if (logins.length > 0) {
    say(`(also in ${join(settings.dataDir, 'first-login.txt')}; must be changed 首次登录须修改)`)
  }
  say('Ctrl-C closes. 按 Ctrl-C 关闭。')
}

function fail(error: unknown): void {
  if (error instanceof AppError) {
    process.stderr.write(`${error.code}: ${error.message}\n${error.messageIn('zh')}\n`)
  } else {
    process.stderr.write(`${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`)
  }
  process.exitCode = 1
}

function say(text: string): void {
  process.stdout.write(`${text}\n`)
}
