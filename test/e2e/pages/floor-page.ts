import type { Locator, Page } from 'playwright-core'

/** The supervisor's page. Everything waits for what it names: the page is pushed to. */
export class FloorPage {
  readonly #page: Page

  constructor(page: Page) {
    this.#page = page
  }

  card(name: string): Locator {
    return this.#page.locator('.seat-card', { hasText: name })
  }

  /** Agents that are shown, in order. */
  async names(): Promise<string[]> {
    return this.#page.locator('.seat-card-head b').allTextContents()
  }

  async groupIs(name: string, group: string): Promise<void> {
    await this.#page.locator(`.seat-card[data-group=${group}]`, { hasText: name }).waitFor()
  }

  async choose(name: string): Promise<void> {
    await this.card(name).click()
    await this.#page.locator('#floor-chosen', { hasText: name }).waitFor()
  }

  async filter(group: string): Promise<void> {
    await this.#page.locator(`.floor-groups [data-group=${group}]`).click()
  }

  async press(name: RegExp): Promise<void> {
    await this.#page.locator('.supervision').getByRole('button', { name }).click()
  }

  /** The question that is asked takes the keys a moment after it is drawn: before that they are the page's. */
  async questionHasKeys(answer: RegExp): Promise<void> {
    const button = this.#page.getByRole('dialog').getByRole('button', { name: answer })
    await button.and(this.#page.locator(':focus')).waitFor()
  }

  /** Presses a button of the question that is asked. */
  async confirm(name: RegExp): Promise<void> {
    await this.#page.getByRole('dialog').getByRole('button', { name }).click()
    await this.#page.getByRole('dialog').waitFor({ state: 'hidden' })
  }

  /** How the supervisor is in the call, and whether the microphone goes out. */
  async modeIs(mode: 'monitor' | 'coach' | 'barge', { sends }: { readonly sends: boolean }): Promise<Locator> {
    const now = this.#page.locator(`.mode-now[data-mode=${mode}][data-sends=${sends}]`)
    await now.waitFor()
    return now
  }

  async inNoCall(): Promise<void> {
    await this.#page.locator('.mode-now').waitFor({ state: 'detached' })
  }
}
