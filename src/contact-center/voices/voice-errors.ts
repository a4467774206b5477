import { declareErrors } from '#platform/errors/errors.ts'

declareErrors({
  VOICE_UNKNOWN: {
    kind: 'user',
    status: 404,
    en: 'No flow has a prompt of this name. Load the page again.',
    zh: '没有流程使用这条语音。请刷新页面。',
  },
  VOICE_CHANGED: {
    kind: 'user',
    status: 409,
    en: 'A colleague has changed this prompt meanwhile. Look at what it says now, then decide again.',
    zh: '这条语音刚被同事更换。请查看现在的内容后再决定。',
  },
  VOICE_SAME: {
    kind: 'user',
    status: 409,
    en: 'This is what calls play already. Choose another recording.',
    zh: '通话现在播放的就是这一条。请选择其他语音。',
  },
  VOICE_SOUND_LOST: {
    kind: 'user',
    status: 409,
    en: 'The file of this sound is not there any more, or is not what it was. Make it again.',
    zh: '这条语音的文件已丢失或被改动。请重新制作。',
  },
  VOICE_NOT_LOST: {
    kind: 'user',
    status: 409,
    en: 'The sound of this question is there, and stays what was published. For other words or another take publish the next version of the questionnaire.',
    zh: '该题目的语音文件仍在，已发布的语音不变。如需更换内容或声音，请发布问卷的新版本。',
  },
  VOICE_OTHER_WORDS: {
    kind: 'user',
    status: 422,
    en: 'A published question keeps its words: “{text}”. Record exactly these.',
    zh: '已发布的题目不能改变内容，请按原文录音：“{text}”。',
  },
  VOICE_TOO_SHORT: {
    kind: 'user',
    status: 422,
    en: 'In {seconds} s nobody says these {signs} characters. Upload the recording that belongs to this text.',
    zh: '{seconds} 秒说不完这 {signs} 个字。请上传与文字一致的录音。',
  },
  VOICE_KEYS_MISSING: {
    kind: 'user',
    status: 422,
    en: 'The text no longer names the keys {keys}, which this place of the flow waits for. Name them.',
    zh: '文字里少了按键 {keys}，而流程在此处等待这些按键。请补上。',
  },
  VOICE_NOTICE_UNSAID: {
    kind: 'user',
    status: 422,
    en: 'The recording notice must say that the call is recorded (录音). Put it into the text.',
    zh: '录音告知必须说明本次通话将被录音。请在文字中写明“录音”。',
  },
})
