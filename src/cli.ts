import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { setUpPhone, setUpTeam } from '#contact-center/acd/agent-setup.ts'
import { setUpQueue } from '#contact-center/acd/queue-setup.ts'
import { storageCommand } from '#contact-center/retention/storage-command.ts'
import { calendarCommand, callingCommand } from '#follow-up/calling/calling-command.ts'
import { setUpTrunk } from '#follow-up/dialling/trunk-setup.ts'
import { intakeCommand } from '#follow-up/intake/hospital-intake.ts'
import { runImport } from '#follow-up/intake/import-command.ts'
import { doNotCallCommand, numberUsableCommand } from '#follow-up/patients/number-command.ts'
import { simulateFlow } from '#follow-up/questionnaire/simulate-flow.ts'
import { reportCommand } from '#follow-up/reports/report-command.ts'
import { status } from '#follow-up/status/status.ts'
import { runAudit } from '#platform/audit/audit-command.ts'
import { systemActor } from '#platform/audit/audit-store.ts'
import { checkReason } from '#platform/audit/reason.ts'
import { Accounts } from '#platform/auth/account-service.ts'
import { AppError } from '#platform/errors/errors.ts'
import { type GroundFloor, openGround } from '#platform/ground.ts'
import { isLoopback } from '#platform/http/certificate.ts'
import { readSettings, type Settings } from '#platform/settings/settings.ts'
import { voicesOver } from './app/prompts.ts'
import { recordingsFolder } from './app/recordings.ts'
import { openLog } from './open-log.ts'

/**
 * `npm run suifang -- <command>`: works beside a running instance or alone, on the data folder named by `SUIFANG_DATA`.
 * stdout is the command's answer, everything else goes to stderr.
 */
const language = /^zh/i.test(process.env.LC_ALL || process.env.LC_MESSAGES || process.env.LANG || 'zh') ? 'zh' : 'en'

const usage = {
  zh: `用法：npm run suifang -- <命令>
  import <文件>           导入出院名单（.csv .txt .xlsx）；--json 输出结果，--errors <文件> 写出可更正的错误行
  trunk --name 联通 --host 10.0.0.9 --lines 30 --caller 07522288288 [--port --cps --user --password --watch on|off]
                          设置运营商线路（号码随之列入本院自有号码；运营商不应答 OPTIONS 时用 --watch off）；标准方案随之获得一个暂停的外呼活动
  phone --extension 8001 --agent <登录名> [--agent-no 工号] [--team 组名]
                          给坐席分配话机，输出话机注册用的密码
  team --name 组名 [--campaign 外呼活动 [--pacing progressive|preview] [--rating on|off]] [--supervisor 登录名]
                          建立坐席组；给出活动时，该活动由该组外呼（渐进式或预览式），并可设置挂机评价；给出班长时，由其管理该组
  queue --name 队列名 --team 组名 [--campaign 外呼活动] [--wait 60]
                          建立坐席组的队列；给出活动时，该活动的患者可按 0 转到该组，最长等待若干秒
  calling [--periods 08:30-11:30,14:30-20:00] [--holidays open|closed] [--weekends open|closed]
          [--cap-day 2] [--cap-week 5] [--also foreign,premium,service|none] [--reason 原因]
                          查看或修改外呼时段、节假日与周末、同一号码的频次上限，以及放行的号码类别
  intake [--area-code 0752|none]
                          名单中固定电话缺区号时使用的区号（控制台导入与命令行导入通用）
  calendar [--import 年份.json]
                          查看已知的节假日年份，导入一年（格式同 src/follow-up/calling/holidays）
  do-not-call [--number 号码] | --add --number 号码 [--reason 原因] [--until 2026-12-31] | --lift 编号
                          查看、加入、解除禁呼
  number-usable --number 号码 | --flagged-since 2026-11-22
                          被网络误判为空号或停机的号码恢复可拨，并重开因此失败的任务
  account --name <登录名> --reset-password
                          重置账号密码，输出一次性密码（管理员的密码在此重置）
  audit verify [--json] [--anchor 编号:哈希]
                          重新计算审计链，指出第一处被改动、插入或删除的记录，并给出新的锚点
  storage [status]        录音占用、磁盘空间、保存期限、最近的清理
  storage rule [--recording-days 730] [--clinical-years 30] [--audit-months 36] [--reason 原因]
                          查看或修改保存期限；修改后须重新批准才会删除录音
  storage preview         按当前期限会删除多少录音、多少字节、最早一条
  storage approve --reason 原因
                          批准当前期限：之后每晚删除到期录音（被保留的除外）
  storage confirm folder|clock|database --reason 原因
                          确认录音目录今后确为此目录，或时钟无误（此前不会删除任何录音）；
                          或恢复备份后确认可以用此数据库外呼（此前不拨打任何电话）
  storage disk [--warn-gb 10] [--warn-percent 10] [--stop-gb 1] [--reason 原因]
                          查看或修改磁盘告警与停止呼叫的阈值
  storage check           核对录音文件与记录，只报告，不删除
  storage strays [--remove 编号 --reason 原因]
                          查找无主录音文件：能认出通话的归入通话，其余列出；可按编号删除
  status [--json]         任务、拨打、录音各状态的数量，以及为什么没有在拨打
  report [--month 2026-11] [--programme 方案] [--json] [--csv 文件]
                          一个月出院患者的随访报表（只有数字）：随访率、成功率、失访率、接通率及其分母
  simulate-flow <文件>    在终端里试走一个语音流程；--keys 1,1,2 不经提问直接按键`,
  en: `Usage: npm run suifang -- <command>
  import <file>           import a discharge list (.csv .txt .xlsx); --json for the report, --errors <file> for the rows to correct
  trunk --name carrier --host 10.0.0.9 --lines 30 --caller 07522288288 [--port --cps --user --password --watch on|off]
                          sets up a trunk (its number becomes one of the hospital's; --watch off where the carrier
                          answers no OPTIONS); the standard programme gets a paused campaign over it
  phone --extension 8001 --agent <login> [--agent-no --team]
                          gives an agent a desk phone; prints the secret the phone registers with
  team --name <team> [--campaign <campaign> [--pacing progressive|preview] [--rating on|off]] [--supervisor <login>]
                          sets up a team; with a campaign, that is dialled for the team's free seats (progressive), or
                          shown to them first (preview); --rating on asks patients to rate the agent after hang-up;
                          with a supervisor, the team is theirs to supervise
  queue --name <queue> --team <team> [--campaign <campaign>] [--wait 60]
                          sets up the team's queue; with a campaign, its patients reach the team by key 0 and wait
                          that many seconds at most
  calling [--periods 08:30-11:30,14:30-20:00] [--holidays open|closed] [--weekends open|closed]
          [--cap-day 2] [--cap-week 5] [--also foreign,premium,service|none] [--reason <words>]
                          shows or changes when and how often numbers are dialled, and which barred kinds are let through
  intake [--area-code 0752|none]
                          area code of landlines that a list writes without one, by the console and by command
  calendar [--import <year.json>]
                          the years whose holidays are known; adds one (format: src/follow-up/calling/holidays)
  do-not-call [--number <number>] | --add --number <number> [--reason <words>] [--until 2026-12-31] | --lift <id>
                          shows, adds, lifts
  number-usable --number <number> | --flagged-since 2026-11-22
                          numbers that the network wrongly called invalid may be dialled again, and the tasks that
                          failed by it are opened again
  account --name <login> --reset-password
                          resets a password, prints a one-time one (administrators' passwords are reset here)
  audit verify [--json] [--anchor number:hash]
                          recomputes the audit chain, names the first row changed, put in or taken out; prints a new anchor
  storage [status]        recordings, room on the disks, how long what is kept, the last runs
  storage rule [--recording-days 730] [--clinical-years 30] [--audit-months 36] [--reason <words>]
                          shows or changes how long what is kept; nothing is removed before that is approved
  storage preview         how many recordings the rule would remove now, how many bytes, the oldest
  storage approve --reason <words>
                          approves the rule: every night recordings that are older are removed, but for held ones
  storage confirm folder|clock|database --reason <words>
                          this is the folder of recordings from now on, or the clock is right: until then none expires;
                          or people may be called by this restored database: until then nobody is
  storage disk [--warn-gb 10] [--warn-percent 10] [--stop-gb 1] [--reason <words>]
                          shows or changes below which room somebody is told, and no call begins
  storage check           compares files and rows; tells, removes nothing
  storage strays [--remove <id> --reason <words>]
                          looks for files of no call: gives calls what is theirs, lists the rest, removes one of them
  status [--json]         tasks, attempts and recordings by state, and why nothing is dialled
  report [--month 2026-11] [--programme <programme>] [--json] [--csv <file>]
                          the report of a month's discharges, figures only: the rates with their denominators
  simulate-flow <file>    talk to a flow at the terminal; --keys 1,1,2 presses them without asking`,
}

const [command, ...args] = process.argv.slice(2)
try {
  const settings = readSettings()
  // The launcher works in the house's own folder; a file named on the command line lies where it was typed.
  if (process.env.INIT_CWD !== undefined) process.chdir(process.env.INIT_CWD)
  for (const reason of reasonsIn(args)) checkReason(reason)
  process.exitCode = await run(settings, command, args)
} catch (error) {
  if (error instanceof AppError) {
    process.stderr.write(`${error.messageIn(language)} (${error.code})\n`)
    process.exitCode = 1
  } else if (isWrongUsage(error)) {
    process.stderr.write(`${error.message}\n\n${usage[language]}\n`)
    process.exitCode = 2
  } else throw error
}

/** An option that there is not, or one without its value (node:util, parseArgs). */
function isWrongUsage(error: unknown): error is TypeError {
  return error instanceof TypeError && 'code' in error && String(error.code).startsWith('ERR_PARSE_ARGS')
}

async function run(settings: Settings, name: string | undefined, argv: readonly string[]): Promise<number> {
  switch (name) {
    case 'import':
      return withGround(settings, (ground) =>
        runImport(argv, { ground, stdout: process.stdout, stderr: process.stderr, language }),
      )
    case 'status':
      return withGround(settings, (ground) => tellStatus(ground, argv))
    case 'trunk':
      return withGround(settings, (ground) => setTrunk(ground, argv))
    case 'phone':
      return withGround(settings, (ground) => setPhone(ground, argv))
    case 'calling':
      return withGround(settings, async (ground) => tell(await callingCommand(ground, argv)))
    case 'calendar':
      return withGround(settings, async (ground) => tell(await calendarCommand(ground, argv)))
    case 'intake':
      return withGround(settings, async (ground) => tell(await intakeCommand(ground.db, argv)))
    case 'do-not-call':
      return withGround(settings, async (ground) => tell(await doNotCallCommand(ground, argv)))
    case 'number-usable':
      return withGround(settings, async (ground) => tell(await numberUsableCommand(ground, argv)))
    case 'storage':
      return withGround(settings, async (ground) => {
        const told = await storageCommand(ground, argv, recordingsFolder(ground.settings.dataDir))
        return told === null ? wrongUsage() : tell(told)
      })
    case 'queue':
      return withGround(settings, (ground) => setQueue(ground, argv))
    case 'team':
      return withGround(settings, (ground) => setTeam(ground, argv))
    case 'account':
      return withGround(settings, (ground) => resetPassword(ground, argv))
    case 'audit':
      return withGround(settings, (ground) =>
        runAudit(argv, { db: ground.db, stdout: process.stdout, stderr: process.stderr, language }),
      )
    case 'report':
      return withGround(settings, (ground) => reportCommand(ground, argv, { stdout: process.stdout, language }))
    case 'simulate-flow':
      return simulate(settings, argv)
    default:
      process.stderr.write(`${usage[language]}\n`)
      return name === 'help' || name === '--help' ? 0 : 2
  }
}

async function withGround(settings: Settings, act: (ground: GroundFloor) => Promise<number>): Promise<number> {
  const log = openLog(settings, 'suifang-cli', process.stderr)
  const ground = await openGround({ settings, log, as: 'guest', maxConnections: 4 })
  try {
    return await act(ground)
  } finally {
    await ground.close()
  }
}

function tell(answer: object): number {
  process.stdout.write(`${JSON.stringify(answer, null, 2)}\n`)
  return 0
}

/** What is given as `--reason`, whichever command it belongs to. */
function reasonsIn(argv: readonly string[]): readonly string[] {
  return argv.flatMap((one, at) => {
    if (one.startsWith('--reason=')) return [one.slice('--reason='.length)]
    return argv[at - 1] === '--reason' ? [one] : []
  })
}

async function tellStatus({ db }: GroundFloor, argv: readonly string[]): Promise<number> {
  const { values } = parseArgs({ args: [...argv], options: { json: { type: 'boolean' } } })
  const told = await status(db)
  process.stdout.write(values.json ? `${JSON.stringify(told)}\n` : `${JSON.stringify(told, null, 2)}\n`)
  return 0
}

/** `trunk --name 联通 --host 10.0.0.9 [--port 5060] --lines 30 [--cps 5] --caller 07522288288 [--user … --password …]` */
async function setTrunk(ground: GroundFloor, argv: readonly string[]): Promise<number> {
  const text = { type: 'string' } as const
  const { values } = parseArgs({
    args: [...argv],
    options: {
      name: text,
      host: text,
      port: text,
      lines: text,
      cps: text,
      caller: text,
      user: text,
      password: text,
      watch: text,
    },
  })
  const watch = oneOf(values.watch, ['on', 'off'])
  if (watch === null) return wrongUsage()
  const { bind, sipPort } = ground.settings
  const house = { onLoopback: isLoopback(bind), sip: sipPort === 0 ? [] : [{ host: bind, port: sipPort }] }
  const id = await setUpTrunk(
    { ...ground, house },
    {
      name: values.name ?? '',
      host: values.host ?? '',
      port: Number(values.port ?? 5060),
      lines: Number(values.lines),
      callsPerSecond: Number(values.cps ?? 5),
      callerNumber: values.caller ?? '',
      username: values.user ?? null,
      password: values.password ?? null,
      watched: watch !== 'off',
    },
  )
  process.stdout.write(`${id}\n`)
  return 0
}

async function setPhone(ground: GroundFloor, argv: readonly string[]): Promise<number> {
  const text = { type: 'string' } as const
  const { values } = parseArgs({
    args: [...argv],
    options: { extension: text, agent: text, 'agent-no': text, team: text },
  })
  const { extension, secret } = await setUpPhone(ground, {
    extension: values.extension ?? '',
    agent: values.agent ?? '',
    agentNo: values['agent-no'] ?? null,
    team: values.team ?? null,
  })
  process.stdout.write(`${JSON.stringify({ extension, secret })}\n`)
  return 0
}

async function setTeam({ db }: GroundFloor, argv: readonly string[]): Promise<number> {
  const text = { type: 'string' } as const
  const { values } = parseArgs({
    args: [...argv],
    options: { name: text, campaign: text, pacing: text, rating: text, supervisor: text },
  })
  const pacing = oneOf(values.pacing, ['progressive', 'preview'])
  const rating = oneOf(values.rating, ['on', 'off'])
  if (pacing === null || rating === null) return wrongUsage()
  const id = await setUpTeam(db, {
    name: values.name ?? '',
    campaign: values.campaign ?? null,
    supervisor: values.supervisor ?? null,
    pacing: pacing ?? 'progressive',
    ...(rating === undefined ? {} : { rating: rating === 'on' }),
  })
  process.stdout.write(`${id}\n`)
  return 0
}

/** @returns null for another word */
function oneOf<Word extends string>(given: string | undefined, words: readonly Word[]): Word | null | undefined {
  return given === undefined ? undefined : (words.find((word) => word === given) ?? null)
}

function wrongUsage(): number {
  process.stderr.write(`${usage[language]}\n`)
  return 2
}

async function setQueue({ db }: GroundFloor, argv: readonly string[]): Promise<number> {
  const text = { type: 'string' } as const
  const { values } = parseArgs({ args: [...argv], options: { name: text, team: text, campaign: text, wait: text } })
  const id = await setUpQueue(db, {
    name: values.name ?? '',
    team: values.team ?? '',
    campaign: values.campaign ?? null,
    waitSeconds: values.wait === undefined ? null : Number(values.wait),
  })
  process.stdout.write(`${id}\n`)
  return 0
}

async function resetPassword({ db }: GroundFloor, argv: readonly string[]): Promise<number> {
  const { values } = parseArgs({
    args: [...argv],
    options: { name: { type: 'string' }, 'reset-password': { type: 'boolean' } },
  })
  if (values.name === undefined || values['reset-password'] !== true) {
    return wrongUsage()
  }
  const { password } = await new Accounts(db).resetPasswordAtServer(systemActor, values.name)
  process.stdout.write(`${JSON.stringify({ name: values.name, password })}\n`)
  return 0
}

async function simulate(settings: Settings, argv: readonly string[]): Promise<number> {
  const { values, positionals } = parseArgs({
    args: [...argv],
    options: { keys: { type: 'string' } },
    allowPositionals: true,
  })
  const [file] = positionals
  if (file === undefined) return wrongUsage()
  const options = { input: process.stdin, output: process.stdout, keys: values.keys, language } as const
  // Nobody who tries a flow wants a new, empty house in this folder.
  const isHouse = settings.database !== null || existsSync(join(settings.dataDir, 'postgres'))
  if (!isHouse) return simulateFlow(file, options)
  return withGround(settings, (ground) =>
    simulateFlow(file, { ...options, voiced: (shipped) => voicesOver(ground, shipped) }),
  )
}
