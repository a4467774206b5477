import { sql } from 'kysely'

/**
 * The agent of the seat `s` may still use it: a condition in SQL. Who was put out, or may not any more, is given no
 * patient, though the handset of the desk phone is still off the hook.
 */
export const maySit = sql`exists (
  select from user_account may_sit join user_role o on o.user_account_id = may_sit.id
  join role_right t on t.role_code = o.role_code
  where may_sit.id = s.agent_id and may_sit.disabled_at is null and t.right_code = 'seat.use')`
