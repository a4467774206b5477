import { parseArgs } from 'node:util'
import { runImport } from '#follow-up/intake/import-command.ts'
import { simulateFlow } from '#follow-up/questionnaire/simulate-flow.ts'
import { status } from '#follow-up/status/status.ts'
import { AppError } from '#platform/errors/errors.ts'
import { type GroundFloor, openGround } from '#platform/ground.ts'
import { readSettings } from '#platform/settings/settings.ts'
import { openLog } from './open-log.ts'

/**
 * `npm run suifang -- <command>`: works beside a running instance or alone, on the data folder named by `SUIFANG_DATA`.
 * stdout is the command's answer, everything else goes to stderr.
 */
const language = /^zh/i.test(process.env.LC_ALL || process.env.LC_MESSAGES || process.env.LANG || 'zh') ? 'zh' : 'en'

const usage = {
  zh: `用法：npm run suifang -- <命令>
  import <文件>           导入出院名单（.csv .txt .xlsx）；--json 输出结果，--errors <文件> 写出可更正的错误行
  status [--json]         任务、拨打、录音各状态的数量，以及为什么没有在拨打
  simulate-flow <文件>    在终端里试走一个语音流程；--keys 1,1,2 不经提问直接按键`,
  en: `Usage: npm run suifang -- <command>
  import <file>           import a discharge list (.csv .txt .xlsx); --json for the report, --errors <file> for the rows to correct
  status [--json]         tasks, attempts and recordings by state, and why nothing is dialled
  simulate-flow <file>    talk to a flow at the terminal; --keys 1,1,2 presses them without asking`,
}

const [command, ...args] = process.argv.slice(2)
try {
  process.exitCode = await run(command, args)
} catch (error) {
  if (!(error instanceof AppError)) throw error
  process.stderr.write(`${error.messageIn(language)} (${error.code})\n`)
  process.exitCode = 1
}

async function run(name: string | undefined, argv: readonly string[]): Promise<number> {
  switch (name) {
    case 'import':
      return withGround((ground) =>
        runImport(argv, { ground, stdout: process.stdout, stderr: process.stderr, language }),
      )
    case 'status':
      return withGround((ground) => tellStatus(ground, argv))
    case 'simulate-flow':
      return simulate(argv)
    default:
      process.stderr.write(`${usage[language]}\n`)
      return name === 'help' || name === '--help' ? 0 : 2
  }
}

async function withGround(act: (ground: GroundFloor) => Promise<number>): Promise<number> {
  const settings = readSettings()
  const log = openLog(settings, 'suifang-cli')
  const ground = await openGround({ settings, log, as: 'guest', maxConnections: 4 })
  try {
    return await act(ground)
  } finally {
    await ground.close()
  }
}

async function tellStatus({ db }: GroundFloor, argv: readonly string[]): Promise<number> {
  const { values } = parseArgs({ args: [...argv], options: { json: { type: 'boolean' } } })
  const told = await status(db)
  process.stdout.write(values.json ? `${JSON.stringify(told)}\n` : `${JSON.stringify(told, null, 2)}\n`)
  return 0
}

async function simulate(argv: readonly string[]): Promise<number> {
  const { values, positionals } = parseArgs({
    args: [...argv],
    options: { keys: { type: 'string' } },
    allowPositionals: true,
  })
  const [file] = positionals
  if (file === undefined) {
    process.stderr.write(`${usage[language]}\n`)
    return 2
  }
  return simulateFlow(file, { input: process.stdin, output: process.stdout, keys: values.keys, language })
}
