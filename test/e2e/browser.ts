import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import type { Browser, BrowserContext, Page } from 'playwright-core'
import { buildConsole } from '../../bin/console-build.ts'
import { waitForLock } from '../../src/platform/lock.ts'
import { launchChromium } from '../harness/chromium.ts'

export interface BrowserOptions {
  /**
   * A microphone and loudspeakers that the computer has not: with a WAV to hear, over and over, or a beep a second; and
   * whether a page must be allowed to use it, or may.
   */
  readonly media?: { readonly microphone?: string; readonly permission: 'asked' | 'given' }
}

export function launchBrowser({ media }: BrowserOptions = {}): Promise<Browser> {
  if (media === undefined) return launchChromium()
  return launchChromium({ microphone: { wav: media.microphone ?? null, permission: media.permission } })
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

/** The console as it is shipped and started, built anew where its sources have changed since. */
export async function builtConsole(): Promise<string> {
  const root = join(import.meta.dirname, '../..')
  await mkdir(join(root, '.cache'), { recursive: true })
  // Another file of the run may be about it.
  const turn = await waitForLock(join(root, '.cache/console.lock'), 'exclusive', { timeoutMs: 60_000 })
  try {
    await buildConsole()
  } finally {
    turn.close()
  }
  return join(root, 'dist/console')
}
