import { declareErrors } from '#platform/errors/errors.ts'

declareErrors({
  SIGN_IN_REFUSED: {
    kind: 'user',
    status: 401,
    en: 'Name or password is wrong. Check both; after five failures the account is locked for 30 minutes.',
    zh: '用户名或密码不正确。请核对后重试，连续失败五次账号将锁定 30 分钟。',
  },
  ACCOUNT_LOCKED: {
    kind: 'user',
    status: 423,
    en: 'The account is locked after repeated failures. Try again in {minutes} minutes, or ask the security administrator.',
    zh: '账号因多次登录失败已锁定。请在 {minutes} 分钟后重试，或联系安全管理员。',
  },
  SIGNED_OUT: {
    kind: 'user',
    status: 401,
    en: 'You are not signed in, or the session has ended. Sign in again.',
    zh: '尚未登录或登录已失效。请重新登录。',
  },
  PASSWORD_CHANGE_NEEDED: {
    kind: 'user',
    status: 403,
    en: 'The password must be changed first. Choose a new one.',
    zh: '首次登录须先修改密码。请设置新密码。',
  },
  RIGHT_MISSING: {
    kind: 'user',
    status: 403,
    en: 'Your account lacks the right for this ({right}). Ask the security administrator if you need it.',
    zh: '您的账号没有此操作的权限（{right}）。如有需要，请联系安全管理员。',
  },
  FOREIGN_ORIGIN: {
    kind: 'user',
    status: 403,
    en: 'The request did not come from the console. Open the console and try again there.',
    zh: '请求并非来自本系统页面。请在系统页面中重新操作。',
  },
  PASSWORD_WRONG: {
    kind: 'user',
    status: 422,
    en: 'The present password is wrong. Type it again.',
    zh: '当前密码不正确。请重新输入。',
  },
  START_CODE_WRONG: {
    kind: 'user',
    status: 422,
    en: 'The start code is missing or wrong. The security administrator who gave this account its role has it; ask for a new one if it is lost.',
    zh: '启用码缺失或不正确。启用码由授予角色的安全管理员当面交给您，遗失请其重新生成。',
  },
  PASSWORD_TOO_WEAK: {
    kind: 'user',
    status: 422,
    en: 'The new password does not meet the rules. Choose another ({rules}).',
    zh: '新密码不符合规则。请重新设置（{rules}）。',
  },
  PASSWORD_USED_BEFORE: {
    kind: 'user',
    status: 422,
    en: 'That password was in use before. Choose one that differs from the last five.',
    zh: '该密码近期使用过。请设置与最近五次不同的密码。',
  },
  SESSION_ELSEWHERE: {
    kind: 'user',
    status: 409,
    en: 'This account is signed in at another place (last used {lastSeenAt}). Sign in here to end that session, or go on there.',
    zh: '该账号已在别处登录（最近使用 {lastSeenAt}）。在此登录将结束那里的会话，也可以回到那里继续。',
  },
  SESSION_UNKNOWN: {
    kind: 'user',
    status: 404,
    en: 'There is no such session, or it has ended. Reload the list.',
    zh: '没有这个会话，或它已结束。请刷新列表。',
  },
  ACCOUNT_UNKNOWN: {
    kind: 'user',
    status: 404,
    en: 'There is no such account. Reload the list.',
    zh: '没有这个账号。请刷新列表。',
  },
  ACCOUNT_NAME_TAKEN: {
    kind: 'user',
    status: 409,
    en: 'The sign-in name {name} is taken. Choose another; names of disabled accounts stay taken.',
    zh: '用户名 {name} 已被使用，请换一个；停用账号的用户名不可重复使用。',
  },
  ROLES_APART: {
    kind: 'user',
    status: 409,
    en: 'One account holds one of the three administrator roles at most, and the audit administrator no other role. Give the roles to different people.',
    zh: '一个账号最多担任三类管理员之一，审计管理员不得兼任其他角色。请将角色分给不同人员。',
  },
  OWN_ACCOUNT: {
    kind: 'user',
    status: 409,
    en: 'You cannot do this to your own account. Ask another administrator.',
    zh: '不能对自己的账号执行此操作。请由另一位管理员处理。',
  },
  LAST_ADMINISTRATOR: {
    kind: 'user',
    status: 409,
    en: 'Nobody else holds the role {role}. Give it to another account first.',
    zh: '没有其他账号担任 {role}。请先将该角色授予另一账号。',
  },
  PASSWORD_RESET_NOT_ALLOWED: {
    kind: 'user',
    status: 409,
    en: 'Whoever signs in as {name} may see or hear patients, so the security administrator has to allow the reset first. Ask for it (Accounts › More › Allow a password reset), then reset within 30 minutes.',
    zh: '账号 {name} 可接触患者信息或通话，重置密码须先经安全管理员允许。请安全管理员在“账号 › 更多操作 › 允许重置密码”中允许，并在 30 分钟内重置。',
  },
  PHONE_NOT_ALLOWED: {
    kind: 'user',
    status: 409,
    en: 'With the password of this phone one hears patients in the place of {name}, so the security administrator has to allow it first. Ask for it (Accounts › More › Allow a desk phone), then assign the phone within 30 minutes.',
    zh: '持有话机密码即可代替 {name} 与患者通话，分配话机须先经安全管理员允许。请安全管理员在“账号 › 更多操作 › 允许分配话机”中允许，并在 30 分钟内分配。',
  },
  ADMINISTRATOR_PASSWORD: {
    kind: 'user',
    status: 409,
    en: 'The password of another kind of administrator is not reset here. Do it at the server: npm run suifang -- account --name {name} --reset-password.',
    zh: '其他类别管理员的密码不能在此重置。请在服务器上执行 npm run suifang -- account --name {name} --reset-password。',
  },
})
