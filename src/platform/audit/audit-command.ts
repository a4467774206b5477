import type { Writable } from 'node:stream'
import { parseArgs } from 'node:util'
import type { Ground } from '#platform/database/database.ts'
import { type ChainVerdict, parseAnchor, verifyChain } from './audit-chain.ts'
import { systemActor, writeAudit } from './audit-store.ts'

export interface AuditCommandParts {
  readonly db: Ground
  /** The command's answer. */
  readonly stdout: Writable
  readonly stderr: Writable
  readonly language: 'zh' | 'en'
}

const words = {
  zh: {
    usage: '用法：audit verify [--json] [--anchor 编号:哈希]\n',
    whole: (rows: number) => `审计链完整：${rows} 条记录与封存时一致。`,
    fault: {
      changed: (id: string) => `第 ${id} 号记录被改动。`,
      inserted: (id: string) => `第 ${id} 号记录是事后插入的。`,
      missing_before: (id: string, after: string) => `第 ${after} 号与第 ${id} 号之间有记录被删除。`,
      tail_missing: (id: string, after: string) => `末尾的记录被删除：已封存到 ${id} 号，现只到 ${after} 号。`,
      anchor: (id: string) => `锚点 ${id} 号与链中的记录不符：整条链可能被重写，或末尾被截断。`,
    },
    anchor: '锚点（请抄录到数据库之外）',
    unsealed: (rows: number) => `尚未封存：${rows} 条。`,
  },
  en: {
    usage: 'Usage: audit verify [--json] [--anchor number:hash]\n',
    whole: (rows: number) => `The audit chain is whole: ${rows} rows are as they were sealed.`,
    fault: {
      changed: (id: string) => `Row ${id} has been changed.`,
      inserted: (id: string) => `Row ${id} has been put in afterwards.`,
      missing_before: (id: string, after: string) => `Between row ${after} and row ${id} rows have been taken out.`,
      tail_missing: (id: string, after: string) =>
        `Rows have been taken off the end: sealed up to ${id}, there are rows up to ${after} only.`,
      anchor: (id: string) =>
        `The anchor at row ${id} is not part of the chain: it has been written anew, or its end cut off.`,
    },
    anchor: 'Anchor (note it down outside of the database)',
    unsealed: (rows: number) => `Not sealed yet: ${rows} rows.`,
  },
} as const

/**
 * `audit verify [--json] [--anchor number:hash]`: walks the chain and names the first row that is not as it was sealed.
 * @returns 0 when the chain is whole, 1 when it is broken, 2 when the command is not understood
 */
export async function runAudit(argv: readonly string[], parts: AuditCommandParts): Promise<number> {
  const { values, positionals } = parseArgs({
    args: [...argv],
    options: { json: { type: 'boolean' }, anchor: { type: 'string' } },
    allowPositionals: true,
  })
  const anchor = values.anchor === undefined ? null : parseAnchor(values.anchor)
  if (positionals.length !== 1 || positionals[0] !== 'verify' || (values.anchor !== undefined && anchor === null)) {
    parts.stderr.write(words[parts.language].usage)
    return 2
  }
  const verdict = await verifyChain(parts.db, anchor)
  await writeAudit(parts.db, {
    actor: systemActor,
    action: 'audit.verified',
    outcome: verdict.broken === null ? 'ok' : 'failed',
    detail: { rows: verdict.rows, broken: verdict.broken, anchor: verdict.anchor },
  })
  parts.stdout.write(values.json === true ? `${JSON.stringify(verdict)}\n` : inWords(verdict, parts.language))
  return verdict.broken === null ? 0 : 1
}

function inWords({ rows, broken, anchor, unsealed }: ChainVerdict, language: 'zh' | 'en'): string {
  const say = words[language]
  const lines = [broken === null ? say.whole(rows) : say.fault[broken.fault](broken.id, broken.after ?? '0')]
  if (anchor !== null) lines.push(`${say.anchor}: ${anchor.id}:${anchor.hash}`)
  if (unsealed > 0) lines.push(say.unsealed(unsealed))
  return `${lines.join('\n')}\n`
}
