import type { Locator, Page } from 'playwright-core'

export type CountGroup = 'waiting' | 'dialing' | 'survey' | 'completed' | 'partial' | 'retry' | 'failed' | 'refused'

/** The first page. Everything waits for what it names: the page is pushed to. */
export class LivePage {
  readonly #page: Page

  constructor(page: Page) {
    this.#page = page
  }

  async ready(): Promise<void> {
    await this.#page.locator('.live').waitFor()
  }

  campaign(): Locator {
    return this.#page.locator('[data-campaign]').first()
  }

  /** Waits until a campaign's count is this. */
  async countIs(group: CountGroup, count: number | RegExp): Promise<void> {
    const shown = typeof count === 'number' ? new RegExp(`^${count}$`) : count
    await this.campaign().locator(`[data-count=${group}] dd`).filter({ hasText: shown }).waitFor()
  }

  async stateIs(state: 'running' | 'paused' | 'stopped'): Promise<void> {
    await this.campaign().locator(`[data-state=${state}]`).waitFor()
  }

  /** Presses the campaign's button and confirms. */
  async command(name: RegExp): Promise<void> {
    await this.campaign().getByRole('button', { name }).click()
    await this.#page.getByRole('dialog').getByRole('button', { name }).click()
  }

  call(attemptId: string): Locator {
    return this.#page.locator(`[data-attempt="${attemptId}"]`)
  }

  calls(): Locator {
    return this.#page.locator('[data-attempt]')
  }

  results(result: string): Locator {
    return this.#page.locator(`tr[data-result=${result}]`)
  }

  failures(result: string): Locator {
    return this.#page.locator(`[data-failure=${result}]`)
  }

  whyNot(reason: string): Locator {
    return this.campaign().locator(`[data-reason=${reason}]`)
  }
}
