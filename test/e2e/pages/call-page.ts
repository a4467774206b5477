import type { Locator, Page } from 'playwright-core'
import { waitFor } from '../../harness/wait-for.ts'

/** One call with its recording, marks and form. */
export class CallPage {
  readonly #page: Page

  constructor(page: Page) {
    this.#page = page
  }

  /** Opens the call of the list's row; resolves when its form is there. */
  async openFrom(row: Locator): Promise<void> {
    await row.click()
    await this.#page.waitForURL(/\/calls\/[0-9a-f-]{36}/)
    await this.#page.locator('.call-halves').waitFor()
  }

  player(): Locator {
    return this.#page.locator('[data-player]')
  }

  async isPlaying(playing: boolean): Promise<void> {
    await this.#page.locator(`[data-playing=${playing}]`).waitFor()
  }

  /** Seconds into the recording, as it is shown. */
  async position(): Promise<number> {
    const shown = (await this.#page.locator('.player-controls .number').textContent()) ?? ''
    const [minutes = 0, rest = 0] = shown.split('/', 1)[0]?.split(':').map(Number) ?? []
    return minutes * 60 + rest
  }

  /** Resolves when the position is within these seconds, both included. */
  async positionIs(from: number, to: number): Promise<void> {
    await waitFor(async () => {
      const now = await this.position()
      return now >= from && now <= to
    })
  }

  question(id: string): Locator {
    return this.#page.locator(`[data-question="${id}"] button`)
  }

  /** Where a question is heard, in seconds into the recording. */
  async offsetOf(id: string): Promise<number> {
    const shown = (await this.question(id).textContent()) ?? ''
    const [, minutes = 'NaN', seconds = ''] = /(\d+):(\d\d)$/.exec(shown.trim()) ?? []
    return Number(minutes) * 60 + Number(seconds)
  }

  markers(): Promise<string[]> {
    return this.#page
      .locator('[data-marker]')
      .evaluateAll((items) => items.map((item) => item.getAttribute('data-marker') ?? ''))
  }

  marker(type: string): Locator {
    return this.#page.locator(`[data-marker="${type}"] button`)
  }

  speed(label: string): Locator {
    return this.#page.locator('.player-controls .ant-segmented-item').filter({ hasText: label })
  }

  download(): Locator {
    return this.#page.locator('.player-controls button:has(.anticon-download)')
  }

  dialog(): Locator {
    return this.#page.getByRole('dialog')
  }
}
