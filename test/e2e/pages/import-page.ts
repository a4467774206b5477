import type { Page } from 'playwright-core'

export type ImportCount = 'read' | 'created' | 'changed' | 'unchanged' | 'duplicate' | 'excluded' | 'rejected'

export class ImportPage {
  readonly #page: Page

  constructor(page: Page) {
    this.#page = page
  }

  async choose(file: string | { name: string; mimeType: string; buffer: Buffer }): Promise<void> {
    await this.#page.locator('input[type=file]').setInputFiles(file)
  }

  /** Counts of the report that is shown. */
  async counts(): Promise<Record<ImportCount, number>> {
    await this.#page.locator('.imports-report').waitFor()
    const read = async (name: ImportCount) =>
      Number((await this.#page.locator(`.imports-counts [data-count=${name}] dd`).textContent())?.replaceAll(',', ''))
    return {
      read: await read('read'),
      created: await read('created'),
      changed: await read('changed'),
      unchanged: await read('unchanged'),
      duplicate: await read('duplicate'),
      excluded: await read('excluded'),
      rejected: await read('rejected'),
    }
  }

  async refusal(): Promise<string> {
    return (await this.#page.getByRole('alert').textContent()) ?? ''
  }

  /** Why an import of the history was not completed, the newest first. */
  failures() {
    return this.#page.locator('[data-failure]')
  }

  /** Saves the file of rejected rows. */
  async downloadErrors(path: string): Promise<void> {
    const coming = this.#page.waitForEvent('download')
    await this.#page.locator('a[href$="/errors"]').click()
    await (await coming).saveAs(path)
  }
}
