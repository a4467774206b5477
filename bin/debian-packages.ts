import { spawnSync } from 'node:child_process'
import { say } from './program.ts'

/** What tests need from Debian, and what goes unproved without it. */
const packages: Record<string, string> = {
  'sip-tester': 'calls with sipp, an independent SIP phone',
  baresip: 'calls with baresip, an independent phone with sound',
  chromium: 'the console in a browser',
  'chromium-headless-shell': 'the console in a browser',
  'fonts-noto-cjk': 'Chinese on screenshots',
  'espeak-ng': 'making the shipped prompts',
  sox: 'making the shipped prompts',
}

/**
 * Installs what is missing, as root or by sudo without a password.
 * @returns what is still missing
 */
export function installDebianPackages(): readonly string[] {
  const missing = missingPackages()
  if (missing.length === 0) return []
  const apt = aptCommand()
  if (apt !== undefined) {
    say(`Installing Debian packages: ${missing.join(' ')} …`)
    // A fresh machine has no lists; an old one may have lists of versions that are gone.
    run([...apt, 'apt-get', 'update', '-q'])
    run([...apt, 'apt-get', 'install', '-q', '-y', '--no-install-recommends', ...missing])
  }
  const still = missingPackages()
  for (const name of still) say(`Without the Debian package ${name} this is skipped: ${packages[name]}.`)
  return still
}

function missingPackages(): readonly string[] {
  return Object.keys(packages).filter((name) => {
    const { stdout } = spawnSync('dpkg', ['-s', name], { encoding: 'utf8', timeout: 30_000 })
    return !(stdout ?? '').includes('Status: install ok installed')
  })
}

/** What comes before `apt-get`; undefined where it may not be run. */
function aptCommand(): readonly string[] | undefined {
  const has = (program: string, ...args: string[]) =>
    spawnSync(program, args, { stdio: 'ignore', timeout: 30_000 }).status === 0
  if (!has('apt-get', '--version')) return undefined
  if (process.getuid?.() === 0) return []
  return has('sudo', '-n', 'true') ? ['sudo', '-n', '--preserve-env=DEBIAN_FRONTEND'] : undefined
}

function run([program = '', ...args]: readonly string[]): void {
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' }
  spawnSync(program, args, { stdio: ['ignore', 2, 2], env, timeout: 900_000 })
}
