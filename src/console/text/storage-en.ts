import type { storageZh } from './storage-zh.ts'
import type { Texts } from './texts.ts'

export const storageEn: Texts<typeof storageZh> = {
  kept: 'Recordings',
  recordings: 'Recordings',
  size: 'Total size',
  oldest: 'Oldest',
  held: 'Held',
  damaged: 'Damaged among them',
  expired: 'Removed when their time was over',
  noRecordings: 'No recording yet',

  disks: 'Room on the disks',
  disk: { data: 'Data', recordings: 'Recordings' },
  diskState: { ok: 'Enough', low: 'Little', full: 'None: no call begins' },
  free: '{{free}} free of {{total}}',
  daysLeft: 'Full in about {{days}} days, at the last week’s growth',
  daysLeftUnknown: 'No forecast: the growth is not known yet, or there is none',
  noDisks: 'Nothing has been seen yet. See whether the house is running.',
  warnGb: 'Warn below',
  warnPercent: 'or below a share of',
  stopGb: 'Begin no call below',
  stopText: 'Calls in progress go on and are recorded; calls begin again by themselves when there is room.',
  saveThresholds: 'Save thresholds…',
  thresholdsTitle: 'Change the thresholds',
  thresholdsSaved: 'The thresholds are saved',

  rule: 'How long what is kept',
  ruleText:
    'This release removes recordings alone. Answers and audit rows are never removed by it; their time is only written down here.',
  recordingDays: 'Recordings',
  clinicalYears: 'Answers and other clinical content',
  auditMonths: 'Audit rows',
  days: 'days',
  years: 'years',
  months: 'months',
  atLeast: 'A whole number, {{min}} or more',
  atLeastNumber: '{{min}} to {{max}}',
  stopAboveWarn: 'Not above the warning',
  save: 'Save…',
  saveTitle: 'Change how long recordings are kept',
  saveHint: 'No recording is removed then until somebody has approved the changed rule.',
  saveOk: 'Save',
  saved: 'Saved. Look at what it would remove, and approve it',
  was: 'was',
  becomes: 'becomes',

  preview: 'What would be removed',
  previewNone: 'No recording is older than the rule keeps it.',
  previewText: 'Recordings: {{recordings}}, {{size}}, the oldest of {{oldest}}',
  kepts: 'Old enough, and kept: {{held}} held, {{inReview}} opened by somebody in the last {{days}} days',
  approved: 'Approved',
  approvedBy: 'By {{by}}, {{at}}, when {{recordings}} were old enough. Reason: {{reason}}',
  atServer: 'a command at the server',
  approvedText: 'Every night at 02:40 what is old enough is removed; what each run did stands below.',
  notApproved: 'Not approved: no recording is removed',
  approve: 'Approve this rule…',
  approveTitle: 'Approve the removal of old recordings',
  approveHint:
    'From tonight on recordings that are old enough are removed every night, for good. Held ones, and those somebody works with, are not.',
  approveOk: 'Approve',
  approvedNow: 'Approved; it begins tonight',

  runs: 'Runs',
  noRuns: 'None yet. A night with nothing to remove is not listed.',
  runAt: 'Began',
  runState: 'State',
  running: 'Under way',
  ended: 'Done',
  removed: 'Removed',
  ofThat: 'Kept for',
  kept_: 'Held / in review',
  filesLeft: 'Files left',
  filesLeftText: 'They are tried again the next night. See whether the folder of recordings may be written.',

  low: 'Little room on the disk: {{free}} left',
  lowText: 'The system administrator should make room, or add a disk.',
  full: 'No room on the disk ({{free}} left): no call begins',
  fullText: 'Calls in progress are recorded to their end; calls begin again by themselves when there is room.',
  open: 'Open Storage',

  strays: 'Files of no call',
  straysText:
    'Files among the recordings that no call knows of: {{total}}. They are looked for after a start and every night; one whose call is known has been given to it. Sound files older than recordings are kept go under the approved rule, or you decide now.',
  strayName: 'File',
  strayCause: 'Because',
  causes: {
    not_a_recording: 'Not named as a recording is',
    no_such_call: 'There is no such call',
    call_has_another: 'Its call has a recording',
  },
  modifiedAt: 'Last written',
  removeStray: 'Remove…',
  removeStrayTitle: 'Remove a file of no call',
  removeStrayHint: 'The file is removed for good, and an audit row says so.',
  removeStrayOk: 'Remove',
  strayRemoved: 'The file is removed',
  runStrays: 'Of no call',

  guard: {
    folder_gone:
      'The folder of recordings is not there, does not answer, or may not be written: no call begins, no recording expires',
    folder_unmarked:
      'This is not the folder of recordings that was there (is its disk mounted?): no call begins, no recording expires',
    folder_foreign: 'This folder of recordings is another house’s: no call begins, no recording expires',
    clock_ahead: 'The database’s clock is more than a week ahead of when it was last believed: no recording expires',
    clock_back: 'The database’s clock is more than a week behind when it was last believed: no recording expires',
  },
  guardText: {
    folder:
      'Mount the disk that the recordings lie on; all goes on by itself then. If this is their folder from now on, confirm it.',
    clock:
      'Last believed {{seen}}, now {{now}}. Set the server’s clock right; all goes on by itself then. If the house was only off for long and the clock is right, confirm it.',
  },
  confirm: 'Confirm…',
  confirmTitle: {
    folder: 'Confirm the folder of recordings',
    clock: 'Confirm that the clock is right',
    database: 'Call people by this database',
  },
  confirmHint: 'The approved rule runs again then, and removes for good what is old enough.',
  restored: {
    earlier: 'The database is an earlier one than this machine has had (restored from a backup?): no call begins',
    unknown:
      'This machine has never seen the database, which has been in use (restored on a new machine?): no call begins',
    unreadable:
      'The file database-mark of the data folder cannot be read, so that nobody knows whether this is the database that was there: no call begins',
  },
  restoredText:
    'Held since {{since}}. Who was called after the backup, and who asked for no more calls, this database does not know. Pause the campaigns, import the lists of those days again, enter the refusals, and then confirm it.',
  unreadableText:
    'Held since {{since}}. Where the database was not restored from a backup, confirm it: the file is written anew. Where it was, pause the campaigns, import the lists since the backup again, enter the refusals, and then confirm it.',
  restoredHint: 'Campaigns that run begin to dial at once.',
  confirmOk: 'Confirm',
  confirmed: 'Confirmed',
}
