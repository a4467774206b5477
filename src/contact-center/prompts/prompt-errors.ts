import { declareErrors } from '#platform/errors/errors.ts'

declareErrors({
  PROMPT_NOT_WAV: {
    kind: 'user',
    status: 422,
    en: 'This is no WAV file. Save the recording as WAV (PCM) and upload it again.',
    zh: '这不是 WAV 文件。请将录音另存为 WAV(PCM)后重新上传。',
  },
  PROMPT_FORMAT: {
    kind: 'user',
    status: 422,
    en: 'This WAV cannot be used (encoding {encoding}, {sampleRate} Hz, {channels} channels, {bits} bit). Save it as PCM, 8 to 192 kHz, mono or stereo.',
    zh: '无法使用此 WAV(编码 {encoding},{sampleRate} Hz,{channels} 声道,{bits} 位)。请另存为 PCM,8 至 192 kHz,单声道或立体声。',
  },
  PROMPT_TOO_LONG: {
    kind: 'user',
    status: 422,
    en: 'The recording lasts {seconds} s; a prompt may last {limit} s. Shorten it.',
    zh: '录音长 {seconds} 秒,一条语音最长 {limit} 秒。请缩短后上传。',
  },
  PROMPT_TOO_BIG: {
    kind: 'user',
    status: 413,
    en: 'The file is larger than {megabytes} MB. Save the recording as 16-bit WAV at 16 kHz, mono, and upload it again.',
    zh: '文件超过 {megabytes} MB。请另存为 16 kHz、16 位、单声道的 WAV 后重新上传。',
  },
  PROMPT_SILENT: {
    kind: 'user',
    status: 422,
    en: 'Nothing is to be heard in this recording. Check the microphone and record it again.',
    zh: '录音中没有声音。请检查麦克风后重新录制。',
  },
  PROMPT_SLOW: {
    kind: 'user',
    status: 422,
    en: 'The recording could not be converted in {seconds} s. Save it as 16-bit WAV at 16 kHz and upload it again.',
    zh: '录音在 {seconds} 秒内未能转换完成。请另存为 16 kHz、16 位的 WAV 后重新上传。',
  },
  PROMPT_TEXT_INVALID: {
    kind: 'user',
    status: 422,
    en: 'A prompt says between 1 and {limit} characters. Shorten its text, or split it.',
    zh: '一条语音的文字为 1 至 {limit} 字。请缩短,或拆成两条。',
  },
  PROMPT_UNSPEAKABLE: {
    kind: 'user',
    status: 422,
    en: 'The machine finds nothing to say in this text. Write it in words.',
    zh: '此文字没有可以读出的内容。请改用文字书写。',
  },
  PROMPT_UNKNOWN: {
    kind: 'user',
    status: 404,
    en: 'There is no sound of this name. Load the page again.',
    zh: '没有这条语音。请刷新页面。',
  },
  PROMPT_WORKSHOP_BUSY: {
    kind: 'operational',
    status: 503,
    en: 'Several prompts are being made at this moment. Try again in a few seconds.',
    zh: '正在制作其他语音。请几秒后重试。',
  },
  PROMPT_TOOL_MISSING: {
    kind: 'operational',
    status: 503,
    en: '{tool} is not installed, so nothing can be spoken by machine: upload a recording. On Debian: apt-get install espeak-ng sox.',
    zh: '未安装 {tool},无法合成语音,请上传录音。Debian 系统可运行:apt-get install espeak-ng sox。',
  },
  PROMPT_NOT_MADE: {
    kind: 'operational',
    status: 503,
    en: '{tool} could not make the prompt "{prompt}": {reason}. Look at its text.',
    zh: '{tool} 无法生成语音"{prompt}":{reason}。请检查其文字。',
  },
  PROMPT_NOT_KEPT: {
    kind: 'operational',
    status: 503,
    en: 'The sound could not be kept ({reason}): its disk is full, or its folder cannot be written. Tell whoever runs the server, then make it again.',
    zh: '语音文件无法保存（{reason}）：磁盘已满或目录不可写。请联系服务器管理员处理后重新制作。',
  },
})
