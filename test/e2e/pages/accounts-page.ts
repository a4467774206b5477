import type { Locator, Page } from 'playwright-core'

/** Accounts, teams, rights and policy. */
export class AccountsPage {
  readonly #page: Page

  constructor(page: Page) {
    this.#page = page
  }

  async tab(name: string): Promise<void> {
    await this.#page.getByRole('tab', { name }).click()
  }

  row(signInName: string): Locator {
    return this.#page.locator(`[data-account="${signInName}"]`)
  }

  /** @returns the one-time password */
  async create(signInName: string, displayName: string): Promise<string> {
    await this.#page.getByRole('button', { name: '新建账号' }).click()
    const dialog = this.#page.getByRole('dialog', { name: '新建账号' })
    await dialog.getByLabel('用户名').fill(signInName)
    await dialog.getByLabel('姓名').fill(displayName)
    await dialog.getByRole('button', { name: '新建账号' }).click()
    return this.secret()
  }

  /** What is shown once; closes it. */
  async secret(): Promise<string> {
    const secret = (await this.#page.getByTestId('secret').textContent()) ?? ''
    await this.#page.getByRole('button', { name: '我已记下' }).click()
    await this.#page.getByTestId('secret').waitFor({ state: 'hidden' })
    return secret
  }

  /** Opens the roles of an account; resolves when they are shown. */
  async roles(signInName: string): Promise<Locator> {
    await this.row(signInName).getByRole('button', { name: '调整角色' }).click()
    const dialog = this.#page.getByRole('dialog')
    await dialog.getByRole('checkbox').first().waitFor()
    return dialog
  }

  async more(signInName: string, what: string): Promise<void> {
    await this.row(signInName)
      .getByRole('button', { name: `更多操作 ${signInName}` })
      .click()
    await this.#page.getByRole('menuitem', { name: what }).click()
  }

  async confirm(): Promise<void> {
    await this.#page.locator('.ant-modal-confirm-btns .ant-btn-primary').click()
  }

  /** What lies outside of the panel that it belongs to, or makes the page scroll sideways. */
  misfits(): Promise<string[]> {
    return this.#page.locator('html').evaluate((root) => {
      const document = root.ownerDocument
      const width = document.defaultView.innerWidth
      const found = document.documentElement.scrollWidth > width ? ['the page scrolls sideways'] : []
      const submit = document.querySelector('form button[type="submit"]')?.getBoundingClientRect()
      if (submit !== undefined && submit.bottom > document.defaultView.innerHeight)
        found.push('the button is below the screen')
      for (const element of document.querySelectorAll('.panel button, .panel .ant-tag, .ant-modal button, form *')) {
        const box = element.getBoundingClientRect()
        const around = element.closest('.panel, .ant-modal-container, main')?.getBoundingClientRect()
        if (box.width === 0 || around === undefined) continue
        if (box.right > around.right + 1 || box.left < around.left - 1) found.push(`outside: ${element.textContent}`)
      }
      return found
    })
  }

  team(name: string): Locator {
    return this.#page.locator(`[data-team="${name}"]`)
  }
}
