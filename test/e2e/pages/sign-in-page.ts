import type { Page } from 'playwright-core'

/** Sign-in, and the password that must be changed first. */
export class SignInPage {
  readonly #page: Page

  constructor(page: Page) {
    this.#page = page
  }

  async signIn(name: string, password: string): Promise<void> {
    await this.#page.locator('input[autocomplete=username]:visible').fill(name)
    await this.#page.locator('input[autocomplete=current-password]').fill(password)
    await this.#page.keyboard.press('Enter')
  }

  /** Waits for the forced change and makes it. */
  async changePassword(present: string, next: string, startCode?: string): Promise<void> {
    const fresh = this.#page.locator('input[autocomplete=new-password]')
    await fresh.first().waitFor()
    await this.#page.locator('input[autocomplete=current-password]').fill(present)
    if (startCode !== undefined) await this.#page.locator('#startCode').fill(startCode)
    await fresh.nth(0).fill(next)
    await fresh.nth(1).fill(next)
    await this.#page.keyboard.press('Enter')
  }

  /** The refusal that is shown. */
  async refusal(): Promise<string> {
    return (await this.#page.getByRole('alert').last().textContent()) ?? ''
  }
}
