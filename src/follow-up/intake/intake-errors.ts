import { declareErrors } from '#platform/errors/errors.ts'

/** What is wrong with a whole file. What is wrong with one row stands in `row-codes.ts`. */
declareErrors({
  IMPORT_FILE_MISSING: {
    kind: 'user',
    status: 400,
    en: 'The file {file} cannot be read ({reason}). Check its path and rights.',
    zh: '无法读取文件 {file}（{reason}）。请检查路径和权限。',
  },
  IMPORT_FILE_EMPTY: {
    kind: 'user',
    status: 400,
    en: 'The file is empty. Export the list again and import that file.',
    zh: '文件为空。请重新导出名单后再导入。',
  },
  IMPORT_FILE_TOO_LARGE: {
    kind: 'user',
    status: 413,
    en: 'The file has {sizeMb} MB; at most {limitMb} MB are read. Split the list, for instance by month, and import the parts.',
    zh: '文件大小为 {sizeMb} MB，超过上限 {limitMb} MB。请拆分名单（例如按月）后分别导入。',
  },
  IMPORT_TOO_MANY_ROWS: {
    kind: 'user',
    status: 413,
    en: 'The list has more than {limit} rows. Split it, for instance by month, and import the parts.',
    zh: '名单超过 {limit} 行。请拆分（例如按月）后分别导入。',
  },
  IMPORT_TYPE_UNKNOWN: {
    kind: 'user',
    status: 415,
    en: 'The file is no list that can be read ({found}). Save it as .xlsx, .xls, .csv or .txt and import that.',
    zh: '无法识别该文件（{found}）。请另存为 .xlsx、.xls、.csv 或 .txt 后再导入。',
  },
  IMPORT_NOT_TEXT: {
    kind: 'user',
    status: 415,
    en: 'The file is no text, whatever its name says. Save the list as .xlsx or .csv and import that.',
    zh: '该文件不是文本文件。请将名单另存为 .xlsx 或 .csv 后再导入。',
  },
  IMPORT_ENCODING_UNKNOWN: {
    kind: 'user',
    status: 415,
    en: 'The text is neither UTF-8 nor GB18030, or it is damaged. Save it again as "CSV UTF-8" and import that.',
    zh: '文件编码既不是 UTF-8 也不是 GB18030，或文件已损坏。请另存为"CSV UTF-8"后再导入。',
  },
  IMPORT_ENCODING_MIXED: {
    kind: 'user',
    status: 415,
    en: 'The file changes its encoding at line {line}: parts of two files were joined. Import the parts one by one.',
    zh: '文件自第 {line} 行起编码不一致，可能由两个文件拼接而成。请分别导入。',
  },
  IMPORT_SHEET_BROKEN: {
    kind: 'user',
    status: 415,
    en: 'The workbook is damaged and cannot be opened. Open it in Excel or WPS, save it again as .xlsx and import that.',
    zh: '工作簿已损坏，无法打开。请用 Excel 或 WPS 打开并另存为 .xlsx 后再导入。',
  },
  IMPORT_SHEET_ENCRYPTED: {
    kind: 'user',
    status: 415,
    en: 'The workbook is protected by a password. Remove the password, save it and import it again.',
    zh: '工作簿设有打开密码。请取消密码并保存后再导入。',
  },
  IMPORT_SHEET_TOO_BIG: {
    kind: 'user',
    status: 413,
    en: 'Unpacked, the workbook is larger than {limitMb} MB. Copy the list alone into a new workbook and import that.',
    zh: '工作簿解压后超过 {limitMb} MB。请仅将名单复制到新工作簿后再导入。',
  },
  IMPORT_SHEET_TOO_SLOW: {
    kind: 'user',
    status: 413,
    en: 'The list could not be read within {limitSeconds} s. Copy the list alone into a new workbook and import that.',
    zh: '名单在 {limitSeconds} 秒内未能读取完成。请仅将名单复制到新工作簿后再导入。',
  },
  IMPORT_SHEET_UNKNOWN: {
    kind: 'user',
    status: 400,
    en: 'The workbook has no sheet "{sheet}". It has: {found}.',
    zh: '工作簿中没有工作表"{sheet}"。现有工作表：{found}。',
  },
  IMPORT_HEADER_NOT_FOUND: {
    kind: 'user',
    status: 422,
    en: "No header row was found. A list needs columns such as {expected}; further words for columns can be added to the hospital's column file.",
    zh: '未找到表头行。名单需包含如下列：{expected}；医院自用的列名可添加到列名配置文件。',
  },
  IMPORT_HEADER_MISSING: {
    kind: 'user',
    status: 422,
    en: "The header lacks: {column}. It was found at {at} with {found}. Add the column, or add its name to the hospital's column file.",
    zh: '表头缺少：{column}。识别到的表头位于 {at}，包含 {found}。请补充该列，或将其列名添加到列名配置文件。',
  },
  IMPORT_NO_ROWS: {
    kind: 'user',
    status: 422,
    en: 'There is a header and not one patient below it. Export the list again and import that file.',
    zh: '表头下没有任何患者行。请重新导出名单后再导入。',
  },
  IMPORT_NO_SITE: {
    kind: 'user',
    status: 409,
    en: 'No hospital site is set up yet. Start Suifang once (npm start), or set a site up, and import again.',
    zh: '尚未建立院区。请先启动一次系统（npm start）或建立院区后再导入。',
  },
  IMPORT_INTERRUPTED: {
    kind: 'operational',
    status: 503,
    en: 'The import was interrupted. Import the same file again: what is there already stays, the rest is added.',
    zh: '导入被中断。请重新导入同一文件：已导入的保持不变，其余会补入。',
  },
  IMPORT_UNKNOWN: {
    kind: 'user',
    status: 404,
    en: 'There is no such import. Reload the list.',
    zh: '没有这次导入。请刷新列表。',
  },
  IMPORT_PURPOSE_UNKNOWN: {
    kind: 'user',
    status: 400,
    en: 'There is no purpose "{given}". Purposes are: {known}.',
    zh: '没有用途"{given}"。可用的用途：{known}。',
  },
  IMPORT_ERRORS_OVER_LIST: {
    kind: 'user',
    status: 400,
    en: 'The rows to correct would be written over the list {file} itself. Nothing was imported; name another file with --errors.',
    zh: '错误行会覆盖名单 {file} 本身。未导入任何内容，请用 --errors 指定其他文件。',
  },
  IMPORT_ERRORS_UNWRITABLE: {
    kind: 'user',
    status: 400,
    en: 'The list was imported, but the error file {file} cannot be written ({reason}). Import again with another path: nothing is loaded twice.',
    zh: '名单已导入，但错误文件 {file} 无法写入（{reason}）。请换一个路径再次导入，不会重复加载。',
  },
  IMPORT_COLUMN_FILE_BROKEN: {
    kind: 'user',
    status: 400,
    en: 'The column file {file} cannot be used: {reason}. It must be JSON such as {"dischargedAt": ["离科时间"]}.',
    zh: '列名配置文件 {file} 无法使用：{reason}。格式应为 JSON，例如 {"dischargedAt": ["离科时间"]}。',
  },
})
