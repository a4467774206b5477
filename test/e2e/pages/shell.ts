import type { Page } from 'playwright-core'

/** What stands around every page of who is signed in. */
export class Shell {
  readonly #page: Page

  constructor(page: Page) {
    this.#page = page
  }

  async open(
    path:
      | '/'
      | '/floor'
      | '/import'
      | '/tasks'
      | '/calls'
      | '/seat'
      | '/accounts'
      | '/audit'
      | '/do-not-call'
      | '/patients'
      | '/reports'
      | '/storage'
      | '/trunks'
      | '/programmes',
  ): Promise<void> {
    await this.#page.locator(`nav a[href="${path}"]`).click()
  }

  /** Addresses of the menu. */
  async menu(): Promise<string[]> {
    await this.#page.locator('nav a').first().waitFor()
    return this.#page.locator('nav a').evaluateAll((links) => links.map((link) => link.getAttribute('href') ?? ''))
  }

  async connectionIs(state: 'connected' | 'interrupted'): Promise<void> {
    await this.#page.locator(`.connection[data-state=${state}]`).waitFor()
  }

  async switchLanguage(): Promise<void> {
    await this.#page.getByRole('button', { name: /^(English|中文)$/ }).click()
  }

  /** One's own sessions, by the account's menu. */
  async ownSessions(): Promise<void> {
    await this.#page.getByRole('button', { name: /^(账号菜单|Account)$/ }).click()
    await this.#page.getByRole('menuitem', { name: /登录的设备|Signed-in devices/ }).click()
  }

  async signOut(): Promise<void> {
    await this.#page.getByRole('button', { name: /^(账号菜单|Account)$/ }).click()
    await this.#page.getByRole('menuitem', { name: /退出登录|Sign out/ }).click()
  }
}
