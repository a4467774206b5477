import { declaredErrors } from '#platform/errors/errors.ts'
import './intake-errors.ts'

export interface FailureWords {
  readonly zh: string
  readonly en: string
}

/** A run keeps the code of what ended it and not the particulars, which the code's own words name. */
const withoutParticulars: Readonly<Record<string, FailureWords>> = {
  IMPORT_TOO_MANY_ROWS: {
    zh: '名单行数过多。请拆分（例如按月）后分别导入。',
    en: 'The list has too many rows. Split it, for instance by month, and import the parts.',
  },
  IMPORT_TYPE_UNKNOWN: {
    zh: '无法识别该文件。请另存为 .xlsx、.xls、.csv 或 .txt 后再导入。',
    en: 'The file is no list that can be read. Save it as .xlsx, .xls, .csv or .txt and import that.',
  },
  IMPORT_ENCODING_MIXED: {
    zh: '文件前后编码不一致，可能由两个文件拼接而成。请分别导入。',
    en: 'The file changes its encoding on the way: parts of two files were joined. Import the parts one by one.',
  },
  IMPORT_SHEET_TOO_BIG: {
    zh: '工作簿解压后过大。请仅将名单复制到新工作簿后再导入。',
    en: 'Unpacked, the workbook is too large. Copy the list alone into a new workbook and import that.',
  },
  IMPORT_SHEET_TOO_SLOW: {
    zh: '名单未能及时读取完成。请仅将名单复制到新工作簿后再导入。',
    en: 'The list could not be read in time. Copy the list alone into a new workbook and import that.',
  },
  IMPORT_SHEET_UNKNOWN: {
    zh: '工作簿中没有指定的工作表。请核对工作表名称后再导入。',
    en: 'The workbook has no sheet of the name that was asked for. Check the name and import again.',
  },
  IMPORT_HEADER_NOT_FOUND: {
    zh: '未找到表头行。名单需包含住院号、姓名、联系电话、出院时间等列；医院自用的列名可添加到列名配置文件。',
    en: "No header row was found. A list needs columns such as 住院号, 姓名, 联系电话, 出院时间; further words for columns can be added to the hospital's column file.",
  },
  IMPORT_HEADER_MISSING: {
    zh: '表头缺少必要的列（住院号、姓名、联系电话、出院时间之一）。请补充该列，或将其列名添加到列名配置文件。',
    en: "The header lacks a column that every list needs (one of 住院号, 姓名, 联系电话, 出院时间). Add it, or add its name to the hospital's column file.",
  },
  DATABASE_AWAY: {
    zh: '导入期间数据库无法连接。请在数据库恢复后重新导入同一文件：已导入的保持不变，其余会补入。',
    en: 'The database could not be reached. Import the same file again when it is back: what is there already stays, the rest is added.',
  },
}

const unknownCause: FailureWords = {
  zh: '导入因系统原因中断。请重新导入同一文件：已导入的保持不变，其余会补入；若再次中断，请将代码和时间告知信息科。',
  en: 'The import was broken off by a fault of the system. Import the same file again: what is there already stays, the rest is added. If it happens again, tell the IT department the code and the time.',
}

/** Why a run was not completed and what to do next, from the code that it keeps. */
export function failureWords(code: string): FailureWords {
  const own = withoutParticulars[code]
  if (own !== undefined) return own
  const declared = declaredErrors().get(code)
  if (declared === undefined || /\{\w+\}/.test(declared.zh + declared.en)) return unknownCause
  return { zh: declared.zh, en: declared.en }
}
