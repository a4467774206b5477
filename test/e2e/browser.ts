import { execFile } from 'node:child_process'
import { createHash } from 'node:crypto'
import { access, readdir, readFile, rename, rm, stat } from 'node:fs/promises'
import { dirname, join, relative } from 'node:path'
import { promisify } from 'node:util'
import type { Browser, BrowserContext, Page } from 'playwright-core'
import { launchChromium } from '../harness/chromium.ts'

export interface BrowserOptions {
  /** A microphone and loudspeakers that the computer has not: with a WAV to hear, over and over, or a beep a second. */
  readonly media?: { readonly microphone?: string }
}

export function launchBrowser({ media }: BrowserOptions = {}): Promise<Browser> {
  return launchChromium(
    media === undefined ? {} : { microphone: { wav: media.microphone ?? null, permission: 'asked' } },
  )
}

export interface Visit {
  readonly context: BrowserContext
  readonly page: Page
  /** What must be empty at the end: errors of the page, and requests to anybody but the server. */
  readonly complaints: readonly string[]
}

/** A fresh browser profile at an address. */
export async function visit(
  browser: Browser,
  url: string,
  options: { readonly language?: 'zh' | 'en' } = {},
): Promise<Visit> {
  const opened = await openPage(await openProfile(browser, url, options), url)
  await opened.page.goto(url)
  return opened
}

/** A fresh browser profile, with nothing open. */
export function openProfile(
  browser: Browser,
  url: string,
  { language = 'zh' }: { readonly language?: 'zh' | 'en' } = {},
): Promise<BrowserContext> {
  return browser.newContext({
    viewport: { width: 1366, height: 768 },
    locale: language === 'zh' ? 'zh-CN' : 'en-US',
    acceptDownloads: true,
    // A dialog is there at once: what moves is drawn without a graphics card here, sixty times a second.
    reducedMotion: 'reduce',
    // A certificate of our own making, which a person would compare and accept.
    ignoreHTTPSErrors: url.startsWith('https:'),
  })
}

/** An empty page of a profile, whose complaints are kept. @param url of the one server that it may ask */
export async function openPage(context: BrowserContext, url: string): Promise<Visit> {
  const page = await context.newPage()
  const complaints: string[] = []
  page.on('pageerror', (error) => complaints.push(String(error)))
  page.on('console', (message) => {
    // What the server refuses is told by the browser too; whether it should have is the test's to say.
    if (message.type() === 'error' && !/the server responded with a status of 4\d\d/.test(message.text())) {
      complaints.push(message.text())
    }
  })
  page.on('request', (request) => {
    const target = request.url()
    if (!target.startsWith(url) && !/^(blob|data):/.test(target)) complaints.push(`request to ${target}`)
  })
  return { context, page, complaints }
}

/** The console as it is shipped, built once for a state of its sources: what it is made of names the folder. */
export async function builtConsole(): Promise<string> {
  const root = join(import.meta.dirname, '../..')
  const folder = join(root, '.cache/console', await hashOf(root, ['src/console', 'package-lock.json']))
  if (await isThere(folder)) return folder
  const fresh = `${folder}.${process.pid}`
  // A process of its own: the test run's NODE_ENV would make it a development build.
  await promisify(execFile)(
    process.execPath,
    [join(root, 'node_modules/vite/bin/vite.js'), 'build', 'src/console', '--outDir', fresh, '--logLevel', 'error'],
    { cwd: root, timeout: 60_000, env: { ...process.env, NODE_ENV: 'production' } },
  )
  // Another file of the run may have been as quick.
  await rename(fresh, folder).catch(() => rm(fresh, { recursive: true, force: true }))
  await forgetOlder(folder)
  return folder
}

async function hashOf(root: string, sources: readonly string[]): Promise<string> {
  const hash = createHash('sha256')
  for (const source of sources) {
    const whole = join(root, source)
    const inside = (await stat(whole)).isDirectory()
      ? await readdir(whole, { recursive: true, withFileTypes: true })
      : []
    const files = inside.filter((entry) => entry.isFile()).map(({ parentPath, name }) => join(parentPath, name))
    for (const file of inside.length === 0 ? [whole] : files.sort()) {
      hash.update(relative(root, file)).update(await readFile(file))
    }
  }
  return hash.digest('hex').slice(0, 16)
}

/** Of states that nobody has tested for a day. */
async function forgetOlder(folder: string): Promise<void> {
  for (const name of await readdir(dirname(folder))) {
    const other = join(dirname(folder), name)
    const { mtimeMs } = await stat(other)
    if (other !== folder && Date.now() - mtimeMs > 86_400_000) await rm(other, { recursive: true, force: true })
  }
}

function isThere(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  )
}
