/** What the commands of bin/suifang.mjs do, under Node 24 and with everything installed. */
import { existsSync } from 'node:fs'
import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { buildConsole } from './console-build.ts'
import { root, runProgram, say } from './program.ts'
import { runTests } from './test-run.ts'

const [command = 'help', ...args] = process.argv.slice(2)

const commands: Record<string, () => Promise<void>> = {
  start: async () => {
    await buildConsole()
    // A large nursery is filled before it is emptied: 300 MB instead of 163 after 300 surveys, at no less processor time.
    become('src/main.ts', args, ['--max-semi-space-size=4'])
  },
  cli: async () => become('src/cli.ts', args),
  test: async () => {
    process.exitCode = await runTests(args)
  },
  bench: async () => {
    const [name = '', ...rest] = args
    const script = `test/load/${name}.bench.ts`
    if (!/^[a-z-]+$/.test(name) || !existsSync(join(root, script))) return fail(`Which bench? ${await benches()}`)
    if (name === 'idle') await buildConsole()
    become(script, rest)
  },
  contract: async () => {
    process.exitCode = await runProgram('vitest', ['run', '--project', 'contract', ...args])
  },
  peers: async () => {
    process.exitCode = await runProgram('vitest', ['run', '--project', 'peers', ...args])
  },
  prompts: async () => become('ivr-flows/make-prompts.ts', args),
}

const run = commands[command]
if (run === undefined) fail(`Unknown command ${command}. There are: ${Object.keys(commands).join(', ')}.`)
else await run()

/** Replaces this process: no launcher waits beside the house, signals and exit code are its own. */
function become(script: string, rest: readonly string[], options: readonly string[] = []): void {
  const path = join(root, script)
  if (!existsSync(path)) {
    fail(`${script} is not here: this is not a whole copy of Suifang.`)
    return
  }
  // Kept bytecode: a third off the time to start, and 20 MB off each process (measured on the import command).
  const environment = { NODE_COMPILE_CACHE: join(root, '.cache/compile'), ...process.env }
  const set = Object.entries(environment).filter((pair): pair is [string, string] => pair[1] !== undefined)
  process.execve?.(process.execPath, [process.execPath, ...options, path, ...rest], Object.fromEntries(set))
}

async function benches(): Promise<string> {
  const names = (await readdir(join(root, 'test/load'))).flatMap((name) => /^(.*)\.bench\.ts$/.exec(name)?.[1] ?? [])
  return `There are: ${names.join(', ')}.`
}

function fail(text: string): void {
  say(text)
  process.exitCode = 1
}
