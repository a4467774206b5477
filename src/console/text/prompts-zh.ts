export const promptsZh = {
  play: '播放',
  text: '语音文字',
  sound: { missing: '缺少声音', recorded: '录音', synthetic: '合成', placed: '数据目录中的录音', shipped: '系统自带' },
  upload: '上传录音',
  speak: '合成',
  noSpeech: '本机未安装语音合成，请上传录音',
  level: {
    told: '录音电平 {{speechDb}} dB，已调整 {{gainDb}} dB。',
    clipped: '录音有削波失真，建议离麦克风远一些重录。',
    quiet: '录音太轻，放大后可能有杂音，建议重录。',
  },
}
