import { Compile } from 'typebox/compile'
import type { Finding } from '#contact-center/ivr/flow-finding.ts'
import type { PromptWorkshop } from '#contact-center/prompts/own-prompt-service.ts'
import { type Actor, writeAudit } from '#platform/audit/audit-store.ts'
import type { Ground, GroundTransaction } from '#platform/database/database.ts'
import { UnexpectedError, UserError } from '#platform/errors/errors.ts'
import { newId } from '#platform/ids.ts'
import { appendToStream, lastOffset } from '#platform/realtime/stream-store.ts'
import { publishQuestionnaireVersion } from '../programmes/publish-programme.ts'
import { sameContent } from './publish.ts'
import { type Questionnaire, questionnaireShape } from './questionnaire.ts'
import { checkQuestionnaire } from './questionnaire-check.ts'
import { differenceOf } from './questionnaire-difference.ts'
import {
  bookOfDraft,
  checkDraft,
  Draft,
  documentOf,
  draftOf,
  emptyDraft,
  isAskedByKeys,
  promptsIn,
} from './questionnaire-draft.ts'
import type {
  DraftChange,
  DraftFinding,
  PublishedVersion,
  QuestionnaireBoard,
  QuestionnaireCard,
  QuestionnaireItem,
  SavedDraft,
  SharedDraft,
  Trial,
  TrialPress,
} from './questionnaire-schema.ts'
import {
  allDrafts,
  type DraftRow,
  deleteDraft,
  draftRow,
  insertDraft,
  insertPublication,
  insertQuestionnaire,
  latestVersions,
  lockQuestionnaire,
  questionnaireCode,
  type UseRow,
  updateDraft,
  usesOf,
  type VersionRow,
  versionById,
  versionsOf,
} from './questionnaire-store.ts'
import { trySurvey } from './survey-trial.ts'
import './questionnaire-errors.ts'

export interface QuestionnairesParts {
  readonly db: Ground
  readonly workshop: PromptWorkshop
  /** The flow that a questionnaire is tried in, and the words that nobody may hear early in it. */
  readonly trial: { readonly flow: unknown; readonly healthWords: readonly string[] }
}

/** Somebody who is signed in. */
export type Author = Actor & { readonly accountId: string }

type Language = 'zh' | 'en'

const draftShape = Compile(Draft)

/** Questionnaires as people write them: a shared draft, and versions that never change (requirements H21, X03). */
export class Questionnaires {
  readonly #parts: QuestionnairesParts

  constructor(parts: QuestionnairesParts) {
    this.#parts = parts
  }

  async board(): Promise<QuestionnaireBoard> {
    const { db } = this.#parts
    // First: what happens while the rest is read is told again.
    const offset = await lastOffset(db, 'live')
    const [latest, drafts, uses] = await Promise.all([latestVersions(db), allDrafts(db), usesOf(db)])
    const published = readable(latest)
    const known = new Set(published.map(({ row }) => row.questionnaireId))
    const draftOfId = new Map(drafts.map((draft) => [draft.questionnaireId, draft]))
    const items: QuestionnaireItem[] = [
      ...published.map(({ row, questionnaire }) => ({
        id: row.questionnaireId,
        title: questionnaire.title,
        questions: questionnaire.questions.length,
        byKeys: isAskedByKeys(questionnaire),
        version: row.version,
        publishedAt: row.at.toISOString(),
        uses: shownUses(uses.filter(({ questionnaireId }) => questionnaireId === row.questionnaireId)),
        draft: draftMark(draftOfId.get(row.questionnaireId)),
      })),
      ...drafts
        .filter(({ questionnaireId }) => !known.has(questionnaireId))
        .map((row) => {
          const { title, questions } = documentIn(row)
          const shown = { id: row.questionnaireId, title, questions: questions.length, byKeys: row.byKeys }
          return { ...shown, version: null, publishedAt: null, uses: [], draft: draftMark(row) }
        }),
    ]
    return { offset, questionnaires: items.sort((a, b) => a.title.zh.localeCompare(b.title.zh, 'zh')) }
  }

  /** @throws UserError QUESTIONNAIRE_UNKNOWN */
  async card(id: string, language: Language): Promise<QuestionnaireCard> {
    const { db, workshop } = this.#parts
    const offset = await lastOffset(db, 'live')
    const code = await questionnaireCode(db, id)
    if (code === null) throw new UserError('QUESTIONNAIRE_UNKNOWN')
    const [rows, draft, uses, speech] = await Promise.all([
      versionsOf(db, id),
      draftRow(db, id),
      usesOf(db),
      workshop.canSpeak(),
    ])
    const published = readable(rows)
    const named = [
      ...published.flatMap(({ questionnaire }) => promptsIn(questionnaire)),
      ...(draft === null ? [] : promptsIn(documentIn(draft))),
    ]
    return {
      offset,
      id,
      code,
      speech,
      versions: published.map(({ row, questionnaire }, index) =>
        shownVersion(row, questionnaire, published[index + 1]?.questionnaire, uses),
      ),
      draft: draft === null ? null : await this.#shared(code, draft, language),
      prompts: await workshop.facts([...new Set(named)]),
    }
  }

  /** A new one, or a copy of a version; it exists as a draft. @throws UserError QUESTIONNAIRE_UNKNOWN */
  async create(author: Author, { copyOf }: { readonly copyOf?: string | undefined }): Promise<string> {
    const id = newId()
    await this.#parts.db.transaction().execute(async (tx) => {
      const copied = copyOf === undefined ? null : await versionById(tx, copyOf)
      const from = copied === null ? null : questionnaireIn(copied)
      if (copyOf !== undefined && from === null) throw new UserError('QUESTIONNAIRE_UNKNOWN')
      const content = from === null ? { document: emptyDraft, byKeys: true } : await this.#takenUp(from, tx)
      const { title } = content.document
      const document = from === null ? emptyDraft : { ...content.document, title: copyTitle(title) }
      // Codes stand in exports and flows: short, and never given twice.
      await insertQuestionnaire(tx, { id, code: `form-${id.slice(-8)}`, name: document.title.zh || '新问卷' })
      const draft = { questionnaireId: id, byKeys: content.byKeys, document, changedBy: author.accountId }
      const revision = await insertDraft(tx, draft)
      const detail = copied === null ? {} : { copyOf: copied.questionnaireId, version: copied.version }
      await changed(tx, { author, action: 'questionnaire.drafted', id, detail, revision })
    })
    return id
  }

  /** A draft of the last version, or the one that there is. @throws UserError QUESTIONNAIRE_UNKNOWN */
  async takeUp(author: Author, id: string): Promise<void> {
    await this.#parts.db.transaction().execute(async (tx) => {
      if ((await lockQuestionnaire(tx, id)) === null) throw new UserError('QUESTIONNAIRE_UNKNOWN')
      if ((await draftRow(tx, id)) !== null) return
      const [latest] = readable(await versionsOf(tx, id))
      if (latest === undefined) throw new UserError('QUESTIONNAIRE_UNKNOWN')
      const { document, byKeys } = await this.#takenUp(latest.questionnaire, tx)
      const draft = { questionnaireId: id, byKeys, document, changedBy: author.accountId }
      const revision = await insertDraft(tx, draft)
      const detail = { version: latest.row.version }
      await changed(tx, { author, action: 'questionnaire.drafted', id, detail, revision })
    })
  }

  /** @throws UserError QUESTIONNAIRE_NO_DRAFT, QUESTIONNAIRE_DRAFT_CHANGED */
  async save(author: Author, id: string, change: DraftChange, language: Language): Promise<SavedDraft> {
    const { revision: seen, byKeys, document } = change
    return this.#parts.db.transaction().execute(async (tx) => {
      const { code } = await this.#lockedDraft(tx, id, seen)
      const draft = { questionnaireId: id, byKeys, document, changedBy: author.accountId }
      const revision = await updateDraft(tx, { ...draft, revision: seen })
      if (revision === null) throw new UserError('QUESTIONNAIRE_NO_DRAFT')
      const { findings } = await this.#check(code, { document, byKeys }, tx)
      await tell(tx, id, revision)
      return { revision, findings: findings.map((finding) => shownFinding(finding, language)) }
    })
  }

  /** @throws UserError QUESTIONNAIRE_NO_DRAFT, QUESTIONNAIRE_DRAFT_CHANGED */
  async discard(author: Author, id: string, { revision }: { readonly revision: number }): Promise<void> {
    await this.#parts.db.transaction().execute(async (tx) => {
      await this.#lockedDraft(tx, id, revision)
      await deleteDraft(tx, id)
      await changed(tx, { author, action: 'questionnaire.discarded', id, detail: { revision }, revision: null })
    })
  }

  /**
   * The next version. What runs under earlier ones keeps its own (requirements H21).
   * @throws UserError QUESTIONNAIRE_NO_DRAFT, QUESTIONNAIRE_DRAFT_CHANGED, QUESTIONNAIRE_NOT_READY, QUESTIONNAIRE_SAME
   */
  async publish(
    author: Author,
    id: string,
    { revision, reason }: { readonly revision: number; readonly reason: string },
  ): Promise<number> {
    return this.#parts.db.transaction().execute(async (tx) => {
      const { code, draft } = await this.#lockedDraft(tx, id, revision)
      const { byKeys } = draft
      const { questionnaire, findings } = await this.#check(code, { document: documentIn(draft), byKeys }, tx)
      if (questionnaire === null) {
        const count = findings.filter(({ severity }) => severity === 'error').length
        throw new UserError('QUESTIONNAIRE_NOT_READY', { count })
      }
      const [latest] = readable(await versionsOf(tx, id))
      if (latest !== undefined && sameContent(latest.questionnaire, questionnaire)) {
        throw new UserError('QUESTIONNAIRE_SAME', { version: latest.row.version })
      }
      const name = questionnaire.title.zh
      const versionId = await publishQuestionnaireVersion(tx, { code, name, document: questionnaire })
      await insertPublication(tx, { versionId, reason, by: author.accountId })
      await deleteDraft(tx, id)
      const version = (latest?.row.version ?? 0) + 1
      const detail = { version, reason, questions: questionnaire.questions.length }
      await changed(tx, { author, action: 'questionnaire.published', id, detail, revision: null })
      return version
    })
  }

  /** @throws UserError QUESTIONNAIRE_UNKNOWN, QUESTIONNAIRE_NO_DRAFT, QUESTIONNAIRE_TRIAL_IMPOSSIBLE */
  async try(
    id: string,
    { version, presses }: { readonly version: number | null; readonly presses: readonly TrialPress[] },
  ): Promise<Trial> {
    const { db, workshop, trial } = this.#parts
    if (version !== null) {
      const row = (await versionsOf(db, id)).find((one) => one.version === version)
      const questionnaire = row === undefined ? null : questionnaireIn(row)
      if (questionnaire === null) throw new UserError('QUESTIONNAIRE_UNKNOWN')
      const prompts = await workshop.bookOf(promptsIn(questionnaire))
      return trySurvey({ ...trial, questionnaire, prompts, presses })
    }
    const draft = await draftRow(db, id)
    const code = await questionnaireCode(db, id)
    if (draft === null || code === null) throw new UserError('QUESTIONNAIRE_NO_DRAFT')
    const document = documentIn(draft)
    const { questionnaire } = checkQuestionnaire(documentOf(document, { id: code, byKeys: draft.byKeys }))
    if (questionnaire === null) throw new UserError('QUESTIONNAIRE_TRIAL_IMPOSSIBLE')
    const prompts = bookOfDraft(document, await workshop.bookOf(promptsIn(document)))
    return trySurvey({ ...trial, questionnaire, prompts, presses })
  }

  async #takenUp(questionnaire: Questionnaire, tx: GroundTransaction) {
    const book = await this.#parts.workshop.bookOf(promptsIn(questionnaire), tx)
    return { document: draftOf(questionnaire, book.text), byKeys: isAskedByKeys(questionnaire) }
  }

  async #lockedDraft(tx: GroundTransaction, id: string, seen: number) {
    const code = await lockQuestionnaire(tx, id)
    const draft = code === null ? null : await draftRow(tx, id)
    if (code === null || draft === null) throw new UserError('QUESTIONNAIRE_NO_DRAFT')
    if (draft.revision !== seen) throw new UserError('QUESTIONNAIRE_DRAFT_CHANGED', { by: draft.changedBy ?? '?' })
    return { code, draft }
  }

  async #check(code: string, { document, byKeys }: Pick<DraftChange, 'document' | 'byKeys'>, tx?: GroundTransaction) {
    const prompts = await this.#parts.workshop.bookOf(promptsIn(document), tx)
    return checkDraft(document, { id: code, byKeys }, prompts)
  }

  async #shared(code: string, row: DraftRow, language: Language): Promise<SharedDraft> {
    const { byKeys, revision, changedAt, changedBy } = row
    const document = documentIn(row)
    const { findings } = await this.#check(code, { document, byKeys })
    return {
      document,
      byKeys,
      revision,
      changedAt: changedAt.toISOString(),
      changedBy,
      findings: findings.map((finding) => shownFinding(finding, language)),
    }
  }
}

interface Read {
  readonly row: VersionRow
  readonly questionnaire: Questionnaire
}

/** Versions that this release can read. */
function readable(rows: readonly VersionRow[]): readonly Read[] {
  return rows.flatMap((row) => {
    const questionnaire = questionnaireIn(row)
    return questionnaire === null ? [] : [{ row, questionnaire }]
  })
}

function questionnaireIn({ definition }: VersionRow): Questionnaire | null {
  return questionnaireShape.Check(definition) ? definition : null
}

function documentIn({ document, questionnaireId }: DraftRow): Draft {
  if (draftShape.Check(document)) return document
  throw new UnexpectedError('QUESTIONNAIRE_DRAFT_UNREADABLE', { questionnaire: questionnaireId })
}

function shownVersion(
  row: VersionRow,
  questionnaire: Questionnaire,
  before: Questionnaire | undefined,
  uses: readonly UseRow[],
): PublishedVersion {
  const { id, version, at, by, reason } = row
  const difference = before === undefined ? null : differenceOf(before, questionnaire)
  return {
    id,
    version,
    at: at.toISOString(),
    by,
    reason,
    byKeys: isAskedByKeys(questionnaire),
    uses: shownUses(uses.filter(({ versionId }) => versionId === id)),
    questionnaire,
    difference:
      difference === null
        ? null
        : {
            fields: [...difference.fields],
            questions: difference.questions.map(({ fields, ...rest }) => ({ ...rest, fields: [...fields] })),
          },
  }
}

function shownUses(uses: readonly UseRow[]) {
  return uses.map(({ programme, state, version }) => ({ programme, state, version }))
}

function shownFinding(finding: Finding, language: Language): DraftFinding {
  const { path, severity, code, params } = finding
  return { path, severity, code, message: new UserError(code, params).messageIn(language) }
}

function draftMark(row: DraftRow | undefined) {
  return row === undefined ? null : { changedAt: row.changedAt.toISOString(), changedBy: row.changedBy }
}

function copyTitle({ zh, en }: Draft['title']): Draft['title'] {
  return { zh: `${zh}（副本）`, en: `${en} (copy)` }
}

interface Changed {
  readonly author: Author
  readonly action: 'questionnaire.drafted' | 'questionnaire.discarded' | 'questionnaire.published'
  readonly id: string
  readonly detail: Readonly<Record<string, unknown>>
  readonly revision: number | null
}

async function changed(tx: GroundTransaction, { author, action, id, detail, revision }: Changed): Promise<void> {
  await writeAudit(tx, { actor: author, action, object: { kind: 'questionnaire', id }, outcome: 'ok', detail })
  await tell(tx, id, revision)
}

/** @param revision of the draft; null: there is none any more */
async function tell(tx: GroundTransaction, questionnaireId: string, revision: number | null): Promise<void> {
  await appendToStream(tx, 'live', [{ type: 'questionnaire.changed', payload: { questionnaireId, revision } }])
}
