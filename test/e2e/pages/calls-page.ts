import type { Locator, Page } from 'playwright-core'
import { waitFor } from '../../harness/wait-for.ts'

export class CallsPage {
  readonly #page: Page

  constructor(page: Page) {
    this.#page = page
  }

  rows(): Locator {
    return this.#page.locator('.ant-table-row')
  }

  /** Searches for a patient; resolves when the answer is shown. */
  async search(patient: string): Promise<void> {
    await this.#page.locator('.filters input[maxlength="60"]').fill(patient)
    const answered = this.#page.waitForResponse('**/api/calls/search')
    await this.#page.locator('.filters button[type=submit]').click()
    await answered
  }

  /** Presses "listen" in the first row that has a recording; resolves when it plays. */
  async listen(): Promise<void> {
    await this.rows().locator('button:has(.anticon-audio)').first().click()
    await this.#page.locator('[data-playing=true]').waitFor()
  }

  /** Resolves when the player has come further than this. */
  async playedFor(seconds: number): Promise<void> {
    await waitFor(async () => {
      const shown = (await this.#page.locator('.player-controls .number').textContent()) ?? ''
      const [minutes = 0, rest = 0] = shown.split('/', 1)[0]?.split(':').map(Number) ?? []
      return minutes * 60 + rest >= seconds
    })
  }

  /** Canvases of the two channels. */
  async channels(): Promise<number> {
    return this.#page.locator('[data-testid=waveform]').evaluate((place) => {
      const host = place.querySelector('div')
      return host?.shadowRoot?.querySelectorAll('.canvases canvas').length ?? 0
    })
  }

  answer(questionId: string): Locator {
    return this.#page.locator(`[data-question="${questionId}"]`)
  }
}
